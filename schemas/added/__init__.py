"""Types of events besides the ten of the platform: each module declares those of one group, and none needs a list.

Group ``report`` (``pavilion.report.created.v1``) has the topic ``report-events``. ``pavilion new agent`` writes such a
module; :mod:`schemas.registry` finds it.
"""

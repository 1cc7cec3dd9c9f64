"""The declared agents. Importing this package declares all of them on ``app``."""

from topologies import audience, comment, delivery, user, video
from topologies.base import app

__all__ = ["app", "audience", "comment", "delivery", "user", "video"]

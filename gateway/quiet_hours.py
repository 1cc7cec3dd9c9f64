"""When quiet hours are: from wall clock times in a zone to instants.

A time of a day is *the first moment at which a clock in the zone shows it, or a later time of that day*. So a time that
the clocks skip in spring is the moment they go forward, one that they show twice in autumn is the first of the two
(as in RFC 5545), and an earlier time of day is never a later moment: periods cannot overlap.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog

from schemas.errors import InvalidNotification
from schemas.preferences import QuietHours
from schemas.times import from_ms, to_ms

logger = structlog.get_logger()

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


class Window(NamedTuple):
    """From ``start_ms`` until before ``end_ms``."""

    start_ms: int
    end_ms: int

    def holds(self, now_ms: int) -> bool:
        return self.start_ms <= now_ms < self.end_ms


@cache
def time_zones() -> frozenset[str]:
    """The names that are accepted: those of the IANA database as it is installed with us, the same on every host."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def check_quiet_hours(hours: QuietHours) -> None:
    """Raise InvalidNotification, naming the field, for hours that never or always hold, or a zone that is none."""
    if hours.start == hours.end:
        raise InvalidNotification("change preferences", "`quiet_hours.end` is the same time as `quiet_hours.start`")
    if hours.time_zone not in time_zones():
        raise InvalidNotification("change preferences", "`quiet_hours.time_zone` is not the name of an IANA time zone")


def window_at(hours: QuietHours, now_ms: int) -> Window | None:
    """The quiet period that holds ``now_ms``, else the next one.

    None if there is none within days, and for a zone that this process does not know: one that accepted it may have a
    newer database, and no client is refused for that.
    """
    try:
        zone = ZoneInfo(hours.time_zone)
    except (ValueError, OSError, KeyError):
        logger.warning("quiet hours in a time zone that is not known here", time_zone=hours.time_zone)
        return None
    start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
    today = from_ms(now_ms).astimezone(zone).date()
    merged: list[Window] = []
    for day in (today + number * DAY for number in range(-3, 4)):
        begins = _first_moment(day, start, zone)
        ends = _first_moment(day if start < end else day + DAY, end, zone)
        if merged and merged[-1].end_ms == begins:  # no time between them: nothing ends here
            merged[-1] = Window(merged[-1].start_ms, ends)
        elif begins < ends:  # else the clocks skip all of it
            merged.append(Window(begins, ends))
    return next((window for window in merged if now_ms < window.end_ms), None)


def _first_moment(day: date, at: time, zone: ZoneInfo) -> int:
    wall = datetime.combine(day, at, zone)
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return to_ms(moment)
    # Skipped. With the offset from before the gap the moment lies after it, with the one from after it before it.
    early, late = wall.replace(fold=1).astimezone(UTC), moment
    offset = late.astimezone(zone).utcoffset()
    while late - early > SECOND:
        middle = early + (late - early) // 2 // SECOND * SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return to_ms(late)

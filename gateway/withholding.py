"""What of one user's entries is not pushed now: decisions without I/O.

Withdrawn consent withholds for good. Quiet hours owe a release: when they end, one entry tells every device to load
what was withheld. That it is owed is kept in the inbox, before the first bare position is told, so that it outlives
this gateway; here is what this gateway knows of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import structlog

from gateway.metrics import WITHHELD
from gateway.quiet_hours import Window, window_at
from infra.stores.ports import PreferencesVersion, Summary
from schemas.preferences import Preferences
from schemas.records import Added, InboxEntry, Position, StateChanged

logger = structlog.get_logger()

DEFAULTS = Preferences()
DAY_MS = 86_400_000


class Withheld(NamedTuple):
    """In place of an entry of which only the position is told. A release is ``owed`` if quiet hours are the reason."""

    position: Position
    owed: bool


Shown = InboxEntry | Withheld


class Withholding:
    """One user's preferences as this gateway knows them. ``clock`` is the wall clock in ms."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._version = 0
        self._preferences = DEFAULTS
        self._window: Window | None = None
        self._owed_in: str | None = None
        self._released: Position | None = None

    def adopt(self, newest: PreferencesVersion | None) -> None:
        """Take what was read from the store, unless it is older than what is known."""
        if newest is not None and newest.version > self._version:
            self._version, self._preferences = newest.version, newest.preferences
            self._window = None

    @property
    def quiet(self) -> bool:
        hours = self._preferences.quiet_hours
        if hours is None:
            return False
        now = self._clock()
        if self._window is None or now >= self._window.end_ms:
            self._window = window_at(hours, now) or Window(now + DAY_MS, now + DAY_MS)
        return self._window.holds(now)

    def show(self, entries: Iterable[Shown]) -> list[Shown]:
        """The entries as they may be told at this moment: decided once, whatever the clock says a moment later."""
        quiet, allows = self.quiet, self._preferences.allows

        def shown(entry: Shown) -> Shown:
            if not isinstance(entry, Added):
                return entry
            if not allows(entry.notification.type):
                return Withheld(entry.position, owed=False)
            return Withheld(entry.position, owed=True) if quiet else entry

        return [shown(entry) for entry in entries]

    # -- what is owed

    def unkept(self, shown: Iterable[Shown]) -> Position | None:
        """The first position that must be kept in the inbox as withheld before any of ``shown`` is told."""
        owed = (one.position for one in shown if isinstance(one, Withheld) and one.owed)
        return next((position for position in owed if position.epoch != self._owed_in), None)

    def kept(self, position: Position) -> None:
        self._owed_in = position.epoch

    def note(self, top: Summary) -> None:
        """Learn from the inbox that a release is owed: perhaps to what another gateway withheld.

        A summary that was read before a release told here meanwhile says what was owed before it.
        """
        last = self._released
        if top.owed and not (last and last.epoch == top.position.epoch and last.offset > top.position.offset):
            self._owed_in = top.position.epoch

    def told(self, one: Shown) -> None:
        """An entry was told, in the order of offsets: what is withheld after a release is owed anew."""
        if isinstance(one, Withheld):
            reason = "quiet-hours" if one.owed else "opted-out"
            WITHHELD.labels(reason).inc()
            logger.debug("a notification is withheld", notification_id=one.position.tail, reason=reason)
        elif isinstance(one, StateChanged) and one.state == "released":
            self._owed_in, self._released = None, one.position

    @property
    def due(self) -> bool:
        """Whether a release is owed and quiet hours are over."""
        return self._owed_in is not None and not self.quiet

    def settle(self) -> None:
        """The inbox said that nothing is owed; unless quiet hours have begun again since, that is so."""
        if not self.quiet:
            self._owed_in = None

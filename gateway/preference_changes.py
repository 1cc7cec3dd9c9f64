"""How a user's preferences change: a new version in the store, then word of it to every gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import UnsetType

from gateway.publishers import FanOut
from gateway.quiet_hours import check_quiet_hours
from infra.stores.ports import PreferencesStore, PreferencesVersion
from schemas.consent import class_of, declared
from schemas.errors import ConnectionFailed, InvalidNotification
from schemas.preferences import Preferences, QuietHours
from schemas.records import PreferencesChanged

OP = "change preferences"
ROUNDS = 10
"""How often a change meets another one of the same user before it gives up."""

DEFAULTS = Preferences()


class PreferenceChanges:
    """``clock`` is the wall clock in ms."""

    def __init__(self, store: PreferencesStore, fan_out: FanOut, clock: Callable[[], int]) -> None:
        self._store = store
        self._fan_out = fan_out
        self._clock = clock

    async def read(self, user_id: str) -> Preferences:
        newest = await self._store.newest([user_id])
        return newest[user_id].preferences if user_id in newest else DEFAULTS

    async def apply(
        self, user_id: str, types: Mapping[str, bool], quiet_hours: QuietHours | UnsetType | None, *, by: str
    ) -> Preferences:
        """Set what is given and leave the rest; what does not change anything makes no version.

        Raises InvalidNotification, naming the type or field, and ConnectionFailed when the store or the log is away.
        """
        _check(types)
        if isinstance(quiet_hours, QuietHours):
            check_quiet_hours(quiet_hours)
        for _ in range(ROUNDS):
            newest = (await self._store.newest([user_id])).get(user_id)
            version = _next(newest, user_id, types, quiet_hours, self._clock(), by)
            if version is None or await self._store.put(version):
                break
        else:
            raise ConnectionFailed(OP, f"others changed them {ROUNDS} times meanwhile")
        # Also when nothing changed: this may be the repetition of a request that failed here.
        await self._fan_out.tell(PreferencesChanged(user_id=user_id))
        settled = version or newest
        return DEFAULTS if settled is None else settled.preferences


def _check(types: Mapping[str, bool]) -> None:
    for type, allowed in types.items():
        if declared(type) is None:
            raise InvalidNotification(OP, f"`types`: there is no type `{type}`")
        if class_of(type).mandatory and not allowed:
            raise InvalidNotification(OP, f"`types`: `{type}` is mandatory")


def _next(
    newest: PreferencesVersion | None,
    user_id: str,
    types: Mapping[str, bool],
    quiet_hours: QuietHours | UnsetType | None,
    now_ms: int,
    by: str,
) -> PreferencesVersion | None:
    """The version after ``newest``, None if it would be no different.

    A type is kept when the user's word differs from what holds, so that the defaults of all others may change.
    """
    held = DEFAULTS if newest is None else newest.preferences
    consents = {type: allowed for type, allowed in types.items() if held.allows(type) != allowed}
    changed = sorted(consents)
    hours = held.quiet_hours if isinstance(quiet_hours, UnsetType) else quiet_hours
    if hours != held.quiet_hours:
        changed.append("quiet_hours")
    if not changed:
        return None
    number, since = (0, 0) if newest is None else (newest.version, newest.at_ms)
    chosen = Preferences(types={**held.types, **consents}, quiet_hours=hours)
    # The audit is in order, also where the clocks of two gateways are not.
    return PreferencesVersion(user_id, number + 1, max(now_ms, since + 1), by, chosen, tuple(changed))

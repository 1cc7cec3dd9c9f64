"""What a user chose: consent per type of notification, and quiet hours."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from schemas.consent import class_of

ClockTime = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", min_length=5, max_length=5)]


class QuietHours(Struct, frozen=True):
    """Every day from ``start`` until before ``end``, past midnight if ``end`` is earlier; in an IANA ``time_zone``."""

    start: ClockTime
    end: ClockTime
    time_zone: Annotated[str, Meta(max_length=64, examples=["Europe/Berlin"])]


class Preferences(Struct, frozen=True, kw_only=True):
    """``types`` has what the user said himself; of any other type its class decides."""

    types: dict[str, bool] = {}
    quiet_hours: QuietHours | None = None

    def allows(self, type: str) -> bool:
        """Whether notifications of ``type`` may be delivered to the user."""
        kind = class_of(type)
        return kind.mandatory or self.types.get(type, kind.default)

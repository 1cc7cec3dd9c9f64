"""What a rule may yield, beside a :class:`schemas.notifications.Notification`."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from infra.stores.ports import Follow, Profile
from schemas.records import SuppressionReason

__all__ = ["Follow", "Profile", "Suppressed"]


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A recipient who is not told, and why: counted, never silent."""

    recipient: UUID | str
    reason: SuppressionReason

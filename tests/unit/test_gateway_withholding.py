"""What is withheld, what is owed for it, and when that is due: decisions on a clock that is moved."""

from __future__ import annotations

import pytest

from gateway.frames import entry_frame
from gateway.withholding import Withheld, Withholding
from infra.stores.ports import PreferencesVersion, Summary
from schemas.notifications import Notification
from schemas.preferences import Preferences, QuietHours
from schemas.records import Added, InboxEntry, Position, StateChanged

HOUR = 3_600_000
NIGHT = QuietHours("22:00", "07:00", "UTC")
MIDNIGHT = 1_795_046_400_000  # 2026-11-19T00:00Z


class Clock:
    ms = MIDNIGHT

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


def chosen(number: int, hours: QuietHours | None = None, **types: bool) -> PreferencesVersion:
    consents = {name.replace("_", "."): allowed for name, allowed in types.items()}
    return PreferencesVersion("u", number, 0, "", Preferences(types=consents, quiet_hours=hours), ())


def added(offset: int, type: str = "video.liked", epoch: str = "e") -> Added:
    note = Notification(id=f"n{offset}", user_id="u", type=type, content="", created_at="")
    position = Position(epoch, offset, note.id)
    return Added(user_id="u", position=position, before="", unseen=0, unread=0, notification=note)


def state(offset: int, state: str = "read", epoch: str = "e") -> StateChanged:
    position = Position(epoch, offset, f"m{offset}")
    return StateChanged(
        user_id="u",
        position=position,
        before="",
        unseen=0,
        unread=0,
        id=f"m{offset}",
        state=state,  # type: ignore[arg-type]
        at="",
    )


def top(offset: int, owed: int, epoch: str = "e") -> Summary:
    return Summary(Position(epoch, offset, "t"), 0, 0, owed)


def frames(withholding: Withholding, *entries: InboxEntry) -> list[str]:
    return [entry_frame(one).type for one in withholding.show(entries)]


def withheld_at(withholding: Withholding, *entries: InboxEntry) -> None:
    """As a stream does it: kept in the inbox, then told."""
    shown = withholding.show(entries)
    if (position := withholding.unkept(shown)) is not None:
        withholding.kept(position)
    for one in shown:
        withholding.told(one)


def test_without_preferences_everything_is_shown(clock: Clock) -> None:
    withholding = Withholding(clock)
    assert frames(withholding, added(1), state(2)) == ["notification", "state"]
    assert not withholding.quiet


def test_withdrawn_consent_withholds_that_type_and_owes_nothing(clock: Clock) -> None:
    withholding = Withholding(clock)
    withholding.adopt(chosen(1, NIGHT, video_liked=False, security_alert=False))
    clock.ms += 12 * HOUR
    entries = (added(1), added(2, "video.shared"), added(3, "security.alert"), state(4))
    assert frames(withholding, *entries) == ["position", "notification", "notification", "state"]
    assert withholding.unkept(withholding.show(entries)) is None


def test_quiet_hours_withhold_every_notification_and_no_state(clock: Clock) -> None:
    withholding = Withholding(clock)
    withholding.adopt(chosen(1, NIGHT, video_liked=False))
    entries = (added(1), added(2, "video.shared"), added(3, "security.alert"), state(4))
    shown = withholding.show(entries)
    assert [isinstance(one, Withheld) and one.owed for one in shown] == [False, True, True, False]
    assert frames(withholding, *entries) == ["position", "position", "position", "state"]
    assert withholding.unkept(shown) == entries[1].position


def test_quiet_hours_come_and_go(clock: Clock) -> None:
    withholding = Withholding(clock)
    withholding.adopt(chosen(1, NIGHT))
    seen = []
    for _ in range(48):
        seen.append(withholding.quiet)
        clock.ms += HOUR
    day = [True] * 7 + [False] * 15 + [True] * 2
    assert seen == day * 2


def test_a_release_is_due_when_something_was_withheld_and_quiet_hours_are_over(clock: Clock) -> None:
    withholding = Withholding(clock)
    withholding.adopt(chosen(1, NIGHT))
    assert not withholding.due
    withheld_at(withholding, added(1))
    assert not withholding.due
    clock.ms += 7 * HOUR - 1
    assert not withholding.due
    clock.ms += 1
    assert withholding.due
    withholding.told(state(2, "released"))
    assert not withholding.due


def test_it_is_due_when_they_are_taken_away(clock: Clock) -> None:
    withholding = Withholding(clock)
    withholding.adopt(chosen(1, NIGHT))
    withheld_at(withholding, added(1))
    withholding.adopt(chosen(2, QuietHours("23:00", "01:00", "UTC")))
    assert not withholding.due
    withholding.adopt(chosen(3))
    assert withholding.due


def test_one_withheld_entry_is_kept_for_all_until_the_release(clock: Clock) -> None:
    withholding = Withholding(clock)
    withholding.adopt(chosen(1, NIGHT))
    withheld_at(withholding, added(1))
    assert withholding.unkept(withholding.show([added(2)])) is None
    # Another gateway's clock is ahead: it has released already, and what comes after that is owed anew.
    withholding.told(state(3, "released"))
    assert withholding.unkept(withholding.show([added(4)])) == added(4).position


def test_another_epoch_is_owed_anew(clock: Clock) -> None:
    withholding = Withholding(clock)
    withholding.adopt(chosen(1, NIGHT))
    withheld_at(withholding, added(1))
    assert withholding.unkept(withholding.show([added(1, epoch="f")])) is not None


def test_what_another_gateway_withheld_is_learned_from_the_inbox(clock: Clock) -> None:
    withholding = Withholding(clock)
    withholding.note(top(3, owed=0))
    assert not withholding.due
    withholding.note(top(3, owed=2))
    assert withholding.due
    withholding.told(state(4, "released"))
    withholding.note(top(3, owed=2))  # read before the release
    assert not withholding.due
    withholding.note(top(6, owed=5))
    assert withholding.due
    withholding.settle()
    withholding.note(top(1, owed=1, epoch="f"))
    assert withholding.due


def test_an_answer_that_nothing_is_owed_counts_only_outside_quiet_hours(clock: Clock) -> None:
    withholding = Withholding(clock)
    withholding.adopt(chosen(1, NIGHT))
    withheld_at(withholding, added(1))
    withholding.settle()
    clock.ms += 7 * HOUR
    assert withholding.due
    withholding.settle()
    assert not withholding.due


def test_what_was_read_earlier_and_comes_later_changes_nothing(clock: Clock) -> None:
    withholding = Withholding(clock)
    withholding.adopt(chosen(2, video_liked=False))
    for older in (chosen(1), chosen(2), None):
        withholding.adopt(older)
        assert frames(withholding, added(1)) == ["position"]


def test_a_zone_that_is_not_known_here_makes_nothing_quiet(clock: Clock) -> None:
    withholding = Withholding(clock)
    withholding.adopt(chosen(1, QuietHours("22:00", "07:00", "Moon/Tycho")))
    assert not withholding.quiet
    assert frames(withholding, added(1)) == ["notification"]

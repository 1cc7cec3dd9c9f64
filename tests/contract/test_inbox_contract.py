"""What every inbox does, whatever keeps it."""

from __future__ import annotations

import random

import msgspec
import pytest

from infra.stores.ports import Delivery, Filter, Summary
from schemas.errors import InvalidNotification
from schemas.notifications import Notification
from schemas.records import Added, StateChanged
from tests.contract.conftest import DAYS, ITEMS, Box
from tests.contract.inbox_model import DAY_MS, START_MS, Model, delivery, make, mark, new_user

ALL = Filter()


def several(user: str, count: int, start_ms: int = START_MS - DAY_MS) -> list[Notification]:
    return [make(user, start_ms + number) for number in range(count)]


async def summary(box: Box, user: str) -> Summary:
    return (await box.inbox.summaries([user]))[0]


async def listed(box: Box, user: str, filter: Filter = ALL) -> list[str]:
    found, _ = await box.inbox.page(user, None, 1000, filter)
    return [notification.id for notification in found]


async def test_an_inbox_never_used_has_an_epoch_that_stays(box: Box) -> None:
    user = new_user()
    first = await summary(box, user)
    assert (first.position.offset, first.position.tail, first.unseen, first.unread) == (0, "", 0, 0)
    assert first.position.epoch
    assert await summary(box, user) == first
    assert await box.inbox.entries(user, 0, 10) == (first, [])
    assert await box.inbox.page(user, None, 10, ALL) == ([], "")
    assert await box.inbox.get(user, make(user, START_MS).id) is None


@pytest.mark.guarantee("G2")
async def test_offsets_count_from_one_and_each_names_the_one_before(box: Box) -> None:
    user = new_user()
    sent = several(user, 3)
    placed = await box.deliver(*map(delivery, sent))
    assert [(one.position.offset, one.position.tail) for one in placed if one.position] == [
        (1, sent[0].id),
        (2, sent[1].id),
        (3, sent[2].id),
    ]
    assert [one.before for one in placed] == ["", sent[0].id, sent[1].id]
    assert {(one.unseen, one.unread, one.known) for one in placed} == {(3, 3, False)}
    assert len({one.position.epoch for one in placed if one.position}) == 1
    top = await summary(box, user)
    assert (top.position, top.unseen, top.unread) == (placed[-1].position, 3, 3)


@pytest.mark.guarantee("G2")
async def test_a_redelivery_changes_nothing_and_answers_where_it_stood(box: Box) -> None:
    user = new_user()
    sent = [delivery(one) for one in several(user, 4)]
    placed = await box.deliver(*sent)
    await box.mark(mark(user, "read", START_MS, sent[1].record.notification.id))
    before = await summary(box, user)
    again = await box.deliver(*sent)
    assert [(one.position, one.before) for one in again] == [(one.position, one.before) for one in placed]
    assert {(one.unseen, one.unread, one.known) for one in again} == {(3, 3, True)}
    assert await summary(box, user) == before


@pytest.mark.guarantee("G2")
async def test_the_same_fact_from_another_lane_is_known_by_its_id(box: Box) -> None:
    user = new_user()
    sent = several(user, 2)
    placed = await box.deliver(delivery(sent[0], 7), delivery(sent[1], 8))
    again = await box.deliver(delivery(sent[0], 1, "notifications-2"), delivery(sent[0], 9), delivery(sent[0], 10))
    assert [one.position for one in again] == [placed[0].position] * 3
    assert all(one.known for one in again)
    assert (await summary(box, user)).position.offset == 2


@pytest.mark.guarantee("G2")
async def test_a_source_at_or_below_the_last_applied_is_not_applied(box: Box) -> None:
    user = new_user()
    sent = several(user, 4)
    await box.deliver(delivery(sent[0], 5))
    late = await box.deliver(delivery(sent[1], 5), delivery(sent[2], 4))
    assert [(one.position, one.known) for one in late] == [(None, True)] * 2
    fresh = await box.deliver(delivery(sent[3], 6))
    assert fresh[0].position is not None
    assert fresh[0].position.offset == 2


@pytest.mark.guarantee("G2")
async def test_sources_above_two_to_the_53_differ_by_one(box: Box) -> None:
    user = new_user()
    huge = 987_654_321 << 64 | 12_345 << 24
    sent = several(user, 3)
    placed = await box.deliver(*(delivery(one, huge + number) for number, one in enumerate(sent[:2])))
    assert [one.known for one in placed] == [False, False]
    repeated, fresh = await box.deliver(delivery(sent[1], huge + 1), delivery(sent[2], huge + 2))
    assert (repeated.known, fresh.known) == (True, False)
    assert (await summary(box, user)).position.offset == 3


async def test_marks_change_counts_and_times(box: Box) -> None:
    user = new_user()
    sent = several(user, 5)
    ids = [one.id for one in sent]
    await box.deliver(*map(delivery, sent))
    steps = [
        (mark(user, "seen", START_MS + 1, up_to=ids[2]), (2, 5)),
        (mark(user, "read", START_MS + 2, ids[0], ids[4]), (1, 3)),
        (mark(user, "unread", START_MS + 3, ids[4]), (1, 4)),
        (mark(user, "archived", START_MS + 4, ids[3]), (0, 3)),
        (mark(user, "deleted", START_MS + 5, ids[1], ids[0]), (0, 2)),
    ]
    for number, (one, counts) in enumerate(steps, start=6):
        entry = await box.mark(one)
        assert (entry.unseen, entry.unread) == counts, one
        assert (entry.position.offset, entry.position.tail, entry.id) == (number, one.id, one.id)
    assert await listed(box, user) == [ids[4], ids[2]]
    assert await listed(box, user, Filter("archived")) == [ids[3]]
    assert await listed(box, user, Filter("unread")) == [ids[4], ids[2]]
    newest = await box.inbox.get(user, ids[4])
    assert newest is not None
    assert (newest.seen_at is not None, newest.read_at) == (True, None)
    assert await box.inbox.get(user, ids[1]) is None
    with pytest.raises(InvalidNotification, match="unknown"):
        await box.inbox.page(user, None, 10, Filter("unknown"))


@pytest.mark.parametrize("state", ["seen", "read", "unread", "archived", "deleted"])
async def test_inbox_and_history_show_a_mark_alike(box: Box, state: str) -> None:
    user = new_user()
    sent = several(user, 4)
    await box.deliver(*map(delivery, sent))
    await box.mark(mark(user, "read", START_MS + 1, sent[0].id))
    await box.mark(mark(user, state, START_MS + 2, sent[0].id, sent[1].id))
    await box.mark(mark(user, state, START_MS + 3, up_to=sent[2].id))
    for filter in (ALL, *map(Filter, ("unseen", "unread", "read", "archived"))):
        found, _ = await box.inbox.page(user, None, 10, filter)
        assert found == await box.history.page(user, None, 10, filter)


async def test_a_mark_sent_again_answers_the_same_entry(box: Box) -> None:
    user = new_user()
    sent = several(user, 2)
    await box.deliver(*map(delivery, sent))
    one = mark(user, "read", START_MS, sent[0].id)
    first = await box.mark(one)
    await box.mark(mark(user, "read", START_MS, sent[1].id))
    again = await box.mark(one)
    assert again == msgspec.structs.replace(first, unseen=0, unread=0)
    assert (await summary(box, user)).position.offset == 4


async def test_a_mark_on_what_the_inbox_does_not_hold_is_still_told(box: Box) -> None:
    user = new_user()
    entry = await box.mark(mark(user, "read", START_MS, make(user, START_MS - 30 * DAY_MS).id))
    assert (entry.position.offset, entry.before) == (1, "")
    _, entries = await box.inbox.entries(user, 0, 10)
    assert entries == [entry]


async def test_marks_that_break_a_rule_are_refused(box: Box) -> None:
    user = new_user()
    one = make(user, START_MS).id
    for wrong in (
        mark(user, "read", START_MS),
        mark(user, "read", START_MS, *[one] * 201),
        mark(user, "read", START_MS, up_to="zzz"),
    ):
        with pytest.raises(InvalidNotification):
            await box.inbox.mark(wrong)
        with pytest.raises(InvalidNotification):
            await box.history.mark(wrong)
    assert (await summary(box, user)).position.offset == 0


@pytest.mark.guarantee("G3")
async def test_entries_come_in_offset_order_with_no_gap(box: Box) -> None:
    user = new_user()
    sent = several(user, 6)
    await box.deliver(*map(delivery, sent[:3]))
    await box.mark(mark(user, "seen", START_MS, up_to=sent[1].id))
    await box.deliver(*map(delivery, sent[3:]))
    top, entries = await box.inbox.entries(user, 1, 5)
    assert top == await summary(box, user)
    assert [entry.position.offset for entry in entries] == [2, 3, 4, 5, 6]
    assert [type(entry) for entry in entries] == [Added, Added, StateChanged, Added, Added]
    tails = [sent[0].id, *(entry.position.tail for entry in entries)]
    assert [entry.before for entry in entries] == tails[:-1]
    assert {entry.position.epoch for entry in entries} == {top.position.epoch}
    assert isinstance(entries[0], Added)
    assert entries[0].notification.seen_at is not None


@pytest.mark.guarantee("G3")
async def test_entries_end_before_one_whose_notification_is_gone(box: Box) -> None:
    user = new_user()
    sent = several(user, 4)
    await box.deliver(*map(delivery, sent))
    await box.mark(mark(user, "deleted", START_MS, sent[2].id))
    _, entries = await box.inbox.entries(user, 0, 10)
    assert [entry.position.offset for entry in entries] == [1, 2]
    _, entries = await box.inbox.entries(user, 3, 10)
    assert [entry.position.offset for entry in entries] == [4, 5]


@pytest.mark.guarantee("G3")
async def test_the_log_keeps_its_last_thousand_entries(box: Box) -> None:
    user = new_user()
    one = make(user, START_MS)
    first = delivery(one)
    placed = await box.deliver(first)
    marks = [mark(user, "seen", START_MS + number, one.id) for number in range(1_004)]
    for each in marks:
        await box.inbox.mark(each)
    _, entries = await box.inbox.entries(user, 0, 2_000)
    assert [entry.position.offset for entry in entries] == list(range(6, 1_006))
    # What fell out of the log keeps its offset, but nothing tells any more what was before it.
    again = (await box.deliver(first))[0]
    assert (again.position, again.before, again.known) == (placed[0].position, "", True)
    # The memory of a mark is its entry: a mark that fell out takes a new one.
    assert (await box.inbox.mark(marks[3])).position.offset == 1_006
    assert (await box.inbox.mark(marks[-1])).position.offset == 1_005


@pytest.mark.guarantee("G2")
async def test_trimming_takes_the_oldest_and_its_counts(box: Box) -> None:
    user = new_user()
    sent = several(user, ITEMS + 5)
    await box.deliver(*map(delivery, sent[:ITEMS]))
    await box.mark(mark(user, "read", START_MS, sent[0].id, sent[1].id))
    await box.mark(mark(user, "archived", START_MS, sent[2].id))
    assert (await summary(box, user))[1:3] == (ITEMS - 3, ITEMS - 3)
    await box.deliver(*map(delivery, sent[ITEMS:]))
    # Five went: two read ones, an archived one, and two that counted.
    assert (await summary(box, user))[1:3] == (ITEMS, ITEMS)
    found, floor = await box.inbox.page(user, None, 1000, ALL)
    assert [one.id for one in found] == [one.id for one in reversed(sent[5:])]
    assert floor == sent[4].id
    late = make(user, START_MS - 2 * DAY_MS)
    # It is old and the inbox is full of newer ones: connected clients are told, the list and the counts stay.
    before = await summary(box, user)
    [placed] = await box.deliver(delivery(late))
    assert placed.position is not None
    assert (placed.position.offset, placed.known) == (before.position.offset + 1, False)
    assert (await summary(box, user))[1:3] == before[1:3]
    assert late.id not in await listed(box, user)
    [again] = await box.deliver(delivery(late))
    assert (again.position, again.known) == (placed.position, True)
    assert (await box.history.get(user, late.id)) == late


@pytest.mark.guarantee("G2")
async def test_what_is_older_than_the_memory_of_ids_goes_to_history_only(box: Box) -> None:
    user = new_user()
    old = make(user, START_MS - DAYS * DAY_MS - 1)
    young = make(user, START_MS - DAYS * DAY_MS)
    placed = await box.deliver(delivery(old), delivery(young), delivery(old))
    assert [(one.position is None, one.known) for one in placed] == [(True, False), (False, False), (True, False)]
    assert (await summary(box, user))[1:3] == (1, 1)
    _, floor = await box.inbox.page(user, None, 10, ALL)
    assert floor
    assert await box.history.get(user, old.id) == old


@pytest.mark.guarantee("G2")
async def test_items_leave_after_their_days(box: Box) -> None:
    user = new_user()
    sent = several(user, 3)
    await box.deliver(*map(delivery, sent))
    box.clock.ms += (DAYS - 1) * DAY_MS + 1
    fresh = make(user, box.clock.ms)
    await box.deliver(delivery(fresh))
    assert await listed(box, user) == [fresh.id, sent[2].id, sent[1].id]
    assert (await summary(box, user))[1:3] == (3, 3)
    again = await box.deliver(delivery(sent[0]))
    assert (again[0].unseen, len(await listed(box, user))) == (3, 3)


@pytest.mark.guarantee("G2")
async def test_a_deleted_one_does_not_come_back(box: Box) -> None:
    user = new_user()
    sent = [delivery(one) for one in several(user, 2)]
    await box.deliver(*sent)
    identifier = sent[0].record.notification.id
    await box.mark(mark(user, "deleted", START_MS, identifier))
    replayed = Delivery(sent[0].record, "notifications-2", sent[0].source)
    again = await box.deliver(sent[0], replayed)
    assert [(one.position, one.known, one.unseen) for one in again] == [(None, True, 1)] * 2
    assert identifier not in await listed(box, user)
    assert await box.history.get(user, identifier) is None


@pytest.mark.guarantee("G9")
async def test_marks_reach_no_other_inbox(box: Box) -> None:
    mine, theirs = new_user(), new_user()
    other = make(theirs, START_MS)
    await box.deliver(delivery(make(mine, START_MS)), delivery(other))
    before = await summary(box, theirs)
    await box.mark(mark(mine, "deleted", START_MS, other.id))
    await box.mark(mark(mine, "read", START_MS, up_to=other.id))
    assert await summary(box, theirs) == before
    assert await box.inbox.get(mine, other.id) is None
    assert await box.inbox.get(theirs, other.id) == other


async def test_pages_are_seamless(box: Box) -> None:
    user = new_user()
    sent = several(user, 11)
    await box.deliver(*map(delivery, sent))
    before: str | None = None
    found: list[str] = []
    while True:
        page, floor = await box.inbox.page(user, before, 4, ALL)
        assert not floor
        found += [one.id for one in page]
        if len(page) < 4:
            break
        before = page[-1].id
    assert found == [one.id for one in reversed(sent)]


async def test_pages_by_type(box: Box) -> None:
    user = new_user()
    sent = [make(user, START_MS + number, type=f"video.{number % 3}") for number in range(9)]
    await box.deliver(*map(delivery, sent))
    assert await listed(box, user, Filter(type="video.1")) == [sent[number].id for number in (7, 4, 1)]


@pytest.mark.guarantee("G2")
async def test_a_thousand_deliveries_in_one_call(box: Box) -> None:
    users = [new_user() for _ in range(300)]
    sent = [delivery(make(users[number % 300], START_MS + number)) for number in range(700)]
    sent += [delivery(make(users[0], START_MS + 1_000 + number)) for number in range(300)]
    placed = await box.deliver(*sent)
    assert len(placed) == 1_000
    for each in users[1:]:
        offsets = [
            answer.position.offset
            for one, answer in zip(sent, placed, strict=True)
            if one.record.notification.user_id == each and answer.position
        ]
        assert offsets == list(range(1, len(offsets) + 1))
    busy = [answer for one, answer in zip(sent, placed, strict=True) if one.record.notification.user_id == users[0]]
    assert [one.position.offset for one in busy if one.position] == list(range(1, 304))
    again = await box.deliver(*sent)
    assert all(one.known for one in again)
    tops = await box.inbox.summaries(users)
    assert [top.position.offset for top in tops[:101]] == [303, *[3] * 99, 2]
    assert tops[0].unseen == ITEMS


@pytest.mark.guarantee("G2")
@pytest.mark.parametrize("seed", range(6))
async def test_against_brute_force(box: Box, seed: int) -> None:
    chance = random.Random(seed)
    user = new_user()
    model = Model(ITEMS)
    sent: list[Delivery] = []
    marks = []
    for number in range(150):
        box.clock.ms += 1
        step = chance.random()
        if step < 0.5 or not sent:
            run = [
                delivery(make(user, box.clock.ms - chance.choice((0, 0, 0, 5, 60_000))))
                for _ in range(chance.randint(1, 6))
            ]
            run += chance.sample(sent, min(len(sent), chance.randint(0, 3)))
            run += [
                Delivery(one.record, f"lane {number}", one.source)
                for one in chance.sample(sent, min(len(sent), chance.randint(0, 2)))
            ]
            chance.shuffle(run)
            placed = await box.deliver(*run)
            expected = [model.append(one) for one in run]
            sent += [one for one in run if one not in sent]
            assert [(one.position and one.position.offset, one.known) for one in placed] == expected
            assert {(one.unseen, one.unread) for one in placed} == {model.counts}
        else:
            names = [one.record.notification.id for one in chance.choices(sent, k=chance.randint(1, 5))]
            state = chance.choice(("seen", "read", "unread", "archived", "deleted"))
            one = mark(user, state, box.clock.ms, *names)
            if chance.random() < 0.25 and state != "deleted":
                one = mark(user, state, box.clock.ms, up_to=names[0])
            if chance.random() < 0.2 and marks:
                one = chance.choice(marks)
            marks.append(one)
            entry = await box.mark(one)
            assert entry.position.offset == model.mark(one)
            assert (entry.unseen, entry.unread) == model.counts
        top = await summary(box, user)
        assert (top.position.offset, top.position.tail) == model.top
        assert (top.unseen, top.unread) == model.counts
        found, _ = await box.inbox.page(user, None, 100, ALL)
        assert [(each.id, each.seen_at, each.read_at, each.archived_at) for each in found] == model.newest_first

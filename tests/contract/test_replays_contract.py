"""The audit of replayed dead letters, whatever keeps it."""

from __future__ import annotations

import uuid

import pytest

from infra.stores.ports import Replay, Replays
from tests.contract.inbox_model import DAY_MS, START_MS


def letters(count: int) -> list[str]:
    run = uuid.uuid4().hex[:8]
    return [f"{run}-0-{number:032x}" for number in range(count)]


async def test_the_last_replay_of_a_letter_counts(replays: Replays) -> None:
    one, two, never = letters(3)
    await replays.put([Replay(one, 1, START_MS, "ada", "begun"), Replay(two, 1, START_MS, "ada", "begun")])
    await replays.put([Replay(one, 1, START_MS, "ada", "replayed")])
    await replays.put([Replay(one, 2, START_MS + 5, "bob", "failed: no such partition")])

    assert await replays.latest([one, two, never, one]) == {
        one: Replay(one, 2, START_MS + 5, "bob", "failed: no such partition"),
        two: Replay(two, 1, START_MS, "ada", "begun"),
    }
    assert await replays.latest([]) == {}


async def test_the_audit_has_all_newest_first_in_pages_over_months(replays: Replays) -> None:
    """The newest of all: other tests write into the same tables, at earlier times."""
    ids = letters(7)
    start = START_MS + 1000 * DAY_MS
    made = [Replay(id, 1, start + 20 * DAY_MS * (number // 2), "ada", "replayed") for number, id in enumerate(ids)]
    await replays.put(made)
    newest = sorted(made, key=lambda replay: (replay.at_ms, replay.letter_id), reverse=True)

    found: list[Replay] = []
    before: tuple[int, str] | None = None
    while len(found) < len(made):
        page = list(await replays.page(before, 3))
        found += page
        before = (page[-1].at_ms, page[-1].letter_id)
    assert found[: len(made)] == newest


@pytest.mark.parametrize(
    ("replay", "attempts", "settled"),
    [("replayed", 1, True), ("replayed", 2, False), ("begun", 1, False), ("failed: no", 1, False)],
)
def test_a_replay_settles_the_attempt_that_it_was_of(replay: str, attempts: int, settled: bool) -> None:
    assert Replay("one", 1, START_MS, "ada", replay).settles(attempts) == settled

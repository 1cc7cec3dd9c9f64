"""Window tables against a model, and back from their log."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.log.ports import OwnershipLost, Record
from streams import windowlog
from streams.windowlog import BARRIER, KEYS, Recovery, Replica, UnknownVersion, WindowLog, decode, encode
from streams.windows import ALLOWED_SKEW_MS, WindowState, digest

WINDOW = 100
START = 1_000_000

moments = st.integers(START - 150, START + 400)
windows = st.integers(1, 130)
arrivals = st.lists(st.tuples(st.sampled_from("abcdef"), moments), max_size=60)


@dataclass
class Model:
    """Every mark for ever, and nothing clever."""

    window: int
    stream: int = 0
    marks: list[tuple[str, int]] = field(default_factory=list)

    def live(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for key, moment in self.marks:
            if moment > self.stream - self.window:
                found[key] = max(moment, found.get(key, moment))
        return found


def offer(state: WindowState, key: str, moment: int) -> bool:
    """As the runtime does; whether it was news."""
    counted = state.advance(moment, moment)
    if state.seen(digest(key)):
        return False
    state.mark([(digest(key), counted)])
    return True


@settings(deadline=None)
@given(arrivals, windows)
@pytest.mark.guarantee("G8")
def test_a_key_is_seen_if_and_only_if_it_was_marked_less_than_the_window_ago(
    events: list[tuple[str, int]], window: int
) -> None:
    state, model = WindowState(window), Model(window)
    for key, moment in events:
        model.stream = max(model.stream, moment)
        expected = key not in model.live()
        late = moment <= model.stream - window
        assert offer(state, key, moment) == expected
        assert state.is_late(moment) == late
        if expected and not late:
            model.marks.append((key, moment))
        assert state.stream_ms == model.stream
        assert {key for key in "abcdef" if state.seen(digest(key))} == set(model.live())
        assert state.live_keys() == {digest(key): at for key, at in model.live().items()}


@settings(deadline=None)
@given(arrivals, windows)
def test_nothing_is_held_longer_than_a_bucket_beyond_the_window(events: list[tuple[str, int]], window: int) -> None:
    state = WindowState(window)
    for key, moment in events:
        offer(state, key, moment)
    width = max(1, window // 4)
    assert all((number + 1) * width > state.stream_ms - window for number in state.buckets)
    assert state.key_count <= 6 * len(state.buckets)


@settings(deadline=None)
@given(arrivals, windows, st.integers(1, 7))
@pytest.mark.guarantee("G8")
def test_a_table_comes_back_from_its_log_as_it_was(events: list[tuple[str, int]], window: int, batch: int) -> None:
    state, log = WindowState(window), list[bytes]()
    for start in range(0, len(events), batch):
        marks = []
        for key, moment in events[start : start + batch]:
            counted = state.advance(moment, moment)
            if not state.seen(digest(key)):
                marks.append((digest(key), counted))
        log.append(encode(KEYS, 7, state.stream_ms, marks))
        state.mark(marks)

    again = WindowState(window)
    for payload in log:
        kind, epoch, stream_ms, keys = decode(payload)
        assert (kind, epoch) == (KEYS, 7)
        again.advance_to(stream_ms)
        again.mark(keys)
    assert again.live_keys() == state.live_keys()
    assert (again.stream_ms, again.snapshot()["buckets"]) == (state.stream_ms, state.snapshot()["buckets"])


def test_the_edges_of_the_window() -> None:
    state = WindowState(WINDOW)
    assert offer(state, "a", START)
    state.advance_to(START + WINDOW - 1)
    assert state.seen(digest("a"))
    state.advance_to(START + WINDOW)
    assert not state.seen(digest("a"))
    assert state.is_late(START)
    assert not state.is_late(START + 1)


@pytest.mark.guarantee("G8")
def test_an_expired_time_in_the_same_bucket_does_not_hide_the_new_one() -> None:
    state = WindowState(WINDOW)
    state.mark([(digest("a"), START)])
    state.advance_to(START + WINDOW)
    assert not state.seen(digest("a"))
    state.mark([(digest("a"), START + 1)])
    assert state.seen(digest("a"))


@settings(deadline=None)
@given(moments, moments)
def test_stream_time_follows_events_within_the_allowed_skew(event: int, publish: int) -> None:
    state = WindowState(WINDOW)
    far = 10 * ALLOWED_SKEW_MS
    assert state.advance(event, publish) == event
    assert state.advance(publish + far, publish) == publish + ALLOWED_SKEW_MS
    assert state.advance(publish - far, publish) == publish - ALLOWED_SKEW_MS
    assert state.stream_ms == publish + ALLOWED_SKEW_MS


def test_digests_are_of_128_bits_and_differ() -> None:
    keys = [f"{source}\n{number}" for source in ("/a", "/b") for number in range(50_000)]
    digests = {digest(key) for key in keys}
    assert len(digests) == len(keys)
    assert {len(one) for one in digests} == {16}
    assert digest("a") == digest("a")


def test_a_snapshot_shows_its_buckets_with_their_bounds() -> None:
    state = WindowState(60_000)
    assert state.snapshot()["stream_time"] is None
    offer(state, "a", 1_767_614_400_000)
    offer(state, "a", 1_767_614_400_000)
    snapshot = state.snapshot()
    assert (snapshot["keys"], snapshot["stream_time"]) == (1, "2026-01-05T12:00:00.000Z")
    assert snapshot["bytes"] > 16
    assert snapshot["buckets"] == [{"from": "2026-01-05T12:00:00.000Z", "to": "2026-01-05T12:00:15.000Z", "keys": 1}]


@settings(deadline=None)
@given(
    st.sampled_from([BARRIER, KEYS]),
    st.integers(0, (1 << 128) - 1),
    st.integers(0, (1 << 62)),
    st.lists(st.tuples(st.binary(min_size=16, max_size=16), st.integers(0, 1 << 62)), max_size=20),
)
def test_a_log_record_is_read_as_it_was_written(
    kind: int, epoch: int, stream: int, keys: list[tuple[bytes, int]]
) -> None:
    assert decode(encode(kind, epoch, stream, keys)) == (kind, epoch, stream, keys)


@pytest.mark.parametrize("payload", [b"", b"\x02" + encode(KEYS, 1, 1)[1:], b"\x00"])
def test_a_record_of_another_version_is_refused(payload: bytes) -> None:
    with pytest.raises(UnknownVersion, match="this release reads 1"):
        decode(payload)


class Memory:
    """A log of one partition, in a list, with one cursor."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.cursor = 0
        self.fences = 0

    async def fence(self, topic: str, partition: int) -> "Fence":
        self.fences += 1
        return Fence(self, self.fences)

    async def read_subscription(
        self, topic: str, partition: int, subscription: str, until: int
    ) -> AsyncGenerator[list[Record], None]:
        assert subscription == windowlog.SUBSCRIPTION
        yield [record for record in self.after(self.cursor) if record.offset <= until]

    def after(self, start: int) -> list[Record]:
        return [
            Record("log", 0, offset, "", value, {}, 0)
            for offset, value in enumerate(self.records, start=1)
            if offset > start
        ]

    async def reader(self, topic: str, partition: int, *, after: int) -> "Tail":
        return Tail(self, after)

    async def trim(self, topic: str, partition: int, subscription: str, offset: int) -> None:
        self.cursor = max(self.cursor, offset)


@dataclass
class Fence:
    log: Memory
    number: int
    closed: bool = False

    async def append(self, value: bytes) -> int:
        if self.number != self.log.fences:
            raise OwnershipLost("taken over")
        self.log.records.append(value)
        return len(self.log.records)

    async def close(self) -> None:
        self.closed = True


@dataclass
class Tail:
    log: Memory
    position: int

    async def read(self) -> list[Record]:
        """One record at a time, as a reader may give them."""
        [record, *_] = self.log.after(self.position)
        self.position = record.offset
        return [record]

    async def close(self) -> None:
        pass


async def take(memory: Memory, state: WindowState | None, replica: Replica | None = None) -> WindowLog:
    return await WindowLog.take(memory, "log", 0, replica or Replica(state), Recovery())  # type: ignore[arg-type]


@pytest.mark.guarantee("G8")
@pytest.mark.parametrize("read_before", range(6))
async def test_a_replica_that_a_standby_kept_ends_as_the_table_that_is_read_as_a_whole(read_before: int) -> None:
    memory = Memory()
    log = await take(memory, WindowState(WINDOW))
    for moment in (START, START + 50, START + 120, START + 121):
        await log.append(moment, keys(moment))
    await log.trim(START + 120 - WINDOW)
    replica = Replica(WindowState(WINDOW))
    for record in memory.after(0)[:read_before]:
        replica.replay(record)
    warm = await take(memory, None, replica)
    whole = WindowState(WINDOW)
    await take(memory, whole)
    assert replica.state is not None
    assert (replica.state.live_keys(), replica.state.stream_ms) == (whole.live_keys(), whole.stream_ms)
    await warm.trim(START + 120 - WINDOW)  # what the other had let go of is no harm
    again = WindowState(WINDOW)
    await take(memory, again)
    assert again.live_keys() == whole.live_keys()


def keys(*moments: int) -> Sequence[tuple[bytes, int]]:
    return [(digest(str(moment)), moment) for moment in moments]


@pytest.mark.guarantee("G5")
async def test_an_older_epoch_cannot_append() -> None:
    memory = Memory()
    old = await take(memory, WindowState(WINDOW))
    new = await take(memory, WindowState(WINDOW))
    assert new.epoch > old.epoch
    with pytest.raises(OwnershipLost):
        await old.append(START, keys(START))
    await new.append(START, keys(START))


@pytest.mark.guarantee("G8")
async def test_trimming_forgets_what_has_expired_and_keeps_the_stream_time() -> None:
    memory = Memory()
    log = await take(memory, WindowState(WINDOW))
    for moment in (START, START + 50, START + 120):
        await log.append(moment, keys(moment))
    await log.trim(START + 120 - WINDOW)
    assert log.replica.records == 2
    await log.trim(START + 10 * WINDOW)

    state = WindowState(WINDOW)
    again = await take(memory, state)
    assert (state.stream_ms, again.replica.records) == (START + 120, 2)
    await again.trim(START + 10 * WINDOW)
    assert again.replica.records == 2, "a barrier after it does not let the newest batch go"


async def test_a_log_without_a_table_holds_one_barrier() -> None:
    memory = Memory()
    for _ in range(5):
        log = await take(memory, None)
        await log.trim(0)
        assert log.replica.records == 1


async def test_what_a_newer_release_wrote_is_not_taken_and_the_fence_is_closed() -> None:
    memory = Memory()
    memory.records.append(b"\x02")
    fences: list[Fence] = []
    take_fence = memory.fence

    async def fence(topic: str, partition: int) -> Fence:
        fences.append(await take_fence(topic, partition))
        return fences[-1]

    memory.fence = fence  # type: ignore[method-assign]
    with pytest.raises(UnknownVersion):
        await take(memory, WindowState(WINDOW))
    assert [one.closed for one in fences] == [True]

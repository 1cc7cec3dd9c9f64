"""Small parts: origins, rates, backoff, policy, the bounded queue."""

from __future__ import annotations

import asyncio
import random

import pytest

from gateway.backoff import Backoff
from gateway.closes import Close
from gateway.connection import Connection
from gateway.demo import DEMO_ACTORS, DEMO_USER, random_event
from gateway.frames import Encoded
from gateway.limits import Limits
from gateway.origin import allowed
from gateway.policy import ANYONE, Action, Caller, Role, check
from gateway.problems import Forbidden, NotThere, Unauthorized
from gateway.rate import TokenBucket
from schemas.events import decode_event, encode_event
from schemas.settings import TopicSettings


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        (None, "a.example", True),
        ("https://listed.example", "a.example", True),
        ("https://a.example", "a.example", True),
        ("https://a.example", "A.example:443", True),
        ("http://a.example:80", "a.example", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://127.0.0.1:8001", "127.0.0.1:8000", False),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("https://b.example", "a.example", False),
        ("https://a.example.evil.example", "a.example", False),
        ("https://listed.example.evil.example", "a.example", False),
        ("http://listed.example", "a.example", False),
        ("null", "a.example", False),
        ("null", "null", False),
        ("https://Listed.Example", "a.example", True),
        ("https://listed.example:443", "a.example", True),
        ("https://listed.example:8443", "a.example", False),
        ("https://listed.example.", "a.example", False),
        ("https://listed.example/", "a.example", False),
        ("https://listed.example/path", "a.example", False),
        ("https://listed.example?x", "a.example", False),
        ("https://listed.example#x", "a.example", False),
        ("https://a.example/", "a.example", False),
        ("https://x@a.example", "a.example", False),
        ("https://a.example@evil.example", "a.example", False),
        ("https://evil.example", "a.example@evil.example", False),
        ("https://evil.example", "a.example, evil.example", False),
        ("https://a.example.", "a.example", False),
        ("https://a.example", "a.example.", False),
        ("https://a.example:8443", "a.example", False),
        ("https://a.example:99999", "a.example:99999", False),
        ("https://a.example:x", "a.example:x", False),
        (" https://a.example", "a.example", False),
        ("https://a.example https://listed.example", "a.example", False),
        ("*", "*", False),
        ("https://*", "*", False),
        ("capacitor://localhost", "a.example", False),
        ("capacitor://localhost", "localhost", False),
        ("https://a.example\n", "a.example", False),
        ("", "a.example", False),
        ("file://", "a.example", False),
        ("https://[", "a.example", False),
        ("https://a.example", None, False),
    ],
)
def test_origin(origin: str | None, host: str | None, expected: bool) -> None:
    assert allowed(origin, host, ["https://listed.example"]) is expected


def test_token_bucket() -> None:
    now = 0.0
    bucket = TokenBucket(2, 3, lambda: now)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_backoff_grows_to_its_limit_and_starts_over() -> None:
    random.seed(1)
    backoff = Backoff(0.1, 1.0)
    delays = [backoff.next() for _ in range(50)]
    assert all(0 <= delay <= 1.0 for delay in delays)
    assert max(delays[10:]) > 0.5
    backoff.reset()
    assert backoff.next() <= 0.1


class TestPolicy:
    def test_what_is_not_in_the_table_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(check.__globals__["_ALLOWED"], Action.PUBLISH)
        with pytest.raises(Forbidden):
            check(Caller(Role.SERVICE), Action.PUBLISH)

    def test_nobody_without_credentials(self) -> None:
        with pytest.raises(Unauthorized):
            check(ANYONE, Action.READ_INBOX)

    @pytest.mark.guarantee("G9")
    def test_another_users_thing_does_not_exist(self) -> None:
        check(Caller(Role.USER, "a"), Action.END_SESSION, owner="a")
        check(Caller(Role.SERVICE), Action.END_SESSION, owner="a")
        with pytest.raises(NotThere):
            check(Caller(Role.USER, "b"), Action.END_SESSION, owner="a")


class TestConnection:
    async def test_sends_in_order_and_stops(self) -> None:
        connection, sent = Connection(Limits(), lambda: None), list[str]()

        async def send(frame: Encoded) -> None:
            sent.append(frame.text)

        pump = asyncio.create_task(connection.pump(send))
        for number in range(3):
            connection.push(Encoded("ping", str(number)))
        await asyncio.sleep(0)
        connection.push(Encoded("ping", "last"))
        connection.close(Close.DEPLOY, flush=True)
        connection.push(Encoded("ping", "after the end"))
        await pump
        assert sent == ["0", "1", "2", "last"]

    @pytest.mark.parametrize(("limits", "fits"), [(Limits(queue_frames=3), 3), (Limits(queue_bytes=40), 4)])
    async def test_overflow_closes_4008_and_frees(self, limits: Limits, fits: int) -> None:
        connection = Connection(limits, lambda: None)
        for _ in range(fits):
            connection.push(Encoded("ping", "x" * 10))
        assert not connection.ended
        connection.push(Encoded("ping", "x" * 10))
        assert connection.closing is Close.TOO_SLOW
        assert connection.queued == 0

    async def test_the_first_reason_stays_and_a_peer_that_does_not_read_is_cut(self) -> None:
        cut = asyncio.Event()
        connection = Connection(Limits(close=0.01), cut.set)
        connection.close(Close.REVOKED)
        connection.close(Close.DEPLOY)
        assert connection.closing is Close.REVOKED
        await asyncio.wait_for(cut.wait(), 1)


def test_demo_events_are_valid_and_about_the_demo_user() -> None:
    rng = random.Random(7)
    verbs = set()
    for _ in range(300):
        event = random_event(rng)
        assert decode_event(encode_event(event)) == event
        assert DEMO_USER in encode_event(event).decode()
        assert str(event.actor) in DEMO_ACTORS
        verbs.add(event.verb)
        assert TopicSettings().events[event.group] == f"{event.verb.partition('.')[0]}-events"
    assert len(verbs) == 9

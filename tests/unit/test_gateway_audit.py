"""What is written of whom, and when: before the action, and summed up where an attacker decides how often."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway import audit
from gateway.addresses import Addresses
from gateway.audit import Actor, Trail, concerning
from gateway.metrics import AUDIT_DROPPED, AUDIT_FAILED
from gateway.policy import Action, Caller, Role
from gateway.problems import Forbidden, NotThere
from infra.stores.ports import Audit, AuditLine
from schemas.errors import ConnectionFailed

SOMEBODY = Actor(Role.SERVICE, "", "", "192.0.2.7")


class Store(Audit):
    def __init__(self) -> None:
        self.lines: dict[str, AuditLine] = {}
        self.history: list[str] = []
        self.away = False

    async def put(self, line: AuditLine) -> None:
        if self.away:
            raise ConnectionFailed("audit", "away")
        self.lines[line.id] = line
        self.history.append(f"{line.action} {line.result}")

    @property
    def all(self) -> list[AuditLine]:
        return list(self.lines.values())


@pytest.fixture
def store() -> Store:
    return Store()


def request(path_params: dict[str, Any] | None = None, operator: bytes = b"ada") -> Request:
    headers = [(b"x-operator", operator), (b"authorization", b"Bearer of-the-tests")]
    scope = {"type": "http", "headers": headers, "client": ("192.0.2.7", 5), "path_params": path_params or {}}
    app = SimpleNamespace(state=SimpleNamespace(gateway=SimpleNamespace(addresses=Addresses([]))))
    return Request({**scope, "method": "GET", "path": "/", "query_string": b"", "app": app})


async def answer() -> Response:
    return Response()


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.OPERATOR, Role.ADMIN])
async def test_it_is_written_before_it_is_done_and_with_its_result(store: Store, role: Role) -> None:
    trail = Trail(store, lambda: 5)
    action = Action.READ_DEAD_LETTERS if role is not Role.SUPPORT else Action.MANAGE_SESSIONS
    asked = request({"id": "the id"})

    async def run() -> Response:
        [line] = store.all
        assert line.result == "begun"
        concerning(asked, user_id="whose")
        return Response()

    await trail.recorded(asked, Caller(role), action, run)
    [line] = store.all
    assert line == AuditLine(line.id, 5, role.value, "ada", "", action.slug, "whose", "the id", "done", "192.0.2.7", 1)
    assert "of-the-tests" not in str(line)


async def test_results(store: Store) -> None:
    trail = Trail(store)

    async def raises() -> Response:
        raise NotThere("find", "no")

    async def breaks() -> Response:
        raise KeyError

    async def refuses() -> Response:
        return Response(status_code=422)

    for run, result in ((raises, "failed: not-found"), (refuses, "failed: 422"), (breaks, "failed")):
        with contextlib.suppress(NotThere, KeyError):
            await trail.recorded(request(), Caller(Role.ADMIN), Action.ERASE_USER, run)
        assert store.all[-1].result == result
        assert store.history[-2:] == ["erase-user begun", f"erase-user {result}"]


async def test_without_an_account_there_is_no_action(store: Store) -> None:
    store.away = True

    async def never() -> Response:
        raise AssertionError("it was done")

    with pytest.raises(ConnectionFailed):
        await Trail(store).recorded(request(), Caller(Role.ADMIN), Action.ERASE_USER, never)


async def test_a_result_that_cannot_be_written_is_counted_and_the_answer_stands(store: Store) -> None:
    before = AUDIT_FAILED._value.get()

    async def run() -> Response:
        store.away = True
        return Response()

    response = await Trail(store).recorded(request(), Caller(Role.ADMIN), Action.ERASE_USER, run)
    assert response.status_code == 200
    assert store.all[0].result == "begun"
    assert AUDIT_FAILED._value.get() == before + 1


async def test_what_a_role_was_refused_is_written(store: Store) -> None:
    with pytest.raises(Forbidden):
        await Trail(store).recorded(request(), Caller(Role.SUPPORT), Action.READ_AUDIT, answer)
    assert [(line.action, line.result) for line in store.all] == [("read-audit", "refused: forbidden")]


async def test_users_services_and_statistics_leave_no_lines(store: Store) -> None:
    trail = Trail(store)
    await trail.recorded(request(), Caller(Role.USER, "u", "s"), Action.READ_INBOX, answer)
    await trail.recorded(request(), Caller(Role.SERVICE), Action.PUBLISH, answer)
    await trail.recorded(request(), Caller(Role.ADMIN), Action.READ_STATS, answer)
    await trail.recorded(request(), Caller(Role.OPERATOR), Action.PROBE, answer)
    assert store.all == []


async def test_names_and_subjects_have_an_end(store: Store) -> None:
    trail = Trail(store)
    await trail.recorded(request({"id": "x" * 9000}, b"a" * 9000), Caller(Role.ADMIN), Action.ERASE_USER, answer)
    assert (len(store.all[0].actor), len(store.all[0].subject)) == (audit.MAX_NAME, audit.MAX_SUBJECT)


async def test_notes_never_stop_what_has_happened(store: Store) -> None:
    trail = Trail(store)
    store.away = True
    await trail.note(SOMEBODY, "session-ended", user_id="u", subject="s")
    store.away = False
    await trail.note(SOMEBODY, "session-ended", user_id="u", subject="s")
    assert [(line.action, line.user_id, line.subject) for line in store.all] == [("session-ended", "u", "s")]


class TestFailedAuthentications:
    async def test_they_are_summed_up(self, store: Store) -> None:
        trail = Trail(store)
        for _ in range(1000):
            trail.failed("192.0.2.7")
        trail.failed("2001:db8::1")
        trail.failed("2001:db8::ffff")
        trail.failed("")
        assert store.all == []
        await trail.flush()
        await trail.flush()
        found = {line.address: line.times for line in store.all}
        assert found == {"192.0.2.7": 1000, "2001:db8::/64": 2, "": 1}
        assert {(line.action, line.role) for line in store.all} == {("authentication-failed", "anyone")}

    async def test_an_attacker_with_many_addresses_fills_nothing(self, store: Store) -> None:
        trail, before = Trail(store), AUDIT_DROPPED._value.get()
        for number in range(10_000):
            trail.failed(f"10.0.{number // 256}.{number % 256}")
        assert len(trail._failed) <= audit.ADDRESSES + 1
        await trail.flush()
        assert len(store.all) == audit.ADDRESSES + 1
        assert sum(line.times for line in store.all) == 10_000
        assert AUDIT_DROPPED._value.get() == before + 10_000 - audit.ADDRESSES

    async def test_a_store_that_is_away_loses_them_and_nothing_else(self, store: Store) -> None:
        trail = Trail(store)
        trail.failed("192.0.2.7")
        store.away = True
        await trail.flush()
        store.away = False
        trail.failed("192.0.2.8")
        await trail.flush()
        assert [line.address for line in store.all] == ["192.0.2.8"]

"""Preferences over REST: what is set and what stays, what is refused, and the audit."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from infra.stores.ports import PreferencesStore, PreferencesVersion
from schemas.consent import TYPES, TypeClass
from schemas.errors import ConnectionFailed
from schemas.records import PreferencesChanged, decode_record
from tests.integration.gateway.harness import Platform, Running, assert_problem, running

NIGHT = {"start": "22:00", "end": "07:00", "time_zone": "Europe/Berlin"}
PATH = "/v1/preferences"


async def put(server: Running, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    response = await server.http.put(PATH, json=body, headers=headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    assert (await server.http.get(PATH, headers=headers)).json() == answer
    return answer


async def test_whoever_said_nothing_has_the_defaults(
    server: Running, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TYPES, "digest.weekly", TypeClass(default=False))
    response = await server.http.get(PATH, headers=await server.bearer(user))
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"types", "quiet_hours", "classes"}
    assert set(body["types"]) == set(body["classes"]) == set(TYPES)
    assert body["classes"]["video.liked"] == {"default": True, "mandatory": False}
    assert (body["types"]["video.liked"], body["types"]["digest.weekly"]) == (True, False)
    assert body["quiet_hours"] is None


async def test_what_is_given_is_set_and_the_rest_stays(server: Running, user: str) -> None:
    mine = await server.bearer(user)
    first = await put(server, mine, types={"video.liked": False}, quiet_hours=NIGHT)
    assert (first["types"]["video.liked"], first["types"]["video.shared"], first["quiet_hours"]) == (False, True, NIGHT)
    second = await put(server, mine, types={"video.shared": False})
    assert [second["types"][type] for type in ("video.liked", "video.shared")] == [False, False]
    assert second["quiet_hours"] == NIGHT
    third = await put(server, mine, quiet_hours=None)
    assert (third["quiet_hours"], third["types"]) == (None, second["types"])
    assert (await put(server, mine))["types"] == second["types"]
    assert (await put(server, mine, types={"video.liked": True}))["types"]["video.liked"] is True


@pytest.mark.guarantee("G9")
async def test_preferences_are_ones_own(server: Running, user: str) -> None:
    mine, others = await server.bearer(user), await server.bearer(str(uuid4()))
    await put(server, mine, types={"video.liked": False}, quiet_hours=NIGHT)
    theirs = (await server.http.get(PATH, headers=others)).json()
    assert (theirs["types"]["video.liked"], theirs["quiet_hours"]) == (True, None)
    assert (await server.http.get(f"{PATH}/audit", headers=others)).json()["data"] == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"types": {"video.burned": False}}, "`video.burned`"),
        ({"types": {"video.liked": False, "security.new-sign-in": False}}, "`security.new-sign-in` is mandatory"),
        ({"types": {"video.liked": "no"}}, "$.types"),
        ({"types": None}, "$.types"),
        ({"quiet_hours": {**NIGHT, "end": "22:00"}}, "`quiet_hours.end`"),
        ({"quiet_hours": {**NIGHT, "time_zone": "Europe/Atlantis"}}, "`quiet_hours.time_zone`"),
        ({"quiet_hours": {**NIGHT, "start": "25:00"}}, "$.quiet_hours.start"),
        ({"quiet_hours": {"start": "22:00", "end": "07:00"}}, "`time_zone`"),
        ([], "object"),
    ],
)
async def test_what_is_refused_is_named_and_changes_nothing(server: Running, user: str, body: Any, named: str) -> None:
    mine = await server.bearer(user)
    before = await put(server, mine, types={"video.shared": False})
    response = await server.http.put(PATH, json=body, headers=mine)
    assert_problem(response, 422)
    assert named in response.json()["detail"]
    assert (await server.http.get(PATH, headers=mine)).json() == before


async def test_what_is_mandatory_may_be_wanted(server: Running, user: str) -> None:
    mine = await server.bearer(user)
    await put(server, mine, types={"security.new-sign-in": True})
    assert (await server.http.get(f"{PATH}/audit", headers=mine)).json()["data"] == []


async def test_the_audit_has_every_change_newest_first(server: Running, user: str) -> None:
    session = await server.session(user)
    mine = {"authorization": f"Bearer {session['access_token']}"}
    for body in (
        {"types": {"video.liked": False, "video.shared": True}},
        {"types": {"video.liked": False}},  # no change
        {"quiet_hours": NIGHT},
        {"types": {"video.liked": True}, "quiet_hours": None},
    ):
        await put(server, mine, **body)
    pages, cursor = [], ""
    while cursor is not None:
        body = (await server.http.get(f"{PATH}/audit?limit=2&cursor={cursor}", headers=mine)).json()
        pages.append(body["data"])
        cursor = body["page"]["next"]
    assert [len(page) for page in pages] == [2, 1]
    entries = [entry for page in pages for entry in page]
    times = [entry.pop("at") for entry in entries]
    assert times == sorted(times, reverse=True)
    by = f"session {session['session_id']}"
    assert entries == [
        {"version": 3, "by": by, "types": {"video.liked": True}, "quiet_hours": None},
        {"version": 2, "by": by, "types": {}, "quiet_hours": NIGHT},
        {"version": 1, "by": by, "types": {"video.liked": False}},
    ]
    assert_problem(await server.http.get(f"{PATH}/audit?cursor=!", headers=mine), 422)
    assert_problem(await server.http.get(f"{PATH}/audit?cursor=LTE", headers=mine), 422)


async def test_changes_from_two_devices_at_the_same_time_are_all_kept(platform: Platform, user: str) -> None:
    """On gateways whose clocks are a minute apart: the order of the audit is that of the changes."""
    types = list(TYPES)
    async with running(platform) as one, running(platform, clock=lambda: 1_000) as two:
        mine = await one.bearer(user)
        answers = await asyncio.gather(
            *(
                (one, two)[number % 2].http.put(PATH, json={"types": {type: False}}, headers=mine)
                for number, type in enumerate(types[:6])
            )
        )
        assert {answer.status_code for answer in answers} == {200}
        body = (await one.http.get(PATH, headers=mine)).json()
        assert [body["types"][type] for type in types[:6]] == [False] * 6
        entries = (await one.http.get(f"{PATH}/audit", headers=mine)).json()["data"]
        assert [entry["version"] for entry in entries] == [6, 5, 4, 3, 2, 1]
        times = [entry["at"] for entry in entries]
        assert times == sorted(times, reverse=True)
        assert len(set(times)) == 6


async def test_a_change_is_told_to_every_gateway_before_it_is_answered(
    platform: Platform, server: Running, user: str
) -> None:
    def told(values: list[bytes]) -> int:
        records = [value for value in values if value.startswith(b'{"kind":"preferences"')]
        return [decode_record(value, PreferencesChanged).user_id for value in records].count(user)

    mine = await server.bearer(user)
    for number in (1, 2):  # the same again too: the first answer may have been lost before the word was spread
        await put(server, mine, types={"video.liked": False})
        assert told(await platform.published(platform.settings.topics.fan_out)) == number


class Away:
    """A store that fails while ``away``."""

    def __init__(self, store: PreferencesStore) -> None:
        self.store = store
        self.away = True

    def __getattr__(self, name: str) -> Any:
        if self.away:
            raise ConnectionFailed("read preferences", "the server is away")
        return getattr(self.store, name)


async def test_a_store_that_is_away_is_a_503(platform: Platform, user: str) -> None:
    away = Away(platform.stores.preferences)
    async with running(platform, preferences=away) as server:
        mine = await server.bearer(user)
        for path in (PATH, f"{PATH}/audit"):
            assert_problem(await server.http.get(path, headers=mine), 503)
        assert_problem(await server.http.put(PATH, json={"types": {"video.liked": False}}, headers=mine), 503)


class Contested:
    """A store in which somebody else is always faster."""

    def __init__(self, store: PreferencesStore) -> None:
        self.store = store
        self.rounds = 0

    async def newest(self, user_ids: list[str]) -> dict[str, PreferencesVersion]:
        return await self.store.newest(user_ids)

    async def put(self, version: PreferencesVersion) -> bool:
        self.rounds += 1
        return False


async def test_a_change_that_never_gets_its_turn_ends(platform: Platform, user: str) -> None:
    contested = Contested(platform.stores.preferences)
    async with running(platform, preferences=contested) as server:
        mine = await server.bearer(user)
        assert_problem(await server.http.put(PATH, json={"types": {"video.liked": False}}, headers=mine), 503)
    assert contested.rounds == 10

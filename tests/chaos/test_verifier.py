"""The verifier notices: a round that is right passes, and each thing that can be wrong with it is named."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.chaos.verifier.evidence import Evidence, Inbox, Input, Letter, Row
from tests.chaos.verifier.report import as_markdown, judge

ADA, BOB = str(UUID(int=1)), str(UUID(int=2))
START = 1_763_820_000.0
EPOCH = "e1"


def liked(number: int, owner: str, actor: str = BOB) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": "pavilion.video.liked.v1",
        "source": "/chaos",
        "id": f"like-{number}",
        "time": "2025-11-22T14:00:00.000+00:00",
        "data": {"video_id": str(UUID(int=9)), "actor_id": actor, "owner_id": owner, "title": "Holiday"},
    }


def entered(number: int, payload: bytes) -> Input:
    return Input("video-events", 0, f"{number:032x}", payload, START + number / 10)


def told(number: int, user: str = ADA) -> dict[str, Any]:
    return {
        "id": f"n{number}",
        "user_id": user,
        "type": "video.liked",
        "metadata": {"event_id": f"like-{number}", "video_id": str(UUID(int=9))},
    }


def frame(number: int, offset: int, **more: Any) -> dict[str, Any]:
    shown = {"id": f"n{number}", "fact": f"event like-{number}", "owner": ADA, "type": "notification"}
    position = {"epoch": EPOCH, "offset": offset, "tail": f"n{number}"}
    return {"at": START + 1 + number / 10, "user": ADA, "event": "frame", **position, **shown, **more}


def connected(offset: int, tail: str, *, recovered: bool, sent: dict[str, Any] | None = None) -> dict[str, Any]:
    position = {"epoch": EPOCH, "offset": offset, "tail": tail}
    return {"at": START, "user": ADA, "event": "connected", **position, "recovered": recovered, "sent": sent}


def a_round() -> Evidence:
    """Ada is told of three likes over two connections; of the rest one is her own, one comes twice, one is broken."""
    events = [entered(number, json.dumps(liked(number, ADA)).encode()) for number in (1, 2, 3)]
    own = entered(4, json.dumps(liked(4, ADA, actor=ADA)).encode())
    again = replace(events[0], offset=f"{5:032x}")
    broken = entered(6, b"{")
    ids = ["n1", "n2", "n3"]
    at_two, at_three = ({"epoch": EPOCH, "offset": number, "tail": f"n{number}"} for number in (2, 3))
    final = {"converged": True, "position": at_three, "top": at_three, "ids": ids[::-1]}
    return Evidence(
        inputs=[*events, own, again, broken],
        history=[Row(ADA, one, told(int(one[1:]))) for one in ids],
        inboxes={
            ADA: Inbox(
                epoch=EPOCH,
                top=3,
                tail="n3",
                floor="",
                unseen=3,
                unread=3,
                items={one: told(int(one[1:])) for one in ids},
                log=[("n1", ""), ("n2", "n1"), ("n3", "n2")],
            )
        },
        letters=[Letter("g-0-6", "video-events", 0, f"{6:032x}", "not JSON", b"{")],
        sockets={
            ADA: [
                connected(0, "", recovered=False),
                {"at": START, "user": ADA, "event": "loaded", "count": 0, "new": []},
                frame(1, 1),
                frame(2, 2),
                {"at": START, "user": ADA, "event": "closed", "gateway": "a", "code": None},
                connected(3, "n3", recovered=True, sent=at_two),
                frame(3, 3),
                {"at": START + 9, "user": ADA, "event": "final", **final},
            ]
        },
        faults=[
            {"at": START, "number": 0, "kind": "worker-kill", "target": "worker-1", "phase": "begin"},
            {"at": START + 0.5, "number": 0, "kind": "worker-kill", "target": "worker-1", "phase": "lifted"},
            {"at": START + 5, "phase": "settled"},
        ],
        tables={
            "worker-1": [
                {"table": "video-seen", "partition": 0, "keys": 4, "stream_time": "2025-11-22T14:00:00.000Z"},
            ],
            "worker-2": [],
        },
        follows_settled_at=START,
    )


def violated(evidence: Evidence) -> dict[str, list[str]]:
    """By guarantee, the examples of what contradicts it."""
    found: dict[str, list[str]] = {}
    for claim in judge(evidence)["claims"]:
        if claim["violated"]:
            found.setdefault(claim["guarantee"], []).extend(claim["examples"])
    return found


def test_a_round_that_is_right_has_no_violation() -> None:
    report = judge(a_round())
    assert report["violations"] == 0
    assert {name for name, sums in report["guarantees"].items() if sums["checked"]} == {
        *(f"G{number}" for number in range(1, 10))
    }
    assert report["faults"] == {"worker-kill": {"worker-1": 1}}
    assert report["counts"]["duplicates in the input"] == 1
    assert report["counts"]["own actions"] == 1
    assert report["recovery"]["worker-kill"]["faults"] == 1


def socket(evidence: Evidence, event: str) -> list[dict[str, Any]]:
    return [line for line in evidence.sockets[ADA] if line["event"] == event]


def lose_a_notification(evidence: Evidence) -> None:
    del evidence.history[1]


def tell_of_an_own_action(evidence: Evidence) -> None:
    evidence.history.append(Row(ADA, "n4", told(4)))


def keep_one_twice(evidence: Evidence) -> None:
    evidence.history.append(Row(ADA, "m1", told(1)))


def lose_from_the_inbox(evidence: Evidence) -> None:
    del evidence.inboxes[ADA].items["n2"]


def count_wrong(evidence: Evidence) -> None:
    evidence.inboxes[ADA].unread = 2


def double_an_offset(evidence: Evidence) -> None:
    evidence.sockets[ADA].insert(3, frame(1, 1))


def leave_a_gap(evidence: Evidence) -> None:
    evidence.sockets[ADA].remove(frame(2, 2))


def reuse_an_offset(evidence: Evidence) -> None:
    evidence.sockets[ADA].insert(-1, connected(2, "n2", recovered=False))
    evidence.sockets[ADA].insert(-1, frame(2, 3))


def recover_from_elsewhere(evidence: Evidence) -> None:
    evidence.sockets[ADA][5]["sent"]["tail"] = "n1"


def hide_one(evidence: Evidence) -> None:
    evidence.sockets[ADA].remove(frame(3, 3))
    evidence.sockets[ADA][5]["offset"] = 2


def list_too_little(evidence: Evidence) -> None:
    socket(evidence, "final")[0]["ids"].pop()


def never_converge(evidence: Evidence) -> None:
    socket(evidence, "final")[0].update(converged=False, position=None, top=None)


def break_the_chain(evidence: Evidence) -> None:
    evidence.inboxes[ADA].log[2] = ("n3", "n1")


def own_twice(evidence: Evidence) -> None:
    assert evidence.tables is not None
    evidence.tables["worker-2"] = deepcopy(evidence.tables["worker-1"])


def lose_a_letter(evidence: Evidence) -> None:
    evidence.letters.clear()


def change_a_letter(evidence: Evidence) -> None:
    evidence.letters[0] = replace(evidence.letters[0], payload=b"")


def write_a_letter_under_two_ids(evidence: Evidence) -> None:
    evidence.letters.append(replace(evidence.letters[0], id="another"))


def bury_a_good_event(evidence: Evidence) -> None:
    evidence.letters.append(Letter("g-0-2", "video-events", 0, f"{2:032x}", "Redis is away", b""))


def end_by_itself(evidence: Evidence) -> None:
    line = {"at": START, "phase": "ended", "target": "worker-1", "status": 1, "was_up": True}
    evidence.faults.append(line)


def never_settle(evidence: Evidence) -> None:
    evidence.faults.pop()


def forget_a_key(evidence: Evidence) -> None:
    assert evidence.tables is not None
    evidence.tables["worker-1"][0]["keys"] = 3


def turn_back_stream_time(evidence: Evidence) -> None:
    assert evidence.tables is not None
    evidence.tables["worker-1"][0]["stream_time"] = "2025-11-22T13:59:59.000Z"


def show_anothers(evidence: Evidence) -> None:
    socket(evidence, "frame")[0]["owner"] = BOB


def lose_input(evidence: Evidence) -> None:
    evidence.acknowledged.append({"topic": "video-events", "digest": "of nothing"})


@pytest.mark.parametrize(
    ("spoil", "guarantees"),
    [
        (lose_a_notification, {"G1", "G2", "G3", "G4"}),
        (tell_of_an_own_action, {"G1", "G2", "G3"}),
        (keep_one_twice, {"G2", "G3"}),
        (lose_from_the_inbox, {"G2"}),
        (count_wrong, {"G2"}),
        (double_an_offset, {"G3"}),
        (leave_a_gap, {"G3"}),
        (reuse_an_offset, {"G3"}),
        (recover_from_elsewhere, {"G3"}),
        (hide_one, {"G3"}),
        (list_too_little, {"G3"}),
        (never_converge, {"G3"}),
        (break_the_chain, {"G5"}),
        (own_twice, {"G5"}),
        (lose_a_letter, {"G4", "G6"}),
        (change_a_letter, {"G6"}),
        (write_a_letter_under_two_ids, {"G6"}),
        (bury_a_good_event, {"G7"}),
        (end_by_itself, {"G7"}),
        (never_settle, {"G7"}),
        (forget_a_key, {"G8"}),
        (turn_back_stream_time, {"G8"}),
        (show_anothers, {"G9"}),
        (lose_input, {"input"}),
    ],
)
def test_what_is_wrong_is_named(spoil: Callable[[Evidence], None], guarantees: set[str]) -> None:
    evidence = a_round()
    spoil(evidence)
    assert set(violated(evidence)) == guarantees


def test_a_new_epoch_allows_offsets_to_start_again_and_is_counted() -> None:
    """Redis lost its data: the client is told so, loads its list, and may be pushed what it has seen."""
    evidence = a_round()
    fresh = {"epoch": "e2", "offset": 0, "tail": ""}
    evidence.sockets[ADA][-1:-1] = [
        connected(0, "", recovered=False) | fresh,
        {"at": START, "user": ADA, "event": "loaded", "count": 3, "new": []},
        frame(3, 1) | {"epoch": "e2"},
    ]
    report = judge(evidence)
    assert report["violations"] == 0
    assert report["counts"]["pushed again under a new epoch"] == 1


def test_an_upload_may_reach_who_followed_meanwhile_and_must_reach_who_did_before() -> None:
    follow = {**liked(7, ADA), "type": "pavilion.user.followed.v1", "data": {"followed_id": BOB, "actor_id": ADA}}
    upload = {**liked(8, ADA), "type": "pavilion.video.uploaded.v1"}
    upload["data"] = {"video_id": str(UUID(int=9)), "actor_id": BOB, "title": "Holiday"}
    inputs = [entered(number, json.dumps(event).encode()) for number, event in ((7, follow), (8, upload))]
    evidence = Evidence(inputs=inputs, follows_settled_at=START)
    for_bob = Row(BOB, "b7", {**told(7, BOB), "type": "user.followed"})
    for_ada = Row(ADA, "n8", {**told(8), "type": "video.uploaded"})
    for settled_at, history, missing in (
        (START, [for_bob], False),
        (START, [for_bob, for_ada], False),
        (START + 9, [for_bob, for_ada], False),
        (START + 9, [for_bob], True),
    ):
        evidence.follows_settled_at, evidence.history = settled_at, history
        assert ("G1" in violated(evidence)) == missing


def test_recovery_counts_from_the_fault_until_what_waited_was_seen() -> None:
    evidence = a_round()
    for line, at in zip(socket(evidence, "frame"), (4.0, 4.1, 4.2), strict=True):
        line["at"] = START + at
    [row] = judge(evidence)["recovery"].values()
    assert row == {
        "faults": 1,
        "stood_still": 1,
        "median_seconds": 4.0,
        "longest_seconds": 4.0,
        "longest_after_lift": 3.5,
        "alone": 1,
        "longest_alone": 4.0,
    }


def test_a_fault_beside_another_is_not_alone() -> None:
    evidence = a_round()
    evidence.faults += [
        {"at": START + 0.2, "number": 1, "kind": "redis-kill", "target": "redis", "phase": "begin"},
        {"at": START + 1, "number": 1, "kind": "redis-kill", "target": "redis", "phase": "lifted"},
    ]
    assert [row["alone"] for row in judge(evidence)["recovery"].values()] == [0, 0]


def test_the_report_for_people_names_the_violation() -> None:
    evidence = a_round()
    lose_a_letter(evidence)
    text = as_markdown(judge(evidence))
    assert "| G6 | bad input is among the dead letters, with its bytes, origin and reason | 1 | 1 |" in text
    assert f"- video-events-0 {6:032x}: no letter" in text

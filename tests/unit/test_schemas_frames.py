"""Socket frames: the type comes first, and each has the fields that clients rely on."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest

from schemas.errors import Problem
from schemas.frames import (
    MAX_MARKED_IDS,
    ClientFrame,
    Connect,
    Connected,
    ErrorFrame,
    Mark,
    Marked,
    NotificationFrame,
    Ping,
    Pong,
    PositionFrame,
    Reconnect,
    Refresh,
    Refreshed,
    ServerFrame,
    StateFrame,
    decode_client_frame,
    encode_frame,
)
from schemas.notifications import make_notification
from schemas.records import Position

MANY = ["a"] * (MAX_MARKED_IDS + 1)
POSITION = Position("e", 3, "tail")
NOTIFICATION = make_notification(
    recipient="u", type="video.liked", content="c", subject="s", subject_key="k", family="f", created_ms=1
)
PROBLEM = Problem("urn:pavilion:invalid-notification", "The request is not valid", 422, "no such id")
COUNTS = {"position": POSITION, "unseen": 2, "unread": 5}

SENT: list[tuple[ServerFrame, str, set[str]]] = [
    (
        Connected(user="u", session="s", recovered=True, ping_seconds=25, expires_in=600, **COUNTS),  # type: ignore[arg-type]
        "connected",
        {"user", "session", "position", "recovered", "unseen", "unread", "ping_seconds", "expires_in"},
    ),
    (
        NotificationFrame(notification=NOTIFICATION, **COUNTS),  # type: ignore[arg-type]
        "notification",
        {"position", "unseen", "unread", "notification"},
    ),
    (
        StateFrame(id="m", state="read", at="2026-11-22T14:00:00.000Z", notifications=["n"], **COUNTS),  # type: ignore[arg-type]
        "state",
        {"position", "unseen", "unread", "id", "state", "at", "notifications", "up_to"},
    ),
    (PositionFrame(position=POSITION), "position", {"position"}),
    (Marked(id="m"), "marked", {"id"}),
    (Refreshed(expires_in=600), "refreshed", {"expires_in"}),
    (Ping(), "ping", set()),
    (Reconnect(after_ms=1500), "reconnect", {"after_ms"}),
    (ErrorFrame(problem=PROBLEM), "error", {"problem"}),
    (ErrorFrame(problem=PROBLEM, id="m"), "error", {"problem", "id"}),
]
RECEIVED: list[tuple[str, ClientFrame]] = [
    ('{"type":"connect","token":"t"}', Connect(token="t")),
    (
        '{"type":"connect","token":"t","position":{"epoch":"e","offset":3,"tail":"tail"},"device":"phone"}',
        Connect(token="t", position=POSITION, device="phone"),
    ),
    ('{"type":"mark","id":"m","state":"read","notifications":["a"]}', Mark(id="m", state="read", notifications=["a"])),
    ('{"state":"seen","up_to":"a","id":"m","type":"mark"}', Mark(id="m", state="seen", up_to="a")),
    ('{"type":"refresh","token":"t"}', Refresh(token="t")),
    ('{"type":"pong","unknown":1}', Pong()),
]


def test_every_frame_is_here() -> None:
    assert {type(frame) for frame, _, _ in SENT} == set(get_args(ServerFrame))
    assert {type(frame) for _, frame in RECEIVED} == set(get_args(ClientFrame))


@pytest.mark.parametrize(("frame", "name", "fields"), SENT, ids=[name for _, name, _ in SENT])
def test_a_frame_has_its_type_first_and_its_fields(frame: ServerFrame, name: str, fields: set[str]) -> None:
    text = encode_frame(frame)
    assert text.startswith(f'{{"type":"{name}"')
    assert set(json.loads(text)) == {"type", *fields}
    assert msgspec.json.decode(text, type=ServerFrame) == frame


def test_a_position_and_a_notification_have_their_own_fields() -> None:
    sent = json.loads(encode_frame(SENT[1][0]))
    assert sent["position"] == {"epoch": "e", "offset": 3, "tail": "tail"}
    assert sent["notification"] == json.loads(msgspec.json.encode(NOTIFICATION))


@pytest.mark.parametrize(("text", "frame"), RECEIVED)
def test_what_clients_send(text: str, frame: ClientFrame) -> None:
    assert decode_client_frame(text) == decode_client_frame(text.encode()) == frame


@pytest.mark.parametrize("state", ["seen", "read", "unread", "archived", "deleted"])
def test_the_states_of_a_mark(state: str) -> None:
    frame = decode_client_frame(json.dumps({"type": "mark", "id": "m", "state": state, "up_to": "a"}))
    assert isinstance(frame, Mark)
    assert frame.state == state


@pytest.mark.parametrize(
    ("frame", "place"),
    [
        ({"type": "connect"}, "token"),
        ({"type": "connect", "token": 1}, "$.token"),
        ({"type": "connect", "token": "t", "position": {"epoch": "e", "tail": "t"}}, "$.position"),
        ({"type": "connect", "token": "t", "position": {"epoch": "e", "offset": "3", "tail": ""}}, "$.position.offset"),
        ({"type": "mark", "id": "m", "state": "gone"}, "$.state"),
        ({"type": "mark", "id": "", "state": "read"}, "$.id"),
        ({"type": "mark", "id": "x" * 129, "state": "read"}, "$.id"),
        ({"type": "mark", "id": "m", "state": "read", "notifications": []}, "$.notifications"),
        ({"type": "mark", "id": "m", "state": "read", "notifications": MANY}, "$.notifications"),
        ({"type": "connected"}, "$.type"),
        ({"token": "t"}, "type"),
        ([], "object"),
    ],
)
def test_a_wrong_frame_is_refused_with_its_place(frame: Any, place: str) -> None:
    with pytest.raises(msgspec.DecodeError, match=place.replace("$", r"\$").replace(".", r"\.")):
        decode_client_frame(json.dumps(frame))


@pytest.mark.parametrize(
    "text", ["", "{", '{"type":"pong"}{', b'{"type":"refresh","token":"\xff"}', '{"type":"refresh","token":"\ud800"}']
)
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_client_frame(text)


def test_a_frame_as_deep_as_its_sender_likes_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError, match="too deeply"):
        decode_client_frame('{"type":"pong","x":' + "[" * 30_000 + "]" * 30_000 + "}")

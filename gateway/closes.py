"""Close codes of ``/v1/stream``: after 4000-4499 and 1012 a client comes back, after 4500-4999 it does not."""

from __future__ import annotations

from enum import IntEnum


class Close(IntEnum):
    """``name`` in lower case is the reason that goes with the code; :data:`MEANINGS` says it for people."""

    GOING_AWAY = 1001
    TOO_LARGE = 1009
    DEPLOY = 1012
    TRY_AGAIN_LATER = 1013
    DRAIN = 4001
    TOKEN_EXPIRED = 4005
    TOO_SLOW = 4008
    POSITION_LOST = 4010
    NO_PONG = 4012
    TOO_MANY_FRAMES = 4013
    REPLACED = 4014
    BAD_TOKEN = 4500
    BAD_FRAME = 4501
    NO_CONNECT = 4502
    REVOKED = 4503

    @property
    def reason(self) -> str:
        return self.name.lower().replace("_", " ")


MEANINGS: dict[Close, tuple[str, str]] = {
    Close.GOING_AWAY: ("the server stops at once", "come back, with backoff"),
    Close.TOO_LARGE: ("a frame over 64 KiB", "a bug of the client: do not come back"),
    Close.DEPLOY: ("this gateway is replaced", "come back; the `reconnect` frame before it said when"),
    Close.TRY_AGAIN_LATER: (
        "a dependency is away, or too many connections wait for their `connect` frame",
        "come back, with backoff",
    ),
    Close.DRAIN: ("reserved: this gateway is drained", "come back, with backoff"),
    Close.TOKEN_EXPIRED: (
        "the access token expired, or the one in `connect` or `refresh` had",
        "refresh it, then come back at once",
    ),
    Close.TOO_SLOW: (
        "more than 1,000 frames or 4 MiB waited for you",
        "come back, with backoff, from your position",
    ),
    Close.POSITION_LOST: ("the inbox cannot continue your position", "come back at once; you will have to reload"),
    Close.NO_PONG: ("no `pong` in time", "come back, with backoff"),
    Close.TOO_MANY_FRAMES: ("more than 60 frames at once, or 20 a second", "come back, with backoff, and send less"),
    Close.REPLACED: (
        "a newer connection took this one's place: the user has more than 20, over all gateways",
        "come back, with backoff",
    ),
    Close.BAD_TOKEN: ("the token is not valid, or of another user", "stop: the user needs a new session"),
    Close.BAD_FRAME: ("a frame is not valid, or `connect` was not first", "a bug of the client: do not come back"),
    Close.NO_CONNECT: ("no `connect` within 10 s", "a bug of the client: do not come back"),
    Close.REVOKED: ("the session was ended or revoked", "stop: the user needs a new session"),
}
"""Why a socket closes with a code, and what its client does then; 1009 is the server's own, which reads frames."""

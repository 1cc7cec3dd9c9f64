"""Close codes of ``/v1/stream``: after 4000-4499 and 1012 a client comes back, after 4500-4999 it does not."""

from __future__ import annotations

from enum import IntEnum


class Close(IntEnum):
    """``name`` in lower case is the reason that goes with the code."""

    GOING_AWAY = 1001
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

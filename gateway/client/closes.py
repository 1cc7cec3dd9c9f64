"""What a client does after a close code: by range, so that codes which come later are honoured too."""

from __future__ import annotations

from enum import Enum, auto


class Advice(Enum):
    COME_BACK = auto()
    AT_ONCE = auto()
    REFRESH = auto()
    """Come back at once, with another access token."""
    NEW_SESSION = auto()
    STOP = auto()
    """The gateway refuses what this client sends: coming back would only repeat it."""


_SINGLE = {
    4005: Advice.REFRESH,
    4010: Advice.AT_ONCE,
    4500: Advice.NEW_SESSION,
    4503: Advice.NEW_SESSION,
    **dict.fromkeys((1002, 1003, 1007, 1008, 1009, 1010), Advice.STOP),
}


def advice(code: int) -> Advice:
    return _SINGLE.get(code, Advice.STOP if 4500 <= code < 5000 else Advice.COME_BACK)

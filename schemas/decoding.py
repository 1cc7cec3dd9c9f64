"""JSON from outside: whatever is wrong with it becomes one kind of error, which names the place."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

MAX_PATH = 200
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode_json(decoder: msgspec.json.Decoder[T], payload: bytes) -> T:
    """Decode ``payload``; raises msgspec.DecodeError with the path of what is wrong, as in ``$.data.title``.

    msgspec does not look at the text of fields that it skips, and says of bad text neither where nor, for half of a
    surrogate pair, what: the whole is checked here, and searched once it is known to be bad.
    """
    try:
        payload.decode()
        return decoder.decode(payload)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(_place("Invalid UTF-8", payload) or f"Invalid UTF-8 (byte {error.start})") from error
    except RecursionError as error:
        raise msgspec.DecodeError("JSON is nested too deeply") from error
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        place = _place("Half of a surrogate pair", payload)
        if place is None:
            raise
        raise msgspec.DecodeError(place) from error


def find_bad_text(value: Any) -> str | None:
    """The path of the first text in ``value`` (dicts, lists and scalars) that has no UTF-8 form."""
    # A list rather than a recursion, and steps rather than paths: a hostile document is deep and wide at once.
    waiting: list[tuple[int, str, Any]] = [(0, "$", value)]
    for index, (_, _, found) in enumerate(waiting):
        if isinstance(found, str) and _SURROGATE.search(found):
            return _path(waiting, index)
        if isinstance(found, dict):
            if any(isinstance(name, str) and _SURROGATE.search(name) for name in found):
                return _path(waiting, index)
            waiting.extend((index, f".{name}", part) for name, part in found.items())
        elif isinstance(found, list):
            waiting.extend((index, f"[{place}]", part) for place, part in enumerate(found))
    return None


def _path(steps: list[tuple[int, str, Any]], index: int) -> str:
    names = []
    while index:
        index, name, _ = steps[index]
        names.append(name)
    path = "$" + "".join(reversed(names))
    return path if len(path) <= MAX_PATH else path[:MAX_PATH] + "…"


def _place(what: str, payload: bytes) -> str | None:
    try:
        # The standard decoder accepts halves of pairs, and bytes that are not UTF-8 arrive as such halves.
        path = find_bad_text(json.loads(payload.decode("utf-8", "surrogateescape")))
    except (ValueError, RecursionError):
        return None
    return None if path is None else f"{what} - at `{path}`"

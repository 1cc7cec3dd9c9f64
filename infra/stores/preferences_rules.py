"""How both preferences stores keep a version."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from infra.stores.ports import PreferencesVersion
from schemas.preferences import Preferences

ABOVE_ALL = 2**31 - 1
"""Above the number of every version."""


class _Body(Struct, frozen=True):
    preferences: Preferences
    changed: tuple[str, ...]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Body)

Row = tuple[str, int, int, str, bytes]
"""User, number, milliseconds, by whom, JSON."""


def encode_version(version: PreferencesVersion) -> Row:
    body = _encoder.encode(_Body(version.preferences, version.changed))
    return version.user_id, version.version, version.at_ms, version.by, body


def decode_version(user_id: str, number: int, at_ms: int, by: str, body: bytes) -> PreferencesVersion:
    kept = _decoder.decode(body)
    return PreferencesVersion(user_id, number, at_ms, by, kept.preferences, kept.changed)

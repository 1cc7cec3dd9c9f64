"""The stored form of something encrypted under a user's data key.

======  =====================================================================================
byte 0  ``0xE1``: neither JSON nor any other text begins so
1-4     the data key's generation, big-endian
5-6     the length of the clear part, big-endian
        the clear part, readable without the key, and authenticated
        a random nonce of 96 bits
        AES-256-GCM over the secret part, its tag of 128 bits at the end
======  =====================================================================================

The associated data is everything before the nonce, and whose it is: under another user or another notification it does
not open. By their first five bytes envelopes are in the order of their generations, and above any JSON.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.crypto.keyring import NONCE_BYTES

FORMAT = 0xE1
DATA_KEY_BYTES = 32
RANK_BYTES = 5
"""So many bytes at the beginning order envelopes by generation."""

_HEADER = struct.Struct(">BIH")


class Damaged(Exception):
    """The bytes are not what was sealed for this user and notification under this key."""


class DataKey(NamedTuple):
    """A user's key. ``generation`` counts the keys that the user has had, from 1."""

    generation: int
    cipher: AESGCM


def is_sealed(body: bytes) -> bool:
    return body[:1] == b"\xe1"


def generation_of(body: bytes) -> int:
    """The generation of the data key; 0 for what is not encrypted. Raises Damaged for a part of an envelope."""
    if not is_sealed(body):
        return 0
    try:
        _, generation, _ = _HEADER.unpack_from(body)
    except struct.error:
        raise Damaged("shorter than its header") from None
    return int(generation)


def seal(key: DataKey, user_id: str, notification_id: str, clear: bytes, secret: bytes) -> bytes:
    header = _HEADER.pack(FORMAT, key.generation, len(clear)) + clear
    nonce = os.urandom(NONCE_BYTES)
    return header + nonce + key.cipher.encrypt(nonce, secret, _whose(user_id, notification_id) + header)


def unseal(key: DataKey, user_id: str, notification_id: str, body: bytes) -> tuple[bytes, bytes]:
    """The clear and the secret part of an envelope of the key's generation; raises Damaged."""
    try:
        start = _HEADER.size + _HEADER.unpack_from(body)[2]
        header, nonce, sealed = body[:start], body[start : start + NONCE_BYTES], body[start + NONCE_BYTES :]
        return header[_HEADER.size :], key.cipher.decrypt(nonce, sealed, _whose(user_id, notification_id) + header)
    except (InvalidTag, struct.error, ValueError):
        raise Damaged("it does not open") from None


def _whose(user_id: str, notification_id: str) -> bytes:
    return f"notification\0{user_id}\0{notification_id}\0".encode()

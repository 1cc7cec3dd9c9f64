"""The configured keys. They wrap the data keys of users, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import EncryptionKeyMissing

NONCE_BYTES = 12
VARIABLE = "PAVILION_ENCRYPTION__KEYS"


class Keyring:
    """``keys`` by id, 32 bytes each: the first wraps, all unwrap. Without keys nothing is encrypted."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.ids = tuple(keys)

    @property
    def first(self) -> str | None:
        """The id of the key that wraps."""
        return self.ids[0] if self.ids else None

    def wrap(self, user_id: str, generation: int, data_key: bytes, *, under: str = "") -> tuple[str, bytes]:
        """The id of the wrapping key, by default the first, and what it makes of ``data_key``.

        That opens for the same user and generation alone.
        """
        key_id = under or self.ids[0]
        nonce = os.urandom(NONCE_BYTES)
        return key_id, nonce + self._ciphers[key_id].encrypt(nonce, data_key, _bound(user_id, generation, key_id))

    def unwrap(self, user_id: str, generation: int, key_id: str, wrapped: bytes) -> bytes:
        """The data key; raises EncryptionKeyMissing, with the id of the key, where it cannot be had."""
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise EncryptionKeyMissing("open data key", f"{VARIABLE} has no key {key_id!r}, which wraps data keys")
        try:
            bound = _bound(user_id, generation, key_id)
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound)
        except InvalidTag:
            cause = f"the key {key_id!r} of {VARIABLE} does not open what was wrapped under that id"
            raise EncryptionKeyMissing("open data key", cause, {"user_id": user_id}) from None


def _bound(user_id: str, generation: int, key_id: str) -> bytes:
    return f"data key\0{user_id}\0{generation}\0{key_id}".encode()

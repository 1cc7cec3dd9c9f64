"""Rotation: every data key is wrapped anew under the first configured key, so that the others may leave the settings.

Bodies stay as they are: the data keys in them do not change.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from infra.crypto.keyring import VARIABLE
from infra.crypto.user_keys import CHECK, UserKeys
from infra.stores.ports import WrappedKey
from schemas.errors import EncryptionKeyMissing, NotificationError

PAGE = 500


@dataclass
class Rotation:
    """``seen`` data keys that are not destroyed, ``rewrapped`` of them; ``closed`` counts others by their key's id."""

    seen: int = 0
    rewrapped: int = 0
    closed: Counter[str] = field(default_factory=Counter)


async def rotate(keys: UserKeys) -> AsyncIterator[Rotation]:
    """Go through all data keys, page by page, and give the account so far after each.

    Doing it again goes on: what is wrapped by the first key is left alone. What an unknown key wraps is counted, and
    left for a later time. Raises NotificationError without a key, ConnectionFailed.
    """
    if keys.ring.first is None:
        raise NotificationError("rotate keys", f"{VARIABLE} is not set")
    account = Rotation()
    after: WrappedKey | None = None
    while page := await keys.store.page(after, PAGE):
        await asyncio.gather(*(_rewrap(keys, key, account) for key in page if not key.user_id.startswith(CHECK)))
        after = page[-1]
        yield account


async def _rewrap(keys: UserKeys, key: WrappedKey, account: Rotation) -> None:
    if key.key_id is None or key.wrapped is None:
        return
    account.seen += 1
    if key.key_id == keys.ring.first:
        return
    try:
        data_key = keys.ring.unwrap(key.user_id, key.generation, key.key_id, key.wrapped)
    except EncryptionKeyMissing:
        account.closed[key.key_id] += 1
        return
    key_id, wrapped = keys.ring.wrap(key.user_id, key.generation, data_key)
    if await keys.store.rewrap(key._replace(key_id=key_id, wrapped=wrapped), key):
        account.rewrapped += 1  # else it was destroyed or rotated in the meantime: there is nothing to do

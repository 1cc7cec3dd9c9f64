"""Erasing users and rotating keys from the command line."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from gateway.identifiers import canonical_uuid
from gateway.users import ErasedUser
from infra.crypto.keyring import VARIABLE
from infra.crypto.rotation import Rotation, rotate
from pavilion.connect import opened_stores
from pavilion.lock import is_held
from pavilion.remote import Remote
from schemas.errors import NotificationError
from schemas.settings import Settings

Say = Callable[[str], None]
PROGRESS_SECONDS = 5.0


async def erase(settings: Settings, user_id: str, *, say: Say) -> None:
    """Both steps of an erasure, with the wait between them; raises NotificationError."""
    user_id = canonical_uuid("erase user", "USER_ID", user_id)
    async with _eraser(settings) as step:
        while (erased := await step(user_id)).state == "erasing":
            _tell(erased, say)
            say(f"waiting {erased.retry_after} s, until no process writes under the old data key any more")
            await asyncio.sleep(erased.retry_after)
        _tell(erased, say)
    say(f"user {user_id} is erased")


def _tell(erased: ErasedUser, say: Say) -> None:
    for line in erased.done:
        say(line)


@contextlib.asynccontextmanager
async def _eraser(settings: Settings) -> AsyncIterator[Callable[[str], Awaitable[ErasedUser]]]:
    """Over HTTP where a process holds the data directory, elsewhere on the stores themselves."""
    if settings.broker.embedded and is_held(settings.data_dir):
        async with Remote.gateway(settings) as remote:

            async def ask(user_id: str) -> ErasedUser:
                return msgspec.convert(await remote.delete(f"/v1/users/{user_id}"), ErasedUser)

            yield ask
        return
    async with opened_stores(settings) as stores:

        async def step(user_id: str) -> ErasedUser:
            return ErasedUser.of(await stores.erasure.step(user_id))

        yield step


async def rotate_all(settings: Settings, *, say: Say, progress: Say) -> None:
    """Raises NotificationError at the end if data keys were left that no configured key opens."""
    account, told = Rotation(), time.monotonic()
    async with opened_stores(settings) as stores:
        async for account in rotate(stores.keys):
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                progress(f"{account.seen} data keys, {account.rewrapped} wrapped anew so far")
        say(f"{account.seen} data keys, {account.rewrapped} wrapped anew under {stores.keys.ring.first!r}")
    if account.closed:
        left = ", ".join(f"{count} under {key_id!r}" for key_id, count in sorted(account.closed.items()))
        raise NotificationError("rotate keys", f"{VARIABLE} does not open {left}")
    say(f"none is left under another key: those may leave {VARIABLE}")

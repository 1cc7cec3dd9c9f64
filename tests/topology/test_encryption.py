"""Delivery with encryption on; a key that an operator forgot is waited for."""

from datetime import timedelta

import pytest

from infra.crypto.keyring import Keyring
from infra.stores.ports import WrappedKey
from schemas.events import VideoLiked
from schemas.settings import EncryptionSettings, Settings
from streams.testing import Crash, NotSettled, TopologyTestDriver
from tests.topology.events import BOB, CYD, event
from topologies import app

ENCRYPTED = Settings(encryption=EncryptionSettings(keys=[f"k1:{'A' * 43}="]))
LOST = Keyring({"lost": b"l" * 32})


@pytest.mark.guarantee("G2")
async def test_redelivered_notifications_are_in_the_inbox_once_whatever_their_nonce() -> None:
    async with TopologyTestDriver(app, settings=ENCRYPTED) as driver:
        liked = event(VideoLiked, driver.now)
        await driver.play([liked, Crash(), liked])
        [told] = await driver.notifications(BOB)
        assert told.content.startswith("Ada liked")
        assert (await driver.stores.keys.current([str(BOB)]))[str(BOB)].generation == 1


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G7")
async def test_a_key_that_was_forgotten_is_waited_for_by_its_name() -> None:
    async with TopologyTestDriver(app, settings=ENCRYPTED, limit=timedelta(seconds=20)) as driver:
        wrapped = LOST.wrap(str(BOB), 1, b"d" * 32)
        await driver.stores.keys.store.add([WrappedKey(str(BOB), 1, *wrapped)])
        await driver.send(*(event(VideoLiked, driver.now, owner_id=user) for user in (BOB, CYD)))
        with pytest.raises(NotSettled, match=r"keyring is away: .*PAVILION_ENCRYPTION__KEYS has no key 'lost'"):
            await driver.settle(limit=timedelta(seconds=1))
        assert await driver.dead_letters() == []

        # As after a restart with the key: everyone is told, and nothing was put aside.
        keys = driver.stores.keys
        keys.ring = Keyring({**ENCRYPTED.encryption.by_id, "lost": b"l" * 32})
        await driver.settle()
        assert [len(await driver.notifications(user)) for user in (BOB, CYD)] == [1, 1]
        assert await driver.dead_letters() == []
        assert not driver.stats("delivery").get("retried")

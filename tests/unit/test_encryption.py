"""Envelopes, wrapped keys and bodies by themselves: what opens, and what does not."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from infra.crypto.envelope import RANK_BYTES, Damaged, DataKey, generation_of, is_sealed, seal, unseal
from infra.crypto.keyring import Keyring
from infra.crypto.user_keys import Lease, UserKeys
from infra.sqlite import Database
from infra.stores import sqlite_user_keys
from infra.stores.bodies import PLAIN, UNREADABLE, Bodies
from infra.stores.marks import States
from infra.stores.sqlite_user_keys import SqliteUserKeys
from schemas.errors import ConnectionFailed, EncryptionKeyMissing
from schemas.notifications import Actor, Notification, make_notification
from schemas.settings import SettingsError, load_settings
from schemas.times import now_ms

KEY = bytes(range(32))
USER, NOTE = "0d3a0000-0000-4000-8000-000000000001", "01930000-0000-8000-8000-000000000002"
LEASE = Lease(60, 30)

KEPT = (
    "e1000000030005636c656172"  # format, generation 3, length 5, "clear"
    "a0a1a2a3a4a5a6a7a8a9aaab"  # the nonce
    "957d1f5f20bf5a9fa0984f4d903467075e12510e3352"  # "secret" and the tag
)


def data_key(generation: int = 1, key: bytes = KEY) -> DataKey:
    return DataKey(generation, AESGCM(key))


def ring(*ids: str) -> Keyring:
    return Keyring({key_id: key_id.encode().ljust(32, b"*") for key_id in ids})


# -- envelopes


def test_an_envelope_is_what_its_description_says(monkeypatch: pytest.MonkeyPatch) -> None:
    nonce = bytes(range(0xA0, 0xAC))
    monkeypatch.setattr(os, "urandom", lambda size: nonce[:size])
    body = seal(data_key(3), USER, NOTE, b"clear", b"secret")
    # Written down apart from the code, on another interface of the library.
    header = bytes.fromhex("e1000000030005") + b"clear"
    encryptor = Cipher(algorithms.AES(KEY), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(b"notification\0%s\0%s\0" % (USER.encode(), NOTE.encode()) + header)
    sealed = encryptor.update(b"secret") + encryptor.finalize()
    assert body == header + nonce + sealed + encryptor.tag
    assert unseal(data_key(3), USER, NOTE, body) == (b"clear", b"secret")


def test_an_envelope_of_long_ago_opens() -> None:
    assert unseal(data_key(3), USER, NOTE, bytes.fromhex(KEPT)) == (b"clear", b"secret")


@given(st.data())
def test_no_byte_of_an_envelope_can_be_changed(data: st.DataObject) -> None:
    body = bytearray(seal(data_key(), USER, NOTE, b"clear", b"secret"))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Damaged):
        unseal(data_key(), USER, NOTE, bytes(body))


@given(st.integers(0, 60))
def test_no_part_of_an_envelope_opens(length: int) -> None:
    body = seal(data_key(), USER, NOTE, b"clear", b"secret")
    with pytest.raises(Damaged):
        unseal(data_key(), USER, NOTE, body[: min(length, len(body) - 1)])


@pytest.mark.parametrize(
    ("user", "note", "key"), [("other", NOTE, KEY), (USER, "other", KEY), (USER, NOTE, KEY[::-1]), (NOTE, USER, KEY)]
)
def test_an_envelope_opens_for_its_user_notification_and_key_alone(user: str, note: str, key: bytes) -> None:
    with pytest.raises(Damaged):
        unseal(data_key(key=key), user, note, seal(data_key(), USER, NOTE, b"clear", b"secret"))


def test_envelopes_are_in_the_order_of_their_generations_and_above_json() -> None:
    bodies = [b'{"id":"x"}', *(seal(data_key(each), USER, NOTE, b"", b"") for each in (1, 2, 255, 256, 70_000))]
    assert sorted(bodies, key=lambda body: body[:RANK_BYTES]) == bodies
    assert [generation_of(body) for body in bodies] == [0, 1, 2, 255, 256, 70_000]
    assert [is_sealed(body) for body in bodies] == [False, True, True, True, True, True]
    with pytest.raises(Damaged):
        generation_of(bodies[1][:4])


def test_the_same_twice_is_not_the_same() -> None:
    assert len({seal(data_key(), USER, NOTE, b"", b"secret") for _ in range(100)}) == 100


# -- wrapped keys


def test_a_wrapped_key_opens_for_its_user_generation_and_key_alone() -> None:
    one = ring("k1", "k2")
    key_id, wrapped = one.wrap(USER, 1, KEY)
    assert key_id == "k1"
    assert KEY not in wrapped
    assert one.unwrap(USER, 1, key_id, wrapped) == ring("k2", "k1").unwrap(USER, 1, key_id, wrapped) == KEY
    for wrong in ((NOTE, 1, "k1"), (USER, 2, "k1"), (USER, 1, "k2")):
        with pytest.raises(EncryptionKeyMissing, match=f"the key '{wrong[2]}' of PAVILION_ENCRYPTION__KEYS"):
            one.unwrap(*wrong, wrapped)
    with pytest.raises(EncryptionKeyMissing, match="PAVILION_ENCRYPTION__KEYS has no key 'k1'") as missing:
        ring("k2").unwrap(USER, 1, key_id, wrapped)
    # What agents do with it: wait, whatever it takes.
    assert isinstance(missing.value, ConnectionFailed)
    assert (missing.value.transient, missing.value.status, missing.value.dependency) == (True, 503, "keyring")


# -- bodies


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteUserKeys]:
    database = Database(tmp_path / "keys.db")
    database.open(sqlite_user_keys.SCHEMA)
    yield SqliteUserKeys(database)
    database.close()


def note(user: str = USER, content: str = "Ada liked your video", **metadata: object) -> Notification:
    return make_notification(
        recipient=user,
        type="video.liked",
        content=content,
        metadata={"video_id": "v", **metadata},
        subject="video/v",
        subject_key=str(uuid4()),
        family="test",
        created_ms=now_ms(),
        actor=Actor("a", "Ada"),
        priority="high",
        expires_ms=now_ms() + 1000,
    )


def unreadable(reason: str) -> float:
    return UNREADABLE.labels(reason)._value.get()  # type: ignore[no-any-return]


async def test_bodies_come_back_whole(store: SqliteUserKeys) -> None:
    bodies = Bodies(UserKeys(store, ring("k1"), lease=LEASE))
    sent = [note(), note(content="“é” 🎉\0"), note(big=2**80, text="x" * 5000, nested=[{"a": None}]), note("other")]
    sent.append(msgspec.structs.replace(note(), actor=None, expires_at=None, metadata={}))
    encoded = await bodies.encode(sent)
    for one, body in zip(sent, encoded, strict=True):
        [kept] = await bodies.decode(one.user_id, [(one.id, body.data, States())])
        assert (kept.notification, kept.readable, body.generation) == (one, True, 1)


async def test_a_body_shows_nothing_personal(store: SqliteUserKeys) -> None:
    [body] = await Bodies(UserKeys(store, ring("k1"), lease=LEASE)).encode([note(content="Ada liked it")])
    assert b"video.liked" in body.data
    for personal in (b"Ada", b"liked it", b"video_id", b"video/v"):
        assert personal not in body.data


async def test_a_body_moved_elsewhere_is_left_out_and_counted(store: SqliteUserKeys) -> None:
    bodies = Bodies(UserKeys(store, ring("k1"), lease=LEASE))
    mine, twin, other = note(), note(), note("other")
    sent = [mine, twin, other]
    encoded = {one.id: body.data for one, body in zip(sent, await bodies.encode(sent), strict=True)}
    before = unreadable("damaged")
    moved = [(mine.id, encoded[twin.id], States()), (twin.id, encoded[twin.id], States())]
    kept = await bodies.decode(USER, moved)
    assert [one.readable for one in kept] == [False, True]
    assert (kept[0].notification.id, kept[0].notification.content) == (mine.id, "")
    assert [one.readable for one in await bodies.decode(USER, [(other.id, encoded[other.id], States())])] == [False]
    assert unreadable("damaged") == before + 2
    # Nor does what is no body at all keep the others from being read.
    kept = await bodies.decode(USER, [(mine.id, b"\0", States()), *moved[1:]])
    assert [one.readable for one in kept] == [False, True]


async def test_plain_and_encrypted_bodies_live_side_by_side(store: SqliteUserKeys) -> None:
    one, two = note(), note()
    bodies = Bodies(UserKeys(store, ring("k1"), lease=LEASE))
    [plain], [sealed] = await PLAIN.encode([one]), await bodies.encode([two])
    rows = [(one.id, plain.data, States()), (two.id, sealed.data, States())]
    assert [kept.notification for kept in await bodies.decode(USER, rows)] == [one, two]
    # A process without the keys, or without any store of them, says so instead of leaving anything out.
    for without in (PLAIN, *(Bodies(UserKeys(store, ring(*ids), lease=LEASE)) for ids in ((), ("k2",)))):
        with pytest.raises(EncryptionKeyMissing):
            await without.decode(USER, rows)
        assert [kept.notification for kept in await without.decode(USER, rows[:1])] == [one]


# -- the cache


class Counting:
    """A store that counts the questions."""

    def __init__(self, store: SqliteUserKeys) -> None:
        self._store = store
        self.asked: list[list[str]] = []

    async def get(self, user_ids: list[str], *, settled: bool = False) -> object:
        self.asked.append(list(user_ids))
        return await self._store.get(user_ids, settled=settled)

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


async def test_one_question_for_all_users_of_a_batch_and_none_while_they_are_cached(store: SqliteUserKeys) -> None:
    counting, now = Counting(store), [0.0]
    keys = UserKeys(counting, ring("k1"), lease=LEASE, clock=lambda: now[0])  # type: ignore[arg-type]
    batch = [note(f"user-{number % 7}") for number in range(50)]
    await Bodies(keys).encode(batch)
    assert [sorted(users) for users in counting.asked] == [[f"user-{number}" for number in range(7)]]
    now[0] = LEASE.cached_seconds - 0.1
    await Bodies(keys).encode(batch)
    assert len(counting.asked) == 1
    now[0] = LEASE.cached_seconds
    await Bodies(keys).encode(batch)
    assert len(counting.asked) == 2


async def test_the_cache_is_bounded(store: SqliteUserKeys) -> None:
    counting = Counting(store)
    keys = UserKeys(counting, ring("k1"), lease=LEASE, cached=3)  # type: ignore[arg-type]
    found = await keys.current([f"user-{number}" for number in range(10)])
    assert len(found) == 10
    counting.asked.clear()
    again = await keys.current([f"user-{number}" for number in range(10)])
    assert again.keys() == found.keys()
    assert counting.asked == [[f"user-{number}" for number in range(7)]]


async def test_a_key_that_another_process_made_meanwhile_is_found(store: SqliteUserKeys) -> None:
    here, there = (UserKeys(store, ring("k1"), lease=LEASE) for _ in range(2))
    first = note()
    [body] = await Bodies(here).encode([first])
    assert (await Bodies(there).decode(USER, [(first.id, body.data, States())]))[0].readable
    await store.retire(USER, 1, 1)
    later = note()
    here.forget(USER)
    [body] = await Bodies(here).encode([later])
    assert body.generation == 2
    # The other process still has the user cached, with one key.
    assert (await Bodies(there).decode(USER, [(later.id, body.data, States())]))[0].notification == later


async def test_a_key_that_is_another_under_a_known_id_stops_the_start(store: SqliteUserKeys) -> None:
    await UserKeys(store, ring("k1", "k2"), lease=LEASE).check()
    await UserKeys(store, ring("k2", "k1", "k3"), lease=LEASE).check()
    wrong = Keyring({"k1": b"another".ljust(32)})
    with pytest.raises(EncryptionKeyMissing, match="the key 'k1' of PAVILION_ENCRYPTION__KEYS does not open"):
        await UserKeys(store, wrong, lease=LEASE).check()


# -- settings


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_keys_are_read_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAVILION_ENCRYPTION__KEYS", f"k-2:{encoded(KEY[::-1])}, k.1:{encoded(KEY)}")
    settings = load_settings()
    assert list(settings.encryption.by_id.items()) == [("k-2", KEY[::-1]), ("k.1", KEY)]
    assert encoded(KEY) not in repr(settings)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("nothing", "what follows nothing: is not base64|has 0 bytes"),
        (encoded(KEY), "each key is ID:BASE64"),
        (f"a b:{encoded(KEY)}", "each key is ID:BASE64"),
        ("k1:!!!", "what follows k1: is not base64"),
        (f"k1:{encoded(KEY[:16])}", "the key k1 has 16 bytes, not 32"),
        (f"k1:{encoded(KEY)},k1:{encoded(KEY[::-1])}", "two of its ids are the same"),
        (f"k1:{encoded(KEY)},k2:{encoded(KEY)}", "two of its keys are the same"),
    ],
)
def test_a_wrong_key_is_one_line_that_names_the_variable_and_not_the_key(
    monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    monkeypatch.setenv("PAVILION_ENCRYPTION__KEYS", value)
    with pytest.raises(SettingsError, match=f"^PAVILION_ENCRYPTION__KEYS: .*({reason})") as error:
        load_settings()
    assert "\n" not in str(error.value)
    assert encoded(KEY) not in str(error.value)
    assert encoded(KEY[:16]) not in str(error.value)

"""What plans read from and write to: the stores, by the handles that topologies name."""

from __future__ import annotations

import weakref
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import msgspec

from infra.log.offsets import format_offset
from infra.log.ports import Outgoing
from infra.stores.open import Stores
from infra.stores.ports import Delivery, Follow, Placed, Profile
from schemas.errors import InvalidNotification
from schemas.notifications import Notification
from schemas.preferences import Preferences
from schemas.records import Added, AudiencePage, NotificationRecord, encode_record
from streams.plan import Effect, Encoder
from streams.stats import DELIVERIES, PROCESSING_SECONDS
from streams.tracing import BatchTrace

Profiles = Mapping[UUID, str]
FOLLOWERS_PER_PAGE = 500
REMEMBERED_PROFILES = 10_000
REWRITE_MS = 60_000
DEFAULTS = Preferences()


class FollowerPage(NamedTuple):
    """A page of followers, ascending, and the cursor of the next one if there may be more."""

    followers: list[str]
    next_cursor: str | None


@dataclass(frozen=True)
class ProfilesLookup:
    """Names by user id: ``found.get(event.actor)``."""

    name: str = "profiles"

    async def fetch(self, stores: Stores, keys: Sequence[UUID]) -> Profiles:
        names = await stores.people.names([str(key) for key in keys])
        return {key: names[str(key)] for key in keys if str(key) in names}


@dataclass(frozen=True)
class FollowersLookup:
    """One page of followers by ``(creator, cursor)``."""

    name: str = "followers"

    async def fetch(self, stores: Stores, keys: Sequence[tuple[UUID, str]]) -> Mapping[tuple[UUID, str], FollowerPage]:
        pages = {}
        for creator, cursor in keys:
            followers = await stores.people.followers(str(creator), cursor, FOLLOWERS_PER_PAGE)
            more = followers[-1] if len(followers) == FOLLOWERS_PER_PAGE else None
            pages[creator, cursor] = FollowerPage(followers, more)
        return pages


class Consents:
    """What users have consented to: :meth:`allow`."""

    def __init__(self, preferences: Mapping[str, Preferences]) -> None:
        self._preferences = preferences

    def allow(self, notification: Notification) -> bool:
        """Whether the recipient, who was looked up, may be told."""
        return self._preferences.get(notification.user_id, DEFAULTS).allows(notification.type)


@dataclass(frozen=True)
class ConsentsLookup:
    """The consents of users, by their ids as text, as they are now: nothing is cached."""

    name: str = "preferences"

    async def fetch(self, stores: Stores, keys: Sequence[str]) -> Consents:
        newest = await stores.preferences.newest(keys)
        return Consents({user_id: version.preferences for user_id, version in newest.items()})


@dataclass(frozen=True)
class FollowsSink:
    name: str = "follows"

    async def apply(self, stores: Stores, effects: Sequence[Effect]) -> Sequence[Effect]:
        follows: list[Follow] = [effect.outcome for effect in effects]
        await stores.people.put_follows(follows)
        return effects


class ProfilesSink:
    """Keeps the names that events tell; a name written lately is not written again."""

    name = "profiles"

    def __init__(self) -> None:
        self._stores: weakref.ref[Stores] | None = None
        self._written: dict[str, Profile] = {}

    async def apply(self, stores: Stores, effects: Sequence[Effect]) -> Sequence[Effect]:
        if self._stores is None or self._stores() is not stores:
            self._stores, self._written = weakref.ref(stores), {}
        latest: dict[str, Profile] = {}
        for effect in effects:
            profile: Profile = effect.outcome
            if profile.at_ms >= latest.get(profile.user_id, profile).at_ms:
                latest[profile.user_id] = profile
        if news := [profile for profile in latest.values() if self._is_news(profile)]:
            await stores.people.put_profiles(news)
            if len(self._written) > REMEMBERED_PROFILES:
                self._written.clear()
            self._written.update((profile.user_id, profile) for profile in news)
        return effects

    def _is_news(self, profile: Profile) -> bool:
        """Another worker or a service may have written another name since, so that what was written is not for ever."""
        written = self._written.get(profile.user_id)
        return written is None or written.name != profile.name or profile.at_ms - written.at_ms > REWRITE_MS


@dataclass(frozen=True)
class HistorySink:
    name: str = "history"

    async def apply(self, stores: Stores, effects: Sequence[Effect]) -> Sequence[Effect]:
        await stores.history.insert([effect.outcome for effect in effects])
        return effects


def _result(place: Placed) -> str:
    return "history-only" if place.position is None else "known" if place.known else "delivered"


@dataclass(frozen=True)
class InboxSink:
    """Places notifications in inboxes, and hands on where each stands, as a fan-out record."""

    name: str = "inbox"
    gives: ClassVar[tuple[type, ...]] = (Added,)

    async def apply(self, stores: Stores, effects: Sequence[Effect]) -> Sequence[Effect]:
        placed = await stores.inbox.append([_delivery(effect) for effect in effects])
        onward = []
        for result, number in Tally(map(_result, placed)).items():
            DELIVERIES.labels(result).inc(number)
        for effect, place in zip(effects, placed, strict=True):
            if place.position is None:
                continue
            record: NotificationRecord = effect.outcome
            added = Added(
                user_id=record.notification.user_id,
                position=place.position,
                before=place.before,
                unseen=place.unseen,
                unread=place.unread,
                notification=record.notification,
            )
            onward.append(Effect(added, effect.record, effect.published_ms, effect.lane))
        return onward


def _delivery(effect: Effect) -> Delivery:
    """Offsets grow within a partition alone: a lane that spanned several would take news for redeliveries."""
    lane = f"{effect.lane}/{effect.record.partition}"
    return Delivery(effect.outcome, lane, format_offset(effect.record.offset))


def _encode_notification(notification: Notification, effect: Effect) -> Outgoing:
    record = NotificationRecord(notification=notification, published_ms=effect.published_ms)
    return Outgoing(notification.user_id, encode_record(record))


def _encode_page(page: AudiencePage, effect: Effect) -> Outgoing:
    dated = msgspec.structs.replace(page, published_ms=effect.published_ms)
    return Outgoing(str(page.event.data.video_id), encode_record(dated))


def _encode_added(added: Added, effect: Effect) -> Outgoing:
    return Outgoing(added.user_id, encode_record(added))


def _encode_keyed(outcome: Any, effect: Effect) -> Outgoing:
    """A record of another app: any struct with a ``key``."""
    return Outgoing(str(outcome.key), encode_record(outcome))


ENCODERS: dict[type, Encoder] = {
    Notification: _encode_notification,
    AudiencePage: _encode_page,
    Added: _encode_added,
}

profiles = ProfilesLookup()
followers = FollowersLookup()
consents = ConsentsLookup()
follows = FollowsSink()
names = ProfilesSink()
history = HistorySink()
inbox = InboxSink()


def observe_delivered(effects: Sequence[Effect], now: int, trace: BatchTrace) -> None:
    """Publish to history, inbox and fan-out, in seconds; of a traced event with its trace as an exemplar."""
    for effect in effects:
        if isinstance(effect.outcome, Added):
            PROCESSING_SECONDS.observe(max(0, now - effect.published_ms) / 1000, trace.exemplar(effect.record))


def as_records(effects: Sequence[Effect], of: type) -> list[Outgoing]:
    """Encoding is pure, so whatever it raises is the outcome's own fault: InvalidNotification, never waited for."""
    encode = ENCODERS.get(of, _encode_keyed)
    try:
        return [encode(effect.outcome, effect) for effect in effects]
    except Exception as error:
        raise InvalidNotification("encode", f"{type(error).__name__}: {error}", {"type": of.__name__}) from error

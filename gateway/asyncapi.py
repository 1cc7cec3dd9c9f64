"""The AsyncAPI document: the socket with its frames and close codes, and the topics with their records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args

from msgspec import Struct

from gateway.closes import MEANINGS
from schemas.components import Components, plain
from schemas.events import CommentEvent, UserEvent, VideoEvent
from schemas.frames import ClientFrame, ServerFrame
from schemas.records import AudiencePage, DeadLetter, FanOutRecord, NotificationRecord
from schemas.registry import groups
from schemas.settings import Settings, TopicSettings

_TEXT = """\
The socket `/v1/stream`, on which product clients hear of their notifications, and the topics on Apache Pulsar that
platform services publish to and consumers may read. REST is in the OpenAPI document beside this one; how a client
resumes, and what it does after each close code, is told in docs/protocol.md.

Whoever reads ignores fields that he does not know: there will be more. Names of topics are settings
(`PAVILION_TOPICS__…`), shown with their defaults."""


@dataclass(frozen=True)
class _Topic:
    """``setting`` names the field of the settings that names the topic; ``sent`` is whether Pavilion writes it."""

    setting: str
    records: Sequence[type[Struct]]
    key: str
    text: str
    kept: timedelta | None = None
    sent: bool = True
    group: str | None = None
    """Of an added group of events, whose topic no setting names."""


_TOPICS = TopicSettings()
_EVENT_KEY = "`partitionkey`, else `video_id`, else `followed_id`"

TOPICS = (
    *(
        _Topic(f"{group}_events", get_args(union), _EVENT_KEY, text, _TOPICS.event_retention, sent=False)
        for group, union, text in (
            ("video", VideoEvent, "What happened to videos: services publish it, agents read it."),
            ("comment", CommentEvent, "What happened to comments: services publish it, agents read it."),
            ("user", UserEvent, "What happened between users: services publish it, agents read it."),
        )
    ),
    *(
        _Topic(
            f"{group.replace('-', '_')}_events",
            kinds,
            f"{_EVENT_KEY}, else `{group.replace('-', '_')}_id`, else `actor_id`",
            f"Events of the group `{group}`: services publish it, agents read it.",
            _TOPICS.event_retention,
            sent=False,
            group=group,
        )
        for group, kinds in groups().items()
        if group not in _TOPICS.events
    ),
    _Topic("notifications", [NotificationRecord], "the recipient", "Notifications on their way to their recipients."),
    _Topic("notifications_bulk", [NotificationRecord], "the recipient", "The same, for the followers of an upload."),
    _Topic("audience_pages", [AudiencePage], "the video", "Uploads whose followers are told page by page."),
    _Topic(
        "fan_out",
        get_args(FanOutRecord),
        "the recipient",
        "Entries of inboxes with their positions, for gateways, and what gateways tell each other of a user.",
        _TOPICS.fan_out_retention,
    ),
    _Topic(
        "dead_letter",
        [DeadLetter],
        "the letter's id",
        "What could not be processed, with its origin; the subscription `operators` keeps it.",
        _TOPICS.dead_letter_retention,
    ),
)

SERVER_FRAMES: tuple[type[Struct], ...] = get_args(ServerFrame)
CLIENT_FRAMES: tuple[type[Struct], ...] = get_args(ClientFrame)


def asyncapi() -> dict[str, Any]:
    """An AsyncAPI 3.0 document, made from the types alone."""
    events = [kind for topic in TOPICS if not topic.sent for kind in topic.records]
    records = [kind for topic in TOPICS if topic.sent for kind in topic.records]
    components = Components(taken=[*CLIENT_FRAMES, *events], given=[*SERVER_FRAMES, *records])
    messages = [*CLIENT_FRAMES, *SERVER_FRAMES, *events, *records]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Pavilion notification streams", "version": "1", "description": _TEXT},
        "defaultContentType": "application/json",
        "servers": {
            "gateway": {
                "host": "{host}",
                "protocol": "wss",
                "description": "The gateway; `ws` where TLS ends before it.",
                "variables": {"host": {"description": "Where the gateway is reached.", "default": "localhost"}},
            },
            "broker": {
                "host": "{host}",
                "protocol": "pulsar+ssl",
                "description": "Apache Pulsar, `PAVILION_BROKER__URL`.",
                "variables": {"host": {"description": "Where the broker is reached.", "default": "localhost:6651"}},
            },
        },
        "channels": {"stream": _stream(), **{topic.setting: _topic(topic) for topic in TOPICS}},
        "operations": dict(_operations()),
        "components": {
            "schemas": {name: _draft_07(schema) for name, schema in components.schemas.items()},
            "messages": {kind.__name__: _message(kind, components) for kind in dict.fromkeys(messages)},
        },
    }


def _stream() -> dict[str, Any]:
    return {
        "address": "/v1/stream",
        "title": "A user's stream",
        "description": "JSON text frames, one object each, `type` first, at most 64 KiB. `connect` is sent first.",
        "servers": [{"$ref": "#/servers/gateway"}],
        "messages": _references((*CLIENT_FRAMES, *SERVER_FRAMES)),
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-close-codes": {
            str(code.value): {"reason": code.reason, "why": why, "client": advice}
            for code, (why, advice) in sorted(MEANINGS.items())
        },
    }


def _topic(topic: _Topic) -> dict[str, Any]:
    settings = Settings.model_fields["broker"].default
    pulsar: dict[str, Any] = {"namespace": settings.namespace, "persistence": "persistent", "bindingVersion": "0.1.0"}
    if topic.kept is not None:
        pulsar["retention"] = {"time": topic.kept // timedelta(minutes=1)}
    return {
        "address": _TOPICS.of_group(topic.group) if topic.group else getattr(_TOPICS, topic.setting),
        "description": topic.text,
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": _references(topic.records),
        "bindings": {"pulsar": pulsar},
        "x-key": topic.key,
        **({} if topic.group else {"x-setting": f"PAVILION_TOPICS__{topic.setting.upper()}"}),
        "x-partitions": _TOPICS.partitions,
    }


def _references(kinds: Iterable[type[Struct]]) -> dict[str, Any]:
    return {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in kinds}


def _operations() -> Iterable[tuple[str, Any]]:
    """What Pavilion does: it receives what clients and services send, and sends the rest."""
    frames = (("receiveFrame", "receive", CLIENT_FRAMES), ("sendFrame", "send", SERVER_FRAMES))
    for name, action, kinds in frames:
        yield name, _operation(action, "stream", kinds)
    for topic in TOPICS:
        words = topic.setting.title().replace("_", "")
        if topic.sent:
            yield f"send{words}", _operation("send", topic.setting, topic.records)
        else:
            yield f"receive{words}", _operation("receive", topic.setting, topic.records)


def _operation(action: str, channel: str, kinds: Iterable[type[Struct]]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{kind.__name__}"} for kind in kinds],
    }


def _message(kind: type[Struct], components: Components) -> dict[str, Any]:
    tag = kind.__struct_config__.tag
    return {
        "name": str(tag or kind.__name__),
        "title": kind.__name__,
        "summary": " ".join(plain(kind.__doc__).partition("\n\n")[0].split()),
        "payload": components.of(kind),
    }


def _draft_07(schema: Any) -> Any:
    """AsyncAPI's own dialect: a discriminator is the name of the property alone there."""
    if isinstance(schema, dict):
        if isinstance(schema.get("discriminator"), dict):
            schema = {**schema, "discriminator": schema["discriminator"]["propertyName"]}
        return {name: _draft_07(value) for name, value in schema.items()}
    if isinstance(schema, list):
        return [_draft_07(item) for item in schema]
    return schema

"""Holds what crosses the wire against the documents that are checked in, and remembers what it has seen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

from gateway.document_routes import DIRECTORY
from gateway.routes import ActionRoute
from tests.integration.gateway.harness import Client, Running

Operation = tuple[str, str]


def load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((DIRECTORY / f"{name}.json").read_text())
    return document


class Documented:
    """Validates against schemas of one document. ``strict``: a field that the document does not tell of is wrong.

    A reader ignores such fields; but here both sides are of one version.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._components = {"components": {"schemas": _strict(document["components"]["schemas"])}}

    def check(self, schema: dict[str, Any], value: Any, what: str) -> None:
        validator = Draft202012Validator({**schema, **self._components}, format_checker=FormatChecker())
        wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
        assert wrong == [], f"{what} is not as documented: {wrong}\n{value}"

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        found: Any = node
        while "$ref" in found:
            steps = found["$ref"].removeprefix("#/").split("/")
            found = self.document
            for step in steps:
                found = found[step]
        return found  # type: ignore[no-any-return]


def _strict(schema: Any) -> Any:
    if isinstance(schema, dict):
        made = {name: _strict(value) for name, value in schema.items()}
        if isinstance(schema.get("properties"), dict) and "type" in schema:
            made.setdefault("additionalProperties", False)
        return made
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    return schema


class Witness:
    """``answers`` are the statuses seen of each operation, ``frames`` the messages seen on the socket."""

    def __init__(self) -> None:
        self.answers: dict[Operation, set[int]] = {}
        self.frames: set[str] = set()
        self._rest = Documented(load("openapi"))
        self._socket = Documented(load("asyncapi"))
        stream = self._socket.document["channels"]["stream"]["messages"]
        messages = [self._socket.resolve(reference) for reference in stream.values()]
        self._messages = {message["name"]: message for message in messages}

    def watch(self, server: Running) -> None:
        """From now on every answer that this server's client gets is checked."""
        routes = [route for route in server.app.routes if isinstance(route, ActionRoute)]

        async def answered(response: httpx.Response) -> None:
            await response.aread()
            request = response.request
            scope = {"type": "http", "path": request.url.path, "method": request.method, "root_path": "", "headers": []}
            [route] = [one for one in routes if one.matches(scope)[0].value == 2][:1]
            self.answer((request.method.lower(), re.sub(r":\w+}", "}", route.path)), response)

        server.http.event_hooks["response"].append(answered)

    def answer(self, operation: Operation, response: httpx.Response) -> None:
        method, path = operation
        what = f"{response.status_code} of {method.upper()} {path}"
        told = self._rest.document["paths"][path][method]["responses"].get(str(response.status_code))
        assert told is not None, f"{what} is not documented: {response.text}"
        told = self._rest.resolve(told)
        for name in told.get("headers", {}):
            assert name in response.headers, f"{what} has no {name}"
        content = told.get("content", {})
        if content:
            media = response.headers["content-type"].partition(";")[0]
            assert media in content, f"{what} is {media}"
            value = response.json() if media.endswith("json") else response.text
            self._rest.check(content[media]["schema"], value, what)
        else:
            assert response.content == b"", f"{what} has a body"
        self.answers.setdefault(operation, set()).add(response.status_code)

    def frame(self, text: str | bytes) -> None:
        frame = json.loads(text)
        message = self._messages.get(frame["type"])
        assert message is not None, f"no such frame is documented: {text!r}"
        self._socket.check(message["payload"], frame, f"the frame {frame['type']}")
        self.frames.add(frame["type"])

    def record(self, topic: str, value: bytes) -> None:
        """A record of a topic (its name in the settings) is one of those that the topic's channel has."""
        channel = self._socket.document["channels"][topic]
        found = json.loads(value)
        messages = [self._socket.resolve(reference) for reference in channel["messages"].values()]
        tag = found.get("kind") or found.get("type")
        [message] = [one for one in messages if len(messages) == 1 or one["name"] == tag]
        self._socket.check(message["payload"], found, f"a record of {topic}")

    # -- what was not seen

    def unseen_answers(self) -> list[str]:
        """Every answer that is no problem, of every operation, unless it was seen."""
        return [
            f"{status} of {method.upper()} {path}"
            for path, methods in self._rest.document["paths"].items()
            for method, operation in methods.items()
            for status in operation["responses"]
            if "$ref" not in operation["responses"][status]
            and int(status) not in self.answers.get((method, path), set())
        ]

    def unseen_frames(self) -> set[str]:
        return set(self._messages) - self.frames

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, methods in self._rest.document["paths"].items():
            for method, operation in methods.items():
                yield method, path, operation


class _Watched:
    """A socket that shows every frame to the witness."""

    def __init__(self, socket: Any, witness: Witness) -> None:
        self._socket = socket
        self._witness = witness

    async def send(self, text: str) -> None:
        self._witness.frame(text)
        await self._socket.send(text)

    async def recv(self) -> Any:
        text = await self._socket.recv()
        self._witness.frame(text)
        return text


@asynccontextmanager
async def watched(server: Running, witness: Witness, token: str, position: Any = None) -> Any:
    """A connected device whose frames, sent and received, are all checked."""
    async with server.open() as socket:
        client = Client(_Watched(socket, witness))  # type: ignore[arg-type]
        await client.send(type="connect", token=token, position=position, device="a test")
        client.connected = await client.next()
        yield client

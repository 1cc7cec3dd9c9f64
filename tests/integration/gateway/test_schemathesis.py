"""Whatever the OpenAPI document allows, and what it forbids: the gateway answers as documented, and never with 5xx."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation as Operation
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi import checks

from infra.log.ports import TopicSpec
from pavilion.replay import Replayer
from tests.integration.gateway.harness import (
    ADMIN,
    OPERATOR,
    PARTITIONS,
    SERVICE,
    SUPPORTING,
    Running,
    open_platform,
    running,
)
from tests.integration.gateway.witness import load

SCHEMA = schemathesis.openapi.from_dict(load("openapi"))
OPERATIONS: dict[str, Operation] = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
EXAMPLES = 30

# The gateway runs in the same process, and draws its own random numbers while examples are made.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@dataclass
class Target:
    """A gateway, a user with a session, and the credentials of every role."""

    server: Running
    user: str
    credentials: dict[str, dict[str, str]]
    session: requests.Session = field(default_factory=requests.Session)

    async def there(self, label: str) -> dict[str, str] | None:
        """Path parameters of something that exists, for operations on one thing of a user."""
        if "/notifications/{id}" in label:
            [added] = await self.server.platform.deliver(self.user)
            return {"id": added.notification.id}
        if "/sessions/{id}" in label:
            return {"id": (await self.server.session(self.user))["session_id"]}
        return None

    def attack(self, operation: Operation, mode: GenerationMode, role: str, **fixed: Any) -> None:
        """In a thread: what schemathesis calls blocks, and the gateway runs in this test's loop."""
        headers = self.credentials.get(role, {})
        takes_json = "application/json" in operation.definition.raw.get("requestBody", {}).get("content", {})

        @given(case=operation.as_strategy(generation_mode=mode, **fixed))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def one(case: Case) -> None:
            response = case.call(base_url=self.server.url, session=self.session, headers=headers, timeout=10)
            assert response.status_code < 500, f"{response.status_code}: {response.text}"
            # An empty query parameter is an absent one, and 413 is a refusal that the check does not know.
            refused = [checks.negative_data_rejection] if takes_json and response.status_code != 413 else []
            case.validate_response(response, checks=[*CHECKS, *refused])

        one()


@pytest_asyncio.fixture(scope="module")
async def target(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Target]:
    async with open_platform(tmp_path_factory.mktemp("schemathesis")) as platform:
        topic = platform.settings.topics.dead_letter
        await platform.log.migrate([TopicSpec(topic, PARTITIONS, ("operators",), 3600)])
        letters = Replayer(platform.log, topic, platform.stores.replays)
        async with running(platform, dead_letters=letters) as server:
            user = str(uuid4())
            yield Target(
                server,
                user,
                {
                    "user": await server.bearer(user),
                    "service": SERVICE,
                    "support": SUPPORTING,
                    "operator": OPERATOR,
                    "admin": ADMIN,
                },
            )


@pytest.mark.parametrize("label", OPERATIONS)
async def test_answers_are_as_documented(target: Target, label: str) -> None:
    operation = OPERATIONS[label]
    raw = operation.definition.raw
    roles = raw["x-roles"]
    role = next((name for name in target.credentials if name in roles), "anyone")
    await asyncio.to_thread(target.attack, operation, GenerationMode.POSITIVE, role)
    if raw.get("parameters") or raw.get("requestBody"):
        await asyncio.to_thread(target.attack, operation, GenerationMode.NEGATIVE, role)
    there = await target.there(label)
    if there is not None:
        await asyncio.to_thread(target.attack, operation, GenerationMode.POSITIVE, role, path_parameters=there)
    other = next((name for name in target.credentials if name not in roles), None)
    if other is not None:
        await asyncio.to_thread(target.attack, operation, GenerationMode.POSITIVE, other)

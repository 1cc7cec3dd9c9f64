"""The OpenAPI and AsyncAPI documents: complete, valid by their specifications, and equal to the types."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import openapi_spec_validator
import pytest
from jsonschema import Draft7Validator
from starlette.requests import Request
from starlette.responses import Response

from gateway.app import API_ROUTES
from gateway.asyncapi import TOPICS, asyncapi
from gateway.closes import MEANINGS, Close
from gateway.document_routes import DIRECTORY
from gateway.export import COMMAND, differences, documents, export_documents, main
from gateway.openapi import openapi
from gateway.policy import Action, Caller, Role, allowed_roles
from gateway.routes import ActionRoute, route
from schemas.components import Components, plain
from schemas.frames import ClientFrame, ServerFrame
from schemas.notifications import Notification
from schemas.records import Position
from schemas.rest import Listed, ShownReplay
from schemas.settings import TopicSettings
from tests.commands import invoke

OPENAPI: dict[str, Any] = json.loads((DIRECTORY / "openapi.json").read_text())
ASYNCAPI: dict[str, Any] = json.loads((DIRECTORY / "asyncapi.json").read_text())


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {(method, path): one for path, methods in OPENAPI["paths"].items() for method, one in methods.items()}


# -- as they are checked in


def test_the_checked_in_documents_equal_the_types() -> None:
    assert differences() == [], f"a contract changed: run `{COMMAND}` and commit schemas/*.json"


def test_they_are_the_same_each_time() -> None:
    assert documents() == documents()


def test_differences_are_named(tmp_path: Path) -> None:
    export_documents(tmp_path / "new")
    (tmp_path / "new" / "asyncapi.json").unlink()
    (tmp_path / "new" / "openapi.json").write_text("{}")
    assert differences(tmp_path / "new") == ["openapi.json differs", "asyncapi.json differs"]


def test_the_check_fails_with_the_command_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [COMMAND, "--check"])
    main()
    monkeypatch.setattr("gateway.export.differences", lambda: ["openapi.json differs"])
    with pytest.raises(SystemExit, match=f"openapi.json differs\nrun `{COMMAND}`"):
        main()


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
def test_the_command_line_prints_them(name: str) -> None:
    printed = invoke(["schemas", name])
    assert printed.exit_code == 0
    assert json.loads(printed.stdout) == json.loads((DIRECTORY / f"{name}.json").read_text())


# -- OpenAPI


@pytest.mark.parametrize("one", API_ROUTES, ids=lambda one: f"{sorted(one.methods)[0]} {one.path}")
def test_every_route_says_what_it_takes_and_answers(one: ActionRoute) -> None:
    assert one.described.complete, "give it an answer (or status=204) and its handler a docstring for readers"


def test_a_route_that_says_nothing_fails() -> None:
    async def handler(request: Request, caller: Caller) -> Response:
        """It does something."""
        return Response()

    silent = route("GET", "/v1/silent", Action.READ_INBOX, handler)
    assert not silent.described.complete
    with pytest.raises(ValueError, match="/v1/silent does not say"):
        openapi([silent])
    openapi([route("GET", "/v1/silent", Action.READ_INBOX, handler, status=204)])


def test_the_openapi_document_is_valid() -> None:
    openapi_spec_validator.validate(OPENAPI)  # type: ignore[arg-type]
    names = [one["operationId"] for one in operations().values()]
    assert len(names) == len(set(names)) == len(API_ROUTES)


def test_roles_and_credentials_are_those_of_the_policy() -> None:
    for one in API_ROUTES:
        [method] = (one.methods or set()) - {"HEAD"}
        told = operations()[method.lower(), re.sub(r":\w+}", "}", one.path)]
        allowed = {role.value for role in allowed_roles(one.action)}
        assert set(told["x-roles"]) == allowed
        credentials = {name for scheme in told["security"] for name in scheme}
        assert credentials == (set() if "anyone" in allowed else allowed)
        assert "401" in told["responses"]
        assert ("403" in told["responses"]) == ("anyone" not in allowed)
    assert set(OPENAPI["components"]["securitySchemes"]) == {role.value for role in Role} - {"anyone"}


def test_what_is_always_there_is_required() -> None:
    schemas = OPENAPI["components"]["schemas"]
    assert set(schemas["Notification"]["required"]) == set(schemas["Notification"]["properties"])
    assert schemas["MarkNotifications"]["required"] == ["state"]
    assert schemas["Problem"]["required"] == ["type", "title", "status"]
    assert schemas["TablesStats"]["required"] == ["tables"]


def test_a_type_that_goes_both_ways_requires_what_is_to_be_sent() -> None:
    class Held(msgspec.Struct):
        position: Position
        name: str = ""

    both = Components(taken=[Held], given=[Held]).schemas["Held"]
    given = Components(taken=[], given=[Held]).schemas["Held"]
    assert (both["required"], given["required"]) == (["position"], ["position", "name"])


def test_lists_have_names_of_their_own() -> None:
    made = Components(taken=[], given=[Listed[Notification], Listed[ShownReplay]])
    assert {"NotificationList", "ShownReplayList", "ShownReplay", "Notification"} <= set(made.schemas)
    assert made.of(Listed[ShownReplay]) == {"$ref": "#/components/schemas/ShownReplayList"}
    assert made.schemas["ShownReplayList"]["title"] == "ShownReplayList"


def test_docstrings_become_markdown() -> None:
    assert plain("One ``word`` and\n    more.\n\n    Then\n    this.") == "One `word` and more.\n\nThen this."


# -- AsyncAPI


def test_the_asyncapi_document_is_valid_by_the_official_schema() -> None:
    schema = json.loads((Path(__file__).parent / "asyncapi" / "3.0.0.json").read_text())
    assert [f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(ASYNCAPI)] == []


def test_every_reference_leads_somewhere() -> None:
    for document in (OPENAPI, ASYNCAPI):
        for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
            found: Any = document
            for step in reference.split("/"):
                found = found[step]


def test_the_socket_has_every_frame_and_every_close_code() -> None:
    stream = ASYNCAPI["channels"]["stream"]
    assert set(stream["messages"]) == {kind.__name__ for kind in get_args(ClientFrame | ServerFrame)}
    assert {int(code) for code in stream["x-close-codes"]} == set(Close) == set(MEANINGS)
    sent = {one["$ref"].rpartition("/")[2] for one in ASYNCAPI["operations"]["sendFrame"]["messages"]}
    assert sent == {kind.__name__ for kind in get_args(ServerFrame)}


def test_the_topics_have_every_topic_of_the_settings_but_retry() -> None:
    """What waits for a retry is the event's own bytes, for the engine alone."""
    named = {name for name, field in TopicSettings.model_fields.items() if field.annotation is str}
    of_settings = [topic for topic in TOPICS if topic.group is None]
    assert named - {"retry_queue"} == {topic.setting for topic in of_settings}
    for topic in of_settings:
        assert ASYNCAPI["channels"][topic.setting]["address"] == getattr(TopicSettings(), topic.setting)


def test_every_message_says_what_it_is() -> None:
    missing = [name for name, one in asyncapi()["components"]["messages"].items() if not one["summary"]]
    assert missing == []

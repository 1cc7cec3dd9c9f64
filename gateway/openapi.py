"""The OpenAPI document of REST, made from what the routes say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, get_args

from gateway.policy import Action, Role, allowed_roles
from gateway.routes import ActionRoute, Described, Query
from schemas.components import Components, plain
from schemas.errors import Problem
from schemas.rest import UuidText

PROBLEM = "application/problem+json"

_SECURITY: dict[Role, tuple[str, str]] = {
    Role.USER: ("user", "An access token of a session; ten minutes, then refresh it."),
    Role.SERVICE: ("service", "The key of the platform's services, `PAVILION_SERVICE_KEY`."),
    Role.SUPPORT: ("support", "The key of support, `PAVILION_SUPPORT_KEY`."),
    Role.OPERATOR: ("operator", "The key of operators, `PAVILION_OPERATOR_KEY`."),
    Role.ADMIN: ("admin", "The key of administrators, `PAVILION_ADMIN_KEY`."),
}

_PROBLEMS = {
    401: "No credentials, or none that are valid. `token-expired`: refresh the access token.",
    403: "The caller is known, and may not do this.",
    404: "There is no such thing, or not for this caller.",
    406: "The route has no answer of the kind that `Accept` asks for.",
    413: "The request is over a limit, which `detail` names.",
    415: "The content type is none that this route takes.",
    422: "The request is not valid; `detail` names the field.",
    429: "Too many requests: wait for as long as `Retry-After` says.",
    503: "A dependency is away, or the service is disabled: the same request may pass later.",
}

_TEXT = """\
Sessions, lists, marks, events and operations of Pavilion. What happens now comes over the socket `/v1/stream`, which
the AsyncAPI document beside this one describes.

Errors are problems (RFC 9457). Any route may answer 500 with one that says nothing but that it went wrong here.
Clients ignore fields that they do not know: there will be more."""


def openapi(routes: Iterable[ActionRoute]) -> dict[str, Any]:
    """An OpenAPI 3.1 document of ``routes``, each of which must be completely described."""
    listed = [*routes]
    said = [route.described for route in listed]
    components = Components(
        taken=[kind for one in said for kind in _taken(one)],
        given=[Problem, *(kind for one in said for kind in _given(one))],
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in listed:
        # HEAD comes with GET, and is not told of.
        [method] = (route.methods or set()) - {"HEAD"}
        operations = paths.setdefault(re.sub(r":\w+}", "}", route.path), {})
        operations[method.lower()] = _operation(route, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pavilion notification streams",
            "version": "1",
            "description": _TEXT,
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "responses": {str(status): _problem(status, components) for status in sorted(_PROBLEMS)},
            "securitySchemes": {
                name: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": text,
                    **({"bearerFormat": "JWT"} if role is Role.USER else {}),
                }
                for role, (name, text) in _SECURITY.items()
            },
        },
    }


def _operation(route: ActionRoute, components: Components) -> dict[str, Any]:
    said = route.described
    if not said.complete:
        raise ValueError(f"{route.path} does not say what it answers, or its handler has no docstring")
    words = " ".join(plain(said.text).split())
    summary, _, more = words.partition(". ")
    summary = summary.rstrip(".")
    made: dict[str, Any] = {
        "operationId": said.name,
        "summary": summary,
        "tags": [_tag(route.path)],
        "x-roles": sorted(role.value for role in allowed_roles(route.action)),
        "security": _security(route),
    }
    if more:
        made["description"] = more
    parameters = [
        *_parameters("path", _in_path(route), components),
        *_parameters("query", said.query, components),
        *_parameters("header", said.headers, components),
    ]
    if parameters:
        made["parameters"] = parameters
    bodies = _bodies(said)
    if bodies:
        content = {media: {"schema": components.of(kind)} for media, kind in bodies.items()}
        made["requestBody"] = {"required": True, "content": content}
    answers: dict[int, Any] = {said.status: said.answer, **said.also}
    made["responses"] = {str(status): _answer(said, status, kind, components) for status, kind in answers.items()}
    for status in sorted(_problems(route) - answers.keys()):
        made["responses"][str(status)] = {"$ref": f"#/components/responses/{status}"}
    return made


def _tag(path: str) -> str:
    first, *rest = path.strip("/").split("/")
    return rest[0] if first == "v1" and rest else first


def _security(route: ActionRoute) -> list[dict[str, list[str]]]:
    allowed = allowed_roles(route.action)
    if Role.ANYONE in allowed:
        return [{}]
    return [{name: []} for role, (name, _) in _SECURITY.items() if role in allowed]


def _in_path(route: ActionRoute) -> list[Query]:
    given = {one.name: one for one in route.described.in_path}
    names = re.findall(r"{(\w+)", route.path)
    return [given.get(name, Query(name, UuidText)) for name in names]


def _parameters(place: str, queries: Iterable[Query], components: Components) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "in": place,
            **({"required": True} if place == "path" else {}),
            **({"description": one.description} if one.description else {}),
            "schema": components.of(one.type),
        }
        for one in queries
    ]


def _bodies(said: Described) -> dict[str, Any]:
    return {**({} if said.body is None else {"application/json": said.body}), **said.bodies}


def _taken(said: Described) -> list[Any]:
    parameters = [one.type for one in (*said.query, *said.in_path, *said.headers)]
    return [UuidText, *parameters, *_bodies(said).values()]


def _given(said: Described) -> list[Any]:
    return [kind for kind in (said.answer, *said.also.values()) if kind is not None]


def _answer(said: Described, status: int, kind: Any, components: Components) -> dict[str, Any]:
    if kind is None:
        return {"description": "Done."}
    made: dict[str, Any] = {"description": _named(kind)}
    made["content"] = {said.media: {"schema": components.of(kind)}}
    if said.live and status == said.status:
        text = "An event a second: the `data` of each is the JSON of the whole answer."
        made["content"]["text/event-stream"] = {"schema": {"type": "string", "description": text}}
    return made


def _named(kind: Any) -> str:
    """``Listed[Notification]`` as "Notification, a page of them"."""
    arguments = get_args(kind)
    if arguments:
        return f"{arguments[0].__name__}, a page of them."
    return "Text." if kind is str else f"{kind.__name__}."


def _problems(route: ActionRoute) -> set[int]:
    """The statuses of problems that follow from what a route takes and who may call it."""
    said = route.described
    found = {401, 429, *said.problems}
    if Role.ANYONE not in allowed_roles(route.action):
        found.add(403)
    names = _in_path(route)
    if names:
        found.add(404)
    if names or said.query or _bodies(said):
        found.add(422)
    if _bodies(said):
        found.add(413)
    if said.bodies and "*/*" not in said.bodies:
        found.add(415)
    if route.path.startswith("/v1/") and route.action is not Action.READ_DOCUMENTS:
        found.add(503)
    return found


_SECONDS = {"type": "integer", "minimum": 0}
_HEADERS: dict[int, dict[str, dict[str, Any]]] = {
    401: {"WWW-Authenticate": {"type": "string"}},
    429: {"Retry-After": _SECONDS, "RateLimit": {"type": "string"}, "RateLimit-Policy": {"type": "string"}},
    503: {"Retry-After": _SECONDS},
}


def _problem(status: int, components: Components) -> dict[str, Any]:
    made: dict[str, Any] = {"description": _PROBLEMS[status]}
    if status in _HEADERS:
        made["headers"] = {name: {"schema": kind} for name, kind in _HEADERS[status].items()}
    made["content"] = {PROBLEM: {"schema": components.of(Problem)}}
    return made

"""REST for support and operators who ask why a user was told of an event, or was not."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.audit import concerning
from gateway.gateway import of
from gateway.identifiers import canonical_uuid
from gateway.policy import Action, Caller
from gateway.problems import NotThere
from gateway.queries import text_of
from gateway.routes import ActionRoute, Query, json_response, route
from schemas.errors import InvalidNotification
from schemas.explain import Explanation
from schemas.notifications import Timestamp
from schemas.rest import UuidText
from schemas.times import parse_ms


async def explain(request: Request, caller: Caller) -> Response:
    """Why everybody, or one user, was told of an event, or was not; or, without an event, what is stored about a user.

    Ids, types, times and reasons, never what a notification says. Suppressions are decided anew, by the rules and
    stores of now. An event is looked for from `since` on, without it for a day (from an hour before the time in its id,
    if that is a UUID of version 7), for about 15 s.
    """
    event, user, since = text_of(request, "event"), text_of(request, "user"), text_of(request, "since")
    if user is not None:
        user = canonical_uuid("explain", "user", user)
    concerning(request, user_id=user or "", subject=event or "")
    try:
        since_ms = None if since is None else parse_ms(since)
    except (ValueError, OverflowError):
        raise InvalidNotification("explain", "`since` is not a time of RFC 3339") from None
    port = of(request).services.explainer
    if port is None:
        raise NotThere("explain", "this process does not know the topology")
    return json_response(await port.explain(event, user, since_ms=since_ms))


EXPLAIN_ROUTES: list[ActionRoute] = [
    route(
        "GET",
        "/v1/explain",
        Action.EXPLAIN,
        explain,
        answer=Explanation,
        query=(
            Query("event", str, "The `id` of the event; with it or without it, `user`."),
            Query("user", UuidText, "The user's id."),
            Query("since", Timestamp, "Where to begin to look for the event."),
        ),
        problems=(404,),
    ),
]

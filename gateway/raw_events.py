"""Publishing bytes as they are, for operators who try what happens to what is no event: it becomes a dead letter."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import of
from gateway.policy import Action, Caller
from gateway.problems import NotThere
from gateway.routes import ActionRoute, Query, json_response, read_body, route
from infra.log.ports import MAX_RECORD_BYTES, Outgoing
from schemas.rest import Accepted


async def post_raw(request: Request, caller: Caller) -> Response:
    """Only in the embedded mode: publish the body as it is, unchecked, as one record, to try what becomes of it."""
    gateway = of(request)
    groups = gateway.settings.topics.events
    topic = groups.get(request.path_params["group"])
    if topic is None:
        raise NotThere("publish bytes", f"the group is none of {', '.join(groups)}")
    body = await read_body(request, MAX_RECORD_BYTES - 1024)
    await gateway.publishers.publish(topic, [Outgoing("", body)])
    return json_response(Accepted(1), 202)


_Group = Literal["video", "comment", "user"]
RAW_EVENT_ROUTES: list[ActionRoute] = [
    route(
        "POST",
        "/v1/events/raw/{group}",
        Action.PUBLISH_RAW,
        post_raw,
        bodies={"*/*": bytes},
        in_path=(Query("group", _Group, "Which of the topics of events."),),
        answer=Accepted,
        status=202,
    )
]
"""Only in the embedded mode: elsewhere operators have the broker itself."""

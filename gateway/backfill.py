"""REST for operators who give events of the past to their agents once more."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.audit import concerning
from gateway.gateway import of
from gateway.policy import Action, Caller
from gateway.problems import NotThere
from gateway.routes import ActionRoute, json_response, read_json, route
from schemas.backfill import MAX_EVENTS, BackfillReport, BackfillRequest

BUDGET_SECONDS = 10.0
"""A call answers by then, and says how to go on."""


async def replay_events(request: Request, caller: Caller) -> Response:
    """Read events again from their topics, and give them to their agents: for a rule that was mended or is new.

    Nobody is told twice: the same fact has the same id. Topics of events keep seven days; an earlier `from` is
    refused. A call publishes at most 1,000 events, for about 10 s: call again with its `next` as `after`, and its `to`.
    """
    body = await read_json(request, BackfillRequest)
    concerning(request, subject=msgspec.json.encode(msgspec.structs.replace(body, after=None)).decode())
    port = of(request).services.backfill
    if port is None:
        raise NotThere("replay events", "this process does not read events")
    return json_response(await port.replay(body, limit=MAX_EVENTS, seconds=BUDGET_SECONDS))


BACKFILL_ROUTES: list[ActionRoute] = [
    route(
        "POST",
        "/v1/events/replay",
        Action.REPLAY_EVENTS,
        replay_events,
        body=BackfillRequest,
        answer=BackfillReport,
        problems=(404,),
    ),
]

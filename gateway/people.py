"""REST for services that keep followers and names beyond what events tell."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import of
from gateway.identifiers import canonical_uuid
from gateway.policy import Action, Caller
from gateway.routes import ActionRoute, no_content, read_json, route
from infra.stores.ports import Follow, Profile
from schemas.errors import InvalidNotification
from schemas.rest import NameProfile
from schemas.times import now_ms


async def put_follow(request: Request, caller: Caller) -> Response:
    """From now on `follower` is told of what `followed` uploads."""
    return await _follow(request, active=True)


async def delete_follow(request: Request, caller: Caller) -> Response:
    """From now on `follower` is no longer told of what `followed` uploads."""
    return await _follow(request, active=False)


async def _follow(request: Request, *, active: bool) -> Response:
    follower = canonical_uuid("change follow", "follower", request.path_params["follower"])
    followed = canonical_uuid("change follow", "followed", request.path_params["followed"])
    if follower == followed:
        raise InvalidNotification("change follow", "`followed` is the follower himself")
    await of(request).services.people.put_follows([Follow(follower, followed, now_ms(), active)])
    return no_content()


async def put_profile(request: Request, caller: Caller) -> Response:
    """Set the name with which a user is shown, where an event does not give it."""
    user_id = canonical_uuid("put profile", "id", request.path_params["id"])
    body = await read_json(request, NameProfile)
    await of(request).services.people.put_profiles([Profile(user_id, body.name, now_ms())])
    return no_content()


PEOPLE_ROUTES: list[ActionRoute] = [
    route("PUT", "/v1/follows/{follower}/{followed}", Action.EDIT_PEOPLE, put_follow, status=204),
    route("DELETE", "/v1/follows/{follower}/{followed}", Action.EDIT_PEOPLE, delete_follow, status=204),
    route("PUT", "/v1/profiles/{id}", Action.EDIT_PEOPLE, put_profile, body=NameProfile, status=204),
]

"""REST for admins who erase a user."""

from __future__ import annotations

import math
from typing import Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from gateway.audit import actor_of, concerning
from gateway.gateway import of
from gateway.identifiers import canonical_uuid
from gateway.policy import Action, Caller
from gateway.problems import NotThere
from gateway.routes import ActionRoute, json_response, route
from infra.stores.erasure import Erased


class ErasedUser(Struct, frozen=True):
    """``erasing`` asks for the same request again after ``retry_after`` seconds; ``done`` has a line for each thing."""

    state: Literal["erasing", "erased"]
    retry_after: int
    done: list[str]

    @classmethod
    def of(cls, erased: Erased) -> ErasedUser:
        return cls("erasing" if erased.wait_seconds else "erased", math.ceil(erased.wait_seconds), erased.lines)


async def erase_user(request: Request, caller: Caller) -> Response:
    """Delete what is stored about a user and destroy the user's data key.

    202 until it is complete: processes may know the key for a while. Repeat the request then.
    """
    user_id = canonical_uuid("erase user", "id", request.path_params["id"])
    erasure = of(request).services.erasure
    if erasure is None:
        raise NotThere("erase user", "this process does not erase users")
    concerning(request, user_id=user_id)
    await of(request).sessions.end_all(user_id, actor_of(request, caller))  # of sockets the stores know nothing
    erased = ErasedUser.of(await erasure.step(user_id))
    if erased.state == "erased":
        return json_response(erased)
    response = json_response(erased, 202)
    response.headers["retry-after"] = str(erased.retry_after)
    return response


USER_ROUTES: list[ActionRoute] = [
    route("DELETE", "/v1/users/{id}", Action.ERASE_USER, erase_user, answer=ErasedUser, also={202: ErasedUser}),
]

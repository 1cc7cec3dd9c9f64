"""REST for admins who read the audit."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import of
from gateway.identifiers import canonical_uuid
from gateway.policy import Action, Caller
from gateway.queries import PAGING, limit_of, page_of, read_moment, text_of, write_moment
from gateway.routes import ActionRoute, Query, json_response, route
from infra.stores.ports import AuditFilter, AuditLine
from schemas.errors import InvalidNotification
from schemas.notifications import Timestamp
from schemas.rest import Listed, UuidText
from schemas.times import format_ms, parse_ms


class AuditRow(Struct, frozen=True):
    """``actor`` is a user's id or a given name; ``user`` whom it concerns; ``times`` above 1 is a sum."""

    id: str
    time: Timestamp
    role: str
    actor: str
    session: str
    action: str
    user: str
    subject: str
    result: str
    address: str
    times: int


async def list_audit(request: Request, caller: Caller) -> Response:
    """What happened to sessions and what was done by those with a role, newest first.

    A page may be empty and yet have a next one.
    """
    filter = AuditFilter(_user(request), text_of(request, "action"), _time(request, "from", 0), _time(request, "to"))
    page = await of(request).services.audit.page(read_moment("read the audit", request), limit_of(request), filter)
    following = None if page.following is None else write_moment(*page.following)
    return json_response(page_of([_row(line) for line in page.lines], following))


def _row(line: AuditLine) -> AuditRow:
    return AuditRow(
        line.id,
        format_ms(line.at_ms),
        line.role,
        line.actor,
        line.session_id,
        line.action,
        line.user_id,
        line.subject,
        line.result,
        line.address,
        line.times,
    )


def _user(request: Request) -> str | None:
    given = text_of(request, "user")
    return None if given is None else canonical_uuid("read the audit", "user", given)


def _time(request: Request, name: str, default: int = 1 << 62) -> int:
    given = text_of(request, name)
    if given is None:
        return default
    try:
        return parse_ms(given)
    except (ValueError, OverflowError):
        raise InvalidNotification("read the audit", f"`{name}` is not a time of RFC 3339") from None


AUDIT_ROUTES: list[ActionRoute] = [
    route(
        "GET",
        "/v1/audit",
        Action.READ_AUDIT,
        list_audit,
        answer=Listed[AuditRow],
        query=(
            *PAGING,
            Query("user", UuidText, "Whom it concerns."),
            Query("action", str, "Such as `session-opened`."),
            Query("from", Timestamp),
            Query("to", Timestamp, "Excluded."),
        ),
    ),
]

"""REST for one's own preferences: consent per type of notification, quiet hours, and the audit of both."""

from __future__ import annotations

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import of
from gateway.policy import Action, Caller
from gateway.queries import PAGING, foreign_cursor, limit_of, page_of, read_cursor, write_cursor
from gateway.routes import ActionRoute, json_response, read_json, route
from infra.stores.ports import PreferencesVersion
from schemas.consent import TYPES
from schemas.preferences import Preferences
from schemas.rest import Listed, PreferencesChange, SetPreferences, ShownPreferences
from schemas.times import format_ms


async def get_preferences(request: Request, caller: Caller) -> Response:
    """What the user is told of: consent per type of notification, and quiet hours."""
    return json_response(shown(await of(request).preferences.read(caller.user_id)))


async def put_preferences(request: Request, caller: Caller) -> Response:
    """Set consent per type, and quiet hours. It holds within a second of the answer, on every device."""
    body = await read_json(request, SetPreferences)
    by = f"session {caller.session_id}"
    return json_response(
        shown(await of(request).preferences.apply(caller.user_id, body.types, body.quiet_hours, by=by))
    )


async def list_changes(request: Request, caller: Caller) -> Response:
    """Every change of the user's preferences, newest first."""
    limit, below = limit_of(request), _below(request)
    found = await of(request).services.preferences.page(caller.user_id, below, limit + 1)
    following = write_cursor(str(found[limit - 1].version)) if len(found) > limit else None
    return json_response(page_of([_change(version) for version in found[:limit]], following))


def shown(preferences: Preferences) -> ShownPreferences:
    """Consent for every declared type, also those of which the user never said anything."""
    return ShownPreferences({type: preferences.allows(type) for type in TYPES}, preferences.quiet_hours, TYPES)


def _change(version: PreferencesVersion) -> PreferencesChange:
    chosen = version.preferences
    types = {type: chosen.types[type] for type in version.changed if type in chosen.types}
    hours = chosen.quiet_hours if "quiet_hours" in version.changed else UNSET
    return PreferencesChange(version.version, format_ms(version.at_ms), version.by, types, hours)


def _below(request: Request) -> int | None:
    version = read_cursor("list changes", request)
    if version is None:
        return None
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise foreign_cursor("list changes")
    return int(version)


PREFERENCES_ROUTES: list[ActionRoute] = [
    route("GET", "/v1/preferences", Action.EDIT_PREFERENCES, get_preferences, answer=ShownPreferences),
    route(
        "PUT",
        "/v1/preferences",
        Action.EDIT_PREFERENCES,
        put_preferences,
        body=SetPreferences,
        answer=ShownPreferences,
    ),
    route(
        "GET",
        "/v1/preferences/audit",
        Action.EDIT_PREFERENCES,
        list_changes,
        answer=Listed[PreferencesChange],
        query=PAGING,
    ),
]

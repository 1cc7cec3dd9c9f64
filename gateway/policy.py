"""Who may do what: one table and one function, for REST and sockets. What is not in the table is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gateway.problems import Forbidden, NotThere, Unauthorized


class Role(Enum):
    ANYONE = "anyone"
    """No credentials were given."""
    USER = "user"
    SERVICE = "service"
    OPERATOR = "operator"


class Action(Enum):
    STREAM = "open a stream"
    OPEN_SESSION = "open a session"
    REFRESH_SESSION = "refresh a session"
    END_SESSION = "end a session"
    READ_INBOX = "read notifications"
    MARK = "mark notifications"
    EDIT_PEOPLE = "change follows and profiles"
    PUBLISH = "publish events"
    PUBLISH_RAW = "publish unchecked bytes"
    READ_DEAD_LETTERS = "read dead letters"
    REPLAY_DEAD_LETTERS = "replay dead letters"
    READ_STATS = "read statistics"
    PROBE = "probe health and metrics"
    SEE_DEMO = "use the demo page"


_EVERYONE = frozenset(Role)
_ALLOWED: dict[Action, frozenset[Role]] = {
    Action.STREAM: frozenset({Role.USER}),
    Action.OPEN_SESSION: frozenset({Role.SERVICE}),
    Action.REFRESH_SESSION: _EVERYONE,  # the refresh token in the body is the credential
    Action.END_SESSION: frozenset({Role.USER, Role.SERVICE}),
    Action.READ_INBOX: frozenset({Role.USER}),
    Action.MARK: frozenset({Role.USER}),
    Action.EDIT_PEOPLE: frozenset({Role.SERVICE}),
    Action.PUBLISH: frozenset({Role.SERVICE}),
    Action.PUBLISH_RAW: frozenset({Role.OPERATOR}),
    Action.READ_DEAD_LETTERS: frozenset({Role.OPERATOR}),
    Action.REPLAY_DEAD_LETTERS: frozenset({Role.OPERATOR}),
    Action.READ_STATS: frozenset({Role.OPERATOR}),
    Action.PROBE: _EVERYONE,
    Action.SEE_DEMO: _EVERYONE,  # its routes exist in demo mode only, and look at where the client is
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. Users have a ``user_id`` and a ``session_id``, both empty for the others."""

    role: Role
    user_id: str = ""
    session_id: str = ""


ANYONE = Caller(Role.ANYONE)


def check(caller: Caller, action: Action, *, owner: str | None = None) -> None:
    """Return if ``caller`` may do ``action``, to what belongs to the user ``owner`` if one is given.

    Raises:
        Unauthorized: without credentials.
        Forbidden: for a role that may never do it.
        NotThere: for a user and another user's thing, which he must not even know to exist.
    """
    if caller.role not in _ALLOWED.get(action, frozenset()):
        if caller.role is Role.ANYONE:
            raise Unauthorized(action.value, "credentials are needed")
        raise Forbidden(action.value, f"a {caller.role.value} may not {action.value}")
    if owner is not None and caller.role is Role.USER and caller.user_id != owner:
        raise NotThere(action.value, "there is no such thing")

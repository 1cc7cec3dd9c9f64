"""Who may do what: one table and one function, for REST and sockets. What is not in the table is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gateway.metrics import REFUSED
from gateway.problems import Forbidden, NotThere, Unauthorized


class Role(Enum):
    ANYONE = "anyone"
    """No credentials were given."""
    USER = "user"
    SERVICE = "service"
    SUPPORT = "support"
    OPERATOR = "operator"
    ADMIN = "admin"
    """Whatever support and operators may, and what they may not: reading the audit, erasing a user."""


class Action(Enum):
    STREAM = "open a stream"
    OPEN_SESSION = "open a session"
    REFRESH_SESSION = "refresh a session"
    END_SESSION = "end a session"
    MANAGE_SESSIONS = "manage a user's sessions"
    READ_INBOX = "read notifications"
    READ_USER = "read a user's inbox for support"
    MARK = "mark notifications"
    EDIT_PREFERENCES = "read and change preferences"
    EDIT_PEOPLE = "change follows and profiles"
    ERASE_USER = "erase a user"
    PUBLISH = "publish events"
    PUBLISH_RAW = "publish unchecked bytes"
    READ_DEAD_LETTERS = "read dead letters"
    REPLAY_DEAD_LETTERS = "replay dead letters"
    REPLAY_EVENTS = "replay events"
    EXPLAIN = "explain who was told"
    READ_STATS = "read statistics"
    READ_AUDIT = "read the audit"
    READ_CALLER = "ask what one may do"
    READ_KEYS = "read the public keys"
    PROBE = "probe health and metrics"
    SEE_CLIENT = "load the browser client"
    SEE_CONSOLE = "load the console"
    READ_DOCUMENTS = "read the API's documents"
    SEE_DEMO = "use the demo page"

    @property
    def slug(self) -> str:
        """``end-session``: the action's name in the audit."""
        return self.name.lower().replace("_", "-")


_EVERYONE = frozenset(Role)
_OPERATORS = frozenset({Role.OPERATOR, Role.ADMIN})
_ALLOWED: dict[Action, frozenset[Role]] = {
    Action.STREAM: frozenset({Role.USER}),
    Action.OPEN_SESSION: frozenset({Role.SERVICE}),
    Action.REFRESH_SESSION: _EVERYONE,  # the refresh token in the body is the credential
    Action.END_SESSION: frozenset({Role.USER, Role.SERVICE, Role.SUPPORT, Role.ADMIN}),
    Action.MANAGE_SESSIONS: frozenset({Role.USER, Role.SERVICE, Role.SUPPORT, Role.ADMIN}),
    Action.READ_INBOX: frozenset({Role.USER}),
    Action.READ_USER: frozenset({Role.SUPPORT, Role.ADMIN}),  # operators keep the machinery, and need no user's inbox
    Action.MARK: frozenset({Role.USER}),
    Action.EDIT_PREFERENCES: frozenset({Role.USER}),
    Action.EDIT_PEOPLE: frozenset({Role.SERVICE}),
    Action.ERASE_USER: frozenset({Role.ADMIN}),
    Action.PUBLISH: frozenset({Role.SERVICE}),
    Action.PUBLISH_RAW: _OPERATORS,
    Action.READ_DEAD_LETTERS: _OPERATORS,
    Action.REPLAY_DEAD_LETTERS: _OPERATORS,
    Action.REPLAY_EVENTS: _OPERATORS,
    Action.EXPLAIN: _OPERATORS | {Role.SUPPORT},
    Action.READ_STATS: _OPERATORS | {Role.SUPPORT},
    Action.READ_AUDIT: frozenset({Role.ADMIN}),
    Action.READ_CALLER: _OPERATORS | {Role.SUPPORT},
    Action.READ_KEYS: _EVERYONE,
    Action.PROBE: _EVERYONE,
    Action.SEE_CLIENT: _EVERYONE,  # the same files for every page
    Action.SEE_CONSOLE: _EVERYONE,  # its files have no data: what they show is asked for with credentials
    Action.READ_DOCUMENTS: _EVERYONE,
    Action.SEE_DEMO: _EVERYONE,  # its routes exist in demo mode only, and look at where the client is
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. Users have a ``user_id`` and, unless an outside issuer signed for them, a ``session_id``.

    Of the others only somebody whose role an outside issuer vouches for has a ``user_id``. ``expires`` is when the
    access token does, in seconds since 1970; keys do not.
    """

    role: Role
    user_id: str = ""
    session_id: str = ""
    expires: int = 0


ANYONE = Caller(Role.ANYONE)


def allowed_roles(action: Action) -> frozenset[Role]:
    return _ALLOWED.get(action, frozenset())


def actions_of(role: Role) -> list[Action]:
    """What ``role`` may do, in the order of the actions."""
    return [action for action in Action if role in allowed_roles(action)]


def check(caller: Caller, action: Action, *, owner: str | None = None) -> None:
    """Return if ``caller`` may do ``action``, to what belongs to the user ``owner`` if one is given.

    Raises:
        Unauthorized: without credentials.
        Forbidden: for a role that may never do it.
        NotThere: for a user and another user's thing, which he must not even know to exist.
    """
    if caller.role not in allowed_roles(action):
        REFUSED.labels(action.slug, "no-credentials" if caller.role is Role.ANYONE else "role").inc()
        if caller.role is Role.ANYONE:
            raise Unauthorized(action.value, "credentials are needed")
        raise Forbidden(action.value, f"a {caller.role.value} may not {action.value}")
    if owner is not None and caller.role is Role.USER and caller.user_id != owner:
        REFUSED.labels(action.slug, "another-user").inc()
        raise NotThere(action.value, "there is no such thing")

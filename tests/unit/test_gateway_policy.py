"""Who may do what: the whole table written a second time, and nothing beside it."""

from __future__ import annotations

import pytest

from gateway import policy
from gateway.policy import Action, Caller, Role, check
from gateway.problems import Forbidden, NotThere, Unauthorized

EXPECTED = {
    Action.STREAM: "user",
    Action.OPEN_SESSION: "service",
    Action.REFRESH_SESSION: "anyone user service support operator admin",
    Action.END_SESSION: "user service support admin",
    Action.MANAGE_SESSIONS: "user service support admin",
    Action.READ_INBOX: "user",
    Action.READ_USER: "support admin",
    Action.MARK: "user",
    Action.EDIT_PREFERENCES: "user",
    Action.EDIT_PEOPLE: "service",
    Action.ERASE_USER: "admin",
    Action.PUBLISH: "service",
    Action.PUBLISH_RAW: "operator admin",
    Action.READ_DEAD_LETTERS: "operator admin",
    Action.REPLAY_DEAD_LETTERS: "operator admin",
    Action.REPLAY_EVENTS: "operator admin",
    Action.EXPLAIN: "support operator admin",
    Action.READ_STATS: "support operator admin",
    Action.READ_AUDIT: "admin",
    Action.READ_CALLER: "support operator admin",
    Action.READ_KEYS: "anyone user service support operator admin",
    Action.PROBE: "anyone user service support operator admin",
    Action.SEE_DEMO: "anyone user service support operator admin",
    Action.SEE_CLIENT: "anyone user service support operator admin",
    Action.SEE_CONSOLE: "anyone user service support operator admin",
    Action.READ_DOCUMENTS: "anyone user service support operator admin",
}


def allows(role: Role, action: Action) -> bool:
    try:
        check(Caller(role), action)
    except (Forbidden, Unauthorized):
        return False
    return True


@pytest.mark.guarantee("G9")
@pytest.mark.parametrize("action", Action)
def test_every_action_by_every_role(action: Action) -> None:
    assert {role.value for role in Role if allows(role, action)} == set(EXPECTED[action].split())


@pytest.mark.guarantee("G9")
@pytest.mark.parametrize("action", Action)
def test_an_action_that_is_not_in_the_table_is_denied_to_all(action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(policy._ALLOWED, action)
    assert [role for role in Role if allows(role, action)] == []


@pytest.mark.guarantee("G9")
@pytest.mark.parametrize("action", [action for action in Action if allows(Role.USER, action)])
def test_a_user_may_do_it_to_what_is_his(action: Action) -> None:
    user = Caller(Role.USER, "his", "session")
    check(user, action, owner="his")
    with pytest.raises(NotThere):
        check(user, action, owner="hers")
    with pytest.raises(NotThere):
        check(Caller(Role.USER), action, owner="hers")

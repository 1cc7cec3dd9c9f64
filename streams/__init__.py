"""The engine: a Faust app whose agents carry plans, window tables, and the public names that topologies use."""

from streams.app import App
from streams.outcomes import Follow, Profile, Suppressed
from streams.plan import Dedup, Emit, Lookup, Plan, Planned, Retry, Write, plan
from streams.sinks import (
    Consents,
    FollowerPage,
    Profiles,
    consents,
    followers,
    follows,
    history,
    inbox,
    names,
    profiles,
)
from streams.windows import WindowTable

__all__ = [
    "App",
    "Consents",
    "Dedup",
    "Emit",
    "Follow",
    "FollowerPage",
    "Lookup",
    "Plan",
    "Planned",
    "Profile",
    "Profiles",
    "Retry",
    "Suppressed",
    "WindowTable",
    "Write",
    "consents",
    "followers",
    "follows",
    "history",
    "inbox",
    "names",
    "plan",
    "profiles",
]

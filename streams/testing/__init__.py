"""Runs an app's planned agents in process, to test them in milliseconds without a broker.

Everything but the broker is real: steps, runtime, window tables and their logs, ownership, and the stores, on SQLite in
a temporary directory. The clock stands still and moves only when told. See docs/agents.md.
"""

from infra.log.ports import OwnershipLost
from streams.testing.driver import NotSettled, TableView, TopologyTestDriver
from streams.testing.script import Advance, Crash, Move, Restart, Settle

__all__ = [
    "Advance",
    "Crash",
    "Move",
    "NotSettled",
    "OwnershipLost",
    "Restart",
    "Settle",
    "TableView",
    "TopologyTestDriver",
]

"""One partition of a window table in this process, as ``/stats/tables`` shows it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from streams.plan import AgentSpec
from streams.windowlog import Recovery, Replica
from streams.windows import WindowState

TableState = Literal["running", "recovering", "standby"]


class TableView(NamedTuple):
    spec: AgentSpec
    partition: int
    window_ms: int
    doing: TableState
    state: WindowState
    replica: Replica | None
    recovery: Recovery | None

    @property
    def table(self) -> str:
        return self.spec.tables[0].name

    @property
    def keys(self) -> int:
        return self.state.key_count

    @property
    def bytes(self) -> int:
        return self.state.size

    @property
    def log_size(self) -> tuple[int, int]:
        """Records and bytes that its log still has."""
        return (0, 0) if self.replica is None else (self.replica.records, self.replica.size)

    def snapshot(self) -> dict[str, Any]:
        [table] = self.spec.tables
        records, size = self.log_size
        return {
            "table": table.name,
            "agent": self.spec.name,
            "partition": self.partition,
            "window_seconds": self.window_ms / 1000,
            "late_policy": table.late,
            "state": self.doing,
            **self.state.snapshot(),
            "recovery": None if self.recovery is None else self.recovery.snapshot(),
            "log": {"topic": self.spec.log, **({} if self.replica is None else {"records": records, "bytes": size})},
        }

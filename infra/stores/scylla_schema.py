"""Creates and checks the CQL schema (``pavilion migrate``). The schema is the file ``scylla_schema.cql``."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Template

from infra.stores.scylla import ScyllaSession
from schemas.settings import Settings

WINDOWS = 30
"""Time windows that a retention is cut into; compaction drops an expired window as a whole."""

_COMMENT = re.compile(r"--.*$", re.MULTILINE)
_TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS \S+\.(\w+) \(")
_COLUMN = re.compile(r"^    (\w+) (\w+),$", re.MULTILINE)

REPLICAS = 3


def statements(*, keyspace: str, datacenter: str, replicas: int, window_days: int, audit_window_days: int) -> list[str]:
    """The statements of the schema, the keyspace's first."""
    text = files("infra.stores").joinpath("scylla_schema.cql").read_text()
    filled = Template(_COMMENT.sub("", text)).substitute(
        keyspace=keyspace,
        datacenter=datacenter,
        replicas=replicas,
        window_days=window_days,
        audit_window_days=audit_window_days,
    )
    return [statement.strip() for statement in filled.split(";") if statement.strip()]


def columns_of(statement: str) -> tuple[str, dict[str, str]]:
    """A table's name and its columns with their types."""
    match = _TABLE.search(statement)
    if match is None:
        raise ValueError(f"not a table: {statement[:40]}")
    return match[1], dict(_COLUMN.findall(statement))


async def migrate_scylla(settings: Settings) -> list[str]:
    """Make the keyspace, tables and columns that are missing; one line per change.

    A keyspace made here has a replica on each of up to three nodes; one that is there is left as it is. Raises
    ConnectionFailed or NotificationError.
    """
    session = ScyllaSession(settings.scylla)
    await session.open()
    try:
        return await _migrate(session, settings)
    finally:
        await session.close()


async def _migrate(session: ScyllaSession, settings: Settings) -> list[str]:
    keyspace, *tables = _statements(settings, max(1, min(REPLICAS, session.hosts())))
    present = await _present(session)
    changes = []
    if present is None:
        await session.run(keyspace)
        changes.append(f"scylla: created keyspace {settings.scylla.keyspace}")
        present = {}
    for statement in tables:
        table, columns = columns_of(statement)
        name = f"{settings.scylla.keyspace}.{table}"
        if table not in present:
            await session.run(statement)
            changes.append(f"scylla: created table {name}")
            continue
        for column, type_ in columns.items():
            if column not in present[table]:
                await session.run(f"ALTER TABLE {name} ADD {column} {type_}")
                changes.append(f"scylla: added column {name}.{column}")
    return changes


async def check_scylla(session: ScyllaSession, settings: Settings) -> list[str]:
    """One line per thing that :func:`migrate_scylla` would have to make; empty if all is there."""
    present = await _present(session)
    name = settings.scylla.keyspace
    if present is None:
        return [f"scylla: no keyspace {name}"]
    missing = []
    for statement in _statements(settings, 1)[1:]:
        table, columns = columns_of(statement)
        if table not in present:
            missing.append(f"scylla: no table {name}.{table}")
            continue
        missing += [f"scylla: no column {name}.{table}.{column}" for column in columns if column not in present[table]]
    return missing


def _statements(settings: Settings, replicas: int) -> list[str]:
    return statements(
        keyspace=settings.scylla.keyspace,
        datacenter=settings.scylla.datacenter,
        replicas=replicas,
        window_days=max(1, settings.retention_days // WINDOWS),
        audit_window_days=max(1, settings.audit_days // WINDOWS),
    )


async def _present(session: ScyllaSession) -> dict[str, set[str]] | None:
    """Columns by table of our keyspace; None without the keyspace."""
    keyspaces = await session.execute(
        "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?", [session.settings.keyspace]
    )
    if not keyspaces:
        return None
    present: dict[str, set[str]] = {}
    for table, column in await session.execute(
        "SELECT table_name, column_name FROM system_schema.columns WHERE keyspace_name = ?", [session.settings.keyspace]
    ):
        present.setdefault(table, set()).add(column)
    return present

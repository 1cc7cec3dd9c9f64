"""``pavilion topology check``: the declarations, the checked-in schemas, and the log where there is one."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from infra.log.embedded import EmbeddedLog
from infra.log.ports import LogClient, Provisioner
from infra.log.pulsar import PulsarLog
from infra.sqlite import Database
from schemas.errors import NotificationError
from schemas.export import COMMAND, DIRECTORY, broken, differences
from schemas.settings import Settings
from streams.check import check_declarations
from streams.check_log import check_log
from streams.findings import Finding, error, warning
from topologies import app

Say = Callable[[str], None]


async def check_topology(settings: Settings, say: Say, *, baseline: Path, offline: bool, as_json: bool) -> None:
    """Say one line for each finding; raises NotificationError if one of them is an error."""
    if not baseline.is_dir():
        raise NotificationError("check topology", f"--baseline: {baseline} is no directory of schemas")
    found = [*check_declarations(app, settings), *check_schemas(baseline)]
    looked = "the log was not looked at (--offline)"
    if not offline:
        async with _opened(settings) as opened:
            if opened is None:
                looked = "there is no log yet, `pavilion run` makes one"
            else:
                found += await check_log(settings, app.conf.id, app.specs(), *opened)
                looked = f"the log is {settings.broker.url}"
    found.sort()
    errors = sum(one.severity == "error" for one in found)
    if as_json:
        say(msgspec.json.encode({"findings": found}).decode())
    else:
        for one in found:
            say(str(one))
        say(f"{errors} errors, {len(found) - errors} warnings in {len(app.specs())} agents; {looked}")
    if errors:
        raise NotificationError("check topology", "1 error" if errors == 1 else f"{errors} errors")


def check_schemas(baseline: Path) -> list[Finding]:
    """What the types no longer read of the schemas in ``baseline``, and whether ours are those of the types."""
    found = []
    for line in broken(baseline):
        name, _, change = line.partition(": ")
        advice = "keep it readable (a new field has a default), or make a type of the next version"
        found.append(error("schema", f"type {name}", change, advice))
    if not found and baseline == DIRECTORY and (lines := differences()):
        more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
        found.append(warning("schema-not-written", "schemas/json", f"{lines[0]}{more}", f"run `{COMMAND}`"))
    return found


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[LogClient, Provisioner] | None]:
    """The log to read from, also beside a running `pavilion run`; None if nothing has run yet."""
    if settings.broker.embedded:
        if not settings.database.exists():
            yield None
            return
        database = Database(settings.database)
        database.open()
        try:
            log = EmbeddedLog(database)
            yield log, log
        finally:
            database.close()
    else:
        pulsar = PulsarLog(settings)
        try:
            await pulsar.start()
            yield pulsar, pulsar.admin
        finally:
            await pulsar.close()

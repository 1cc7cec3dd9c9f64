"""Log lines: one JSON object or one text each, libraries' too; what must not be in them is cut out."""

import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import SecretStr

from pavilion.redaction import NAMES, REDACTED, hide, redact
from schemas.settings import Settings, SettingsError, load_settings
from schemas.telemetry import TracingSettings

PROGRAM = """
import logging, structlog, sys
from pavilion.logs import configure
configure(logging.INFO)
logger = structlog.get_logger()
logger.debug("hidden")
logger.info("ours", event_id="e1", content="private")
logging.getLogger("some.library").info("hidden")
logging.getLogger("some.library").warning("theirs %s", "redis://user:hunter2@host/0")
try:
    raise ValueError("Bearer abc.def")
except ValueError:
    logger.exception("failed", notification_id="n1")
"""


def written(**environment: str) -> str:
    env = {f"PAVILION_{name}": value for name, value in environment.items()}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr


def test_lines_are_json_where_nobody_looks_at_a_terminal() -> None:
    ours, theirs, failed = (json.loads(line) for line in written().splitlines())
    assert [*ours][:4] == ["timestamp", "level", "logger", "event"]
    assert (ours["level"], ours["logger"], ours["event"], ours["event_id"]) == ("info", "__main__", "ours", "e1")
    assert ours["content"] == REDACTED
    assert (theirs["level"], theirs["logger"]) == ("warning", "some.library")
    assert theirs["event"] == f"theirs redis://{REDACTED}@host/0"
    assert failed["notification_id"] == "n1"
    assert "Traceback" in failed["exception"]
    assert "abc.def" not in failed["exception"]


def test_lines_are_text_for_people_and_as_many_as_are_asked_for() -> None:
    text = written(LOG__FORMAT="console", LOG__LEVEL="warning")
    theirs, failed = text.splitlines()
    assert "level=warning logger=some.library event=" in theirs
    assert "event=failed" in failed
    assert "event=hidden" in written(LOG__FORMAT="console", LOG__LEVEL="debug")


@pytest.mark.parametrize("name", ["FORMAT", "LEVEL"])
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"PAVILION_LOG__{name}", "loud")
    with pytest.raises(SettingsError, match=f"PAVILION_LOG__{name}: "):
        load_settings()


def cut(**line: Any) -> Any:
    return redact(None, "info", line)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_values_of_these_names_are_never_written(name: str) -> None:
    assert cut(**{name: "private", "more": {name: ["private"]}}) == {name: REDACTED, "more": {name: REDACTED}}


def test_secrets_are_found_wherever_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pavilion.redaction._secrets", set())
    settings = Settings(
        service_key=SecretStr("the-service-key"),
        redis={"url": "redis://user:p%40ssword@host:6379/0", "password": "the-password"},
        scylla={"password": "scylla-password"},
        encryption={"keys": ["2026-11:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="]},
        tracing=TracingSettings(headers=SecretStr("api-key=collector-key")),
    )
    hide(settings)
    found = ["the-service-key", "p@ssword", "the-password", "scylla-password", "QUFBQUFB", "collector-key"]
    for secret in found:
        text = f"before {secret} after"
        if secret == "QUFBQUFB":
            text = settings.encryption.keys[0].get_secret_value()
        assert secret not in str(cut(cause=ValueError(text), nested=[{"deep": (text,)}]))
    assert cut(cause="has no key '2026-11'")["cause"] == "has no key '2026-11'", "ids of keys are for operators"


def test_what_looks_like_a_secret_is_none_any_more() -> None:
    jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln"
    line = cut(a=f"token {jwt}!", b="Authorization: Bearer abc-123", c=b"https://u:p@host/x", d=None, e=5, f=True)
    assert jwt not in line["a"]
    assert "abc-123" not in line["b"]
    assert "u:p" not in line["c"]
    assert (line["d"], line["e"], line["f"]) == (None, 5, True)
    assert cut(url="http://host:8080/a@b:c")["url"] == "http://host:8080/a@b:c"

"""Documents that are followed from top to bottom, as a reader would: in a copy of the source tree, beside a run."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.demo import DEMO_USER
from tests.e2e.platform import bearer
from tests.e2e.source_copy import ROOMS, SourceCopy
from tests.snippets import DOCUMENTS, ROOT, Snippet, snippets

FOLLOWED = {"run", "serve", "file", "change", "output"}
LIMIT = 60.0
ADDRESS = "127.0.0.1:8000"
"""What documents say; here the port is a free one."""
READY, REFUSED = "Pavilion is running", "not reloaded"


def followed() -> list[Path]:
    return [path for path in DOCUMENTS if any(one.kind in ("run", "serve") for one in snippets(path))]


class Reader:
    """Does what a document says, block by block."""

    def __init__(self, copy: SourceCopy) -> None:
        self.copy = copy
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = copy.path / "run.log"
        self.environment = copy.environment(DEMO="0", GATEWAY__PORT=str(self.port), TOPICS__PARTITIONS="2")
        self.printed = ""
        self.process: subprocess.Popen[bytes] | None = None
        (copy.path / ".venv").symlink_to(Path(sys.executable).parents[1])

    def follow(self, one: Snippet) -> None:
        before, said = self._sources(), self._said()
        getattr(self, f"_{one.kind}")(one)
        if self.process is not None and one.kind != "serve" and self._sources() != before:
            self._until(lambda: self._said() > said, one, "the run did not notice the change")
            self._until(self._ready, one, "the run did not come back")

    def _run(self, one: Snippet) -> None:
        text = one.text.replace(ADDRESS, f"127.0.0.1:{self.port}")
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", text],
            cwd=self.copy.path,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, f"{one.place}: {done.stdout}{done.stderr}{self._log()}"
        self.printed = done.stdout

    def _serve(self, one: Snippet) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                shlex.split(one.text.strip()), cwd=self.copy.path, env=self.environment, stdout=output, stderr=output
            )
        self._until(self._ready, one, "it did not start")

    def _output(self, one: Snippet) -> None:
        """Its lines are there in this order, wherever a line begins; the reader looks for nothing else either."""
        lines = [".*?".join(map(re.escape, line.split("…"))) for line in one.text.splitlines()]
        assert re.search(".*".join(lines), self.printed, re.DOTALL), f"{one.place}: printed was\n{self.printed}"

    def _file(self, one: Snippet) -> None:
        path = self.copy.path / one.argument
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(one.text)

    def _change(self, one: Snippet) -> None:
        path = self.copy.path / one.argument
        lines, content = one.text.splitlines(keepends=True), path.read_text()
        old = "".join(line[1:] for line in lines if line[0] != "+")
        new = "".join(line[1:] for line in lines if line[0] != "-")
        assert content.count(old) == 1, f"{one.place}: {one.argument} has that {content.count(old)} times"
        path.write_text(content.replace(old, new))

    def _sources(self) -> dict[Path, int]:
        files = [path for room in ROOMS for path in (self.copy.path / room).rglob("*.py")]
        return {path: path.stat().st_mtime_ns for path in files}

    def _said(self) -> int:
        return self._log().count(READY) + self._log().count(REFUSED)

    def _log(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return self.http("GET", "/readyz").status_code == 200
        return False

    def http(self, method: str, path: str, **options: object) -> httpx.Response:
        url = f"http://127.0.0.1:{self.port}{path}"
        return httpx.request(method, url, trust_env=False, timeout=10, **options)  # type: ignore[arg-type]

    def _until(self, condition: object, one: Snippet, problem: str) -> None:
        assert callable(condition)
        deadline = time.monotonic() + LIMIT
        while not condition():
            running = self.process is None or self.process.poll() is None
            assert running and time.monotonic() < deadline, f"{one.place}: {problem}:\n{self._log()}"  # noqa: PT018
            time.sleep(0.1)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            finally:
                self.process.kill()
                self.process.wait(10)

    def told(self) -> list[str]:
        """What the demo user has in the inbox, newest first."""
        keys = json.loads((self.copy.path / ".pavilion" / "keys.json").read_text())
        body = {"user_id": DEMO_USER}
        session = self.http("POST", "/v1/sessions", json=body, headers=bearer(keys["service_key"])).json()
        page = self.http("GET", "/v1/notifications", headers=bearer(session["access_token"])).json()
        return [one["content"] for one in page["data"]]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(SourceCopy(tmp_path / "tree"))
    yield reader
    reader.close()


@pytest.mark.parametrize("path", followed(), ids=lambda path: str(path.relative_to(ROOT)))
def test_who_follows_the_document_gets_there(path: Path, reader: Reader) -> None:
    for one in snippets(path):
        if one.kind in FOLLOWED:
            reader.follow(one)
    if path.name == "tutorial.md":
        deadline = time.monotonic() + LIMIT
        while len(told := reader.told()) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert [re.sub(r"^\w+ \w+|:.*", "", one).strip() for one in told] == ["is live now", "is live"]


def test_the_tutorial_is_followed() -> None:
    assert ROOT / "docs" / "tutorial.md" in followed()


def test_what_the_first_page_shows_works_as_it_stands(reader: Reader) -> None:
    """The commands of the README's first section, on a platform that was started as it says."""
    first = snippets(ROOT / "README.md")
    [shown] = [one for one in first if one.language == "sh" and "/v1/sessions" in one.text]
    serve = Snippet(shown.document, shown.line, "sh", ".venv/bin/pavilion run --no-reload", "serve", "")
    reader.follow(serve)
    reader.follow(Snippet(shown.document, shown.line, "sh", shown.text, "run", ""))
    assert '"accepted":1' in reader.printed.replace(" ", "")
    assert "Ada liked your video" in reader.printed
    assert '"unread":1' in reader.printed.replace(" ", "")

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.golang import GoFailed, GoProgram
from infra.local.maven import Jars, MavenFailed
from infra.local.processes import Missing, Process, Service, ServiceFailed, accepts, free_ports, tail
from infra.local.pulsar import overridden

ANSWERING = """
import signal, socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    server.accept()[0].close()
"""
SILENT = 'import time; print("thinking about it", flush=True); time.sleep(60)'
BROKEN = 'import sys; [print("line", n) for n in range(100)]; sys.exit("no such directory: there")'
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


class Script(Service):
    name = "script"
    start_limit = 10.0

    def __init__(self, directory: Path, source: str) -> None:
        super().__init__(directory)
        self.source = source
        (self.port,) = self.ports(1)

    def command(self) -> list[str]:
        return [sys.executable, "-c", self.source, str(self.port)]

    def ready(self) -> bool:
        return accepts(self.port)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Script]]:
    made: list[Script] = []

    def script(source: str) -> Script:
        made.append(Script(tmp_path / "script", source))
        return made[-1]

    yield script
    for service in made:
        service.kill()


def exists(pid: int) -> bool:
    """Whether this process runs; one that ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition: Callable[[], bool], limit: float = 10.0) -> bool:
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_starts_stops_and_comes_back_at_the_same_address(make: Callable[[str], Script]) -> None:
    service = make(ANSWERING)
    with service:
        first, port = service.pid, service.port
        assert accepts(port)
        service.restart()
        assert service.pid != first
        assert accepts(port)
        service.kill()
        assert not service.running
        assert not accepts(port)
        service.start()
        assert accepts(port)
    assert not service.running
    assert Script(service.directory, ANSWERING).port == port


def test_one_that_is_never_ready_is_ended_and_its_log_shown(make: Callable[[str], Script]) -> None:
    service = make(SILENT)
    service.start_limit = 0.5
    with pytest.raises(ServiceFailed, match=r"script was not ready within 0\.5 s.*\n.*thinking about it"):
        service.start()
    assert not service.running


def test_one_that_ends_at_once_is_told_from_a_slow_one(make: Callable[[str], Script]) -> None:
    with pytest.raises(ServiceFailed) as failed:
        make(BROKEN).start()
    message = str(failed.value)
    assert "script ended with status 1 before it was ready" in message
    assert "no such directory: there" in message
    assert "line 99" in message
    assert "line 50" not in message


def test_a_missing_program_is_named(make: Callable[[str], Script], monkeypatch: pytest.MonkeyPatch) -> None:
    service = make("")
    monkeypatch.setattr(service, "command", lambda: ["no-such-program"])
    with pytest.raises(ServiceFailed, match="no-such-program: No such file or directory"):
        service.start()


def test_one_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = Process([sys.executable, "-c", STUBBORN], log=log)
    assert until(lambda: tail(log) == ["deaf"])
    process.terminate(0.2)
    assert process.status == -signal.SIGKILL


def test_the_service_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    source = (
        "import sys, time; from pathlib import Path; from infra.local.processes import Process\n"
        f"process = Process([sys.executable, '-c', {STUBBORN!r}], log=Path(sys.argv[1]))\n"
        "print(process.pid, flush=True); time.sleep(60)"
    )
    log = tmp_path / "log"
    with subprocess.Popen([sys.executable, "-c", source, str(log)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert until(lambda: tail(log) == ["deaf"])
        assert exists(pid)
        parent.kill()
    assert until(lambda: not exists(pid))


def test_the_watchdog_goes_with_the_service(tmp_path: Path) -> None:
    process = Process([sys.executable, "-c", SILENT], log=tmp_path / "log")
    assert until(lambda: bool(tail(tmp_path / "log")))
    group = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and of_group(path, process.pid)}
    assert len(group) == 2
    process.terminate(5)
    assert until(lambda: not any(exists(pid) for pid in group))


def of_group(process: Path, group: int) -> bool:
    try:
        return os.getpgid(int(process.name)) == group
    except ProcessLookupError:
        return False


def test_free_ports_are_different_and_free() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    with socket.create_server(("127.0.0.1", ports[0])):
        assert accepts(ports[0])
    assert not accepts(ports[1])


def test_overridden_replaces_and_adds() -> None:
    text = "# about a=1\na=1\nb=\n"
    assert overridden(text, {"a": "2", "c": "3"}) == "# about a=1\na=2\nb=\nc=3\n"


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `mvn` of the test's own, first in PATH; the cache is under the test's directory too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    script = tmp_path / "mvn"
    script.touch(mode=0o755)
    return script


JARS = Jars("example", "1.2", "org.example", "core")
WRITES_A_JAR = '#!/bin/sh\nfor a; do case $a in -DoutputDirectory=*) touch "${a#*=}/core-1.2.jar";; esac; done\n'


def test_jars_are_fetched_once(maven: Path, tmp_path: Path) -> None:
    maven.write_text(WRITES_A_JAR)
    assert JARS.prepare()
    assert JARS.directory == tmp_path / "cache" / "pavilion" / "example-1.2"
    assert (JARS.directory / "core-1.2.jar").exists()
    maven.write_text("#!/bin/sh\nexit 1\n")
    assert not JARS.prepare()
    assert JARS.classpath() == f"{JARS.directory}/*"


def test_a_failed_or_interrupted_fetch_is_not_taken_for_whole(maven: Path) -> None:
    maven.write_text(WRITES_A_JAR + "echo 'connection reset'; exit 1\n")
    with pytest.raises(MavenFailed, match=r"status 1:\n.*connection reset"):
        JARS.prepare()
    assert not JARS.directory.exists()
    # What a kill in the middle of a fetch by hand would leave.
    JARS.directory.mkdir(parents=True)
    (JARS.directory / "core-1.2.jar").touch()
    assert not JARS.complete
    (JARS.directory.parent / "example-x.partial").mkdir()
    maven.write_text(WRITES_A_JAR)
    assert JARS.prepare()
    assert JARS.complete
    assert sorted(path.name for path in JARS.directory.parent.iterdir()) == ["example-1.2", "example-1.2.lock"]


def test_a_fetch_without_the_artifact_itself_fails(maven: Path) -> None:
    maven.write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(MavenFailed, match=r"core 1\.2 is not among the jars"):
        JARS.prepare()


PROGRAM = GoProgram("example", "1.2", "example.org/example/cmd/server")


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `go` of the test's own, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    script = tmp_path / "go"
    script.touch(mode=0o755)
    return script


def test_a_go_program_is_built_once(go: Path) -> None:
    go.write_text('#!/bin/sh\necho "$*" >"$GOBIN/server"\n')
    executable = Path(PROGRAM.executable())
    assert executable.read_text() == "install example.org/example/cmd/server@v1.2\n"
    go.write_text("#!/bin/sh\nexit 1\n")
    assert PROGRAM.executable() == str(executable)


def test_a_build_that_fails_says_what_go_said_and_leaves_nothing(go: Path) -> None:
    go.write_text('#!/bin/sh\ntouch "$GOBIN/server"\necho "no such module"; exit 1\n')
    with pytest.raises(GoFailed, match=r"status 1 on example\.org/example/cmd/server:\n.*no such module"):
        PROGRAM.prepare()
    assert not PROGRAM.directory.exists()


def test_a_missing_go_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="golang-go"):
        PROGRAM.prepare()

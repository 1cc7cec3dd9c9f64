"""Java services as sets of jars: resolved once by Maven, kept outside the tree by version."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.processes import Missing

MARKER = "complete"
LIMIT_SECONDS = 900

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>pavilion.local</groupId>
  <artifactId>{name}</artifactId>
  <version>{version}</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>{group}</groupId>
      <artifactId>{artifact}</artifactId>
      <version>{version}</version>
    </dependency>
  </dependencies>
  <build>
    <plugins>
      <plugin>
        <groupId>org.apache.maven.plugins</groupId>
        <artifactId>maven-dependency-plugin</artifactId>
        <version>{plugin}</version>
      </plugin>
    </plugins>
  </build>
</project>
"""
PLUGIN_VERSION = "3.8.1"


class MavenFailed(Exception):
    """Maven could not resolve the jars; the message ends with what it said."""


def cache_directory() -> Path:
    """Where downloads are kept: `$XDG_CACHE_HOME/pavilion`, by default `~/.cache/pavilion`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pavilion"


@dataclass(frozen=True)
class Jars:
    """One artifact of a fixed version with everything that it needs at run time."""

    name: str
    group: str
    artifact: str
    version: str

    @property
    def directory(self) -> Path:
        return cache_directory() / f"{self.name}-{self.version}"

    @property
    def complete(self) -> bool:
        return (self.directory / MARKER).exists()

    def classpath(self) -> str:
        """The jars as one class path entry, downloaded first if the cache lacks them. Raises MavenFailed or Missing."""
        self.prepare()
        return f"{self.directory}/*"

    def prepare(self) -> bool:
        """Fill the cache; True if that took a download. Two processes may call it at once: the second one waits."""
        if self.complete:
            return False
        cache_directory().mkdir(parents=True, exist_ok=True)
        with _locked(cache_directory() / f"{self.name}-{self.version}.lock"):
            if self.complete:
                return False
            self._download()
        return True

    def _download(self) -> None:
        # A directory gets its final name when everything is in it: an interrupted download is never taken for whole.
        for left in cache_directory().glob(f"{self.name}-*.partial"):
            shutil.rmtree(left, ignore_errors=True)
        building = Path(tempfile.mkdtemp(prefix=f"{self.name}-", suffix=".partial", dir=cache_directory()))
        try:
            pom = building / "pom.xml"
            pom.write_text(
                POM.format(
                    name=self.name,
                    group=self.group,
                    artifact=self.artifact,
                    version=self.version,
                    plugin=PLUGIN_VERSION,
                )
            )
            _maven(pom, building)
            if not list(building.glob(f"{self.artifact}-{self.version}.jar")):
                raise MavenFailed(f"Maven ended well, yet {self.artifact} {self.version} is not among the jars")
            (building / MARKER).touch()
            shutil.rmtree(self.directory, ignore_errors=True)
            building.rename(self.directory)
        finally:
            shutil.rmtree(building, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _maven(pom: Path, output: Path) -> None:
    goal = f"org.apache.maven.plugins:maven-dependency-plugin:{PLUGIN_VERSION}:copy-dependencies"
    options = ["--batch-mode", "--quiet", "--file", str(pom), f"-DoutputDirectory={output}", "-DincludeScope=runtime"]
    try:
        done = subprocess.run(
            ["mvn", *options, goal],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise Missing("mvn is missing: install Maven (Debian: apt-get install maven)") from None
    except subprocess.TimeoutExpired:
        raise MavenFailed(f"Maven did not finish within {LIMIT_SECONDS} s") from None
    if done.returncode != 0:
        said = "\n".join(f"  | {line}" for line in done.stdout.splitlines()[-15:])
        raise MavenFailed(f"Maven failed with status {done.returncode}:\n{said}")

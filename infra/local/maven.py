"""Java services as sets of jars, resolved by Maven."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local.cache import Download
from infra.local.processes import Missing

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


@dataclass(frozen=True)
class Jars(Download):
    """One artifact of a fixed version with everything that it needs at run time."""

    group: str
    artifact: str

    def classpath(self) -> str:
        """The jars as one class path entry, downloaded first if the cache lacks them. Raises MavenFailed or Missing."""
        self.prepare()
        return f"{self.directory}/*"

    def fill(self, directory: Path) -> None:
        pom = directory / "pom.xml"
        pom.write_text(
            POM.format(
                name=self.name, group=self.group, artifact=self.artifact, version=self.version, plugin=PLUGIN_VERSION
            )
        )
        _maven(pom, directory)
        if not list(directory.glob(f"{self.artifact}-{self.version}.jar")):
            raise MavenFailed(f"Maven ended well, yet {self.artifact} {self.version} is not among the jars")


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

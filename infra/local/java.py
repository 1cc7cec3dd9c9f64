"""Finding a Java 17 runtime for the Java services."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from infra.local.processes import Missing

NEEDED = 17


@cache
def java() -> str:
    """The path of a Java 17 executable: that of `JAVA_HOME`, the one in PATH, or Debian's. Raises Missing."""
    home = os.environ.get("JAVA_HOME")
    candidates = [str(Path(home) / "bin" / "java")] if home else []
    candidates += [found for found in [shutil.which("java")] if found]
    candidates += [str(path) for path in sorted(Path("/usr/lib/jvm").glob(f"java-{NEEDED}-openjdk*/bin/java"))]
    seen = []
    for candidate in candidates:
        version = _major(candidate)
        if version == NEEDED:
            return candidate
        seen.append(f"{candidate} is {version or 'unknown'}")
    found = "; ".join(seen) or "no java in PATH"
    raise Missing(f"Java {NEEDED} is needed ({found}): install it (Debian: apt-get install openjdk-17-jre-headless)")


def _major(executable: str) -> int | None:
    try:
        done = subprocess.run([executable, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(\d+)', done.stderr)
    return int(match.group(1)) if match else None

"""The image, the compose file, the locks and the scripts around them say the same things, and only true ones."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from setuptools import find_namespace_packages

from infra.local.validators import COMPOSE as COMPOSE_LOADER
from pavilion.processes import STOP_SECONDS
from schemas.durations import parse_duration
from schemas.settings import Settings

ROOT = Path(__file__).parent.parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BEHIND = ("pulsar", "redis", "scylla")
APPLICATION = ("migrate", "worker", "gateway")
MONITORS = ("prometheus", "alertmanager", "grafana")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def known_settings(model: type[BaseModel] = Settings, prefix: str = "PAVILION_") -> set[str]:
    names = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names |= known_settings(kind, f"{prefix}{name.upper()}__")
        else:
            names.add(f"{prefix}{name.upper()}")
    return names


def pins(lock: str) -> dict[str, str]:
    """The pinned versions of a lock, each of which has hashes."""
    text = (ROOT / "requirements" / lock).read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    found = {}
    for entry in entries:
        match = re.match(r"([a-z0-9._-]+)==([^\s;\\]+)", entry)
        assert match, entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]
        found[match[1]] = match[2]
    return found


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_pinned_and_not_run_by_root() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert set(bases) == {"${BASE}"}
    assert re.search(r"^ARG BASE=python:3\.11\.\d+-slim-bookworm$", DOCKERFILE, re.MULTILINE)
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER (?!0|root)\S+$", final, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", final, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE


def test_the_image_says_what_it_is() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', DOCKERFILE))
    assert labels["version"] == PROJECT["project"]["version"]
    assert labels["description"] == PROJECT["project"]["description"]
    assert labels["revision"] == "${REVISION}"


def test_what_only_builds_stays_out_of_the_image() -> None:
    built, _, final = DOCKERFILE.rpartition("\nFROM ")
    assert "venv --without-pip" in built
    assert re.search(r"uv pip uninstall uv setuptools\b", built)
    assert re.search(r"pip uninstall --yes setuptools wheel pip\b", final)
    assert not re.search(r"(apt-get|pip3?|uv pip) install", final)
    assert re.findall(r"^COPY (?!--from)", final, re.MULTILINE) == []


def test_what_the_image_copies_exists_and_is_sent_to_the_build() -> None:
    sent = (ROOT / ".dockerignore").read_text().splitlines()
    assert sent[1] == "*"
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in sent or f"!{Path(source).parent}/*{Path(source).suffix}" in sent, source


def test_the_image_holds_every_package() -> None:
    packages = {name.rstrip("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    copied = {line.split()[0] for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)}
    assert packages <= copied


def test_compose_runs_the_application_and_its_services() -> None:
    assert set(SERVICES) == {*BEHIND, *APPLICATION, *MONITORS}
    for name in APPLICATION:
        assert SERVICES[name]["build"] == "."
        assert SERVICES[name]["command"] == [name]


def test_compose_opens_ports_to_this_machine_alone() -> None:
    opened = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    ports = {"gateway": 8000, "grafana": 3000, "prometheus": 9090, "alertmanager": 9093}
    assert opened == {name: [f"127.0.0.1:{port}:{port}"] for name, port in ports.items()}


@pytest.mark.parametrize("name", [*APPLICATION, *MONITORS])
def test_compose_lets_what_it_runs_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_compose_waits_for_as_long_as_a_stop_takes() -> None:
    waits = parse_duration(SERVICES["worker"]["stop_grace_period"]).total_seconds()
    assert waits >= STOP_SECONDS
    assert waits >= Settings.model_fields["gateway"].default.drain.total_seconds() + 15


def test_compose_pins_the_images_of_others() -> None:
    for name in (*BEHIND, *MONITORS):
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+(-[a-z]+)?", SERVICES[name]["image"]), SERVICES[name]["image"]


def test_compose_starts_each_service_when_what_it_needs_is_healthy() -> None:
    assert {name: need["condition"] for name, need in SERVICES["migrate"]["depends_on"].items()} == {
        "pulsar": "service_healthy",
        "redis": "service_healthy",
        "scylla": "service_healthy",
    }
    for name in ("worker", "gateway"):
        assert SERVICES[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    for name in ("pulsar", "redis", "scylla"):
        assert {"test", "interval", "timeout", "retries"} <= set(SERVICES[name]["healthcheck"])
    assert SERVICES["migrate"]["restart"] == "no"


def test_compose_mounts_what_exists_and_declares_its_volumes() -> None:
    used = set()
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), source
                assert mount.endswith(":ro")
            else:
                used.add(source)
    assert used == set(COMPOSE["volumes"])


def test_compose_and_image_set_known_settings_only() -> None:
    in_compose = {name for service in SERVICES.values() for name in service.get("environment", {})}
    in_image = set(re.findall(r"\b(PAVILION_\w+)=", DOCKERFILE))
    in_example = set(re.findall(r"^(PAVILION_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    named = {name for name in in_compose | in_image | in_example if name.startswith("PAVILION_")}
    assert len(named) > 8
    assert named <= known_settings()


def test_compose_has_no_default_secret_and_asks_for_each_by_name() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{(\w+)", text))
    assert asked == set(re.findall(r"\$\{(\w+):\?[^}]+\}", text))
    required, left_out = example()
    assert asked == required
    assert {name for name, value in COMPOSE["x-environment"].items() if value is None} == left_out


def example() -> tuple[set[str], set[str]]:
    """What .env must have, and what it may; none of them has a value."""
    text = (ROOT / ".env.example").read_text()
    assert re.findall(r"^#?\w+=.+$", text, re.MULTILINE) == []
    found = re.findall(r"^(#?)(\w+)=$", text, re.MULTILINE)
    return {name for sign, name in found if not sign}, {name for sign, name in found if sign}


def compose(directory: Path, text: str) -> dict[str, Any]:
    """The project as Compose's own loader reads it, with every variable filled in; raises ValueError with what it says.

    The loader's command does not look at the environment, so that is done here.
    """
    file = directory / "docker-compose.yml"
    file.write_text(re.sub(r"\$\{\w+[^}]*\}", "filled", text))
    done = subprocess.run(
        [COMPOSE_LOADER.executable(), "-format", "json", "-no-path-resolution", file],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError(done.stderr + done.stdout)
    project: dict[str, Any] = json.loads(done.stdout)
    return project


def test_compose_takes_the_file(tmp_path: Path) -> None:
    services = compose(tmp_path, (ROOT / "docker-compose.yml").read_text())["services"]
    assert set(services) == set(SERVICES)
    assert services["gateway"]["environment"]["PAVILION_SERVICE_KEY"] == "filled"


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ('    command: ["worker"]\n', '    comand: ["worker"]\n', "comand"),
        ("condition: service_healthy", "condition: service_wealthy", "depends_on"),
        ('    restart: "no"\n', "    restart: [never]\n", "restart"),
    ],
)
def test_compose_would_refuse_a_mistake(right: str, wrong: str, named: str, tmp_path: Path) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert right in text
    with pytest.raises(ValueError, match=named):
        compose(tmp_path, text.replace(right, wrong))


@pytest.mark.parametrize(("lock", "names"), [("run.txt", []), ("s3.txt", ["s3"]), ("dev.txt", ["dev"])])
def test_locks_hold_what_the_project_declares(lock: str, names: list[str]) -> None:
    declared = list(PROJECT["project"]["dependencies"])
    for name in names:
        declared += PROJECT["project"]["optional-dependencies"][name]
    locked = pins(lock)
    for requirement in declared:
        name, _, version = requirement.partition("==")
        assert locked[name.partition("[")[0].lower()] == version, requirement


def test_locks_agree_with_each_other() -> None:
    build, run, dev, s3 = pins("build.txt"), pins("run.txt"), pins("dev.txt"), pins("s3.txt")
    assert run.items() <= s3.items() <= dev.items()
    assert build["setuptools"] == dev["setuptools"]
    assert PROJECT["build-system"]["requires"] == [f"setuptools=={build['setuptools']}"]


def test_the_browser_client_is_packed_as_it_was_built_and_its_sources_are_not() -> None:
    find = PROJECT["tool"]["setuptools"]["packages"]["find"]
    packages = find_namespace_packages(str(ROOT), include=find["include"], exclude=find["exclude"])
    assert {"gateway.page.client", "gateway.page.demo"} <= set(packages)
    assert not [name for name in packages if "node_modules" in name or name.startswith("gateway.browser")]
    suffixes = {Path(pattern).suffix for pattern in PROJECT["tool"]["setuptools"]["package-data"]["*"]}
    assert {path.suffix for path in (ROOT / "gateway" / "page").rglob("*") if path.is_file()} <= suffixes


def test_what_builds_the_browser_client_is_pinned_and_names_no_registry() -> None:
    browser = ROOT / "gateway" / "browser"
    manifest = json.loads((browser / "package.json").read_text())
    lock = json.loads((browser / "package-lock.json").read_text())
    packages = {path: package for path, package in lock["packages"].items() if path}
    assert "dependencies" not in manifest, "pages load the client alone"
    for name, version in manifest["devDependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert packages[f"node_modules/{name}"]["version"] == version
    for path, package in packages.items():
        assert package["integrity"].startswith("sha512-"), path
        assert "resolved" not in package, path


def test_missing_system_packages_are_named_to_who_cannot_install_them(tmp_path: Path) -> None:
    for tool in ("grep", "ls", "sh"):
        found = shutil.which(tool)
        assert found
        (tmp_path / tool).symlink_to(found)
    user = tmp_path / "id"
    user.write_text("#!/bin/sh\necho 1000\n")
    user.chmod(0o755)
    script = ROOT / "infra" / "local" / "system.sh"
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run([script], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "maven redis-server chromium golang-go nodejs npm prometheus prometheus-alertmanager" in done.stderr


@pytest.mark.parametrize("script", ["infra/local/system.sh", "infra/local/venv.sh", ".ci/run"])
def test_scripts_can_be_run(script: str) -> None:
    path = ROOT / script
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", path], check=True, timeout=60)

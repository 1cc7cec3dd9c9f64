"""Where things may be imported, read from the syntax trees."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import streams

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "infra", "streams", "topologies", "gateway", "pavilion", "tests")
MAY_IMPORT = {
    "schemas": {"schemas"},
    "infra": {"infra", "schemas"},
    "streams": {"streams", "infra", "schemas"},
    "topologies": {"topologies", "streams", "schemas"},
    "gateway": {"gateway", "infra", "schemas"},
}
STANDARD_IN_TOPOLOGIES = {"collections", "dataclasses", "datetime", "enum", "typing", "uuid", "__future__"}


def sources(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"{package} is gone"
    return found


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Modules that a file imports anywhere in it, with the names taken from each."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            yield ".".join((*base, *filter(None, [node.module]))), [alias.name for alias in node.names]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources(package)
        for module, _ in imports(path)
        if (top := module.split(".")[0]) in PACKAGES and top not in MAY_IMPORT[package]
    ]
    assert wrong == []


def test_topologies_use_schemas_and_the_public_names_of_streams() -> None:
    wrong = []
    for path in sources("topologies"):
        for module, names in imports(path):
            top = module.split(".")[0]
            if top == "streams":
                if module != "streams" or not set(names) <= set(streams.__all__) or not names:
                    wrong.append(f"{path.name}: {module} {names}")
            elif top not in {"schemas", "topologies"} | STANDARD_IN_TOPOLOGIES:
                wrong.append(f"{path.name}: {module}")
    assert wrong == []


def test_topologies_declare_and_nothing_else() -> None:
    banned = (ast.Try, ast.TryStar, ast.While, ast.AsyncFunctionDef, ast.Await, ast.Global, ast.Nonlocal, ast.With)
    wrong = [
        f"{path.name}:{node.lineno}: {type(node).__name__}"
        for path in sources("topologies")
        for node in ast.walk(tree(path))
        if isinstance(node, banned)
    ]
    assert wrong == []


def test_streams_names_what_it_exports() -> None:
    assert sorted(streams.__all__) == list(streams.__all__)
    assert all(hasattr(streams, name) for name in streams.__all__)


def test_a_worker_does_not_import_what_is_for_tests() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for package in ("streams", "topologies", "pavilion", "gateway")
        for path in sources(package)
        if "testing" not in path.parts
        for module, _ in imports(path)
        if module.startswith("streams.testing")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from gateway import hub", [("gateway", ["hub"])]),
        ("import infra.log", [("infra.log", [])]),
        ("from . import plan", [("streams", ["plan"])]),
        ("def f():\n    from ..gateway import hub", [("streams.gateway", ["hub"])]),
    ],
)
def test_the_reader_of_imports(source: str, expected: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It also sees relative imports and those inside functions."""
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    folder = tmp_path / "streams" / ("deep" if ".." in source else "")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "module.py").write_text(source)
    assert list(imports(folder / "module.py")) == expected

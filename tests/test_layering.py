"""Imports go strictly downwards, and no folder has a cycle."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "fnbackprop"
LEVELS = {
    "core": 0,
    **dict.fromkeys(["modules", "penalties", "data", "records", "drawing"], 1),
    "costs": 2,
    "graph": 3,
    **dict.fromkeys(["training", "verify"], 4),
    "build": 5,
    **dict.fromkeys(["exchange", "experiment", "finished", "preview", "pytest_plugin", "verification"], 6),
    "sweeps": 7,
    "cli": 8,
    "__main__": 9,
}
# Lists of names, which hold no code: anyone may be listed.
LISTS = {"__init__", "reference"}

pytestmark = pytest.mark.quick


def imports(path: Path) -> set[tuple[str, ...]]:
    """The package's own modules that a file imports anywhere in it, as path parts."""
    found = set()
    inside = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = (*inside[: len(inside) - node.level + 1], *(node.module.split(".") if node.module else ()))
            # `from . import data` names a module, `from .data import x` names a thing in one.
            found |= {base} if node.module else {(*base, alias.name) for alias in node.names}
    return found


def place(parts: tuple[str, ...]) -> str:
    return parts[0] if parts else "__init__"


FILES = [p for p in sorted(PACKAGE.rglob("*.py")) if place(p.relative_to(PACKAGE).with_suffix("").parts) not in LISTS]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    own = place(path.relative_to(PACKAGE).with_suffix("").parts)
    for imported in imports(path):
        other = place(imported)
        assert other == own or LEVELS[other] < LEVELS[own], f"{own} imports {'.'.join(imported)}"


def test_no_folder_has_a_cycle() -> None:
    files = {p.relative_to(PACKAGE).with_suffix("").parts: p for p in FILES if p.stem != "__init__"}
    TopologicalSorter({parts: imports(path) & files.keys() for parts, path in files.items()}).prepare()


def test_training_alone_loads_neither_records_nor_rich() -> None:
    code = "import sys, fnbackprop.training; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "fnbackprop.training" in loaded
    assert not {"rich", "fnbackprop.records"}.intersection(loaded)


def test_every_part_has_a_level() -> None:
    assert {place(p.relative_to(PACKAGE).with_suffix("").parts) for p in FILES} <= LEVELS.keys()

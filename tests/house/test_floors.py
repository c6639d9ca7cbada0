"""Imports go down only: a room may import its own floor and the floors below it."""

import ast
from pathlib import Path

import pytest

import vertebro

HOUSE = Path(vertebro.__file__).parent
FLOORS = [
    "kernels",
    "vocabulary",
    "patient",
    "fracture",
    "procedures",
    "simulation",
    "evidence",
    "guidelines",
    "report",
    "formats",
    "assess",
    "interfaces",
]
FROM_EVERYWHERE = {"errors"}
KERNELS_MAY_IMPORT = {"numpy", "scipy", "numba", "llvmlite", "math", "typing", "__future__", "dataclasses"}
KERNELS_MAY_IMPORT |= {
    "collections",
    "enum",
    "types",
    "operator",
    "os",
    "sys",
    "threading",
    "concurrent",
    "functools",
}

MODULES = sorted(HOUSE.rglob("*.py"))


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the floor"
            names.append(node.module or "")
            names += [f"{node.module}.{alias.name}" for alias in node.names if node.module == "vertebro"]
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(HOUSE)))
def test_imports_go_down_only(path: Path) -> None:
    own = path.relative_to(HOUSE).with_suffix("").parts[0]
    if own in ("__init__", "__main__"):
        return
    for name in imports(path):
        if not name.startswith("vertebro.") or room(name) in FROM_EVERYWHERE:
            continue
        assert own in FLOORS, f"{own} has no floor yet: add it to FLOORS"
        if room(name) in FLOORS:
            assert FLOORS.index(room(name)) <= FLOORS.index(own), f"{path.name} reaches up to {name}"


@pytest.mark.parametrize("path", sorted((HOUSE / "kernels").rglob("*.py")), ids=lambda p: p.name)
def test_kernels_know_nothing_but_arrays(path: Path) -> None:
    for name in imports(path):
        own = room(name) if name.startswith("vertebro.") else ""
        assert name.split(".")[0] in KERNELS_MAY_IMPORT or own in {"kernels", *FROM_EVERYWHERE}, name


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(HOUSE)))
def test_a_module_opens_with_one_sentence_and_is_no_longer_than_400_lines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{path} does not say what it is"
    assert len(text.splitlines()) <= 400, f"{path} is too long: would two rooms be clearer?"

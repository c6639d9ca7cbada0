"""What the house promises about itself: sources, words, exports, errors, changelog."""

import ast
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

import vertebro
from vertebro import errors
from vertebro.vocabulary.facts import facts
from vertebro.vocabulary.library import (
    SETTING,
    STALE_AFTER_DAYS,
    all_cited_values,
    references,
)

HOUSE = Path(vertebro.__file__).parent
ROOT = HOUSE.parents[1]
MODULES = sorted(HOUSE.rglob("*.py"))


@pytest.mark.parametrize("name", sorted(all_cited_values()))
def test_every_value_has_a_source_a_place_and_a_day(name: str) -> None:
    value = all_cited_values()[name]
    assert value.where and value.reference.title
    assert value.checked_on <= date.today() + timedelta(days=1)
    assert value.note or value.source != SETTING


def test_no_value_was_last_checked_more_than_a_year_before_its_newest_neighbour() -> None:
    newest = max(v.checked_on for v in all_cited_values().values())
    stale = [n for n, v in all_cited_values().items() if (newest - v.checked_on).days > STALE_AFTER_DAYS]
    assert not stale, f"look these up again: {stale}"


def test_a_work_without_a_printed_year_gets_none_invented() -> None:
    card = references()["of_pocket_card"]
    assert card.year is None
    assert "no year printed" in str(card) and "None" not in str(card)


def test_every_reference_is_used_or_removed() -> None:
    text = "\n".join(
        p.read_text(encoding="utf-8")
        for p in HOUSE.rglob("*")
        if p.suffix in (".py", ".yaml", ".html", ".csv") and p.name != "references.yaml"
    )
    unused = [key for key in references() if key not in text]
    assert not unused, f"references nobody cites: {unused}"


def test_every_fact_has_its_words() -> None:
    for fact in facts().values():
        assert fact.label and fact.allowed
        assert fact.question.endswith("?")


def test_no_yaml_answer_turned_into_a_truth_value() -> None:
    """YAML 1.1 reads `no`, `on` and `none` in surprising ways: choices must be words."""
    for fact in facts().values():
        assert all(isinstance(choice, str) for choice in fact.choices), fact.name
    for path in HOUSE.rglob("*.yaml"):
        yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_printed_tree_names_every_error() -> None:
    classes = {n for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, Exception)}
    assert classes == set(re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", errors.__doc__ or "")) & classes
    for name in classes:
        assert name in (errors.__doc__ or "")


def _functions() -> list[tuple[str, ast.FunctionDef]]:
    return [
        (f"{path.relative_to(HOUSE)}:{node.name}", node)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]


def test_functions_are_short_and_take_few_arguments() -> None:
    for where, function in _functions():
        body = function.body
        if ast.get_docstring(function):
            body = body[1:]
        lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
        assert lines <= 40, f"{where} has {lines} lines"
        spec = function.args
        if "cli" not in where:  # a command's options are its arguments
            assert len(spec.posonlyargs + spec.args + spec.kwonlyargs) <= 6, (
                f"{where} takes too many arguments"
            )


def test_public_things_have_docstrings() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path.relative_to(HOUSE)}: {node.name} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(HOUSE)))
def test_no_module_is_named_after_nothing(path: Path) -> None:
    assert not re.search(r"util|helper|manager|misc|common|data2", path.stem)


def test_nothing_swallows_errors_or_runs_text() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else ""
                assert caught not in ("", "Exception", "BaseException"), path
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in ("eval", "exec"), path


def test_the_lock_holds_names_versions_and_hashes_but_no_address() -> None:
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    assert "://" not in lock and "--index" not in lock and "--hash=sha256:" in lock


def test_the_changelog_tells_of_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased" in text

"""The tables of ``docs/case.md``, made from the fields, facts and schemes themselves so they cannot drift."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pydantic import BaseModel

from vertebro.formats.caseform import CaseForm, allowed_at, part_of
from vertebro.formats.labels import label_schemes
from vertebro.vocabulary.facts import facts


def fields_table() -> str:
    """Every field of a case file: its name, whether it must be there, and what it may hold."""
    rows = [(f"`{name}`", "yes" if must else "", said) for name, must, said in _fields(CaseForm, ())]
    return _table(("field", "must be there", "what it holds"), rows)


def facts_table() -> str:
    """Every fact a record may hold: its name, the question it answers, and what may be written."""
    recorded = [f for f in facts().values() if f.origin == "record"]
    rows = [(f"`{f.name}`", f.question, f.allowed) for f in recorded]
    return _table(("fact", "question", "what may be written"), rows)


def schemes_table() -> str:
    """Every label scheme: its key, its name, and the numbers of its vertebrae."""
    rows = []
    for scheme in label_schemes().values():
        named = sorted((level.order, level, n) for n, level in scheme.levels.items())
        rows.append((f"`{scheme.key}`", scheme.called, ", ".join(f"{x} {n}" for _, x, n in named)))
    return _table(("scheme", "made by", "numbers"), rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "fields": fields_table,
    "facts": facts_table,
    "schemes": schemes_table,
}


def with_fresh_tables(page: str) -> str:
    """The page with every table between its markers ``<!-- name -->`` and ``<!-- end -->`` made anew."""
    for name, table in TABLES.items():
        before, found, rest = page.partition(f"<!-- {name} -->")
        _, end, after = rest.partition("<!-- end -->")
        if found and end:
            page = f"{before}{found}\n{table()}\n{end}{after}"
    return page


def _fields(model: type[BaseModel], above: tuple[str, ...]) -> Iterator[tuple[str, bool, str]]:
    for name, info in model.model_fields.items():
        place = (*above, name)
        yield ".".join(place), info.is_required(), allowed_at(place)
        part = part_of(info.annotation)
        if part is not None:
            yield from _fields(part, place)


def _table(head: tuple[str, ...], rows: list[tuple[str, str, str]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)

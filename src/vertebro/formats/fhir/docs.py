"""The tables of ``docs/fhir.md``, made from the table of codes and the settings so that they cannot drift."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from vertebro.formats.fhir.bundle import say
from vertebro.formats.fhir.codes import CodeEntry, entries, vertebra_codings
from vertebro.guidelines.ages import v
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.library import references


def codes_table() -> str:
    """Every code that is read: the resource, the code, what it says, and where the code was seen."""
    read = [
        ("Observation", entries("observations")),
        ("Condition", entries("conditions")),
        ("AllergyIntolerance", entries("allergies")),
        ("MedicationRequest, MedicationStatement", entries("medicines")),
        ("Encounter", entries("encounters")),
    ]
    rows = [(kind, *_row(entry)) for kind, found in read for entry in found]
    sites = ", ".join(f"{level} {code}" for level, code in vertebra_codings().items())
    source = references()["dicom_cid_7603"].link
    rows.append(("Condition.bodySite", f"SNOMED CT: {sites}", "the level in question", f"[source]({source})"))
    return _table(("resource", "code", "what it says", "seen in"), rows)


def _row(entry: CodeEntry) -> tuple[str, str, str]:
    below = f" {say('docs.and_below')}" if entry.begins else ""
    code = f"{entry.system} {entry.code}{below}: {entry.display}"
    return code, _says(entry), f"[source]({references()[entry.source].link})"


def _says(entry: CodeEntry) -> str:
    if entry.vertebra:
        return say("docs.vertebra", level=f" {entry.level}" if entry.level else "")
    known = f"`{entry.fact}`"
    if entry.units:
        return f"{known}; {', '.join(f'`{unit}`{_how(how)}' for unit, how in entry.units.items())}"
    if entry.answers:
        return known
    return f"{known}: {fact(entry.fact).in_words((entry.value,) if _is_list(entry) else entry.value)}"


def _is_list(entry: CodeEntry) -> bool:
    return fact(entry.fact).kind == "choices"


def _how(how: Mapping[str, float]) -> str:
    signs = {"minus": "−", "times": "×", "divided_by": "÷"}
    return f" ({' '.join(f'{signs[name]} {number:g}' for name, number in how.items())})" if how else ""


def not_read_table() -> str:
    """The codes that lie near a fact and are left unread on purpose, and why."""
    rows = [
        (
            f"{e.system} {e.code}",
            f"`{e.fact}`",
            say(f"not_read.{e.why}"),
            f"[source]({references()[e.source].link})",
        )
        for e in entries("not_read")
    ]
    return _table(("code", "near", "why it is not read", "seen in"), rows)


def ages_table() -> str:
    """The settings that say how long a value speaks for today."""
    rows = [
        (value.in_words(), value.where.removeprefix("settings of the record, "), value.note) for value in v
    ]
    return _table(("setting", "what it is", "why"), rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "codes": codes_table,
    "not read": not_read_table,
    "ages": ages_table,
}


def with_fresh_tables(page: str) -> str:
    """The page with every table between its markers ``<!-- name -->`` and ``<!-- end -->`` made anew."""
    for name, table in TABLES.items():
        before, found, rest = page.partition(f"<!-- {name} -->")
        _, end, after = rest.partition("<!-- end -->")
        if found and end:
            page = f"{before}{found}\n{table()}\n{end}{after}"
    return page


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)

"""What if: a case with some facts of its record changed, written as ``fact=value``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vertebro.errors import BadRecord, nearest
from vertebro.formats.marked_yaml import MarkedYaml, marked_yaml
from vertebro.formats.recordform import record_of
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.vocabulary.facts import fact, facts
from vertebro.vocabulary.known import Known
from vertebro.vocabulary.texts import texts

UNKNOWN = "unknown"
"""``inr=unknown`` takes a fact away."""

INSTEAD = {"weeks_since_fracture": "fracture_date", "fracture_date": "weeks_since_fracture"}
"""Two ways of writing the same thing: changing one takes the other away."""

LIST_THEM = "List them with: vertebro explain facts."

say = texts(__file__, "casefile_text").say


def with_changes(case: Case, changes: Sequence[str]) -> Case:
    """The case with each ``fact=value`` in place of what its record says, and a note of every change."""
    if not changes:
        return case
    new = _changed(case, changes)
    named = dict.fromkeys(_name(change) for change in changes)
    gone = {*named, *(INSTEAD[name] for name in named if name in INSTEAD)}
    kept = {name: entry for name, entry in case.record.entries.items() if name not in gone}
    record = ClinicalRecord(case.record.on, kept | dict(new.entries))
    notes = tuple(_note(case.record, record, name) for name in named)
    return replace(case, record=record, notes=(*notes, *case.notes))


def _changed(case: Case, changes: Sequence[str]) -> ClinicalRecord:
    """The changes alone as a record, read as if they stood in a file."""
    lines = [f"{_name(change)}: {_written(change)}" for change in changes if _value(change) != UNKNOWN]
    marked = marked_yaml("\n".join(lines), Path("--set")) if lines else MarkedYaml(Path("--set"), {})
    record = record_of(marked, case.record.on, marked.content, ())
    if record is None:
        faults = "; ".join(f"{f.where}: {f.found}" for f in marked.faults)
        allowed = "; ".join(dict.fromkeys(f.allowed for f in marked.faults if f.allowed))
        hints = " ".join(f"{f.hint.rstrip('.')}" for f in marked.faults if f.hint)
        raise BadRecord(f"--set {faults}.", allowed or "facts of the dictionary", hints or LIST_THEM)
    entries = {name: _tried(entry) for name, entry in record.entries.items()}
    return ClinicalRecord(case.record.on, entries)


def _tried(entry: object) -> Known[object]:
    assert isinstance(entry, Known)  # a plain value is known
    return replace(entry, source=say("what_if.source"))


def _name(change: str) -> str:
    """The fact a change names; one that is taken away is checked here, as no value stands for it."""
    name, sign, value = (part.strip() for part in change.partition("="))
    if not sign or not name:
        raise BadRecord(
            f"--set {change!r} does not say which fact gets which value.",
            "fact=value, such as pain_nrs=6",
            LIST_THEM,
        )
    if value == UNKNOWN and name not in facts():
        raise BadRecord(
            f"--set: there is no fact '{name}'.",
            "a fact of the dictionary",
            f"{nearest(name, facts())} {LIST_THEM}".strip(),
        )
    return name


def _value(change: str) -> str:
    return change.partition("=")[2].strip()


def _written(change: str) -> str:
    """The value as a file would have it: a list needs no brackets on the command line."""
    name, value = _name(change), _value(change)
    is_list = name in facts() and fact(name).kind in ("choices", "levels")
    return f"[{value}]" if is_list and "," in value and not value.startswith("[") else value


def _note(before: ClinicalRecord, after: ClinicalRecord, name: str) -> str:
    def in_words(record: ClinicalRecord) -> str:
        entry = record[name]
        return fact(name).in_words(entry.value) if isinstance(entry, Known) else say("what_if.unknown")

    return say("what_if.note", label=fact(name).label, now=in_words(after), before=in_words(before))

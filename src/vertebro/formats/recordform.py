"""The clinical record as people write it in a file, fact by fact, every fault noted with its line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from vertebro.errors import BadInput, BadRecord, nearest
from vertebro.formats.hints import hint_for_day, hint_for_fact
from vertebro.formats.marked_yaml import MarkedYaml, Place
from vertebro.patient.record import ClinicalRecord
from vertebro.vocabulary.facts import Fact, fact, facts
from vertebro.vocabulary.known import Known, Maybe, Unknown

SOURCE = "record"
THREE_WAYS = "a value, {unknown: why}, or {value: ..., source: ..., on: YYYY-MM-DD}"


def record_of(marked: MarkedYaml, on: Any, entries: Any, under: Place) -> ClinicalRecord | None:
    """The record of a file, or None with its faults noted; ``under`` is where its facts stand."""
    before = len(marked.faults)
    if not isinstance(entries, dict):
        return None
    day = on if type(on) is date else None
    known = {name: _entry(marked, (*under, name), value, day) for name, value in entries.items()}
    if day is None or len(marked.faults) > before:
        return None
    try:
        return ClinicalRecord(day, {n: entry for n, entry in known.items() if entry is not None})
    except BadInput as fault:
        marked.fault(under or ("record",), fault.found.rstrip("."), fault.needed, fault.do)
        return None


def _entry(marked: MarkedYaml, place: Place, value: Any, on: date | None) -> Maybe[Any] | None:
    """One fact as Known or Unknown; None with the fault noted."""
    name = place[-1]
    recorded = [n for n, f in facts().items() if f.origin == "record"]
    if name not in recorded:
        derived = name in facts()
        found = "vertebro works this out itself" if derived else "there is no such fact"
        marked.fault(place, found, hint="Leave it out" if derived else _meant(str(name), recorded))
        return None
    if not isinstance(value, dict):
        return _known(marked, place, fact(str(name)), {"value": value, "on": on, "day of the record": on})
    if set(value) == {"unknown"}:
        return _unknown(marked, place, value["unknown"])
    if "value" not in value or set(value) - {"value", "source", "on"}:
        marked.fault(place, f"found {', '.join(map(str, value)) or 'nothing'}", THREE_WAYS)
        return None
    return _known(marked, place, fact(str(name)), {"on": on} | value | {"day of the record": on})


def _meant(name: str, recorded: list[str]) -> str:
    """The fact with the nearest spelling, or the one whose name begins like this."""
    begins = [n for n in recorded if n.startswith(f"{name.lower()}_")]
    near = f"Did you mean '{begins[0]}'?" if len(begins) == 1 else nearest(name, recorded)
    return near or "All facts: vertebro explain facts"


def _unknown(marked: MarkedYaml, place: Place, why: Any) -> Unknown | None:
    if isinstance(why, str) and why.strip():
        return Unknown(why.strip())
    marked.fault(place, "it does not say why it is unknown", "{unknown: why, in a few words}")
    return None


def _known(marked: MarkedYaml, place: Place, asked: Fact, parts: Mapping[Any, Any]) -> Known[Any] | None:
    source, on, value = parts.get("source", SOURCE), parts["on"], parts["value"]
    last = parts["day of the record"]
    inside = (*place, "value") if (*place, "value") in marked.lines else place

    def refuse(at: Place, found: Any, allowed: str, hint: str = "") -> None:
        marked.fault(at, f"found {marked.shown(at, found)}", allowed, hint)

    if not isinstance(source, str) or not source.strip():
        refuse((*place, "source"), source, "where the value comes from, in a few words")
    elif on is not None and type(on) is not date:
        refuse((*place, "on"), on, "a day as YYYY-MM-DD", hint_for_day(str(on)))
    elif on is not None and last is not None and on > last:
        refuse((*place, "on"), on, "a day up to the day of the record")
    elif value is None:
        refuse(inside, value, asked.allowed, "Leave the line out, or write {unknown: why}")
    else:
        try:
            return Known(asked.check(value), source.strip(), on)
        except BadRecord:
            refuse(inside, value, asked.allowed, hint_for_fact(asked, value, marked.written.get(inside, "")))
        except BadInput as fault:  # the name of a vertebra that does not exist
            refuse(inside, value, asked.allowed, fault.do)
    return None

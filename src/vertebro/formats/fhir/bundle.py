"""A FHIR file becomes the resources of one patient, or one message that says what is wrong with it."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from vertebro.errors import BadCase, BadFile, BadInput, BadRecord
from vertebro.formats.fhir.resources import (
    KINDS,
    AllergyIntolerance,
    BundleForm,
    Entry,
    Medication,
    Patient,
    Read,
    Reference,
)
from vertebro.vocabulary.texts import texts

M = TypeVar("M", bound=BaseModel)
B = TypeVar("B", bound=BadInput)

ENDINGS = (".json", ".json.gz")
MOST_BYTES = 64 * 1024 * 1024  # a whole life in Synthea is below 10 MiB; more is another kind of file
MOST_SAID = 4000  # characters of one value in a sentence; a list of faults is long, a name is not
TYPES = ("document", "collection", "searchset", "transaction", "batch", "message")
"""Bundles that say how things are; a history holds old versions, and a response may hold none."""


@dataclass(frozen=True)
class PatientBundle:
    """The resources of one patient that are read, and those of whom nobody says whose they are."""

    file: str
    timestamp: str | None
    patient: Patient | None
    resources: tuple[Read, ...]
    medications: dict[str, Medication]
    of_nobody: tuple[Read, ...]
    other_kinds: dict[str, int]
    goes_on: bool


def say(key: str, /, **values: object) -> str:
    """A sentence of this room; what a file puts into it is shown without control characters."""
    return texts(beside=__file__).say(key, **{name: _clean(value) for name, value in values.items()})


def _clean(value: object) -> object:
    if not isinstance(value, str):
        return value
    return "".join(c if c.isprintable() or c == "\n" else " " for c in value)[:MOST_SAID]


HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
"""What an escape can write and no file can hold: half of a pair that makes one character."""


def is_fhir(path: Path) -> bool:
    """True for a file that is named as FHIR JSON, packed or not."""
    return path.name.lower().endswith(ENDINGS)


def read_bundle(path: Path) -> PatientBundle:
    """The resources of one patient in a Bundle, or in a QuestionnaireResponse that stands alone."""
    path = Path(path)
    content = _parsed(path)
    kind = content.get("resourceType") if isinstance(content, dict) else None
    if kind == "QuestionnaireResponse":
        content = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": content}]}
    elif kind != "Bundle":
        raise refusal(BadFile, "not_a_bundle", file=path.name, found=_shown(kind))
    form = _checked(BundleForm, content, path.name)
    if form.type not in TYPES:
        raise refusal(BadCase, "bundle_type", file=path.name, found=form.type, types=", ".join(TYPES))
    return _one_patient(path.name, form)


def _parsed(path: Path) -> Any:
    try:
        parsed = json.loads(_text(path), object_pairs_hook=_without_doubles, parse_constant=_no_constant)
        if HALF_A_CHARACTER.search(json.dumps(parsed, ensure_ascii=False)):
            raise ValueError("an escape such as \\ud800 is half a character, and no text")
        return parsed
    except json.JSONDecodeError as fault:
        raise refusal(BadFile, "not_json", file=path.name, why=f"line {fault.lineno}: {fault.msg}") from None
    except (ValueError, RecursionError) as fault:  # twice the same field, endless digits, endless depth
        why = "it nests too deep" if isinstance(fault, RecursionError) else str(fault).splitlines()[0]
        raise refusal(BadFile, "not_json", file=path.name, why=why) from None


def _text(path: Path) -> str:
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error, ValueError) as fault:
        why = "there is no such file" if isinstance(fault, FileNotFoundError) else str(fault)
        raise refusal(BadFile, "unreadable", file=path, why=why) from None
    if len(data) > MOST_BYTES:
        raise refusal(BadFile, "too_large", file=path.name, most=MOST_BYTES // 2**20)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise refusal(BadFile, "not_json", file=path.name, why=f"byte {fault.start} is not UTF-8") from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field '{_printable(twice)}' is written twice in one place")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _one_patient(file: str, form: BundleForm) -> PatientBundle:
    pairs = list(_resources(file, form.entry))
    patients = [(entry, one) for entry, one in pairs if isinstance(one, Patient)]
    distinct = {one.model_dump_json() for _, one in patients}
    if len(distinct) > 1:
        raise refusal(BadRecord, "several_patients", file=file, count=len(distinct))
    names = {key for entry, one in patients for key in _names(entry, one)}
    mine = [one for _, one in pairs if not isinstance(one, Patient | Medication)]
    whose = {id(one): _subject(one) for one in mine}
    others = {subject for subject in whose.values() if subject and not _is_one_of(subject, names)}
    if (names and others) or len(others) > 1:
        shown = ", ".join(sorted(map(_printable, others))[:3])
        raise refusal(BadRecord, "other_patient", file=file, subjects=shown)
    return PatientBundle(
        file=file,
        timestamp=form.timestamp,
        patient=patients[0][1] if patients else None,
        resources=tuple(one for one in mine if whose[id(one)]),
        medications={
            k: one for entry, one in pairs if isinstance(one, Medication) for k in _names(entry, one)
        },
        of_nobody=tuple(one for one in mine if not whose[id(one)]),
        other_kinds=_other_kinds(form.entry),
        goes_on=any(link.relation == "next" for link in form.link),
    )


def _other_kinds(found: Iterable[Entry]) -> dict[str, int]:
    """How many resources there are of every kind that is not read."""
    kinds = [entry.resource["resourceType"] for entry in found if entry.resource]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds)) if kind not in KINDS}


def _resources(file: str, found: Iterable[Entry]) -> Iterator[tuple[Entry, Read]]:
    """The resources that are read, each once; what a transaction deletes is no longer there."""
    seen: set[str] = set()
    ids: set[tuple[str, str]] = set()
    for n, entry in enumerate(found):
        resource = entry.resource
        if resource is None or (entry.request and entry.request.method == "DELETE"):
            continue
        kind = resource.get("resourceType")
        if not isinstance(kind, str):
            raise refusal(BadFile, "no_type", file=file, place=f"entry[{n}]")
        text = json.dumps(resource, sort_keys=True)
        if kind in KINDS and text not in seen:
            seen.add(text)
            one = read_as(KINDS[kind], resource, f"{file}, entry[{n}] ({kind})")
            if one.id and (kind, one.id) in ids and not isinstance(one, Patient):
                raise refusal(BadCase, "two_versions", file=file, name=one.name)
            ids.add((kind, one.id or ""))
            yield entry, one


def read_as(kind: type[M], resource: dict[str, Any], place: str) -> M:
    """A resource in the shape of its kind, or a BadFile that names the field."""
    return _checked(kind, resource, place)


def _checked(kind: type[M], content: Any, place: str) -> M:
    try:
        return kind.model_validate(content)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise refusal(
            BadFile, "wrong_shape", place=place, field=_printable(where), why=first["msg"]
        ) from None


def _names(entry: Entry, one: Patient | Medication) -> set[str]:
    """What others may call this resource when they point to it."""
    own = {f"{one.resource_type}/{one.id}"} if one.id else set()
    return own | ({entry.full_url} if entry.full_url else set())


def _subject(one: Read) -> str | None:
    pointer: Reference | None = one.patient if isinstance(one, AllergyIntolerance) else None
    pointer = pointer or getattr(one, "subject", None)
    if pointer is None or not pointer.reference:
        return None
    subject = re.sub(r"/_history/.*", "", pointer.reference)
    of_something_else = "/" in subject and subject.split("/")[-2] != "Patient"  # a device, a group
    return None if of_something_else or subject.startswith("#") else subject


def _is_one_of(subject: str, names: set[str]) -> bool:
    ends = "/".join(subject.split("/")[-2:])
    return subject in names or (ends.startswith("Patient/") and ends in names)


def refusal(kind: type[B], key: str, **values: object) -> B:
    """The error of this kind with what was found, what is needed and what to do."""
    return kind(*(say(f"refused.{key}.{part}", **values) for part in ("found", "needed", "do")))


def _shown(value: Any) -> str:
    return _printable(f"`{value}`"[:60]) if value is not None else "no resourceType"


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")[:120]

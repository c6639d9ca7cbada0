"""Whatever is done to a bundle, it ends in a Case or in one BadInput, and never says more than before."""

from __future__ import annotations

import copy
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

from fhir_bundles import (
    ATC,
    ICD10CM,
    SCT,
    TODAY,
    Resource,
    allergy,
    bundle,
    concept,
    condition,
    encounter,
    medicine,
    observation,
    patient,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vertebro.errors import BadInput
from vertebro.formats.fhir import fhir_questionnaire, read_fhir_case
from vertebro.patient.case import Case
from vertebro.vocabulary.known import Known

ANSWERED: Resource = {
    "resourceType": "QuestionnaireResponse",
    "id": "r1",
    "status": "completed",
    "questionnaire": fhir_questionnaire()["url"],
    "subject": {"reference": "Patient/p1"},
    "authored": "2024-05-01",
    "item": [{"linkId": "pain_nrs", "answer": [{"valueInteger": 8}]}],
}
GOOD = bundle(
    patient(),
    observation("6301-6", 1.1, "1"),
    observation("8310-5", 98.6, "[degF]"),
    observation("72166-2", 0, "1", valueCodeableConcept=concept(SCT, "77176002")),
    condition(SCT, "443165006", bodySite=[concept(SCT, "66794005")]),
    condition(ICD10CM, "M46.26"),
    allergy("111088007"),
    medicine(ATC, "B01AA03"),
    encounter("IMP", "2024-04-20"),
    ANSWERED,
    timestamp="2024-05-02T08:00:00Z",
)


def check(data: bytes, name: str = "b.json") -> Case | None:
    """The case, or None where it was refused in words that can be printed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            case = read_fhir_case(path, on=TODAY)
        except BadInput as refusal:
            assert str(refusal).encode("utf-8")
            return None
    assert isinstance(case, Case)
    assert all(note.encode("utf-8") for note in case.notes)
    return case


def known(case: Case) -> set[str]:
    return {name for name, entry in case.record if isinstance(entry, Known)}


WHOLE = check(json.dumps(GOOD).encode())
assert WHOLE is not None
ALL_KNOWN = known(WHOLE)


def places(node: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in the bundle, from the whole to the last word."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [at, *(place for key, value in inner for place in places(value, (*at, key)))]


PLACES = places(GOOD)[1:]
TRAPS: list[Any] = [None, True, False, 0, -1, 8, 1e308, 1e-308, 10**400, "", " ", "none", "\ud800", "\x00"]
TRAPS += ["9999-99-99", "0000-01-01", "2024-02-30T25:61:00Z", "L99", "-0", "http://loinc.org", "active"]
TRAPS += [[], {}, [[]], [{}], {"coding": None}, {"coding": [None]}, {"reference": "#"}, {"value": True}]


def put(content: Any, place: tuple[str | int, ...], value: Any) -> Any:
    made = copy.deepcopy(content)
    node = made
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    return made


def without(content: Any, place: tuple[str | int, ...]) -> Any:
    made = copy.deepcopy(content)
    node = made
    for key in place[:-1]:
        node = node[key]
    del node[place[-1]]
    return made


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES), st.sampled_from(TRAPS) | st.text(max_size=8) | st.floats())
@example(("entry", 0, "resource", "id"), "\ud800")
def test_any_value_at_any_place(place: tuple[str | int, ...], value: Any) -> None:
    check(json.dumps(put(GOOD, place, value)).encode("utf-8", "surrogatepass"))


def test_every_part_taken_away_leaves_no_more_than_before() -> None:
    """Nothing becomes known because something else is missing: silence says nothing."""
    for place in PLACES:
        case = check(json.dumps(without(GOOD, place)).encode())
        assert case is None or known(case) <= ALL_KNOWN, place


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_good_file_damaged_anywhere(data: st.DataObject) -> None:
    text = json.dumps(GOOD)
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 12))
    trap = data.draw(
        st.sampled_from(["{", "}", "[", ",", '"', "\\", "NaN", "1e999", "9" * 5000, "\ud800", "\x00"])
    )
    check((text[:at] + trap + text[at + cut :]).encode("utf-8", "surrogatepass"))


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["b.json", "b.json.gz"]))
@example(b"\x1f\x8b", "b.json.gz")
@example(b"", "b.json.gz")
@example(gzip.compress(b"{}")[:12], "b.json.gz")
@example(b"[" * 100_000, "b.json")
@example(
    b'{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": 3}}]}',
    "b.json",
)
@example(b'{"a": 1, "a": 2}', "b.json")
def test_any_bytes(data: bytes, name: str) -> None:
    check(data, name)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "system", "value", "reference", "item", "linkId", "start"]),
            inner,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, len(GOOD["entry"]) - 1),
    st.dictionaries(
        st.sampled_from(
            [
                "status",
                "code",
                "subject",
                "valueQuantity",
                "clinicalStatus",
                "verificationStatus",
                "bodySite",
                "item",
                "medicationReference",
                "contained",
                "class",
                "period",
                "birthDate",
                "extension",
                "authored",
            ]
        ),
        JSON,
    ),
)
def test_the_right_fields_with_any_content(which: int, fields: dict[str, Any]) -> None:
    made = copy.deepcopy(GOOD)
    made["entry"][which]["resource"] |= fields
    check(json.dumps(made).encode("utf-8", "surrogatepass"))


def test_the_order_of_the_entries_does_not_matter() -> None:
    turned = GOOD | {"entry": list(reversed(GOOD["entry"]))}
    case = check(json.dumps(turned).encode())
    assert case is not None and WHOLE is not None
    values = {name: case.record.value(name) for name in ALL_KNOWN}
    assert values == {name: WHOLE.record.value(name) for name in ALL_KNOWN}
    assert case.level == WHOLE.level

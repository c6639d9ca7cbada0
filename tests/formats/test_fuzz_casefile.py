"""Any text at all as a case file ends in a Case or in one BadInput, never in another error."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vertebro.errors import BadInput
from vertebro.formats.casefile import read_case, read_record, read_record_case
from vertebro.formats.caseform import CaseForm
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.vocabulary.facts import facts

READERS: list[Callable[[Path], object]] = [read_case, read_record, read_record_case]
GOOD = """\
id: one
date: 2024-05-02
level: L1
record:
  pain_nrs: 8
  malignancy: none
  tender_levels: [T12, L1]
  fracture_date: 2024-03-01
  inr: {value: 1.1, source: laboratory, on: 2024-05-01}
  mri: {unknown: not done yet}
"""
TRAPS = [
    "&a",
    "*a",
    "!!python/object:os.system",
    "<<: *a",
    "---",
    "...",
    "%YAML 1.1",
    "\t",
    "? ",
    "- ",
    "{",
    "[",
    "|",
    ">",
]
TRAPS += [
    '"\\UFFFFFFFF"',
    '"\\ud800"',
    '"\\0"',
    "0o17",
    "1_000",
    "1e999",
    ".nan",
    "~",
    "no",
    "2024-02-30",
    "=",
    "9" * 5000,
]


def check(data: bytes) -> None:
    """Every reader takes the bytes or refuses them in words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.yaml"
        path.write_bytes(data)
        for read in READERS:
            try:
                assert isinstance(read(path), Case | ClinicalRecord)
            except BadInput as refusal:
                assert str(refusal).encode("utf-8")  # it can be printed


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=200))
@example("a: &a [*a, *a]")
@example("{" * 5000)
@example("- " * 5000)
@example('id: "\\UFFFFFFFF"')
@example("%YAML " + "9" * 5000 + ".1\n---\na: b")
@example('mask: "\\0"\nid: a\ndate: 2024-01-01')
@example("? [a, b]\n: c")
@example('"\\ud800": a')
@example("record: {1: 2, 3.5: 4}\ndate: 2024-01-01\nid: a")
@example("ct: {file: ''}")
@example("id: a\ndate: 2024-01-01\nct: .")
@example("id: a\ndate: 2024-01-01\nmask: {file: x.nii, levels: {a: L1, 2: 3}}")
def test_any_text(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    check(data)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_good_file_damaged_anywhere(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD)))
    cut = data.draw(st.integers(0, 12))
    trap = data.draw(st.one_of(st.sampled_from(TRAPS), st.text(max_size=5)))
    check((GOOD[:at] + trap + GOOD[at + cut :]).encode("utf-8", "surrogatepass"))


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 2000),
    st.floats(allow_nan=True),
    st.text(max_size=8),
    st.dates(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["value", "unknown", "source", "on", "file", "scheme", "levels"]), inner
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(list(CaseForm.model_fields)), VALUES),
    st.dictionaries(st.sampled_from(list(facts())), VALUES),
)
def test_the_right_fields_with_any_values(fields: dict[str, Any], record: dict[str, Any]) -> None:
    content = {"id": "a", "date": date(2024, 5, 2)} | fields | ({"record": record} if record else {})
    check(yaml.safe_dump(content, allow_unicode=True).encode("utf-8", "surrogatepass"))


def test_the_good_file_is_good(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert read_case(path).record.value("pain_nrs") == 8


@pytest.mark.parametrize("name", ["value", "unknown"])
def test_an_endless_file_is_refused_before_it_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(f"{name}: ".encode() + b"a" * 5_000_000)
    with pytest.raises(BadInput, match="larger than 256 KiB"):
        read_case(path)

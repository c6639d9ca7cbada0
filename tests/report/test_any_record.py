"""Any record that is accepted comes out as words: no patient, however ill, ends in a fault of ours."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vertebro.assess import assess
from vertebro.errors import BadInput
from vertebro.formats.document import document
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.report.plain_text import decisions_in_words
from vertebro.vocabulary.facts import Fact, facts
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

DAY = date(2026, 11, 22)
NO_IMAGES = Unknown("no images")


def answers(asked: Fact) -> st.SearchStrategy[Any]:
    """Any answer the dictionary allows, days and vertebrae apart."""
    if asked.kind == "yes_no":
        return st.booleans()
    if asked.kind == "choice":
        return st.sampled_from(asked.choices)
    if asked.kind == "choices":
        return st.sampled_from(asked.choices).map(lambda choice: (choice,))
    assert asked.low is not None and asked.high is not None
    if asked.kind == "integer":
        return st.integers(int(asked.low), int(asked.high))
    return st.floats(asked.low, asked.high, allow_nan=False)


ASKED = {
    n: f for n, f in facts().items() if f.origin == "record" and f.kind not in ("date", "level", "levels")
}
RECORDS = st.fixed_dictionaries({}, optional={name: answers(asked) for name, asked in ASKED.items()})


def judged(values: dict[str, Any], level: Level | Unknown) -> str:
    record = ClinicalRecord.of(DAY, **values)
    assessment = assess(Case("any", DAY, record, level, NO_IMAGES, NO_IMAGES))
    assert document(assessment)["decisions"]
    return decisions_in_words(assessment, every_rule=True)


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.sampled_from([Level.L1, Level.T5, Level.T12, Unknown("nobody said")]))
def test_any_record_is_answered_in_words(values: dict[str, Any], level: Level | Unknown) -> None:
    try:
        ClinicalRecord.of(DAY, **values)
    except BadInput:
        return
    assert "Vertebroplasty" in judged(values, level)


@pytest.mark.parametrize(
    "values",
    [
        {"malignancy": "known", "neuro_grade": "N3"},
        {"malignancy": "known", "spinal_instability": "translation_or_rotation"},
        {"malignancy": "known", "posterior_wall": "retropulsed", "canal_narrowing_pct": 30.0},
        {"malignancy": "known", "myeloma": True, "pain_nrs": 5},
        {"osteoporosis": False, "operator_trained": False},
    ],
)
def test_the_sickest_are_answered_too(values: dict[str, Any]) -> None:
    assert "Vertebroplasty" in judged(values, Level.L1)

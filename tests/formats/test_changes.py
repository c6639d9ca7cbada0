"""What if: facts changed on the command line are read like those of a file, and never pass unnoticed."""

from datetime import date

import pytest

from vertebro.assess import assess
from vertebro.errors import BadRecord
from vertebro.formats.changes import with_changes
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level

DAY = date(2026, 11, 22)
NO_IMAGES = Unknown("no images")


def case(**values: object) -> Case:
    record = ClinicalRecord.of(DAY, **values)
    return Case("test", DAY, record, Level.T12, NO_IMAGES, NO_IMAGES)


def test_a_changed_fact_takes_the_place_of_the_old_one_and_says_so() -> None:
    changed = with_changes(case(pain_nrs=8, sex="female"), ["pain_nrs=6", "tender_levels=[T12, L1]"])
    assert changed.record.value("pain_nrs") == 6 and changed.record.value("sex") == "female"
    assert changed.record.value("tender_levels") == (Level.T12, Level.L1)
    entry = changed.record["pain_nrs"]
    assert isinstance(entry, Known) and entry.source == "what if"
    assert "6 instead of 8" in changed.notes[0] and "not for this patient" in changed.notes[0]


def test_a_list_needs_no_brackets() -> None:
    changed = with_changes(case(), ["allergies=iodinated_contrast,barium", "tender_levels=T12, L1"])
    assert changed.record.value("allergies") == ("iodinated_contrast", "barium")
    assert changed.record.value("tender_levels") == (Level.T12, Level.L1)
    assert with_changes(case(), ["allergies=latex"]).record.value("allergies") == ("latex",)


def test_nothing_changed_is_the_same_case() -> None:
    same = case(pain_nrs=8)
    assert with_changes(same, []) is same


def test_a_fact_can_be_taken_away() -> None:
    changed = with_changes(case(inr=1.0), ["inr=unknown"])
    assert isinstance(changed.record["inr"], Unknown) and "not known instead of 1" in changed.notes[0]


def test_weeks_take_the_place_of_the_day_of_the_fracture() -> None:
    changed = with_changes(case(fracture_date=date(2026, 9, 1)), ["weeks_since_fracture=3"])
    assert changed.record.value("fracture_date") is None
    assert assess(changed).facts["weeks_since_fracture"].value == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("pain_nrs=80", "0 to 10"),
        ("pain_nrs=", "nothing"),
        ("mri=oedma", "Did you mean 'oedema'"),
        ("pain=3", "Did you mean 'pain_nrs'"),
        ("innr=unknown", "Did you mean 'inr'"),
        ("fracture_level=L1", "works this out itself"),
        ("pain_nrs", "fact=value"),
        ("=6", "fact=value"),
        ("mri_impossible_reason=claustrophobia", "MRI is impossible"),
    ],
)
def test_what_cannot_be_is_refused_with_the_field_the_value_and_a_hint(change: str, said: str) -> None:
    with pytest.raises(BadRecord) as refused:
        with_changes(case(mri="oedema"), [change])
    assert said in str(refused.value)

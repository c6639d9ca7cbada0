"""A value that a fact cannot take is answered with what was probably meant."""

import pytest

from vertebro.errors import BadRecord
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.library import references
from vertebro.vocabulary.meant import drug_names, hint_for_choices


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("anticoagulant", "Eliquis", "'Eliquis' is written apixaban."),
        ("anticoagulant", ["aspirin", "Xarelto"], "'Xarelto' is written rivaroxaban."),
        (
            "anticoagulant",
            ["Plavix", "Coumadin"],
            "'Plavix' is written clopidogrel. 'Coumadin' is written warf",
        ),
        ("anticoagulant", "Clexane", "is written enoxaparin_prophylactic or enoxaparin_therapeutic."),
        ("anticoagulant", "LMWH", "enoxaparin_prophylactic or enoxaparin_therapeutic or other."),
        ("anticoagulant", "tinzaparin", "'tinzaparin' is written other."),
        ("anticoagulant", "rivaroxiban", "Did you mean 'rivaroxaban'?"),
        ("allergies", "penicillin", "If it is none of these, write other."),
        ("allergies", ["pmna"], "Did you mean 'pmma'?"),
        ("mri", "edema", "Did you mean 'oedema'?"),
        ("pain_nrs", 80, "If this is on a scale from 0 to 100, write 8."),
        ("tscore_spine", 62.0, "write it as qct_hu"),
        ("creatinine", 90.0, "If this is in µmol/L, write 1.02."),
        ("albumin", 38.0, "If this is in g/L, write 3.8."),
        ("temperature", 98.6, "If this is in degrees Fahrenheit, write 37."),
    ],
)
def test_a_slip_is_answered_with_field_value_what_is_allowed_and_what_was_meant(
    name: str, value: object, said: str
) -> None:
    with pytest.raises(BadRecord) as caught:
        fact(name).check(value)
    assert caught.value.found == f"{name} is {value!r}."
    assert caught.value.needed == fact(name).allowed
    assert said in caught.value.do


@pytest.mark.parametrize(("name", "value"), [("pain_nrs", 800), ("rmdq", 80), ("inr", 90.0)])
def test_nothing_is_guessed_where_no_other_scale_explains_the_value(name: str, value: object) -> None:
    with pytest.raises(BadRecord) as caught:
        fact(name).check(value)
    assert "If this is" not in caught.value.do


def test_no_hint_for_what_the_list_already_holds() -> None:
    assert hint_for_choices(["aspirin"], fact("anticoagulant").choices) == ""


def test_every_name_of_a_drug_leads_to_the_dictionary_and_names_where_it_was_seen() -> None:
    choices = fact("anticoagulant").choices
    for name, known in drug_names().items():
        assert name == name.lower() and name not in choices and known.name == name
        assert known.drugs and set(known.drugs) <= set(choices) - {"none"}
        assert known.source in references()

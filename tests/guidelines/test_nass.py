"""NASS: the one published scenario on both sides of its numbers, the published counts, and the column."""

from pathlib import Path
from typing import Any

import pytest
from saying import published, said, said_of

from vertebro.guidelines.nass.rules import v
from vertebro.guidelines.verdict import Procedure, Stance

TUMOUR: dict[str, Any] = {
    "malignancy": "known",
    "canal_narrowing_pct": 0.0,
    "height_loss_pct": 79.9,
    "posterior_wall": "intact",
    "pain_nrs": 7,
}


@pytest.mark.parametrize(
    ("weeks", "nrs", "rarely"),
    [
        (12.0, 6, False),
        (12.1, 6, True),
        (12.1, 7, False),
        (60.0, 0, True),
        (60.0, 10, False),
        (1.0, 2, False),
    ],
)
@pytest.mark.parametrize("procedure", Procedure)
def test_chronic_with_modest_pain_is_rarely_appropriate(
    weeks: float, nrs: int, rarely: bool, procedure: Procedure
) -> None:
    found = said("nass", {"weeks_since_fracture": weeks, "pain_nrs": nrs}, procedure)
    assert (found.stance is Stance.NOT_RECOMMENDED) is rarely
    assert found.rating == ("rarely appropriate" if rarely else "not published in free text")


def test_one_of_the_two_facts_is_enough_where_it_rules_the_scenario_out() -> None:
    assert said("nass", {"weeks_since_fracture": None}).rating == "not published in free text"  # pain eight
    unknown = said("nass", {"weeks_since_fracture": None, "pain_nrs": 5})
    assert unknown.stance is Stance.NOT_ENOUGH_INFORMATION
    for name in ("malignancy", "osteoporosis"):
        assert said("nass", {name: None}).stance is Stance.NOT_ENOUGH_INFORMATION


def test_every_verdict_it_rests_on_is_listed() -> None:
    listed = [verdict.rule for verdict in said("nass", {}).verdicts]
    names = ("HasNoTumour", "IsOsteoporotic", "IsChronicWithModestPain", "IsForSurgery")
    assert listed == [f"nass.{name}" for name in names]


def test_the_shares_are_those_of_the_counts() -> None:
    counts = (v.cement_appropriate, v.cement_uncertain, v.cement_rarely)
    shares = (v.cement_appropriate_share, v.cement_uncertain_share, v.cement_rarely_share)
    assert sum(count.number for count in counts) == v.scenarios.number == 144
    for count, share in zip(counts, shares, strict=True):
        assert round(100 * count.number / v.scenarios.number, 1) == share.number
    sentence = said("nass", {}).sentence
    for printed in ("144", "7 (4.9 %)", "51 (35.4 %)", "86 (59.7 %)", "100 %"):
        assert printed in sentence


def test_stenosis_with_a_deficit_names_surgery() -> None:
    found = said("nass", {"canal_narrowing_pct": 40.0, "neuro_grade": "N3"})
    assert found.stance is None and "surgery appropriate (87 %)" in found.rating
    for changed in ({"canal_narrowing_pct": 40.0}, {"canal_narrowing_pct": 0.0, "neuro_grade": "N3"}):
        assert "surgery" not in said("nass", changed).rating


def test_a_known_tumour_in_the_likely_scenario_gets_its_probability_and_no_side() -> None:
    found = said("nass", TUMOUR)
    assert found.stance is None and "88 %" in found.rating


@pytest.mark.parametrize(
    "changed",
    [
        {"malignancy": "suspected"},
        {"canal_narrowing_pct": 1.0},
        {"neuro_grade": "N1"},
        {"spinal_instability": "translation_or_rotation"},
        {"height_loss_pct": 80.0},
        {"posterior_wall": "breached"},
        {"pain_nrs": 6},
        {"height_loss_pct": None},
    ],
    ids=str,
)
def test_each_part_of_the_likely_scenario_counts(changed: dict[str, Any]) -> None:
    found = said("nass", TUMOUR | changed)
    assert found.stance is Stance.OUT_OF_SCOPE and found.rating == "not published in free text"


def test_a_fracture_of_another_cause_is_not_its_subject() -> None:
    assert said("nass", {"osteoporosis": False}).stance is Stance.OUT_OF_SCOPE


@pytest.mark.parametrize(
    "name", [f"V{n:02}" for n in (1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15, 17, 19, 21, 23, 24, 26, 28)]
)
def test_the_society_says_what_its_column_says(name: str, shared_data: Path) -> None:
    case = published(shared_data)[name]
    assert said_of("nass", case).rating.startswith(case["nass"])

"""Reasons for and against each path: what speaks when, with a source, and when nothing may speak."""

import re
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients import CLEAR_CANDIDATE, LEVEL, but, facts_from

from vertebro import guidelines
from vertebro.errors import HouseFault
from vertebro.guidelines.body import Hearing
from vertebro.guidelines.consideration import PROCEDURES, Consideration, speaking_against, speaking_for
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.paths import considerations_for
from vertebro.guidelines.rule import MET, AllOf, rules
from vertebro.guidelines.verdict import Path
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import references

PVP, BKP = Path.VERTEBROPLASTY, Path.KYPHOPLASTY
ALL = [rule for rule in rules().values() if issubclass(rule, Consideration)]


def heard(level: Level = LEVEL, **changed: Any) -> Hearing:
    return Hearing.of(with_derived(facts_from(but(**changed)), level))


def names(path: Path, level: Level = LEVEL, **changed: Any) -> tuple[set[str], set[str]]:
    """The considerations that are met for and against a path."""
    outcomes = heard(level, **changed).outcomes
    pro = {rule.__name__ for rule in speaking_for(path) if outcomes[rule] is MET}
    contra = {rule.__name__ for rule in speaking_against(path) if outcomes[rule] is MET}
    return pro, contra


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.__name__)
def test_every_reason_has_a_path_a_source_and_a_place(rule: type[Consideration]) -> None:
    assert rule.for_paths or rule.against_paths
    assert rule.source in references() and rule.where
    for value in rule.values:
        assert value.source in references() and value.where


def test_every_path_has_something_that_can_speak_on_it() -> None:
    assert all(speaking_for(path) for path in Path)
    assert all(speaking_against(path) for path in (*PROCEDURES, Path.WAITING))


def test_a_consideration_that_speaks_on_nothing_is_refused() -> None:
    with pytest.raises(HouseFault, match="neither for nor against"):

        class Mute(Consideration):
            source, where = "nice_ta279", "section 1.1"

            @staticmethod
            def holds(pain_nrs: int) -> bool:
                return pain_nrs > 0


def test_a_consideration_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(HouseFault, match="same path"):

        class Torn(Consideration):
            source, where = "nice_ta279", "section 1.1"
            for_paths = against_paths = (Path.WAITING,)

            @staticmethod
            def holds(pain_nrs: int) -> bool:
                return pain_nrs > 0


PROMISED = [
    ({"height_loss_pct": 30.0}, BKP, "HasHeightToRegain", "HasLostMoreThanHalf"),
    ({"height_loss_pct": 50.1}, BKP, "HasLostMoreThanHalf", "HasLostUpToHalf"),
    ({"height_loss_pct": 50.0}, PVP, "HasLostUpToHalf", "HasLostMoreThanHalf"),
    ({"kyphosis_deg": 20.0}, BKP, "HasKyphosisToCorrect", "HasHeightToRegain"),
    ({"posterior_wall": "breached"}, BKP, "BalloonLeaksLess", "CleftLeaks"),
    ({"posterior_wall": "breached"}, BKP, "WallIsBrokenNervesIntact", "CleftLeaks"),
    ({"allergies": ("iodinated_contrast",)}, PVP, "NeedsNoContrast", "HasDiabetes"),
    ({"intravertebral_cleft": "gas"}, PVP, "CleftIsNonunion", "IsVeryEarly"),
    ({"weeks_since_fracture": 14.0}, PVP, "HurtsPastMostRelief", "LosesMoreHeight"),
    ({"pain_trend": "improving"}, Path.WAITING, "IsGettingBetter", "IsVeryEarly"),
    ({"asa": 4}, Path.WAITING, "IsInHighClass", "CannotLieFaceDown"),
    ({"prone_tolerated": False}, Path.WAITING, "CannotLieFaceDown", "IsInHighClass"),
    ({"pain_pattern": "radicular"}, Path.SURGERY, "PainRunsAlongNerve", "MayBeStageThree"),
]


@pytest.mark.parametrize(("changed", "path", "speaks", "silent"), PROMISED)
def test_what_speaks_for_a_path(changed: dict[str, Any], path: Path, speaks: str, silent: str) -> None:
    pro, _ = names(path, **changed)
    assert speaks in pro and silent not in pro
    pro_before, _ = names(path)
    assert speaks not in pro_before  # it was this fact that spoke


PROMISED_AGAINST = [
    ({"posterior_wall": "breached"}, PROCEDURES, "CortexIsBreached"),
    ({"intravertebral_cleft": "gas"}, (PVP,), "CleftCollapsesAgain"),
    ({"intravertebral_cleft": "gas"}, (BKP,), "CleftLeaksIntoDisc"),
    ({"intravertebral_cleft": "gas"}, (Path.WAITING,), "CleftIsNonunion"),
    ({"weeks_since_fracture": 2.0}, PROCEDURES, "IsVeryEarly"),
    ({"symptomatic_levels": 3}, PROCEDURES, "HasSeveralFractures"),
    ({"steroid_mg_day": 5.0}, PROCEDURES, "TakesSteroids"),
    ({"osteoporosis_drug": "none"}, PROCEDURES, "HasNoOsteoporosisDrug"),
    ({"diabetes": True}, PROCEDURES, "HasDiabetes"),
    ({"asa": 4}, PROCEDURES, "IsInHighClass"),
    ({"setting": "inpatient"}, (Path.WAITING,), "IsInHospital"),
    ({"pain_trend": "worsening"}, (Path.WAITING,), "GetsWorseUnhealed"),
]


@pytest.mark.parametrize(("changed", "paths", "speaks"), PROMISED_AGAINST)
def test_what_speaks_against_a_path(changed: dict[str, Any], paths: tuple[Path, ...], speaks: str) -> None:
    for path in paths:
        assert speaks in names(path, **changed)[1] - names(path)[1]


def test_the_numbers_of_the_sources_stand_in_the_sentences() -> None:
    cleft = " ".join(considerations_for(heard(intravertebral_cleft="gas"), PVP)[1])
    assert "by 2.97 (interval 1.93 to 4.57)" in cleft and "by 1.4 (interval 1.09 to 1.78)" in cleft
    assert "(Ma YH and others (2021))" in cleft and "(Zhan Y and others (2017))" in cleft
    wall = " ".join(considerations_for(heard(posterior_wall="breached"), BKP)[0])
    assert "18.4 %" in wall and "54.7 %" in wall and "14 of 157" in wall
    narrow = " ".join(considerations_for(heard(Level.T5), PVP)[1])
    assert "At T5 62 % of pedicles were narrower than 5 mm" in narrow
    assert "76 %" in " ".join(considerations_for(heard(Level.T4), PVP)[1])


def test_the_signs_that_waiting_fails_are_named() -> None:
    _, against = considerations_for(heard(tscore_spine=-3.0, age_years=60), Path.WAITING)
    (said,) = (sentence for sentence in against if "by a review" in sentence)
    assert "T-score below -2.95, thoracolumbar junction" in said and "age" not in said


RULED_OUT: list[dict[str, Any]] = [
    {"mri": "no_oedema"},
    {"pain_nrs": 0},
    {"exam_matches_level": False},
    {"infection": "suspected"},
    {"neuro_grade": "N3"},
    {"pregnant": True},
    {"allergies": ("pmma",)},
]


@pytest.mark.parametrize("changed", RULED_OUT)
def test_nothing_speaks_for_cement_where_it_is_ruled_out(changed: dict[str, Any]) -> None:
    whole: dict[str, Any] = {
        "height_loss_pct": 55.0,
        "posterior_wall": "breached",
        "weeks_since_fracture": 14.0,
    } | changed
    for path in PROCEDURES:
        assert considerations_for(heard(**whole), path)[0] == ()
        assert considerations_for(heard(**whole), path)[1]  # what speaks against it is still said


@pytest.mark.parametrize(
    "changed", [{"malignancy": "suspected"}, {"trauma": "high_energy"}, {"age_years": 15}]
)
def test_studies_of_osteoporotic_fractures_are_silent_on_others(changed: dict[str, Any]) -> None:
    hearing = heard(height_loss_pct=55.0, steroid_mg_day=5.0, **changed)
    for path in (*PROCEDURES, Path.WAITING):
        assert considerations_for(hearing, path) == ((), ())


@given(st.sets(st.sampled_from(sorted(CLEAR_CANDIDATE))))
def test_what_is_not_known_gives_no_reason(left_out: set[str]) -> None:
    nothing: dict[str, Any] = dict.fromkeys(left_out)
    hearing = heard(**nothing)
    for rule in ALL:
        if hearing.outcomes[rule] is MET and not issubclass(rule, AllOf):
            assert all(need in hearing.facts for need in rule.needs)


def test_no_number_is_typed_into_the_sentences_of_the_paths() -> None:
    text = (File(guidelines.__path__[0]) / "paths.en.yaml").read_text(encoding="utf-8")
    assert not re.search(r"\d", re.sub(r"\{[^}]*\}", "", text))
    assert not re.search(r"\b(should|must|indicated)\b", text, re.IGNORECASE)

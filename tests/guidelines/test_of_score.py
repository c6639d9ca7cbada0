"""The OF score: the printed table line by line, its extremes, its classes, and the type from findings."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients import CLEAR_CANDIDATE, LEVEL, but, facts_from
from vignettes import facts_of_patient, vignettes

from vertebro.guidelines.body import position
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.of_score.derived import of_score, of_type, type_of
from vertebro.guidelines.of_score.rules import ScoreNamesConservativeTreatment, ScoreNamesEither
from vertebro.guidelines.reading import Reading, is_certain
from vertebro.guidelines.verdict import Outcome, Procedure, Stance
from vertebro.vocabulary.known import Known

LINES: dict[str, Mapping[Any, int]] = {
    "of_type": {"OF1": 2, "OF2": 4, "OF3": 6, "OF4": 8, "OF5": 10},
    "tscore_spine": {-3.1: 1, -3.0: 0},
    "tscore_hip": {-3.1: 1, -3.0: 0},
    "qct_hu": {90.0: 1, 90.1: 0},
    "height_loss_progressing": {True: 1, False: -1},
    "neuro_grade": {"N0": 0, "N1": 0, "N2": 2, "N3": 2, "N4": 2},
    "mobilises_on_analgesia": {False: 1, True: -1},
    "asa": {3: 0, 4: -1},
    "mfi5": {2: 0, 3: -1},
    "anticoagulant": {
        ("none",): 0,
        ("warfarin",): -1,
        ("aspirin",): 0,
        ("aspirin", "apixaban"): -1,
        ("other",): 0,
    },
}
"""The lines of the pocket card with both sides of every number."""


def score(**values: Any) -> int:
    worked = of_score(facts_from({"of_type": "OF1", **values}))
    assert worked is not None
    return worked.value


@pytest.mark.parametrize(("name", "value"), [(n, value) for n, line in LINES.items() for value in line])
def test_every_line_of_the_card_counts_as_printed(name: str, value: Any) -> None:
    alone = 0 if name == "of_type" else 2
    assert score(**{name: value}) == alone + LINES[name][value]


@pytest.mark.parametrize(("nrs", "points"), [(4, -1), (5, 1)])
def test_pain_counts_under_painkillers_only(nrs: int, points: int) -> None:
    assert score(pain_nrs=nrs, pain_on_analgesia=True) == 2 + points
    assert score(pain_nrs=nrs, optimal_pain_management=True) == 2 + points
    assert score(pain_nrs=nrs) == score(pain_nrs=nrs, pain_on_analgesia=False) == 2
    assert score(pain_nrs=nrs, pain_on_analgesia=False, optimal_pain_management=True) == 2


WORST = {
    "of_type": "OF5",
    "tscore_spine": -4.0,
    "height_loss_progressing": True,
    "pain_nrs": 9,
    "pain_on_analgesia": True,
    "neuro_grade": "N3",
    "mobilises_on_analgesia": False,
    "asa": 2,
    "mfi5": 0,
    "anticoagulant": ("none",),
}
BEST = {
    "of_type": "OF1",
    "tscore_spine": -1.0,
    "height_loss_progressing": False,
    "pain_nrs": 1,
    "pain_on_analgesia": True,
    "neuro_grade": "N0",
    "mobilises_on_analgesia": True,
    "asa": 4,
    "mfi5": 5,
    "anticoagulant": ("warfarin",),
}


def test_the_extremes_are_those_of_the_card() -> None:
    assert score(**WORST) == 16
    assert score(**BEST) == -3  # the health status takes two away, not three


@given(st.fixed_dictionaries({}, optional={n: st.sampled_from([WORST[n], BEST[n]]) for n in WORST}))
def test_the_score_stays_within_its_range_and_adds_line_by_line(chosen: dict[str, Any]) -> None:
    worked = of_score(facts_from(chosen))
    if "of_type" not in chosen:
        assert worked is None  # the card begins with the type
        return
    assert worked is not None and -3 <= worked.value <= 16
    assert is_certain(worked) and set(worked.used) == set(chosen)


def test_what_nobody_wrote_counts_nothing_and_is_said() -> None:
    worked = of_score(facts_from({"of_type": "OF3"}))
    assert worked is not None and worked.value == 6
    for missing in (
        "bone density",
        "further loss of height",
        "pain under painkillers",
        "nerve function",
        "getting up",
    ):
        assert f"{missing} not known 0" in worked.source
    assert "not known: ASA class, frailty, anticoagulant) 0" in worked.source
    assert "counts nothing, as the card says" in worked.source


def test_a_drug_that_is_not_named_is_not_known() -> None:
    named = of_score(facts_from({"of_type": "OF3", "anticoagulant": ("none",)}))
    unnamed = of_score(facts_from({"of_type": "OF3", "anticoagulant": ("other",)}))
    assert named is not None and "frailty) 0" in named.source
    assert unnamed is not None and "frailty, anticoagulant) 0" in unnamed.source


def test_the_breakdown_adds_up() -> None:
    worked = of_score(facts_from(WORST))
    assert worked is not None and "OF5 +10" in worked.source and "nerve deficit +2" in worked.source
    best = of_score(facts_from(BEST))
    assert (
        best is not None
        and "anticoagulant) -2" in best.source
        and "no further loss of height -1" in best.source
    )


def test_a_reading_that_crosses_a_limit_leaves_the_score_open() -> None:
    facts = facts_from({"of_type": "OF3"}) | {"qct_hu": Reading(92.0, "measured", None, (84.0, 92.0, 100.0))}
    worked = of_score(facts)
    assert worked is not None and worked.value == 6 and worked.possible == (6, 7)
    known = with_derived(facts, LEVEL)
    assert ScoreNamesConservativeTreatment.outcome(known) is Outcome.NOT_MET
    assert ScoreNamesEither.outcome(known) is Outcome.UNKNOWN
    assert ScoreNamesEither.missing(known) == ("qct_hu",)
    firm = of_score(
        facts_from({"of_type": "OF3"}) | {"qct_hu": Reading(80.0, "measured", None, (75.0, 85.0))}
    )
    assert firm is not None and is_certain(firm) and firm.value == 7


CARD = [
    (("tension_band_failure", None, None, None), "OF5"),
    (("translation_or_rotation", "both", 50.0, "oedema"), "OF5"),
    (("none", "both", None, None), "OF4"),
    (("none", "one", 20.0, None), "OF3"),
    (("none", "one", 19.9, None), "OF2"),
    (("none", "none", None, "oedema"), "OF1"),
    (("none", "none", None, "no_oedema"), None),  # no injury
    (("none", "none", None, None), None),
    (("none", "one", None, "oedema"), None),
    (("none", None, 10.0, "oedema"), None),
    ((None, "both", 10.0, "oedema"), None),
]


@pytest.mark.parametrize(("findings", "expected"), CARD)
def test_the_type_follows_the_algorithm_of_the_card(findings: tuple[Any, ...], expected: str | None) -> None:
    assert type_of(*findings) == expected


def test_every_combination_of_findings_has_one_type_or_none() -> None:
    bands, ends = (None, "none", "tension_band_failure"), (None, "none", "one", "both")
    for band, end, share, mri in product(bands, ends, (None, 5.0, 60.0), (None, "oedema", "no_oedema")):
        found = type_of(band, end, share, mri)
        assert found in {None, "OF1", "OF2", "OF3", "OF4", "OF5"}
        assert found is None or band is not None


def test_a_type_that_nobody_wrote_is_worked_out_and_counts() -> None:
    findings = {"endplates_deformed": "one", "posterior_wall_involved_pct": 10.0}
    known = with_derived(facts_from(but(**findings)), LEVEL)
    assert known["of_type"].value == "OF2" and "algorithm" in known["of_type"].source
    assert known["of_type"].possible == () == known["of_type"].missing  # type: ignore[attr-defined]
    assert known["of_score"].value == 4  # type 4, pain +1, gets up -1, the rest nothing
    written = with_derived(facts_from(but(**findings, of_type="OF4")), LEVEL)
    assert written["of_type"].value == "OF4"


def test_a_healed_fracture_has_no_type() -> None:
    findings = {"endplates_deformed": "both", "mri": "no_oedema"}
    known = with_derived(facts_from(but(**findings)), LEVEL)
    assert "of_type" not in known and "of_score" not in known


def test_an_uncertain_share_of_the_wall_leaves_the_type_open() -> None:
    facts = facts_from({"spinal_instability": "none", "endplates_deformed": "one"})
    facts["posterior_wall_involved_pct"] = Reading(18.0, "measured", None, (15.0, 18.0, 21.0))
    worked = of_type(facts)
    assert worked is not None and worked.value == "OF2" and worked.possible == ("OF2", "OF3")
    assert worked.missing == ("posterior_wall_involved_pct",)
    known = with_derived(facts, LEVEL)
    assert known["of_score"].possible == (4, 6)  # type: ignore[attr-defined]
    assert ScoreNamesEither.missing(known) == ("of_type",)


RATINGS = {-3: "conservative", 5: "conservative", 6: "either", 7: "surgery", 16: "surgery"}


@pytest.mark.parametrize("value", RATINGS)
def test_the_classes_are_those_of_the_card_and_take_no_side(value: int) -> None:
    facts = facts_from(CLEAR_CANDIDATE) | {"of_score": Known(value, "test")}
    for procedure in Procedure:
        said = position("of_score", with_derived(facts, LEVEL), procedure)
        assert said.rating == RATINGS[value] and said.stance is None
        assert "not validated" in said.sentence


def test_a_fracture_that_is_not_osteoporotic_is_out_of_scope() -> None:
    facts = with_derived(facts_from(but(trauma="high_energy", of_type="OF4")), LEVEL)
    assert position("of_score", facts, Procedure.KYPHOPLASTY).stance is Stance.OUT_OF_SCOPE


def test_without_a_type_there_is_no_score_and_the_type_is_asked_for() -> None:
    said = position("of_score", with_derived(facts_from(CLEAR_CANDIDATE), LEVEL), Procedure.KYPHOPLASTY)
    assert said.rating == "no score" and "OF type" in said.sentence


def test_the_published_cases_have_the_score_and_the_answer_of_their_columns(shared_data: Path) -> None:
    named = {"conservative": "conservative", "either": "either", "surgery": "surgery"}
    for case in vignettes(shared_data.parent / "knowledge"):
        facts = with_derived(facts_of_patient(case["patient"]), LEVEL)
        score = facts["of_score"].value if "of_score" in facts else None
        assert score == case["of_score"], case["id"]
        said = position("of_score", facts, Procedure.VERTEBROPLASTY)
        assert named.get(case["of_rec"]) == named.get(said.rating), case["id"]


ITEMS = ("diabetes", "copd", "heart_failure", "hypertension", "functionally_dependent")


@pytest.mark.parametrize("applying", range(6))
def test_frailty_is_counted_from_its_five_items(applying: int) -> None:
    items = {name: number < applying for number, name in enumerate(ITEMS)}
    known = with_derived(facts_from(but(**items, of_type="OF2")), LEVEL)
    assert known["mfi5"].value == applying
    assert known["of_score"].value == 4 - (applying > 2)


def test_an_item_that_nobody_wrote_leaves_frailty_unknown() -> None:
    assert "mfi5" not in with_derived(facts_from(but(**dict.fromkeys(ITEMS[:4], True))), LEVEL)

"""Waiting, a spinal surgeon, another cause: the stance of each path, and that no danger is waited out."""

from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patients import LEVEL, but, facts_from
from vignettes import facts_of_patient, vignettes

from vertebro.guidelines.body import Hearing
from vertebro.guidelines.decision import decide
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.paths import natural_course, other_paths
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.verdict import OtherPath, Path, Stance
from vertebro.vocabulary.levels import Level


def paths_of(facts: Facts, level: Level = LEVEL) -> dict[Path, OtherPath]:
    hearing = Hearing.of(with_derived(facts, level))
    return {path.path: path for path in other_paths(hearing, decide(facts, level))}


def paths(**changed: Any) -> dict[Path, OtherPath]:
    return paths_of(facts_from(but(**changed)))


EXPECTED = {  # waiting, surgeon, another cause
    "V01": (Stance.CONSIDER, None, None),
    "V02": (Stance.WAIT, None, None),
    "V03": (Stance.CONSIDER, Stance.DISCUSS, None),
    "V04": (None, None, Stance.CONSIDER),
    "V05": (Stance.CONSIDER, None, None),
    "V07": (Stance.CONSIDER, None, None),
    "V08": (Stance.NOT_RECOMMENDED, None, Stance.REFER_URGENTLY),
    "V09": (Stance.NOT_RECOMMENDED, Stance.REFER_URGENTLY, None),
    "V11": (Stance.CONSIDER, None, None),
    "V12": (Stance.CONSIDER, Stance.DISCUSS, None),
    "V13": (None, None, Stance.DISCUSS),
    "V14": (Stance.CONSIDER, None, None),
    "V15": (Stance.CONSIDER, None, None),
    "V17": (None, None, None),
    "V19": (Stance.CONSIDER, Stance.DISCUSS, None),
    "V21": (Stance.CONSIDER, Stance.DISCUSS, None),
    "V23": (None, None, Stance.CONSIDER),
    "V24": (Stance.CONSIDER, None, None),
    "V26": (Stance.NOT_ENOUGH_INFORMATION, None, None),
    "V28": (None, None, None),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_other_paths_of_the_published_cases(name: str, shared_data: File) -> None:
    (case,) = (c for c in vignettes(shared_data.parent / "knowledge") if c["id"] == name)
    found = paths_of(facts_of_patient(case["patient"]), Level.parse(case["patient"]["levels"][0]))
    stances = tuple(found[path].stance for path in (Path.WAITING, Path.SURGERY, Path.OTHER_CAUSE))
    assert stances == EXPECTED[name]


EMERGENCIES: list[dict[str, Any]] = [
    {"neuro_grade": "N2"},
    {"spinal_instability": "tension_band_failure"},
    {"of_type": "OF5"},
    {"injury_morphology": "distraction"},
    {"posterior_ligaments": "injured"},
    {"tlics": 5},
    {"sins": 13},
    {"infection": "suspected"},
    {"infection_signs": ("abscess",)},
]


@pytest.mark.parametrize("changed", EMERGENCIES)
@pytest.mark.parametrize("weeks", [1.0, 8.0])
def test_no_emergency_is_waited_out(changed: dict[str, Any], weeks: float) -> None:
    found = paths(**changed, weeks_since_fracture=weeks, pain_trend="improving")[Path.WAITING]
    assert found.stance is Stance.NOT_RECOMMENDED and found.sentence == "Waiting is not open."
    assert found.reasons_for == () and found.reasons_against


def test_waiting_says_the_natural_course_with_its_sources() -> None:
    found = paths(weeks_since_fracture=2.0)[Path.WAITING]
    assert found.stance is Stance.WAIT and natural_course() in found.sentence
    for said in ("57 of 95", "38 had not", "of 82 others 44", "Venmans A and others (2012)"):
        assert said in found.sentence
    assert any("229" in reason and "(Klazen CAH and others (2010))" in reason for reason in found.reasons_for)


def test_the_healing_time_and_a_low_score_speak_for_waiting() -> None:
    early = " ".join(paths(weeks_since_fracture=7.9, of_type="OF2")[Path.WAITING].reasons_for)
    assert "not generally considered until 8 weeks" in early and "OF score of 4" in early
    later = " ".join(paths(weeks_since_fracture=8.0, of_type="OF4")[Path.WAITING].reasons_for)
    assert "not generally considered" not in later and "OF score" not in later


SURGEON = [
    ({"neuro_grade": "N3"}, Stance.REFER_URGENTLY, "nerve deficit"),
    ({"spinal_instability": "translation_or_rotation"}, Stance.REFER_URGENTLY, "unstable"),
    ({"of_type": "OF4", "tscore_spine": -3.5}, Stance.DISCUSS, "OF score"),
    ({"of_type": "OF3"}, None, ""),
    ({"neuro_grade": "N1"}, Stance.DISCUSS, "passed"),
    ({"posterior_wall": "retropulsed"}, Stance.DISCUSS, "posterior wall"),
    ({"canal_narrowing_pct": 10.0}, Stance.DISCUSS, "canal"),
    ({"pain_pattern": "radicular"}, Stance.DISCUSS, "along a nerve"),
    ({"intravertebral_cleft": "gas", "posterior_wall": "breached"}, Stance.DISCUSS, "stage III"),
    ({"intravertebral_cleft": "gas", "neuro_grade": "N3"}, Stance.REFER_URGENTLY, "decompression"),
    ({"trauma": "high_energy", "tlics": 5}, Stance.REFER_URGENTLY, "TLICS"),
    ({"trauma": "high_energy", "tlics": 4}, None, ""),
    ({"malignancy": "known", "sins": 7}, Stance.DISCUSS, "SINS"),
    ({"malignancy": "known", "sins": 6}, None, ""),
    ({"posterior_ligaments": "suspected"}, Stance.DISCUSS, "ligaments"),
    ({"injury_morphology": "translation_or_rotation"}, Stance.REFER_URGENTLY, "kind of injury"),
    ({"malignancy": "known", "sins": 13}, Stance.REFER_URGENTLY, "SINS"),
]


@pytest.mark.parametrize(("changed", "stance", "reason"), SURGEON)
def test_who_goes_to_the_surgeon_and_why(changed: dict[str, Any], stance: Stance | None, reason: str) -> None:
    found = paths(**changed)[Path.SURGERY]
    assert found.stance is stance
    assert bool(found.reasons_for) == (stance is not None)
    assert reason in " ".join(found.reasons_for)


def test_a_low_score_does_not_argue_against_an_urgent_surgeon() -> None:
    urgent = paths(of_type="OF1", spinal_instability="translation_or_rotation")[Path.SURGERY]
    assert urgent.stance is Stance.REFER_URGENTLY and urgent.reasons_against == ()
    assert "conservative" in " ".join(paths(of_type="OF1")[Path.SURGERY].reasons_against)


def test_the_score_of_osteoporotic_fractures_says_nothing_about_others() -> None:
    assert paths(of_type="OF4", tscore_spine=-3.5)[Path.SURGERY].stance is Stance.DISCUSS
    tumour = paths(of_type="OF4", tscore_spine=-3.5, malignancy="known")[Path.SURGERY]
    assert tumour.stance is None and tumour.reasons_for == ()
    assert paths(of_type="OF1", malignancy="known")[Path.SURGERY].reasons_against == ()


CAUSES = [
    ({"infection": "discitis_or_osteomyelitis"}, Stance.REFER_URGENTLY, "infection"),
    ({"infection_signs": ("bright_disc",)}, Stance.REFER_URGENTLY, "infection"),
    ({"malignancy": "suspected"}, Stance.DISCUSS, "oncology"),
    ({"tumour_signs": ("soft_tissue_mass",)}, Stance.DISCUSS, "oncology"),
    ({"temperature": 38.5}, Stance.CORRECT_FIRST, "infection"),
    ({"crp": 80.0}, Stance.CORRECT_FIRST, "infection"),
    ({"wbc": 22.0}, Stance.CORRECT_FIRST, "infection"),
    ({"esr": 110.0}, Stance.CORRECT_FIRST, "infection"),
    ({"myeloma": True}, Stance.DISCUSS, "oncology"),
    ({"symptomatic_levels": 2, "myeloma_screen_done": False}, Stance.DISCUSS, "myeloma"),
    ({"exam_matches_level": False, "pain_source_is_fracture": True}, Stance.CONSIDER, "points to another"),
    ({"closed_fist_percussion": False, "supine_sign": False}, Stance.CONSIDER, "points to another"),
    ({"tender_levels": ["T12", "L4"]}, Stance.CONSIDER, "points to another"),
    ({"exam_matches_level": False}, Stance.CONSIDER, "does not come from this fracture"),
    ({"mri": "no_oedema"}, Stance.CONSIDER, "healed"),
    ({"exam_matches_level": True, "tender_levels": ["L4"]}, Stance.CONSIDER, "contradicts"),
    ({"cancer_history": True}, Stance.CONSIDER, "points to another cause"),
    ({"pain_pattern": "radicular"}, Stance.CONSIDER, "points to another cause"),
    ({"mri": "no_oedema", "pain_nrs": 0, "exam_matches_level": False}, None, "Nothing"),
]


@pytest.mark.parametrize(("changed", "stance", "said"), CAUSES)
def test_what_other_cause_is_looked_for(changed: dict[str, Any], stance: Stance | None, said: str) -> None:
    found = paths(**changed)[Path.OTHER_CAUSE]
    assert found.stance is stance and said in found.sentence
    assert bool(found.reasons_for) == (stance is not None)


def test_the_more_pressing_cause_comes_first() -> None:
    both = paths(infection="suspected", malignancy="known", mri="no_oedema")[Path.OTHER_CAUSE]
    assert both.stance is Stance.REFER_URGENTLY and len(both.reasons_for) >= 4


def test_oedema_and_tenderness_do_not_argue_against_an_infection_or_a_tumour() -> None:
    assert paths(infection="suspected")[Path.OTHER_CAUSE].reasons_against == ()
    assert paths(malignancy="suspected")[Path.OTHER_CAUSE].reasons_against == ()
    assert len(paths()[Path.OTHER_CAUSE].reasons_against) == 2


def test_an_unusual_level_without_a_screen_asks_for_myeloma() -> None:
    high = paths_of(facts_from(but(myeloma_screen_done=False)), Level.T3)[Path.OTHER_CAUSE]
    assert high.stance is Stance.DISCUSS and "myeloma" in high.sentence


def test_every_reason_of_every_path_names_its_source() -> None:
    for changed in ({}, {"posterior_wall": "breached", "intravertebral_cleft": "gas", "asa": 4}):
        for found in paths(**changed).values():
            for reason in (*found.reasons_for, *found.reasons_against):
                assert reason.endswith("))") and "{" not in reason


@pytest.mark.parametrize(
    "sign", [{"temperature": 38.5}, {"crp": 80.0}, {"wbc": 22.0}, {"esr": 110.0}], ids=str
)
def test_a_sign_of_infection_is_not_waited_out(sign: dict[str, Any]) -> None:
    found = paths(**sign)[Path.WAITING]
    assert found.stance is Stance.CORRECT_FIRST and "infection" in found.sentence


ANYTHING: dict[str, list[Any]] = {
    "injury_morphology": [None, "compression", "burst", "translation_or_rotation", "distraction"],
    "posterior_ligaments": [None, "intact", "suspected", "injured"],
    "tlics": [None, 4, 5],
    "sins": [None, 6, 7, 12, 13],
    "of_type": [None, "OF1", "OF3", "OF4", "OF5"],
    "tscore_spine": [None, -2.0, -3.5],
    "spinal_instability": ["none", None, "tension_band_failure"],
    "neuro_grade": ["N0", "N1", "N2"],
    "posterior_wall": ["intact", "breached", "retropulsed"],
    "canal_narrowing_pct": [None, 0.0, 10.0],
    "intravertebral_cleft": ["none", "gas"],
    "pain_pattern": [None, "midline", "radicular"],
    "mobilises_on_analgesia": [True, False],
    "myeloma_screen_done": [None, True],
}


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in ANYTHING.items()}))
def test_consider_never_stands_beside_a_surgeon(changed: dict[str, Any]) -> None:
    """Whatever sends the patient to a spinal surgeon, or calls for one, takes *consider* away."""
    facts = facts_from(but(**changed))
    hearing = Hearing.of(with_derived(facts, LEVEL))
    answers = decide(facts, LEVEL)
    if other_paths(hearing, answers)[1].stance is not None:
        assert all(decision.stance is not Stance.CONSIDER for decision in answers)


@pytest.mark.parametrize("name", sorted(ANYTHING))
def test_each_single_call_for_a_surgeon_takes_consider_away(name: str) -> None:
    for value in ANYTHING[name]:
        facts = facts_from(but(**{name: value}))
        answers = decide(facts, LEVEL)
        if other_paths(Hearing.of(with_derived(facts, LEVEL)), answers)[1].stance is not None:
            assert all(decision.stance is not Stance.CONSIDER for decision in answers), value

"""The clear candidate every test of the decision starts from, and small ways to change one fact."""

from collections.abc import Mapping
from typing import Any

from vertebro.guidelines.decision import decide
from vertebro.guidelines.verdict import Decision, Procedure
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known
from vertebro.vocabulary.levels import Level

LEVEL = Level.T12

CLEAR_CANDIDATE: dict[str, Any] = {
    "age_years": 78,
    "sex": "female",
    "osteoporosis": True,
    "malignancy": "none",
    "trauma": "low_energy",
    "pain_nrs": 8,
    "pain_trend": "stable",
    "weeks_since_fracture": 8.0,
    "optimal_pain_management": True,
    "setting": "outpatient",
    "mobilises_on_analgesia": True,
    "exam_matches_level": True,
    "neuro_grade": "N0",
    "mri": "oedema",
    "intravertebral_cleft": "none",
    "posterior_wall": "intact",
    "spinal_instability": "none",
    "infection": "none",
    "allergies": ("none",),
    "inr": 1.0,
    "platelets": 220.0,
    "anticoagulant": "none",
    "asa": 2,
    "prone_tolerated": True,
}


def facts_from(values: Mapping[str, Any]) -> dict[str, Known[Any]]:
    """Plain values as facts, checked against the dictionary."""
    return {name: Known(fact(name).check(value), "test") for name, value in values.items()}


def but(**changed: Any) -> dict[str, Any]:
    """The clear candidate with some facts changed; None takes a fact away."""
    return {n: v for n, v in (CLEAR_CANDIDATE | changed).items() if v is not None}


def decisions(values: Mapping[str, Any]) -> dict[Procedure, Decision]:
    """The decision about each procedure."""
    return {decision.procedure: decision for decision in decide(facts_from(values), LEVEL)}


def decided(**changed: Any) -> Decision:
    """The decision about vertebroplasty for the clear candidate with some facts changed."""
    return decisions(but(**changed))[Procedure.VERTEBROPLASTY]

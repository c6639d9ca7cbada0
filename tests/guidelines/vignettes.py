"""The published acceptance cases and how their fields become facts of a record."""

import json
from pathlib import Path
from typing import Any

from vertebro.vocabulary.known import Known

CHOICES = {
    "sex": {"F": "female", "M": "male"},
    "malignancy": {"no": "none"},
    "trauma": {"low": "low_energy", "high": "high_energy"},
    "neuro": {"intact": "N0"},
    "posterior_wall": {"disrupted": "breached"},
    "infection": {"discitis suspected": "suspected"},
}
SAME = {
    "age": "age_years",
    "sex": "sex",
    "osteoporotic": "osteoporosis",
    "malignancy": "malignancy",
    "trauma": "trauma",
    "symptomatic_levels": "symptomatic_levels",
    "weeks": "weeks_since_fracture",
    "nrs": "pain_nrs",
    "nrs_on_analgesia": "pain_on_analgesia",
    "trend": "pain_trend",
    "setting": "setting",
    "mobile": "mobilises_on_analgesia",
    "opt_mgmt": "optimal_pain_management",
    "exam_match": "exam_matches_level",
    "height_loss": "height_loss_pct",
    "progression": "height_loss_progressing",
    "kyphosis": "kyphotic_deformity",
    "rmdq": "rmdq",
    "neuro": "neuro_grade",
    "canal": "canal_narrowing_pct",
    "posterior_wall": "posterior_wall",
    "tscore": "tscore_spine",
    "infection": "infection",
    "inr": "inr",
    "plt": "platelets",
    "anticoag": "anticoagulant",
    "pregnant": "pregnant",
    "asa": "asa",
    "mfi": "mfi5",
    "prone_ok": "prone_tolerated",
    "pulm": "pulmonary_reserve",
}
IMAGING: dict[str, dict[str, str]] = {
    "oedema": {"mri": "oedema"},
    "no_oedema": {"mri": "no_oedema"},
    "bone_scan": {"mri_impossible_reason": "other", "bone_scan": "uptake"},
    "missing": {},
}


def vignettes(knowledge: Path) -> list[dict[str, Any]]:
    """The cases of the file."""
    found: list[dict[str, Any]] = json.loads((knowledge / "vignettes.json").read_text(encoding="utf-8"))
    return found


def values_of(patient: dict[str, Any]) -> dict[str, Any]:
    """The patient's fields as values of the dictionary; what the case leaves open stays out."""
    values = {SAME[f]: CHOICES.get(f, {}).get(v, v) for f, v in patient.items() if f in SAME}
    values |= IMAGING[patient["mri"]]
    values["anticoagulant"] = (patient["anticoag"],)
    values["allergies"] = (patient["allergy"],)
    values["intravertebral_cleft"] = "gas" if patient["cleft"] else "none"
    if patient["of"] is not None:
        values["of_type"] = f"OF{patient['of']}"
    if patient["anticoag"] != "none":
        values["anticoagulant_held"] = False  # no case says that it was paused
    return values


def facts_of_patient(patient: dict[str, Any]) -> dict[str, Known[Any]]:
    """The facts of one case."""
    return {name: Known(value, "vignette") for name, value in values_of(patient).items()}

"""The dictionary holds every field of the clinical tables C1 to C5, in its own unit and range."""

import pytest

from vertebro.vocabulary.facts import fact, facts

FIELDS: dict[str, dict[str, str]] = {  # field of the table: facts that hold it
    "C1 pain, time, function": {
        "pain_nrs": "pain_nrs pain_on_analgesia",
        "pain_nrs_movement, pain_nrs_rest": "pain_nrs_movement pain_nrs_rest",
        "pain_onset_date, fracture_date, basis": "pain_onset_date fracture_date fracture_date_basis",
        "weeks": "weeks_since_fracture",
        "pain_trend": "pain_trend",
        "pain_pattern": "pain_pattern midline_pain",
        "the ten items of suspicion": "adl_severely_limited pain_less_at_rest trauma pain_on_movement "
        "osteoporosis osteopenia prior_vcf_count steroid_mg_day midline_tenderness pain_on_position_change "
        "midline_pain",
        "rmdq": "rmdq",
        "odi": "odi",
        "eq5d": "eq5d_index eq5d_vas",
        "opioids and side effects": "opioid_morphine_eq_mg_day analgesic_side_effects",
        "conservative care": "conservative_since conservative_items optimal_pain_management",
        "setting, mobilises": "setting mobilises_on_analgesia",
    },
    "C2 examination": {
        "closed_fist_percussion": "closed_fist_percussion",
        "supine_sign": "supine_sign",
        "midline_tenderness_level": "tender_levels midline_tenderness",
        "match": "examined exam_matches_level",
    },
    "C3 imaging": {
        "mri_stir_oedema_fraction": "mri_oedema_fraction mri",
        "t1_pattern, t2_pattern": "t1_pattern t2_pattern",
        "intravertebral_cleft": "intravertebral_cleft cleft_volume_ml",
        "dynamic_mobility": "dynamic_mobility_mm",
        "posterior_wall": "posterior_wall canal_narrowing_pct",
        "height_loss": "height_loss_pct height_loss_progressing height_loss_progression_pct",
        "kyphosis_deg": "kyphosis_deg scoliosis_deg",
        "mri_impossible_reason": "mri_impossible_reason bone_scan",
        "tumour_signs, infection_signs": "tumour_signs infection_signs",
    },
    "C4 safety": {
        "inr, platelets": "inr platelets",
        "drugs": "anticoagulant anticoagulant_held coronary_stent",
        "crcl_ml_min": "crcl_ml_min",
        "signs of infection": "infection crp esr wbc temperature active_uti lung_tuberculosis diabetes bmi",
        "creatinine": "creatinine",
        "albumin": "albumin",
        "asa": "asa",
        "cfs, mfi5": "cfs mfi5 functionally_dependent diabetes copd heart_failure hypertension dementia",
        "reserve": "spo2 fev1_pct dyspnoea_mmrc lvef_pct nyha pulmonary_hypertension pulmonary_reserve",
        "prone_tolerated": "prone_tolerated anaesthesia_plan",
        "allergy": "allergies",
        "pregnancy_status": "pregnant sex age_years",
        "neuro_grade": "neuro_grade",
    },
    "C5 bone and cause": {
        "tscore": "tscore_spine tscore_hip",
        "qct": "qct_hu qct_bmd_k2hpo4_mg_cm3",
        "prior fractures, steroids, smoking, weight": "prior_vcf_count steroid_mg_day smoker bmi",
        "osteoporosis_drug": "osteoporosis_drug osteoporosis_drug_start osteoporosis_drug_last_dose",
        "myeloma, cancer": "myeloma_screen_done cancer_history malignancy",
        "sins": "sins",
        "level": "fracture_level",
    },
}
"""Not facts of a record: aPTT (no longer recommended), the widths of the pedicles (measured by the planner),
codes of diagnoses and procedures. ASA class 6 is a donor of organs, so the scale ends at 5."""

NUMBERS = {  # unit and range as the tables print them, where they print any
    "pain_nrs": ("{score}", 0, 10),
    "pain_nrs_movement": ("{score}", 0, 10),
    "pain_nrs_rest": ("{score}", 0, 10),
    "rmdq": ("{score}", 0, 24),
    "odi": ("%", 0, 100),
    "eq5d_index": ("{score}", -0.6, 1),
    "eq5d_vas": ("{score}", 0, 100),
    "mri_oedema_fraction": ("%", 0, 100),
    "canal_narrowing_pct": ("%", 0, 100),
    "sins": ("{score}", 0, 18),
    "mfi5": ("{score}", 0, 5),
    "cfs": ("{score}", 1, 9),
    "asa": ("{score}", 1, 5),
    "nyha": ("{score}", 1, 4),
    "qct_hu": ("[hnsf'U]", -200, 1000),
}

CHOICES = {
    "allergies": "none pmma iodinated_contrast barium cement_antibiotic latex local_anaesthetic other",
    "neuro_grade": "N0 N1 N2 N3 N4",
    "pain_trend": "improving stable worsening",
    "intravertebral_cleft": "none gas fluid both",
    "conservative_items": "none who_step_1 who_step_2 who_step_3 brace physiotherapy calcitonin nerve_block",
}


@pytest.mark.parametrize(("table", "field"), [(t, f) for t, fields in FIELDS.items() for f in fields])
def test_every_field_of_the_clinical_dictionary_is_a_fact(table: str, field: str) -> None:
    for name in FIELDS[table][field].split():
        found = fact(name)
        assert found.question.endswith("?") and found.label and found.allowed


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_has_the_unit_and_the_range_of_its_table(name: str) -> None:
    assert (fact(name).unit, fact(name).low, fact(name).high) == NUMBERS[name]


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_has_the_answers_of_its_table(name: str) -> None:
    assert fact(name).choices == tuple(CHOICES[name].split())


def test_a_tscore_as_low_as_the_table_prints_is_taken() -> None:
    for name in ("tscore_spine", "tscore_hip"):
        assert fact(name).check(-6) == -6 and fact(name).check(3) == 3


def test_a_density_names_its_kind_and_every_number_its_unit() -> None:
    for known in facts().values():
        if known.kind == "number":
            assert known.unit != "1", known.name
        if known.unit == "mg/cm3":
            assert "k2hpo4" in known.name or "_ha_" in known.name


def test_several_answers_are_a_list_and_one_needs_none() -> None:
    assert fact("anticoagulant").check("warfarin") == ("warfarin",)
    assert fact("anticoagulant").check(["warfarin", "aspirin"]) == ("warfarin", "aspirin")
    assert fact("anticoagulant").in_words("warfarin") == "warfarin"

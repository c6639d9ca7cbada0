"""Oedema and fluid measured on MRI as facts: with their method, never ruling out, overruled by a person."""

from datetime import date
from typing import Any

import pytest
from patients import CLEAR_CANDIDATE, LEVEL

from vertebro.errors import BadRecord
from vertebro.fracture.findings import Findings, VertebraFindings
from vertebro.guidelines.facts_of import disagreements, facts_of
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

DAY = date(2026, 11, 22)
METHOD = "brighter than healthy marrow"
NO = Unknown("not measured here")
FLUID = Graded(True, METHOD, (True,))
NO_FLUID = Graded(False, METHOD, (False, True))
GAS, NO_GAS = Measured(900, "mm3", METHOD, 30), Measured(0, "mm3", METHOD, 5)


def case_of(**written: Any) -> Case:
    values = {n: v for n, v in CLEAR_CANDIDATE.items() if n not in ("mri", "intravertebral_cleft")} | written
    return Case("test", DAY, ClinicalRecord.of(DAY, **values), LEVEL, Unknown("no CT"), Unknown("no mask"))


def seen(part: float | None = None, spread: float = 4.0, **more: Any) -> Findings:
    blank = {name: NO for name in VertebraFindings.__dataclass_fields__ if name != "level"}
    oedema = NO if part is None else Measured(part, "%", METHOD, spread)
    found = VertebraFindings(level=LEVEL, **(blank | {"oedema_fraction": oedema} | more))
    return Findings({LEVEL: found}, Unknown("not calibrated"), Unknown("not judged"))


def test_measured_oedema_is_a_fact_with_its_method_and_makes_the_fracture_unhealed() -> None:
    facts = facts_of(case_of(), seen(60))
    assert METHOD in facts["mri_oedema_fraction"].source and "60" in facts["mri_oedema_fraction"].source
    assert facts["mri"].value == "oedema" and facts["fracture_unhealed"].value is True


@pytest.mark.parametrize("part", [0.0, 3.0])
def test_a_measurement_never_rules_oedema_out(part: float) -> None:
    facts = facts_of(case_of(), seen(part))
    assert "mri" not in facts and "fracture_unhealed" not in facts


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ({"mri": "no_oedema"}, 60.0),
        ({"mri": "oedema"}, 0.0),
        ({"oedema_extent": "none"}, 60.0),
        ({"oedema_extent": "part"}, 0.0),
        ({"mri_impossible_reason": "claustrophobia"}, 60.0),
        ({"mri_oedema_fraction": 20}, 60.0),
    ],
)
def test_a_person_overrules_the_measurement_and_the_difference_is_said(
    written: dict[str, Any], part: float
) -> None:
    case, findings = case_of(**written), seen(part)
    facts = facts_of(case, findings)
    for name, value in written.items():
        assert facts[name].value == value and facts[name].source == "record"
    assert "mri_oedema_fraction" in written or "mri_oedema_fraction" not in facts
    said = " ".join(disagreements(case, findings))
    assert METHOD in said and fact(next(iter(written))).label in said


def test_where_person_and_measurement_agree_both_are_facts_and_nothing_is_said() -> None:
    case = case_of(mri="oedema")
    facts = facts_of(case, seen(60))
    assert facts["mri"].source == "record" and facts["mri_oedema_fraction"].value == 60
    assert disagreements(case, seen(60)) == ()
    assert disagreements(case_of(mri="no_oedema"), seen(0.0)) == ()


@pytest.mark.parametrize(
    ("gas", "fluid", "cleft"),
    [
        (GAS, NO_FLUID, "gas"),
        (NO_GAS, FLUID, "fluid"),
        (GAS, FLUID, "both"),
        (NO_GAS, NO_FLUID, None),
        (NO, FLUID, "fluid"),
        (NO, NO, None),
    ],
)
def test_gas_on_ct_and_fluid_on_mri_are_a_cleft(gas: Any, fluid: Any, cleft: str | None) -> None:
    facts = facts_of(case_of(), seen(cleft_gas_volume=gas, cleft_fluid=fluid))
    found = facts.get("intravertebral_cleft")
    assert (None if found is None else found.value) == cleft


def test_how_much_of_the_body_shows_oedema_answers_whether_there_is_any() -> None:
    for extent, mri in (("none", "no_oedema"), ("part", "oedema"), ("most", "oedema")):
        assert facts_of(case_of(oedema_extent=extent), seen())["mri"].value == mri
    for contradiction in ({"mri": "oedema"}, {"mri_oedema_fraction": 30}):
        with pytest.raises(BadRecord, match="oedema"):
            case_of(oedema_extent="none", **contradiction)
    with pytest.raises(BadRecord, match="impossible"):
        case_of(oedema_extent="part", mri_impossible_reason="other")
    assert case_of(oedema_levels=["T12", "L1"]).record.value("oedema_levels") == (Level.T12, Level.L1)

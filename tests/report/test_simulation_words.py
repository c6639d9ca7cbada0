"""A simulated vertebroplasty in words: every number with its interval, doubt first, nothing missing."""

from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from shell_phantom import shell_phantom
from vertebro.formats.simulation_document import simulation_document, simulation_schema
from vertebro.patient.volume import Volume
from vertebro.report.simulation_words import simulation_in_words
from vertebro.simulation.cement import inject
from vertebro.simulation.cement_model import Prepared, gaps_on_ct, with_tracks
from vertebro.simulation.injection import InjectionNeedle, InjectionSettings
from vertebro.simulation.leak_risk import LeakRisk, Question, counted, leak_risk
from vertebro.simulation.leakage import Place, Route
from vertebro.simulation.procedure_run import Simulated, Wanted
from vertebro.simulation.rheology import cement_named
from vertebro.simulation.sampling import Sampling
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

MISSED = {
    "bone_kpa": 0.0,
    "hub_mpa": 0.0,
    "injected_ml": 0.0,
    "by_route_ml": {r.value: [0.0, 0.0] for r in Route},
    "by_place_ml": {p.value: [0.0, 0.0] for p in Place},
}


@pytest.fixture(scope="module")
def played() -> Simulated:
    given = shell_phantom(6.0, "side", voxel_mm=1.2)
    gas = Volume(np.zeros(given.bone.shape, dtype=bool), given.bone.affine_mm, given.bone.quantity)
    model = Prepared(Level.L1, given, gas, gaps_on_ct(given), ()).on(2.0)
    frame, cement = model.bone.grid.frame, cement_named("low")
    tip, entry = (frame.world_mm(np.array(at)) for at in ([11.0, 3.0, 0.0], [12.0, -14.0, 3.0]))
    needles = (InjectionNeedle("right", tip, 2.388, 3.048, entry_mm=entry),)
    settings = InjectionSettings(local_shear=False, threads=1)
    model = with_tracks(model, needles)
    result = inject(model.bone, model.outlets, needles, cement, 3.0, settings)
    risk = leak_risk(Question(model, needles, cement, 3.0, settings), Sampling(6, 2, workers=1))
    wanted = Wanted("vertebroplasty", "low", 3.0, settings=settings, samples=6)
    return Simulated("phantom", Level.L1, wanted, needles, model, result, risk, (2.0, 2.0), ("read me",))


def test_all_of_it_is_said(played: Simulated) -> None:
    said = simulation_in_words(played)
    for part in (
        "An estimate",
        "read me",
        "looks missing over",
        "on the patient's",
        "3.0 of 3 mL",
        "factor of seven",
        "soft tissue",
        "95 %",
    ):
        assert part in said, part
    rows = [line for line in said.splitlines() if line.strip().startswith(("1.0 mL", "3.0 mL"))]
    assert len(rows) == 2 and all(row.count("%") == 5 and "(" in row for row in rows)
    assert "C" in played.result.yeom and "Types after Yeom" in said


def test_the_document_holds_it_by_its_schema(played: Simulated) -> None:
    made = simulation_document(played)
    jsonschema.validate(made, simulation_schema())
    assert made["risk"]["samples"] == 6 and len(made["risk"]["by_place"]) == 5
    assert sum(o["leaked_ml"] for o in made["injection"]["outlets"]) == pytest.approx(
        made["injection"]["leaked_ml"]
    )
    assert made["injection"]["outlets"][-1]["route"] == "needle track"


def test_few_samples_are_not_told_as_more_than_they_are(played: Simulated) -> None:
    said = " ".join(simulation_in_words(played).split())
    assert "that does not make it unlikely: a chance of up to" in said
    assert "ruled out by the count at no volume" in said and "over only 6 samples" in said
    assert isinstance(played.risk, LeakRisk) and played.risk.samples == 6
    missed = [{**MISSED, "stopped": "not_in_bone"}] * 3
    none = replace(played, risk=counted((0.5, 1.0), missed, seed=0))
    said = " ".join(simulation_in_words(none).split())
    assert "In 3 of 3 samples there was no answer" in said and "No sample gave an answer" in said
    jsonschema.validate(simulation_document(none), simulation_schema())


def test_an_injection_that_never_began_is_said_before_all_else(played: Simulated) -> None:
    far = replace(played.needles[0], tip_mm=np.array([300.0, 0.0, 0.0]))
    model = played.model
    result = inject(model.bone, model.outlets, (far,), cement_named("low"), 3.0, played.wanted.settings)
    said = simulation_in_words(
        replace(played, result=result, needles=(far,), risk=Unknown("nothing to tell"))
    )
    assert said.split("\n\n")[1].startswith("Nothing was injected: the tip of a needle does not lie")
    assert "Cement outside" not in said and "none" not in said


def test_without_samples_or_shell_it_says_so(played: Simulated) -> None:
    blind = replace(played.model, gaps=Unknown("the CT is too coarse"))
    bare = replace(played, risk=Unknown("no samples were asked for"), model=blind)
    said = simulation_in_words(bare)
    assert "no samples were asked for" in said and "too coarse" in said
    made = simulation_document(bare)
    jsonschema.validate(made, simulation_schema())
    assert made["risk"] == {"unknown": "no samples were asked for"} and "unknown" in made["gaps"]

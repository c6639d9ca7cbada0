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
from vertebro.simulation.cement_model import Prepared, gaps_on_ct
from vertebro.simulation.injection import InjectionNeedle, InjectionSettings
from vertebro.simulation.leak_risk import Question, leak_risk
from vertebro.simulation.rheology import cement_named
from vertebro.simulation.sampling import Sampling
from vertebro.simulation.vertebroplasty_run import Played, Wanted, with_tracks
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level


@pytest.fixture(scope="module")
def played() -> Played:
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
    wanted = Wanted(Level.L1, "low", 3.0, settings=settings, samples=6)
    return Played("phantom", wanted, needles, model, result, risk, (2.0, 2.0), ("read me",))


def test_all_of_it_is_said(played: Played) -> None:
    said = simulation_in_words(played)
    for part in (
        "An estimate",
        "read me",
        "shows a gap of",
        "3.0 of 3 mL",
        "factor of seven",
        "soft tissue",
        "95 %",
    ):
        assert part in said, part
    rows = [line for line in said.splitlines() if line.strip().startswith(("1.0 mL", "3.0 mL"))]
    assert len(rows) == 2 and all(row.count("%") == 5 and "(" in row for row in rows)
    assert "C" in played.result.yeom and "Types after Yeom" in said


def test_the_document_holds_it_by_its_schema(played: Played) -> None:
    made = simulation_document(played)
    jsonschema.validate(made, simulation_schema())
    assert made["risk"]["samples"] == 6 and len(made["risk"]["by_place"]) == 5
    assert sum(o["leaked_ml"] for o in made["injection"]["outlets"]) == pytest.approx(
        made["injection"]["leaked_ml"]
    )
    assert made["injection"]["outlets"][-1]["route"] == "needle track"


def test_without_samples_or_shell_it_says_so(played: Played) -> None:
    blind = replace(played.model, gaps=Unknown("the CT is too coarse"))
    bare = replace(played, risk=Unknown("no samples were asked for"), model=blind)
    said = simulation_in_words(bare)
    assert "no samples were asked for" in said and "too coarse" in said
    made = simulation_document(bare)
    jsonschema.validate(made, simulation_schema())
    assert made["risk"] == {"unknown": "no samples were asked for"} and "unknown" in made["gaps"]

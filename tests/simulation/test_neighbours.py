"""The load next door of a whole case: cement and alignment apart, what is unknown, what is refused."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import jsonschema
import numpy as np
import pytest

from vertebro.errors import BadAnatomy, BadCase, BadModel
from vertebro.formats.neighbours_document import neighbours_document, neighbours_schema
from vertebro.patient.case import Case
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.report.neighbours_part import neighbours_part
from vertebro.report.neighbours_picture import coloured, neighbours_picture
from vertebro.report.neighbours_words import in_digits, neighbours_in_words
from vertebro.simulation.injection import CementResult, Course, Stop
from vertebro.simulation.neighbour_results import EVIDENCE, Neighbours, NeighbourSettings, Treatment
from vertebro.simulation.neighbours import PreparedSegment, cement_of, neighbours_of, segment_of
from vertebro.simulation.permeability import PorousVertebra
from vertebro.simulation.posture import Posture
from vertebro.simulation.segment import SaturationField, SegmentSettings
from vertebro.simulation.strength import strength_of
from vertebro.simulation.vertebra_grid import vertebra_grid
from vertebro.simulation.voxel_model import ModelSettings
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

COARSE = NeighbourSettings(SegmentSettings(voxel_mm=2.0, has_joints=False))


@pytest.fixture(scope="module")
def case(small_patient: SyntheticPatient) -> Case:
    return small_patient.case()


@pytest.fixture(scope="module")
def prepared(case: Case) -> PreparedSegment:
    return segment_of(case, Level.L1, COARSE)


@pytest.fixture(scope="module")
def cement(prepared: PreparedSegment) -> SaturationField:
    """An ellipsoid of some 5 mL in the middle of L1, on a grid of its own."""
    frame = prepared.segment.given[Level.L1].frame
    axis = np.arange(-16.0, 17.0)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = frame.axes.T, frame.world_mm(np.full(3, -16.0))
    return SaturationField(((x / 14) ** 2 + (y / 10) ** 2 + (z / 9) ** 2 < 1).astype(float), affine)


@pytest.fixture(scope="module")
def found(prepared: PreparedSegment, cement: SaturationField) -> Neighbours:
    return prepared.treated(Treatment(cement, wedge_before_deg=9.0, wedge_after_deg=3.0))


def test_the_segment_is_the_level_and_its_neighbours(found: Neighbours) -> None:
    assert found.levels == (Level.T12, Level.L1, Level.L2) and found.level is Level.L1
    assert found.evidence == EVIDENCE and found.load.value == 600
    places = {(r.quantity, r.place) for r in found.now}
    assert {("pressure", "T12-L1"), ("pressure", "L1-L2"), ("strain", "T12"), ("bulge", "L2 upper")} <= places
    assert not any(place == "L1" for _, place in places)  # the treated vertebra is no neighbour
    assert all(isinstance(r.value, Measured) and r.value.method for r in found.now)


def test_cement_raises_the_pressure_next_door_a_little(found: Neighbours) -> None:
    for place in ("T12-L1", "L1-L2"):
        change = found.by_cement("pressure", place)
        assert isinstance(change, Measured) and 0 < change.value < 20
    stiffer = found.by_cement("stiffness", "segment")
    assert isinstance(stiffer, Measured) and stiffer.value > 0
    untouched = found.by_cement("load_to_strength", "T12")
    assert isinstance(untouched, Measured) and untouched.value == 0
    assert isinstance(found.by_cement("pressure", "L4-L5"), Unknown)


def test_alignment_is_told_for_both_postures_and_is_the_levers(found: Neighbours) -> None:
    assert not isinstance(found.alignment, Unknown)
    free, helped = found.alignment
    assert (free.posture, helped.posture) == ("uncompensated", "compensated")
    assert free.load_before.value == pytest.approx(600 * Posture().load_ratio(9.0))
    assert free.over_straight.value == pytest.approx(100 * Posture().load_ratio(3.0) - 100)
    assert free.over_straight.value > helped.over_straight.value > 0
    for one in found.alignment:
        ratio = next(c for c in one.changes if c.quantity == "load_to_strength")
        assert isinstance(ratio.change, Measured)
        assert ratio.change.value == pytest.approx(100 * (one.load_after.value / one.load_before.value - 1))
        pressure = next(c for c in one.changes if c.quantity == "pressure")
        assert isinstance(pressure.change, Measured)
        assert pressure.change.value == pytest.approx(ratio.change.value, abs=5)


def test_the_strength_next_door_is_that_of_the_strength_command(
    case: Case, prepared: PreparedSegment
) -> None:
    alone = strength_of(case, Level.L2, ModelSettings(voxel_mm=2.0, crush=False)).numbers.compression[0].value
    assert isinstance(alone, Measured)
    assert prepared.segment.strength_n[Level.L2] == pytest.approx(alone.value, rel=1e-9)


def test_the_wedge_before_is_measured_where_it_is_not_told(prepared: PreparedSegment) -> None:
    found = prepared.treated(Treatment(wedge_after_deg=5.0))
    assert not isinstance(found.alignment, Unknown)
    wedge = found.alignment[0].wedge_before
    assert 8 < wedge.value < 22 and wedge.spread > 0  # she has lost a third of the height in front
    assert found.alignment[0].load_before.spread > 0
    assert any("more than the 9°" in c for c in found.cautions)
    assert isinstance(found.cement, Unknown) and "no cement" in found.cement.why


def test_what_nobody_said_is_unknown(prepared: PreparedSegment, cement: SaturationField) -> None:
    elsewhere = cement.affine_mm + np.outer([0, 0, 500.0, 0], [0, 0, 0, 1])
    found = prepared.treated(Treatment(replace(cement, affine_mm=elsewhere), wedge_before_deg=5.0))
    assert isinstance(found.alignment, Unknown) and "how much of the wedge" in found.alignment.why
    assert isinstance(found.cement, Unknown) and "none of the cement" in found.cement.why


def test_several_moduli_of_the_cement_give_a_spread(
    prepared: PreparedSegment, cement: SaturationField
) -> None:
    both = replace(prepared, settings=replace(COARSE, cement_scaling=(0.5, 1.0)))
    change = both.treated(Treatment(cement)).by_cement("stiffness", "segment")
    assert isinstance(change, Measured) and change.spread > 0


def test_the_words_hold_every_number_apart_by_cause_and_never_call_it_a_risk(found: Neighbours) -> None:
    said = " ".join(neighbours_in_words(found).split())
    assert "do not say how likely a fracture is" in said and "must not be read as a risk" in said
    assert "L1 is broken" in said
    assert "2.4 % to 19 %" in said and "7.5 % to 60 %" in said
    assert "Trials have not confirmed" in said  # the evidence stands beside the model
    for change in found.cement if not isinstance(found.cement, Unknown) else ():
        if isinstance(change.change, Measured) and change.change.value:
            assert in_digits(change.change) in said
    cement, alignment = said.index("Cement alone"), said.index("Alignment alone")
    assert cement < alignment < said.index("Posture not compensated")


def test_what_is_unknown_is_said_in_words(prepared: PreparedSegment) -> None:
    said = " ".join(neighbours_in_words(prepared.treated(Treatment())).split())
    assert "not known: no cement was given" in said
    assert "not known: nobody said how much of the wedge is left" in said


def test_the_document_is_plain_data(found: Neighbours, prepared: PreparedSegment) -> None:
    document = json.loads(json.dumps(neighbours_document("a case", found)))
    assert document["format"] == "vertebro.neighbours/1" and document["is_fracture_risk"] is False
    assert document["levels"] == ["T12", "L1", "L2"] and document["evidence"] == "next_door"
    row = next(r for r in document["cement"] if (r["quantity"], r["place"]) == ("pressure", "T12-L1"))
    assert row["change"]["unit"] == "%" and row["before"]["unit"] == "MPa"
    assert [one["posture"] for one in document["alignment"]] == ["uncompensated", "compensated"]
    assert document["discs"]["annulus"]["source"]["key"] == "yang2012_flexion"
    nothing = neighbours_document("a case", prepared.treated(Treatment()))
    assert "unknown" in nothing["cement"] and "unknown" in nothing["alignment"]
    for one in (document, nothing):
        jsonschema.validate(one, neighbours_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document | {"is_fracture_risk": True}, neighbours_schema())


def test_the_picture_shows_both_states_and_the_change(
    prepared: PreparedSegment, cement: SaturationField, found: Neighbours
) -> None:
    picture = neighbours_picture(prepared, cement)
    assert not isinstance(picture, Unknown)
    assert picture.svg.count("<image") == 6  # three cuts and three scales
    for level in found.levels:
        assert f">{level}</text>" in picture.svg
    change = found.by_cement("pressure", "T12-L1")
    assert isinstance(change, Measured) and f"{change.value:+.1f} % with cement" in picture.caption
    elsewhere = replace(cement, affine_mm=cement.affine_mm + np.outer([0, 0, 500.0, 0], [0, 0, 0, 1]))
    assert isinstance(neighbours_picture(prepared, elsewhere), Unknown)


def test_the_colours_of_a_scale_run_through_their_stops() -> None:
    row = coloured(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]), ((0, 0, 0), (100, 0, 0), (100, 200, 0)))
    assert row[:, 0].tolist() == [0, 0, 100, 100, 100] and row[:, 1].tolist() == [0, 0, 0, 200, 200]
    assert (row[:, 3] == 255).all()


def test_the_cement_of_an_injection_lies_where_it_was_injected(prepared: PreparedSegment) -> None:
    grid = vertebra_grid(prepared.segment.given[Level.L1], 2.0, 2.0)
    bone = PorousVertebra(grid, *(np.where(grid.bone, value, 0.0) for value in (0.8, 1e-3, 0.0)))
    corners = np.zeros(tuple(n + 1 for n in grid.shape))
    corners[:, :, : grid.shape[2] // 2] = 1.0
    course = Course(*(np.zeros(1) for _ in range(4)), np.zeros((0, 1)))
    result = CementResult(bone, (), 1.0, Stop.VOLUME, "as asked", course, corners)
    field = cement_of(result)
    filled = field.affine_mm[:3, :3] @ np.argwhere(field.saturation > 0.5).T + field.affine_mm[:3, 3:]
    low = grid.frame.local_mm(filled.T)[:, 2]
    assert low.max() < grid.local_mm([0, 0, grid.shape[2] // 2])[2]


def test_a_missing_neighbour_is_said_and_two_are_refused(case: Case) -> None:
    assert not isinstance(case.spine, Unknown)
    two = {n: x for n, x in case.spine.vertebrae.items() if n is not Level.L2}
    found = neighbours_of(
        replace(case, spine=replace(case.spine, vertebrae=two)), Level.L1, Treatment(), COARSE
    )
    assert found.levels == (Level.T12, Level.L1)
    assert ("the vertebra below L1", "the mask has no vertebra there") in found.not_done
    alone = {n: x for n, x in two.items() if n is Level.L1}
    with pytest.raises(BadAnatomy, match="No neighbour of L1"):
        segment_of(replace(case, spine=replace(case.spine, vertebrae=alone)), Level.L1, COARSE)


def test_the_load_of_a_posture_follows_measured_pressure_and_weight(prepared: PreparedSegment) -> None:
    """Standing, the lowest disc of a model of 70 kg has the 0.5 MPa of the man of 70 kg; half of him half."""
    for weight, pressure in ((70.0, 0.5), (35.0, 0.25)):
        settings = replace(COARSE, activity="relaxed standing", weight_kg=weight)
        found = replace(prepared, settings=settings).treated(Treatment())
        told = {(r.quantity, r.place): r.value for r in found.now}["pressure", "L1-L2"]
        assert isinstance(told, Measured) and told.value == pytest.approx(pressure)
        assert "in proportion to" in found.load.method
    assert any("load is that of a test rig" in c for c in prepared.cautions)
    assert prepared.load.value == 600


def test_refusals(case: Case) -> None:
    for weight in (None, 0.0, float("nan")):
        with pytest.raises(BadModel, match="weight"):
            NeighbourSettings(activity="sitting", weight_kg=weight)
    with pytest.raises(BadModel, match="no load for"):
        NeighbourSettings(activity="flying")
    with pytest.raises(BadCase, match="nothing to make a model of"):
        segment_of(replace(case, ct=Unknown("no CT was given")), Level.L1, COARSE)


def test_a_crush_without_a_wedge_is_never_told_to_unload_the_spine(prepared: PreparedSegment) -> None:
    """A body that lost as much behind as in front: no published wedge says what that does."""
    front, middle, _ = prepared.seen.heights[Level.L1]
    level = {**prepared.seen.heights, Level.L1: (front, middle, replace(front, value=front.value - 1.0))}
    seen = replace(prepared.seen, heights=level)
    found = replace(prepared, seen=seen).treated(Treatment(wedge_after_deg=0.0))
    assert isinstance(found.alignment, Unknown) and "not wedged to the front" in found.alignment.why
    option = SimpleNamespace(neighbours=found)
    compared = SimpleNamespace(played={"vertebroplasty": None}, as_planned=lambda _: option)
    told = neighbours_part(cast(Any, compared))
    assert any("not wedged to the front" in line for line in told.below)


def test_the_wedge_of_next_door_is_not_taken_for_the_one_measured(prepared: PreparedSegment) -> None:
    """It is the wedge beyond the neighbours', with a doubt that the rows after a procedure share."""
    found = prepared.treated(Treatment(wedge_after_deg=2.0))
    assert not isinstance(found.alignment, Unknown)
    option = SimpleNamespace(neighbours=found)
    compared = SimpleNamespace(played={"vertebroplasty": None}, as_planned=lambda _: option)
    told = neighbours_part(cast(Any, compared))
    assert any("beyond what the neighbours let expect" in head for head in told.heads)
    spread = f"± {found.alignment[0].wedge_before.spread:.1f}°"
    assert any("as unsure as before" in line and spread in line for line in told.says)


def test_a_measured_wedge_beyond_the_levers_is_unknown(prepared: PreparedSegment) -> None:
    expected = prepared.seen.expected[Level.L1]
    assert not isinstance(expected, Unknown)
    tall = replace(expected, value_mm=expected.value_mm + np.array([16.0, 0, 0]))
    seen = replace(prepared.seen, expected={**prepared.seen.expected, Level.L1: tall})
    found = replace(prepared, seen=seen).treated(Treatment(wedge_after_deg=0.0))
    assert (
        isinstance(found.alignment, Unknown) and "30° for which the levers are asked" in found.alignment.why
    )


@pytest.mark.parametrize(
    ("value", "spread", "said"),
    [(1023.4, 151.0, "1023 ± 151 N"), (0.8604, 0.0, "0.86 N"), (-3.9, 4.6, "-3.9 ± 4.6 N")],
)
def test_numbers_are_told_to_three_digits(value: float, spread: float, said: str) -> None:
    assert in_digits(Measured(value, "N", "test", spread)) == said

"""The load next door of a whole case: cement and alignment apart, what is unknown, what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from vertebro.errors import BadAnatomy, BadCase, BadModel
from vertebro.patient.case import Case
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.simulation.neighbour_results import EVIDENCE, Neighbours, NeighbourSettings, Treatment
from vertebro.simulation.neighbours import PreparedSegment, neighbours_of, segment_of
from vertebro.simulation.posture import Posture
from vertebro.simulation.segment import SaturationField, SegmentSettings
from vertebro.simulation.strength import strength_of
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
    alone = strength_of(case, Level.L2, ModelSettings(voxel_mm=2.0)).numbers.compression[0].value
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


def test_the_words_never_call_it_a_risk(found: Neighbours) -> None:
    said = " ".join(found.cautions)
    assert "do not say how likely a fracture is" in said
    assert "L1 is broken" in said


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


def test_refusals(case: Case) -> None:
    with pytest.raises(BadModel, match="no load for"):
        NeighbourSettings(activity="flying")
    with pytest.raises(BadCase, match="nothing to make a model of"):
        segment_of(replace(case, ct=Unknown("no CT was given")), Level.L1, COARSE)

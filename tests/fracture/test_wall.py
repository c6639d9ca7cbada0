"""The posterior wall and the canal on phantoms whose fragment and canal are known."""

import pytest
from phantoms import Block, Scan, column, scanned

from vertebro.fracture.findings import Findings
from vertebro.fracture.measure import measure
from vertebro.fracture.wall import wall_state
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.patient.spine import Spine
from vertebro.vocabulary.grades import PosteriorWall
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

from datetime import date  # isort: skip

DAY = date(2026, 3, 2)
L1, L2, L3 = Level.L1, Level.L2, Level.L3


def measured(spine: Spine) -> Findings:
    record = ClinicalRecord(DAY, {})
    return measure(Case("phantom", DAY, record, Unknown("not named"), Unknown("no CT was given"), spine))


def found(bulge_mm: float, bend_deg: float = 0.0) -> Findings:
    blocks = {L1: Block(24, 25), L2: Block(24, 25.5, bulge_mm=bulge_mm), L3: Block(25, 25)}
    spine, _ = scanned(blocks, Scan(rotation_deg=(6, 3, 4)), column(blocks, bend_deg=bend_deg))
    return measured(spine)


@pytest.mark.parametrize("bulge_mm", [0.0, 4.0, 7.0])
def test_the_bulge_and_the_loss_of_canal_are_those_of_the_fragment(bulge_mm: float) -> None:
    one = found(bulge_mm)[L2]
    assert isinstance(one.posterior_wall_bulge, Measured)
    assert abs(one.posterior_wall_bulge.value - bulge_mm) <= 1.0
    assert isinstance(one.canal_narrowing, Measured)
    assert abs(one.canal_narrowing.value - 100 * bulge_mm / 16) <= 8
    assert isinstance(one.posterior_wall, Graded)
    assert (one.posterior_wall.value is PosteriorWall.RETROPULSED) == (bulge_mm > 3)


def test_a_curved_spine_is_no_fragment() -> None:
    for one in found(0.0, bend_deg=10).vertebrae.values():
        assert isinstance(one.posterior_wall_bulge, Measured)
        assert one.posterior_wall_bulge.value < 1.5


def test_angles_of_a_bent_column_are_its_bends_and_wedges() -> None:
    one = found(0.0, bend_deg=10)[L2]
    wedge = {
        level: Block(*size).wedge_deg for level, size in ((L1, (24, 25)), (L2, (24, 25.5)), (L3, (25, 25)))
    }
    assert isinstance(one.segmental_kyphosis, Measured)
    assert isinstance(one.local_kyphosis, Measured)
    assert one.segmental_kyphosis.value == pytest.approx(10 + wedge[L1] / 2 + wedge[L2] / 2, abs=1.0)
    assert one.local_kyphosis.value == pytest.approx(20 + wedge[L1] / 2 + wedge[L3] / 2, abs=1.0)


def test_the_end_of_the_column_has_no_neighbour_and_says_so() -> None:
    ends = found(0.0)
    assert isinstance(ends[L1].segmental_kyphosis, Unknown)
    assert isinstance(ends[L3].local_kyphosis, Unknown)
    assert isinstance(ends[L3].segmental_kyphosis, Measured)


def test_a_wall_that_may_be_breached_is_never_called_certainly_intact() -> None:
    state = wall_state(Measured(0.2, "mm", "given", 0.5))
    assert state.value is PosteriorWall.INTACT
    assert PosteriorWall.BREACHED in state.possible
    assert not state.is_certain
    near = wall_state(Measured(2.8, "mm", "given", 0.5))
    assert PosteriorWall.RETROPULSED in near.possible
    sure = wall_state(Measured(6.0, "mm", "given", 0.5))
    assert sure.possible == (PosteriorWall.RETROPULSED,)

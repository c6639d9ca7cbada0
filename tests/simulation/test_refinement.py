"""Cubes of 1.5, 1 and 0.75 mm: how far the numbers of the chain move, as docs/validation.md tells them.

``python tests/simulation/test_refinement.py`` prints the lines of the page, to paste after a change.
"""

import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from inflated_body import elliptic_body

from segments import SMALL, phantom, pillar
from shell_phantom import shell_phantom
from vertebro.patient.volume import Volume
from vertebro.simulation.augmented import broken_model, cemented_model
from vertebro.simulation.cement import inject
from vertebro.simulation.cement_model import Prepared, gaps_on_ct
from vertebro.simulation.injection import InjectionNeedle, InjectionSettings
from vertebro.simulation.leakage import Route
from vertebro.simulation.loading import respond
from vertebro.simulation.papers.dose import through_two_needles
from vertebro.simulation.rheology import cement_named
from vertebro.simulation.segment import SegmentSettings, build_segment, with_cement
from vertebro.simulation.segment_response import respond_segment
from vertebro.simulation.voxel_model import ModelSettings, model_on
from vertebro.vocabulary.levels import Level

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"
EDGES_MM = (1.5, 1.0, 0.75)
EVEN = (80.0, 80.0)  # no shell of one millimetre, which the coarsest cubes would leave out
MOST_PCT = {
    "pressure in a disc at 300 N, MPa": 15,
    "its rise by a pillar, %": 20,
    "stiffness broken, N/mm": 15,
    "stiffness with cement in 15 %, N/mm": 10,
    "pressure of an injection, kPa": 10,
    "leak through a hole of 6 mm, mL": 25,
}
"""By how much any of the three may differ from the finest."""


def disc(edge_mm: float) -> tuple[float, float]:
    model = build_segment(phantom(2, edge_mm, **SMALL, densities=EVEN), SegmentSettings(voxel_mm=edge_mm))  # type: ignore[arg-type]
    filled = with_cement(model, 2, pillar(model.grid, 2, (10.5, 7.7)), 1.0)
    low, high = (
        r.pressure_mpa(r.motion(300.0), model.discs[0]) for r in map(respond_segment, (model, filled))
    )
    return low, 100 * (high / low - 1)


def vertebra(edge_mm: float) -> tuple[float, float]:
    grid = elliptic_body(edge_mm)
    broken = broken_model(model_on(grid, ModelSettings()))
    filled = cemented_model(broken, through_two_needles(grid, 0.15), 0.75)
    low, high = (respond(model, bend=False).axial_n_mm for model in (broken, filled))
    return low, high


def injection(edge_mm: float) -> tuple[float, float]:
    given = shell_phantom(6.0, "side", voxel_mm=1.2)
    none = Volume(np.zeros(given.bone.shape, bool), given.bone.affine_mm, given.bone.quantity)
    on = Prepared(Level.L1, given, none, gaps_on_ct(given), ()).on(edge_mm)
    tip = on.bone.grid.frame.world_mm(np.array([12.0, 3.0, 0.0]))
    settings = InjectionSettings(threads=1, most_mpa=100.0)
    needle = InjectionNeedle("one", tip, 2.388, 3.048)
    result = inject(on.bone, on.outlets, [needle], cement_named("medium"), 4.0, settings)
    return result.most_bone_kpa, result.by_route[Route.CORTEX]


@cache
def numbers(edge_mm: float) -> dict[str, float]:
    """Every number on cubes of this size."""
    found = (*disc(edge_mm), *vertebra(edge_mm), *injection(edge_mm))
    return dict(zip(MOST_PCT, found, strict=True))


def line(name: str) -> str:
    values = [numbers(edge)[name] for edge in EDGES_MM]
    return (
        f"| {name} | "
        + " | ".join(f"{value:.0f}" if value > 100 else f"{value:.3g}" for value in values)
        + " |"
    )


@pytest.mark.parametrize("name", MOST_PCT)
def test_finer_cubes_change_it_by_no_more_than_told(name: str) -> None:
    finest = numbers(EDGES_MM[-1])[name]
    for edge in EDGES_MM:
        assert numbers(edge)[name] == pytest.approx(finest, rel=MOST_PCT[name] / 100), edge
    assert line(name) in PAGE.read_text(encoding="utf-8")


if __name__ == "__main__":
    print("\n".join(line(name) for name in MOST_PCT))

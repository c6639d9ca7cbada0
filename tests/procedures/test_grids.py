"""The same vertebra on another grid, in thick slices, turned or of another size: the same plan, no canal."""

from dataclasses import replace

import numpy as np
import pytest
from needle_cases import paths, surface, true_canal_mm
from scipy import ndimage
from scipy.spatial.transform import Rotation

from vertebro.kernels.arrays import Array
from vertebro.patient.spine import Spine
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.patient.volume import Volume
from vertebro.procedures.trajectory import Side, Trajectory
from vertebro.vocabulary.levels import Level

L2 = Level.L2


def changed(spine: Spine, change: object) -> Spine:
    """The spine with a change of every mask."""
    return Spine({x.level: replace(x, mask=change(x.mask)) for x in spine}, "changed")  # type: ignore[operator]


def turned(mask: Volume) -> Volume:
    """The same bone sampled on a grid that lies askew."""
    askew = Rotation.from_euler("xyz", (10, 6, 14), degrees=True).as_matrix() * mask.spacing_mm
    n = int(np.linalg.norm(np.array(mask.shape) * mask.spacing_mm) / mask.spacing_mm.min())
    affine = np.eye(4)
    affine[:3, :3] = askew
    affine[:3, 3] = mask.to_mm((np.array(mask.shape) - 1) / 2) - askew @ np.full(3, (n - 1) / 2)
    places = np.moveaxis(np.indices((n, n, n)), 0, -1) @ askew.T + affine[:3, 3]
    share = ndimage.map_coordinates(
        mask.values.astype(np.float32), np.moveaxis(mask.to_index(places), -1, 0), order=1
    )
    return Volume(share > 0.5, affine, mask.quantity)


def thick(mask: Volume) -> Volume:
    """Every third slice."""
    affine = mask.affine_mm.copy()
    affine[:3, 2] *= 3
    return Volume(mask.values[:, :, ::3], affine, mask.quantity)


def beside_mm(point_mm: Array, path: Trajectory) -> float:
    """Distance of a point from the line of a path."""
    offset = point_mm - path.entry_mm
    return float(np.linalg.norm(offset - (offset @ path.direction) * path.direction))


@pytest.fixture(scope="module")
def known(small_patient: SyntheticPatient) -> dict[Side, Trajectory]:
    return {side: paths(small_patient.spine(), L2, side)[0] for side in Side}


@pytest.mark.parametrize(
    ("change", "mm", "deg"),
    [(turned, 3.0, 6.0), (lambda m: m.oriented("SRA"), 0.5, 1.0), (thick, 4.0, 8.0)],
    ids=["turned", "stored another way", "slices of 4.5 mm"],
)
def test_another_grid_gives_the_same_plan(
    small_patient: SyntheticPatient, known: dict[Side, Trajectory], change: object, mm: float, deg: float
) -> None:
    spine = changed(small_patient.spine(), change)
    for side, path in known.items():
        found = paths(spine, L2, side)[0]
        assert found.route is path.route and found.is_acceptable
        assert beside_mm(found.target_mm, path) < mm and beside_mm(found.entry_mm, path) < mm
        assert abs(found.depth_mm - path.depth_mm) < 1.5 * mm
        assert found.direction @ path.direction > np.cos(np.radians(deg))
        assert true_canal_mm(small_patient.truth[L2], surface(found, 20)).min() > 0


@pytest.mark.parametrize("size", [0.85, 1.15])
def test_small_and_large_people_get_paths_of_their_size(small_patient: SyntheticPatient, size: float) -> None:
    scale = np.diag([size, size, size, 1.0])
    other = changed(small_patient.spine(), lambda m: replace(m, affine_mm=scale @ m.affine_mm))
    for side in Side:
        found = paths(other, Level.L1, side)[0]
        back = replace(found, entry_mm=found.entry_mm / size, target_mm=found.target_mm / size)
        assert found.is_acceptable
        assert true_canal_mm(small_patient.truth[Level.L1], surface(back)).min() > 0

"""The curve of a crushed vertebra: closed forms of a brick, the published model, what is read off."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from test_strength import DENSITY, block, model_of

from vertebro.formats.nifti import read_nifti
from vertebro.simulation.curve import Curve, crushed
from vertebro.simulation.loading import respond
from vertebro.simulation.materials import crawford_young, kopperdahl_yield
from vertebro.simulation.published_model import Binning, published_model
from vertebro.simulation.strength import Spread, estimates
from vertebro.simulation.voxel_model import ModelSettings, build_model
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown


def straight(knee_mm: float, stiffness: float, end_mm: float = 1.0, height_mm: float = 20.0) -> Curve:
    """Elastic to the knee, then a constant force."""
    mm = np.linspace(0, end_mm, 201)
    force = stiffness * np.minimum(mm, knee_mm)
    return Curve(mm, force, mm * 0, np.zeros(1), np.zeros(1), height_mm)


def test_offset_and_strain_of_a_known_curve() -> None:
    curve = straight(knee_mm=0.1, stiffness=1000.0)
    assert curve.offset_load_n(1000.0, 0.2) == pytest.approx(100.0, rel=1e-3)
    assert curve.strain_load_n(0.25) == pytest.approx(50.0, rel=1e-6)
    assert curve.strain_load_n(1.9) == pytest.approx(100.0, rel=1e-6)
    assert isinstance(curve.strain_load_n(5.1), Unknown)
    elastic = straight(knee_mm=2.0, stiffness=1000.0)
    assert isinstance(elastic.offset_load_n(1000.0, 0.2), Unknown)


def test_a_crushed_brick_carries_the_yield_stress_of_its_density() -> None:
    """Free sideways but for its caps: between uniform stress and what the caps' friction adds."""
    model = model_of(block(), voxel_mm=2.0)
    curve = crushed(model, steps=8)
    assert isinstance(curve, Curve)
    limit = float(kopperdahl_yield(np.array([DENSITY]), Quantity.K2HPO4_MG_CM3)[0]) * 24 * 20
    assert 1.0 <= curve.force_n[-1] / limit < 1.15
    assert curve.strain_pct == pytest.approx(2.0) and curve.yielding_share[-1] > 0.5
    assert_allclose(curve.force_n[1], curve.displacement_mm[1] * respond(model, bend=False).axial_n_mm, rtol=1e-3)  # fmt: skip  # noqa: E501
    inside = model.is_body & ~model.is_cap
    assert curve.plastic_strain[inside].mean() > 10 * curve.plastic_strain[model.is_cap].mean()


def test_a_law_without_its_own_yield_law_leaves_the_loads_unknown() -> None:
    model = build_model(block(), ModelSettings(crawford_young, voxel_mm=2.0))
    curve = crushed(model)
    assert isinstance(curve, Unknown) and "crawford_young" in curve.why
    numbers = estimates(model, respond(model), curve, ModelSettings(crawford_young), Spread())
    assert [e.value for e in numbers.compression if e.name in ("offset", "strain")] == [curve, curve]


def test_the_published_model_crushed(shared_data: Path) -> None:
    """Its curve bends over between 0.1 and 0.3 mm and never peaks; 0.2 % offset below the force at 0.2 mm."""
    stem = shared_data / "verse004" / "sub-verse004_0000_vertebra_21"
    density = read_nifti(Path(f"{stem}_im.nii.gz"), Quantity.K2HPO4_MG_CM3)
    labels = read_nifti(Path(f"{stem}_seg.nii.gz"), Quantity.LABEL)
    curve = crushed(published_model(density, labels, Binning.PUBLISHED), steps=8)
    assert isinstance(curve, Curve)
    offset = curve.offset_load_n(12363.13, 0.2)
    assert isinstance(offset, float)
    assert offset == pytest.approx(1820, rel=0.01)  # forty steps and eight agree to a per cent
    assert (np.diff(curve.force_n) > 0).all() and (np.diff(np.diff(curve.force_n)) < 0).all()

"""Published injections: order of leak with viscosity, range of pressure, a void, direction of the risk ratio.

The order is what is tested. The size of the effect is not reproduced; docs/cement.md says where we differ.
"""

import numpy as np
import pytest

from shell_phantom import shell_phantom
from vertebro.patient.volume import Volume
from vertebro.simulation.cement import inject
from vertebro.simulation.cement_model import CementModel, Prepared, gaps_on_ct
from vertebro.simulation.injection import CementResult, InjectionNeedle, InjectionSettings
from vertebro.simulation.leak_risk import Question, drawn
from vertebro.simulation.leakage import Route
from vertebro.simulation.permeability import v
from vertebro.simulation.rheology import cement_named
from vertebro.simulation.sampling import Draw
from vertebro.vocabulary.levels import Level

HABIB = {("low", 3.5): 4.0, ("low", 9.5): 2.6, ("high", 3.5): 1.5, ("high", 6.5): 0.92}
"""Leaked mass (g) by cement and minutes after mixing [habib2010]."""


@pytest.fixture(scope="module")
def leaky() -> CementModel:
    return model(hole_mm=6.0)


def model(hole_mm: float = 0.0, void_mm: float = 0.0) -> CementModel:
    given = shell_phantom(hole_mm, "side", voxel_mm=1.2)
    index = np.indices(given.bone.shape).reshape(3, -1).T
    near = np.linalg.norm(given.bone.to_mm(index) - [0, -3, 0], axis=1) < void_mm
    gas = Volume(near.reshape(given.bone.shape), given.bone.affine_mm, given.bone.quantity)
    return Prepared(Level.L1, given, gas, gaps_on_ct(given), ()).on(2.0)


def injected(
    on: CementModel, kind: str, minutes: float, *, right: float = 0.0, ml: float = 4.0, local: bool = False
) -> CementResult:
    tip = on.bone.grid.frame.world_mm(np.array([right, 3.0, 0.0]))
    needle = InjectionNeedle("one", tip, 2.388, 3.048)
    settings = InjectionSettings(start_min=minutes, local_shear=local, threads=1, most_mpa=100.0)
    return inject(on.bone, on.outlets, [needle], cement_named(kind), ml, settings)


def test_thicker_and_later_cement_leaks_less(leaky: CementModel) -> None:
    """The published order, by a gap beside the needle; all four inject the same volume."""
    results = {key: injected(leaky, *key, right=12.0, ml=6.0) for key in HABIB}
    assert all(r.injected_ml == pytest.approx(6.0) for r in results.values())
    leaked = [results[key].by_route[Route.CORTEX] for key in sorted(HABIB, key=lambda key: -HABIB[key])]
    assert leaked == sorted(leaked, reverse=True) and leaked[0] > 4 * leaked[-1] > 0


def test_the_pressure_in_bone_lies_in_the_published_range() -> None:
    """0.7 to 37 kPa: a factor of seven about 5.09 kPa measured at 3 mL/min [void_pressure2015]."""
    whole = model()
    measured = v.published_pressure_kpa.value["tissue"]
    for kind in ("low", "medium", "high"):
        result = injected(whole, kind, v.start_min.value, local=True)
        assert measured / 7.3 < result.most_bone_kpa < measured * 7.3


def test_a_void_lowers_the_pressure() -> None:
    """5.09 against 1.20 kPa measured; the largest pressure in the bone, same cement and rate."""
    tissue, void = (injected(model(void_mm=mm), "medium", v.start_min.value) for mm in (0.0, 8.0))
    assert void.most_bone_kpa < tissue.most_bone_kpa


def test_thick_cement_leaks_less_over_the_same_draws() -> None:
    """Direction of the pooled risk ratio of 0.38 [viscosity_2018_leak]; ours is nearer 1."""
    whole = model()
    tips = [whole.bone.grid.frame.world_mm(np.array([x, -3.0, 0.0])) for x in (8.0, -8.0)]
    needles = tuple(InjectionNeedle(f"{n}", tip, 2.388, 3.048) for n, tip in enumerate(tips))
    leaked = {}
    for kind in ("low", "high"):
        asked = Question(whole, needles, cement_named(kind), 6.0)
        leaked[kind] = sum(drawn(asked, Draw(3, k)).leaked_ml for k in range(4))
    assert leaked["high"] < leaked["low"]

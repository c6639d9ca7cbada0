"""Published injections: order of leak with viscosity, range of pressure, a void, direction of the risk ratio.

The order is tested. The size of the effect is not reproduced; docs/validation.md says where we differ.
"""

import numpy as np
import pytest

from vertebro.simulation.injection import InjectionNeedle
from vertebro.simulation.leak_risk import Question, drawn
from vertebro.simulation.papers.leaks import KINDS, block, fifth_ml, injected, leaked_ml
from vertebro.simulation.papers.rows import v as v_papers
from vertebro.simulation.permeability import v
from vertebro.simulation.rheology import cement_named
from vertebro.simulation.sampling import Draw

HABIB = {("low", 3.5): 4.0, ("low", 9.5): 2.6, ("high", 3.5): 1.5, ("high", 6.5): 0.92}
"""Leaked mass (g) by cement and minutes after mixing [habib2010]."""


def test_thicker_and_later_cement_leaks_less() -> None:
    """The published order, by a gap beside the needle; all four inject the same volume."""
    assert v_papers.habib_leak_g.value == {f"{kind} {minutes}": g for (kind, minutes), g in HABIB.items()}
    leaked = list(leaked_ml().values())
    assert leaked == sorted(leaked, reverse=True) and leaked[0] > 4 * leaked[-1] > 0


def test_the_pressure_in_the_bone_lies_in_the_published_range() -> None:
    """0.7 to 37 kPa: a factor of seven about 5.09 kPa at 3 mL/min, a fifth filled [void_pressure2015]."""
    whole, measured = block(), v.published_pressure_kpa.value["tissue"]
    assert v.rate_ml_min.number == 3 and fifth_ml() == pytest.approx(5.3, abs=0.05)
    for kind in KINDS:
        result = injected(whole, kind, v.start_min.value, fifth_ml(), local=True)
        assert result.injected_ml == pytest.approx(fifth_ml())
        assert measured / 7.3 < result.most_bone_kpa < measured * 7.3


def test_a_void_lowers_the_pressure() -> None:
    """5.09 against 1.20 kPa measured; the largest pressure in the bone, same cement and rate."""
    tissue, void = (injected(block(void_mm=mm), "medium", v.start_min.value, 4.0) for mm in (0.0, 8.0))
    assert void.most_bone_kpa < tissue.most_bone_kpa


def test_thick_cement_leaks_less_over_the_same_draws() -> None:
    """Direction of the pooled risk ratio of 0.38 [viscosity_2018_leak]; its size: test_papers_docs.py."""
    whole = block()
    tips = [whole.bone.grid.frame.world_mm(np.array([x, -3.0, 0.0])) for x in (8.0, -8.0)]
    needles = tuple(InjectionNeedle(f"{n}", tip, 2.388, 3.048) for n, tip in enumerate(tips))
    leaked = {}
    for kind in ("low", "high"):
        asked = Question(whole, needles, cement_named(kind), 6.0)
        leaked[kind] = sum(drawn(asked, Draw(3, k)).leaked_ml for k in range(4))
    assert leaked["high"] < leaked["low"]

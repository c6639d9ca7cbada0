"""Pressure and leaks of published injections: order by viscosity [habib2010]_, pressure [void_pressure2015]_.

The bodies are a block of spongy bone with a shell, without or with a hole or a void, and a synthetic
patient whose shell is whole, so that cement leaves it by veins alone.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from vertebro.patient.volume import Volume
from vertebro.simulation.cement import inject
from vertebro.simulation.cement_model import (
    CementModel,
    Prepared,
    gaps_on_ct,
    needle_along,
    prepared,
    with_tracks,
)
from vertebro.simulation.injection import CementResult, InjectionNeedle, InjectionSettings
from vertebro.simulation.leak_risk import LeakCurve, LeakRisk, Question, leak_risk
from vertebro.simulation.leakage import Route
from vertebro.simulation.papers.rows import PERCENT, Band, PaperRow, row, v
from vertebro.simulation.papers.shell_block import HALF_MM, shell_phantom
from vertebro.simulation.papers.synthetic import BROKEN, planned, synthetic_case
from vertebro.simulation.permeability import v as published
from vertebro.simulation.rheology import cement_named
from vertebro.simulation.sampling import Sampling
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

KINDS = ("low", "medium", "high")
EDGE_MM = 2.0
VOID_MM, HOLE_MM, BESIDE_MM = 8.0, 6.0, 12.0
GENEROUS_MPA = 100.0  # no cannula ends these injections: the volumes must be alike
BORES_MM = (2.388, 3.048)  # of an 11 gauge needle


def block(hole_mm: float = 0.0, void_mm: float = 0.0) -> CementModel:
    """The block, with a hole in its side wall or a void in its middle."""
    given = shell_phantom(hole_mm, "side", voxel_mm=1.2)
    index = np.indices(given.bone.shape).reshape(3, -1).T
    near = np.linalg.norm(given.bone.to_mm(index) - [0, -3, 0], axis=1) < void_mm
    gas = Volume(near.reshape(given.bone.shape), given.bone.affine_mm, given.bone.quantity)
    return Prepared(Level.L1, given, gas, gaps_on_ct(given), ()).on(EDGE_MM)


def injected(
    on: CementModel, kind: str, minutes: float, ml: float, right_mm: float = 0.0, *, local: bool = False
) -> CementResult:
    """Cement of a kind through one needle."""
    tip = on.bone.grid.frame.world_mm(np.array([right_mm, 3.0, 0.0]))
    settings = InjectionSettings(start_min=minutes, local_shear=local, threads=1, most_mpa=GENEROUS_MPA)
    needle = InjectionNeedle("one", tip, *BORES_MM)
    return inject(on.bone, on.outlets, [needle], cement_named(kind), ml, settings)


def fifth_ml() -> float:
    """A fifth of the block, as injected in the study of pressures."""
    return float(v.filled_share_pct.number / PERCENT * np.prod(2 * HALF_MM) / 1000)


def pressure_rows() -> tuple[PaperRow, ...]:
    """Largest pressure in the bone for every kind of cement, and what a void leaves of it."""
    told, factor = published.published_pressure_kpa, published.pressure_factor.number
    tissue, void = (float(told.value[name]) for name in ("tissue", "void"))
    band = Band(f"{tissue:g}", tissue / factor, tissue * factor, told)
    start, ml, whole = published.start_min.number, fifth_ml(), block()
    kpa = {kind: injected(whole, kind, start, ml, local=True).most_bone_kpa for kind in KINDS}
    left = injected(block(void_mm=VOID_MM), "medium", start, ml, local=True).most_bone_kpa / kpa["medium"]
    rows = [row("pressure", kind, band, kpa[kind], "kPa") for kind in KINDS]
    less = Band(f"{PERCENT * void / tissue:.0f}", 0.0, PERCENT, told)
    return (*rows, row("pressure", "void", less, PERCENT * left))


def leaked_ml() -> dict[str, float]:
    """What leaves by a hole beside the needle, by cement and minutes as published, most leak first."""
    holed, told = block(hole_mm=HOLE_MM), v.habib_leak_g.value
    runs = {}
    for name in sorted(told, key=lambda name: -told[name]):
        kind, minutes = name.split()
        result = injected(holed, kind, float(minutes), v.holed_ml.number, BESIDE_MM)
        runs[name] = result.by_route[Route.CORTEX]
    return runs


def order_row(leaked: dict[str, float]) -> PaperRow:
    """Each next cement of the published order leaks less: the least ratio of one to the next."""
    told = sorted(v.habib_leak_g.value.values(), reverse=True)
    ratio, ours = (min(a / b for a, b in pairwise(x)) for x in (told, list(leaked.values())))
    band = Band(f"{ratio:.1f}", v.least_order_ratio.number, np.inf, v.habib_leak_g)
    return row("leak", "order", band, ours, "1")


def risks() -> dict[str, LeakRisk]:
    """The samples of thin and thick cement in the synthetic patient, the same draws for both."""
    needles = tuple(needle_along(path) for path in planned("vertebroplasty").needles)
    model = with_tracks(prepared(synthetic_case(), BROKEN).on(EDGE_MM), needles)
    ml, draws = v.sampled_ml.number, int(v.samples.number)
    return {
        kind: leak_risk(Question(model, needles, cement_named(kind), ml), Sampling(draws, seed=1))
        for kind in ("low", "high")
    }


def risk_rows(found: dict[str, LeakRisk]) -> tuple[PaperRow, ...]:
    """Risk of a leak with thick over that with thin cement: by veins, and of any leak."""
    told = v.thick_over_thin
    rows = []
    for name in ("veins", "anywhere"):
        mean, low, high = told.value[name]
        ratio = _ratio(*(getattr(found[kind], name) for kind in ("high", "low")))
        rows.append(row("risk", name, Band(f"{mean:g}", low, high, told), ratio, "1"))
    return tuple(rows)


def _ratio(thick: LeakCurve, thin: LeakCurve) -> float | Unknown:
    """At the largest volume."""
    above, below = thick.chances[-1].probability, thin.chances[-1].probability
    for share in (above, below):
        if isinstance(share, Unknown):
            return share
    assert not isinstance(above, Unknown) and not isinstance(below, Unknown)
    return above / below if below else Unknown("thin cement leaked in no sample")

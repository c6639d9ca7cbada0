"""From Hounsfield units to mineral density: which calibration a case allows, and what it gives."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np

from vertebro.errors import BadCase, BadGeometry
from vertebro.fracture.findings import Calibration
from vertebro.fracture.tissues import (
    Sample,
    Samples,
    bright_vessel,
    plausible,
    samples_in_mask,
    tissue_samples,
)
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.calibration import (
    Attenuation,
    InternalFit,
    Line,
    fit_internal,
    mineral_mg_cm3,
    mineral_spread_mg_cm3,
    on_grid,
)
from vertebro.patient.case import Case, Phantom
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import ContrastPhase, Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Graded
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="density_values.yaml")
say = texts(beside=__file__, name="density").say

GRID_KEV = np.arange(1.0, 200.25, 0.5)
"""1 to 200 keV in steps of half a keV, as published [michalski2020]."""

PHANTOM = "a phantom's slope and intercept"
INTERNAL = "internal calibration from the patient's own tissues"
"""How a Calibration came about; ``calibrated`` tells the two apart by it."""

DENSITIES = (Quantity.K2HPO4_MG_CM3, Quantity.HA_MG_CM3, Quantity.ASH_MG_CM3)
"""The kinds of density a phantom may be made for."""


@cache
def attenuation_tables() -> Mapping[str, tuple[Array, Array]]:
    """Energy (keV) and mass attenuation (cm2/g) of each material, as NIST tabulates them.

    [nist_srd126]_ holds the tissues and water, [nist_xcom]_ the three compounds.
    """
    text = files("vertebro").joinpath("data/mass_attenuation.csv").read_text(encoding="utf-8")
    rows: dict[str, list[tuple[float, float]]] = {}
    for row in csv.DictReader(text.splitlines()):
        pair = (float(row["energy_kev"]), float(row["mass_attenuation_cm2_g"]))
        rows.setdefault(row["material"], []).append(pair)
    table = {name: np.array(pairs).T for name, pairs in rows.items()}
    return MappingProxyType({name: (energy, mass) for name, (energy, mass) in table.items()})


def attenuation_of(tissues: tuple[str, ...]) -> Attenuation:
    """The tables of these tissues, of water and of the two components of bone, on the grid of energies."""
    on = {name: on_grid(*table, GRID_KEV) for name, table in attenuation_tables().items()}
    return Attenuation(
        GRID_KEV, np.array([on[t] for t in tissues]), on["water"], on["k2hpo4"], on["triglyceride"]
    )


def calibration_of(case: Case) -> Calibration | Unknown:
    """The best calibration a case allows: a phantom's, else the patient's own tissues, else Unknown."""
    if isinstance(case.ct, Unknown):
        return Unknown(say("why.no_ct", why=case.ct.why))
    if isinstance(case.phantom, Phantom):
        return phantom_calibration(case.phantom)
    return internal_calibration(tissue_samples(case.ct, case.spine, case.tissues))


def phantom_calibration(phantom: Phantom) -> Calibration:
    """The calibration a density phantom gives: density = slope x HU + intercept, of its own kind."""
    slope, intercept = phantom.slope_mg_cm3_per_hu, phantom.intercept_mg_cm3
    if phantom.quantity not in DENSITIES or not (slope > 0 and np.isfinite([slope, intercept]).all()):
        raise BadCase(
            f"The phantom gives {phantom.quantity} = {slope:g} x HU + {intercept:g}.",
            "a density (" + ", ".join(map(str, DENSITIES)) + ") that rises with HU",
            "Give the phantom's slope in mg/cm3 per HU and the kind of density it was made with.",
        )
    numbers = {"slope_mg_cm3_per_hu": slope, "intercept_mg_cm3": intercept}
    return Calibration(PHANTOM, str(phantom.quantity), MappingProxyType(numbers), phantom.source)


def internal_calibration(samples: Samples) -> Calibration | Unknown:
    """The calibration from the means of three or more tissues [michalski2020]; Unknown says what lacks."""
    judged = plausible(samples)
    found = {name: s for name, s in judged.items() if isinstance(s, Sample)}
    missing = " ".join(s.why for s in judged.values() if isinstance(s, Unknown))
    if len(found) < v.tissues_needed.value:
        return Unknown(
            say("why.too_few_tissues", n=len(found), needed=v.tissues_needed.value, missing=missing)
        )
    if "air" not in found or not {"adipose", "cortical_bone"} & set(found):
        return Unknown(say("why.no_ends", missing=missing))
    fit = fit_internal(np.array([s.hu for s in found.values()]), attenuation_of(tuple(found)))
    impossible = energy_refused(fit)
    if isinstance(impossible, Unknown):
        return impossible
    numbers = _numbers_of(fit) | {f"{name}_hu": s.hu for name, s in found.items()}
    return Calibration(INTERNAL, str(Quantity.K2HPO4_MG_CM3), MappingProxyType(numbers), "michalski2020")


def energy_refused(fit: InternalFit) -> Unknown | None:
    """Why a fit is refused for its energy, or None: at the rim of the grid, or not that of a CT."""
    low, high = v.energy_window_kev.value
    if fit.is_inside_grid and low <= fit.energy_kev <= high:
        return None
    return Unknown(say("why.energy", energy=f"{fit.energy_kev:g}", low=low, high=high))


def density_mg_cm3(hu: AnyArray | float, calibration: Calibration) -> Array:
    """HU as mineral density, of the kind the calibration names."""
    n = calibration.numbers
    if calibration.method == PHANTOM:
        return np.asarray(n["slope_mg_cm3_per_hu"] * np.asarray(hu, dtype=float) + n["intercept_mg_cm3"])
    return mineral_mg_cm3(hu, _fit_of(n))


def density_spread_mg_cm3(hu: float, calibration: Calibration) -> float:
    """Standard uncertainty of the calibration itself at one HU.

    Internal calibration: the larger of the tissues' scatter about the lines and the published scatter
    against phantoms [walle2025]_, with what a missing tissue may do. A phantom's own is not given: 0.
    """
    if calibration.method == PHANTOM:
        return 0.0
    scatter = float(mineral_spread_mg_cm3(hu, _fit_of(calibration.numbers)))
    is_full = int(calibration.numbers["tissues"]) == len(v.tissue_labels.value)
    fewer = 0.0 if is_full else float(v.fewer_tissues_mg_cm3.value)
    return float(np.hypot(max(scatter, v.internal_sd_mg_cm3.value), fewer))


def calibrated(ct: Volume, calibration: Calibration) -> Volume:
    """The CT as an image of mineral density, of the kind the calibration names."""
    if ct.quantity is not Quantity.HOUNSFIELD:
        raise BadGeometry(
            f"The image already holds {ct.quantity}.", "Hounsfield units", "Calibrate an image once only."
        )
    density = np.empty(ct.shape, dtype=np.float32)
    for plane, hu in zip(density, ct.values, strict=True):  # plane by plane: a whole CT in float64 is large
        plane[...] = density_mg_cm3(hu, calibration)
    return Volume(density, ct.affine_mm, Quantity(calibration.kind))


def contrast_of(case: Case) -> Graded[ContrastPhase] | Unknown:
    """Whether contrast agent was given, from the blood of the tissue mask or a bright vessel."""
    if isinstance(case.ct, Unknown):
        return Unknown(say("why.no_ct", why=case.ct.why))
    if isinstance(case.tissues, Volume):
        blood = samples_in_mask(case.ct, case.tissues)["blood"]
        if isinstance(blood, Sample):
            return contrast_in_blood(blood)
    return contrast_in_vessels(bright_vessel(case.ct, case.spine))


def contrast_in_blood(blood: Sample) -> Graded[ContrastPhase]:
    """Whether a sample of blood is brighter than blood without contrast agent."""
    limit = v.blood_window_hu.value[1]
    seen = ContrastPhase.LIKELY if blood.hu > limit else ContrastPhase.NONE
    ends = (blood.hu - blood.spread_hu, blood.hu + blood.spread_hu)
    others = [ContrastPhase.LIKELY if hu > limit else ContrastPhase.NONE for hu in ends]
    method = say("method.contrast", hu=f"{blood.hu:.0f}", limit=limit)
    return Graded(seen, method, tuple(dict.fromkeys([seen, *others])))


def contrast_in_vessels(vessel: Sample | Unknown) -> Graded[ContrastPhase] | Unknown:
    """A bright vessel makes contrast agent likely; to find none proves nothing."""
    if isinstance(vessel, Unknown):
        return Unknown(say("why.contrast_unknown"))
    method = say("method.vessel", hu=f"{vessel.hu:.0f}", limit=v.vessel_search_hu.value[0])
    return Graded(ContrastPhase.LIKELY, method, (ContrastPhase.LIKELY, ContrastPhase.NONE))


def cautions(
    calibration: Calibration | Unknown, contrast: Graded[ContrastPhase] | Unknown, broken: tuple[Level, ...]
) -> tuple[str, ...]:
    """What a reader of HU and densities must know, in sentences."""
    said = []
    if isinstance(contrast, Unknown):
        said.append(say("caution.contrast_unknown"))
    elif contrast.value is ContrastPhase.LIKELY:
        said.append(say("caution.contrast", bias=v.contrast_bias_mg_cm3.value))
    if broken:
        said.append(say("caution.impacted", levels=", ".join(map(str, broken))))
    if isinstance(calibration, Calibration) and calibration.method == PHANTOM:
        said.append(say("caution.phantom"))
    elif isinstance(calibration, Calibration):
        said.append(
            say(
                "caution.internal",
                sd=v.internal_sd_mg_cm3.value,
                percent=v.internal_deviation_percent.value,
            )
        )
        n, full = int(calibration.numbers["tissues"]), len(v.tissue_labels.value)
        if n < full:
            said.append(say("caution.fewer", n=n, full=full, bias=v.fewer_tissues_mg_cm3.value))
    return tuple(said)


def _numbers_of(fit: InternalFit) -> dict[str, float]:
    mu, rho = fit.attenuation_cm2_g, fit.density_g_cm3
    return {
        "energy_kev": fit.energy_kev,
        "r_squared": fit.r_squared,
        "attenuation_slope": mu.slope,
        "attenuation_intercept": mu.intercept,
        "attenuation_residual": mu.residual,
        "density_slope": rho.slope,
        "density_intercept": rho.intercept,
        "density_residual": rho.residual,
        "k2hpo4_cm2_g": fit.mineral,
        "triglyceride_cm2_g": fit.filler,
        "tissues": float(rho.n),
        "mean_hu": rho.mean_x,
        "sum_of_squares_hu": rho.sum_of_squares_x,
    }


def _fit_of(n: Mapping[str, float]) -> InternalFit:
    at = (n["mean_hu"], n["sum_of_squares_hu"])
    count = int(n["tissues"])
    return InternalFit(
        energy_kev=n["energy_kev"],
        r_squared=n["r_squared"],
        is_inside_grid=True,
        attenuation_cm2_g=Line(
            n["attenuation_slope"], n["attenuation_intercept"], *at, n["attenuation_residual"], count
        ),
        density_g_cm3=Line(n["density_slope"], n["density_intercept"], *at, n["density_residual"], count),
        mineral=n["k2hpo4_cm2_g"],
        filler=n["triglyceride_cm2_g"],
    )

"""Heat and pressure in one line each, at the planned volumes."""

from __future__ import annotations

import numpy as np

from vertebro.report.compare_words import HOTTEST
from vertebro.report.section_part import Part, say
from vertebro.simulation.compare import Compared, Option
from vertebro.simulation.heating import v as measured
from vertebro.simulation.permeability import v as flow
from vertebro.vocabulary.known import Unknown


def heat_part(compared: Compared) -> Part:
    """The hottest place at the canal and the greatest pressure of every procedure."""
    options = {name: compared.as_planned(name) for name in compared.played}
    hot = [_hottest(name, o) for name, o in options.items() if not isinstance(o, Unknown)]
    low, high = measured.measured_canal.value
    said = []
    if any(hot):
        source = measured.measured_canal.reference.short
        each = "; ".join(one for one in hot if one)
        said.append(say("heat.line", each=each, low=low, high=high, source=source))
    kpa = "; ".join(_pressures(compared))
    if kpa:
        published, factor = float(flow.published_pressure_kpa.value["tissue"]), flow.pressure_factor.number
        ends = {"low": f"{published / factor:.1f}", "high": f"{published * factor:.0f}"}
        said.append(say("heat.pressure", each=kpa, **ends))
    pictures = ("heat",) if hottest_option(compared) else ()
    return Part(say("heading.heat"), tuple(said), pictures=pictures)


def hottest_option(compared: Compared) -> Option | None:
    """Of the options at their planned volume the one that is hottest at the canal, if any is known."""
    options = [compared.as_planned(name) for name in compared.played]
    known = [o for o in options if not isinstance(o, Unknown) and _peaks(o)]
    return max(known, key=lambda o: max(_peaks(o))) if known else None


def _peaks(option: Option) -> list[float]:
    if isinstance(option.heat, Unknown):
        return []
    return [heat.regions[HOTTEST].peak_celsius for heat in option.heat.values() if HOTTEST in heat.regions]


def _hottest(procedure: str, option: Option) -> str:
    peaks = _peaks(option)
    if not peaks:
        return ""
    low, high = f"{min(peaks):.0f}", f"{max(peaks):.0f}"
    return say("heat.same" if low == high else "heat.one", procedure=procedure, low=low, high=high)


def _pressures(compared: Compared) -> list[str]:
    """The greatest pressure in the bone of every injection until its planned volume."""
    said = []
    for name, played in compared.played.items():
        course = played.injection.course
        until = np.asarray(course.injected_ml) <= played.plan.cement_ml * (1 + 1e-6)  # portions are summed up
        if until.any() and played.injection.injected_ml > 0:
            said.append(say("heat.kpa", procedure=name, kpa=f"{float(course.bone_kpa[until].max()):.0f}"))
    return said

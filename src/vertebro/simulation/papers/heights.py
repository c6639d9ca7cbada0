"""Heights after balloons beside those of patients [winkelmann2018]_; temperatures [belkoff_molloy2003]_."""

from __future__ import annotations

from collections.abc import Mapping

from vertebro.simulation.endplate_lift import Union
from vertebro.simulation.heating import LAWS, Heat, HeatSettings, heated
from vertebro.simulation.heating import v as heat
from vertebro.simulation.height_gain import PLACES, published_series
from vertebro.simulation.inflation import Inflation
from vertebro.simulation.on_patient import OnPatient, inflated, on_patient
from vertebro.simulation.papers.cemented_body import cemented_body
from vertebro.simulation.papers.rows import PERCENT, Band, PaperRow, row, v
from vertebro.simulation.papers.synthetic import BROKEN, WHOLE, planned, synthetic_case
from vertebro.simulation.procedure_run import Simulated, Wanted, simulate
from vertebro.vocabulary.measured import Measured

REGIONS = {
    "centre": heat.measured_centre,
    "cortex": heat.measured_anterior_cortex,
    "canal_wall": heat.measured_canal,
}
"""Where people measured; a canal that stays cooler than any measured is not asked to be hotter."""


def balloons_of_patient() -> tuple[OnPatient, Inflation]:
    """The broken level of the synthetic patient after the planned balloons."""
    patient = on_patient(synthetic_case(), BROKEN)
    done = inflated(patient, planned("kyphoplasty"))
    assert isinstance(done, Inflation), done
    return patient, done


def height_rows(done: Inflation, body: str) -> tuple[PaperRow, ...]:
    """Gains of a loose fracture under full pressure, the most the model has, within one deviation."""
    gain, series = done.gains[Union.LOOSE]["full"], published_series()[0]
    rows = []
    for name in (*PLACES, "wedge"):
        ours, theirs = getattr(gain, name), getattr(series, "angle" if name == "wedge" else name)
        band = Band.one_spread(theirs.value, theirs.spread, series.source)
        rows.append(row(f"height_{body}", name, band, ours.value, ours.unit))
    return tuple(rows)


def regained_row(patient: OnPatient, done: Inflation) -> PaperRow:
    """Share of the lost height regained: never more than on the bench without a load."""
    lost, bench = patient.height_to_regain, v.bench_by_procedure_pct
    free = bench.value["balloon"]
    band = Band(f"{free:g}", 0.0, float(free), bench)
    gain = done.gains[Union.LOOSE]["full"].middle.value
    ours = PERCENT * gain / lost.value if isinstance(lost, Measured) else lost
    return row("height_synthetic", "regained", band, ours)


def ball(ml: float) -> dict[str, Heat]:
    """The heat of a ball of cement in the middle of a body, by both laws of cure."""
    field, canal = cemented_body(ml, v.ball_edge_mm.number)
    return {law: heated(field, field.regions(canal), HeatSettings(law=law)) for law in LAWS}


def heat_rows(found: Mapping[str, Heat], body: str) -> tuple[PaperRow, ...]:
    """Highest temperatures by the hotter law of cure where people measured."""
    rows = []
    for region, told in REGIONS.items():
        low, high = (float(x) for x in told.value)
        least = heat.body_temperature.number if region == "canal_wall" else low
        ours = max(one.regions[region].peak_celsius for one in found.values())
        rows.append(row(f"heat_{body}", region, Band(f"{low:g} to {high:g}", least, high, told), ours, "Cel"))
    return tuple(rows)


def played_vertebroplasty() -> Simulated:
    """As much cement as cadavers got, through planned needles, into the whole L2 of the synthetic patient."""
    return simulate(synthetic_case(), WHOLE, Wanted(volume_ml=v.played_ml.number))

"""Every published number of the procedures beside ours: the checks played one after the other."""

from __future__ import annotations

from collections.abc import Callable

from vertebro.patient.volume import Volume
from vertebro.simulation.endplate_lift import v as lift
from vertebro.simulation.on_patient import on_patient
from vertebro.simulation.papers.adjacent import pillar_rows, pillared, wedge_rows
from vertebro.simulation.papers.dose import dose_response, dose_rows
from vertebro.simulation.papers.heights import (
    ball,
    balloons_of_patient,
    heat_rows,
    height_rows,
    played_vertebroplasty,
    regained_row,
)
from vertebro.simulation.papers.leaks import leaked_ml, order_row, pressure_rows, risk_rows, risks
from vertebro.simulation.papers.published_l2 import inflated_l2, published_l2
from vertebro.simulation.papers.rows import PaperRow, PapersTable, say, v
from vertebro.simulation.papers.synthetic import WHOLE, synthetic_case
from vertebro.vocabulary.known import Unknown

Images = tuple[Volume, Volume]
Tell = Callable[[str], None]


def papers(l2: Images | Unknown, tell: Tell = lambda _: None) -> PapersTable:
    """The whole table; without the images of the published L2 its rows are left out and said."""
    rows = []
    for check, of_check in CHECKS.items():
        tell(say(f"tell.{check}"))
        rows += of_check()
    if isinstance(l2, Unknown):
        return PapersTable(tuple(rows), (*_never_done(), (say("not_done.l2"), l2.why)))
    tell(say("tell.l2"))
    return PapersTable((*rows, *rows_of_l2(*l2)), _never_done())


def _never_done() -> tuple[tuple[str, str], ...]:
    """What the papers have and the program does not."""
    bench = v.bench_by_procedure_pct.value
    told = {"balloon": bench["balloon"], "cement": bench["cement alone"]}
    return tuple((say(f"not_done.{n}", **told), say(f"not_done.{n}_why")) for n in ("bench", "cement_lifts"))


def _neighbours() -> list[PaperRow]:
    found = pillared()
    return [*pillar_rows(found), *wedge_rows(found.before)]


def _dose() -> list[PaperRow]:
    return [*dose_rows(dose_response(on_patient(synthetic_case(), WHOLE).grid), "synthetic")]


def _leaks() -> list[PaperRow]:
    return [*pressure_rows(), order_row(leaked_ml())]


def _risks() -> list[PaperRow]:
    return [*risk_rows(risks())]


def _heights() -> list[PaperRow]:
    patient, done = balloons_of_patient()
    return [*height_rows(done, "synthetic"), regained_row(patient, done)]


def _heat() -> list[PaperRow]:
    rows: list[PaperRow] = []
    for ml in v.balls_ml.value:
        rows += heat_rows(ball(float(ml)), f"{ml:g}")
    played = played_vertebroplasty().heat
    assert not isinstance(played, Unknown), played
    return [*rows, *heat_rows(played, "played")]


CHECKS: dict[str, Callable[[], list[PaperRow]]] = {
    "neighbours": _neighbours,
    "dose": _dose,
    "leaks": _leaks,
    "risks": _risks,
    "heights": _heights,
    "heat": _heat,
}
"""Every check that needs no images, by its name."""


def rows_of_l2(density: Volume, labels: Volume) -> tuple[PaperRow, ...]:
    """Dose and heights of a real vertebra."""
    grid = published_l2(density, labels, lift.voxel_mm.number)
    return (*dose_rows(dose_response(grid), "l2"), *height_rows(inflated_l2(grid), "l2"))

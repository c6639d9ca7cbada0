"""``vertebro simulate``: one procedure played on one vertebra: balloons, cement, how likely it leaks."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vertebro.interfaces.cli_options import (
    DONE_IN_PART,
    Case,
    Json,
    LevelName,
    make_sure_of_places,
    not_negative,
)
from vertebro.interfaces.needle_options import Gauge, NeedleOptions, NeedleText, RouteName

if TYPE_CHECKING:
    from vertebro.kernels.arrays import Array
    from vertebro.patient.case import Case as RecordCase
    from vertebro.simulation.procedure_run import Simulated, Wanted
    from vertebro.vocabulary.levels import Level


class Thickness(StrEnum):
    """Cement by its viscosity; the curves are ours, not a product's."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


def simulate(
    case: Case,
    procedure: Annotated[
        str, typer.Option(help="vertebroplasty, kyphoplasty or 'vertebral stent'.")
    ] = "vertebroplasty",
    level: LevelName = None,
    volume: Annotated[
        float | None, typer.Option(help="Cement in mL; what the plan says if left out.")
    ] = None,
    needle: NeedleText = None,
    gauge: Gauge = None,
    route: RouteName = None,
    tip: Annotated[
        list[str] | None,
        typer.Option(
            metavar="R,A,S",
            help="Only the tip of a needle of your own, mm to the right, front and head of the body's "
            "middle; for cement alone.",
        ),
    ] = None,
    viscosity: Annotated[Thickness, typer.Option(help="Viscosity of the cement.")] = Thickness.MEDIUM,
    minutes: Annotated[
        float | None, typer.Option(help="Minutes after mixing at which the injection begins.")
    ] = None,
    rate: Annotated[float | None, typer.Option(help="Rate of injection in mL a minute.")] = None,
    stop_leak: Annotated[
        float | None, typer.Option(metavar="ML", help="End the injection once so much has leaked.")
    ] = None,
    samples: Annotated[int, typer.Option(help="Injections with everything unsure drawn at random.")] = 0,
    seed: Annotated[int, typer.Option(help="Another seed draws other samples.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the samples of an earlier run in the same folder.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for volumes, surfaces, pictures and JSON.")
    ] = None,
    json: Json = None,
) -> None:
    """Play a procedure on one vertebra: balloons, where cement goes, its pressure, how likely it leaks."""
    from dataclasses import replace

    from vertebro.simulation.injection import InjectionSettings
    from vertebro.simulation.procedure_run import Wanted

    make_sure_of_places(out, json)
    settings = InjectionSettings(stop_leak_ml=stop_leak, keep_moments=out is not None)
    settings = settings if minutes is None else replace(settings, start_min=minutes)
    settings = settings if rate is None else replace(settings, rate_ml_min=rate)
    wanted = Wanted(
        procedure,
        viscosity.value,
        volume,
        tuple(_tip(one) for one in tip or ()),
        NeedleOptions(needle, gauge, route, tips=bool(tip)).wishes(),
        settings=settings,
        samples=not_negative("--samples", samples),
        seed=not_negative("--seed", seed),
        journal=_journal(out, samples, resume),
    )
    wanted.refuse_what_cannot_be()
    read, asked = _read(case, level)
    played = _play(read, asked, wanted, out)
    _told(played, json)
    if not played.was_injected:
        raise typer.Exit(DONE_IN_PART)


def _read(case: Path, level: str | None) -> tuple[RecordCase, Level]:
    """The case and the level to inject."""
    from vertebro.errors import BadCase
    from vertebro.formats.casefile import read_case
    from vertebro.interfaces.cli import _say
    from vertebro.vocabulary.known import Unknown
    from vertebro.vocabulary.levels import Level

    named = None if level is None else Level.parse(level)
    _say(f"reading {case}")
    read = read_case(case)
    asked = named or read.level
    if isinstance(asked, Unknown):
        raise BadCase(f"No vertebra is named: {asked.why}.", "the level to inject", "Give it: --level L1.")
    return read, asked


def _play(read: RecordCase, level: Level, wanted: Wanted, out: Path | None) -> Simulated:
    """Simulated, and written to the folder if one was given."""
    from vertebro.formats.simulation_files import write_simulation
    from vertebro.interfaces.cli import _say
    from vertebro.simulation.procedure_run import simulate as simulate_case

    played = simulate_case(read, level, wanted, _say)
    if out is not None:
        _say("writing volumes, surfaces and pictures")
        for path in write_simulation(played, read, out):
            _say(f"wrote {path}")
    return played


def _told(played: Simulated, json: str | None) -> None:
    from vertebro.formats.simulation_document import simulation_document
    from vertebro.interfaces.cli import _write_json
    from vertebro.report.simulation_words import simulation_in_words

    if json:
        _write_json(simulation_document(played), json)
    if json != "-":
        typer.echo(simulation_in_words(played))


def _tip(text: str) -> Array:
    """``R,A,S`` as three numbers."""
    import numpy as np

    from vertebro.errors import BadCase

    try:
        numbers = np.array([float(part) for part in text.split(",")])
    except ValueError:
        numbers = np.array([])
    if numbers.shape != (3,) or not np.isfinite(numbers).all():
        raise BadCase(f"--tip is '{text}'.", "three numbers R,A,S in mm", "Write for example --tip 8,4,-2.")
    return numbers


def _journal(out: Path | None, samples: int, resume: bool) -> Path | None:
    """Where samples are kept; without ``resume`` an older journal is not gone on with."""
    from vertebro.errors import BadCase

    if out is None:
        if resume:
            raise BadCase("--resume needs a folder.", "the folder of the earlier run", "Give it: -o FOLDER.")
        return None
    journal = out / "samples.jsonl"
    if journal.exists() and samples and not resume:
        raise BadCase(
            f"{journal} holds the samples of an earlier run.",
            "a folder without samples, or leave to go on with them",
            "Add --resume, or name another folder.",
        )
    return journal if samples else None

"""``vertebro compare``: doing nothing, vertebroplasty and kyphoplasty on one vertebra, side by side."""

from __future__ import annotations

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
    from vertebro.patient.case import Case as RecordCase
    from vertebro.simulation.compare import Compared


def compare(
    case: Case,
    level: LevelName = None,
    procedures: Annotated[
        str, typer.Option(help="Procedures to compare, by name, with commas.")
    ] = "vertebroplasty,one-needle vertebroplasty,kyphoplasty",
    volumes: Annotated[
        str | None,
        typer.Option(metavar="ML,ML", help="Volumes of cement; else less than planned, as planned, more."),
    ] = None,
    needle: NeedleText = None,
    gauge: Gauge = None,
    route: RouteName = None,
    viscosity: Annotated[str, typer.Option(help="Viscosity of the cement: low, medium, high.")] = "medium",
    samples: Annotated[int, typer.Option(help="Injections with everything unsure drawn, for each.")] = 50,
    seed: Annotated[int, typer.Option(help="Another seed draws other samples.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for picture, JSON, surfaces and needles.")
    ] = None,
    json: Json = None,
) -> None:
    """Strength, leak, height, neighbours and heat of each procedure at several volumes, in one table."""
    from vertebro.errors import BadCase
    from vertebro.formats.casefile import read_case
    from vertebro.formats.compare_document import comparison_document
    from vertebro.fracture.measure import measure
    from vertebro.interfaces.cli import _say, _write_json
    from vertebro.report.compare_words import comparison_in_words
    from vertebro.simulation.compare import Wanted
    from vertebro.simulation.compare import compare as compare_case
    from vertebro.vocabulary.known import Unknown
    from vertebro.vocabulary.levels import Level

    make_sure_of_places(out, json)
    wanted = Wanted(
        tuple(name.strip() for name in procedures.split(",")),
        _volumes(volumes),
        viscosity,
        not_negative("--samples", samples),
        not_negative("--seed", seed),
        NeedleOptions(needle, gauge, route).wishes(),
    )
    wanted.refuse_what_cannot_be()
    named = None if level is None else Level.parse(level)
    _say(f"reading {case}")
    read = read_case(case)
    asked = named or read.level
    if isinstance(asked, Unknown):
        raise BadCase(f"No vertebra is named: {asked.why}.", "the level to compare", "Give it: --level L1.")
    _say("measuring the vertebrae")
    compared = compare_case(read, asked, measure(read), wanted, _say)
    if out:
        _write(out, compared, read)
    if json:
        _write_json(comparison_document(compared), json)
    if json != "-":
        typer.echo(comparison_in_words(compared))
    if any(isinstance(plan, Unknown) for plan in compared.plans.values()):
        raise typer.Exit(DONE_IN_PART)


def _write(out: Path, compared: Compared, case: RecordCase) -> None:
    """JSON, the picture, surfaces and needles: all of them or nothing."""
    from vertebro.formats.compare_document import comparison_document
    from vertebro.formats.document import as_json
    from vertebro.formats.procedure_files import write_procedures
    from vertebro.formats.writing import writing
    from vertebro.interfaces.cli import _say
    from vertebro.report.compare_picture import trade_off_picture
    from vertebro.vocabulary.known import Unknown

    _say("writing surfaces and needles")
    picture = trade_off_picture(compared)
    with writing(out) as folder:
        folder.mkdir()
        (folder / "comparison.json").write_text(as_json(comparison_document(compared)), encoding="utf-8")
        said = write_procedures(compared, case, folder)
        if not isinstance(picture, Unknown):
            (folder / "trade-off.svg").write_text(picture, encoding="utf-8")
    _say(f"no picture: {picture.why}" if isinstance(picture, Unknown) else f"wrote {out / 'trade-off.svg'}")
    for line in (*said, "comparison.json"):
        _say(f"wrote {out / line}")


def _volumes(text: str | None) -> tuple[float, ...] | None:
    from vertebro.errors import BadCase

    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise BadCase(
            f"--volumes is '{text}'.", "numbers with commas, such as 2,4,6", "Correct it."
        ) from None

"""The options of ``vertebro plan``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vertebro.interfaces.cli_options import DONE_IN_PART, Case, Json, LevelName, make_sure_of_places
from vertebro.interfaces.needle_options import Gauge, NeedleOptions, NeedleText, RouteName


def plan(
    case: Case,
    level: LevelName = None,
    procedure: Annotated[
        str | None,
        typer.Option(help="vertebroplasty, kyphoplasty or 'vertebral stent'; the first two if left out."),
    ] = None,
    route: RouteName = None,
    side: Annotated[str | None, typer.Option(help="right or left: one needle, aimed at the middle.")] = None,
    needle: NeedleText = None,
    gauge: Gauge = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", help="Write pictures, Slicer markups and glTF here."),
    ] = None,
    json: Json = None,
) -> None:
    """Safe needle paths with margins, grade and an unsteady hand's share, from the mask alone."""
    from vertebro.formats.document import as_json
    from vertebro.formats.plan_document import plan_document
    from vertebro.formats.writing import writing
    from vertebro.interfaces.planning import Options, run
    from vertebro.procedures.trajectory import Plan
    from vertebro.report.plan_words import plan_in_words

    make_sure_of_places(out, json)
    found = run(case, Options(level, procedure, NeedleOptions(needle, gauge, route, side)), out, _say)
    if json:
        text = as_json(plan_document(found.case.id, found.level, found.plans))
        if json == "-":
            typer.echo(text, nl=False)
        else:
            with writing(Path(json)) as temporary:
                temporary.write_text(text, encoding="utf-8")
    if json != "-":
        typer.echo("\n\n".join(plan_in_words(name, made) for name, made in found.plans))
    if not all(isinstance(made, Plan) for _, made in found.plans):
        raise typer.Exit(DONE_IN_PART)


def _say(what: str) -> None:
    typer.echo(f"· {what}", err=True)

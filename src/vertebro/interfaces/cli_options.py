"""Options that several commands share, each described once, and the look at where output goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DONE_IN_PART = 3
"""The exit code where something that was asked for could not be done."""

Case = Annotated[Path, typer.Argument(help="A case.yaml, or a folder that holds one.")]
LevelName = Annotated[
    str | None, typer.Option(help="The vertebra, such as L1, in place of the case's own level.")
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the report and all other output.")]
Json = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Also write JSON to FILE ('-': standard output).")
]
Simulate = Annotated[
    bool | None,
    typer.Option(
        "--simulate/--no-simulate",
        help="Play the procedures on this spine (a minute or two). Else: where the decision leaves one open.",
        show_default=False,
    ),
]


def make_sure_of_places(out: Path | None, json: str | None) -> None:
    """BadFile where output could not be written at the end, said before the work begins."""
    from vertebro.formats.writing import make_sure_of_file, make_sure_of_folder

    if out is not None:
        make_sure_of_folder(out)
    if json is not None and json != "-":
        make_sure_of_file(Path(json))


def not_negative(name: str, number: int) -> int:
    """The number given to an option, or BadCase below 0."""
    from vertebro.errors import BadCase

    if number < 0:
        raise BadCase(f"{name} is {number}.", "a number of 0 or more", "Correct it.")
    return number

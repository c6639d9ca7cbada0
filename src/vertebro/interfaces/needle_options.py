"""What the options of a command say of needles: sides, a file of one's own, their gauge, a route."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from vertebro.errors import BadCase

if TYPE_CHECKING:
    from vertebro.procedures.trajectory import Side
    from vertebro.procedures.wishes import OwnNeedle, Wishes

E = TypeVar("E", bound=Enum)

NeedleText = Annotated[
    str | None,
    typer.Option(
        "--needle",
        metavar="SIDES|FILE",
        help="left, right or left,right: sides of the planned needles. Or your own needles, lines of a 3D "
        "Slicer .mrk.json: never moved, their margins told.",
    ),
]
Gauge = Annotated[int | None, typer.Option(help="Gauge of your own needles.")]
RouteName = Annotated[str | None, typer.Option("--route", help="transpedicular or extrapedicular.")]


@dataclass(frozen=True)
class NeedleOptions:
    """The options as they were typed; ``tips`` is True where tips of one's own are given besides."""

    needle: str | None = None
    gauge: int | None = None
    route: str | None = None
    side: str | None = None
    tips: bool = False

    def wishes(self) -> Wishes:
        """The options understood, each refused in words before any image is read."""
        from vertebro.procedures.devices import needle_of
        from vertebro.procedures.trajectory import Route, Side
        from vertebro.procedures.wishes import Wishes

        side, route = one_of("side", self.side, Side), one_of("route", self.route, Route)
        if self.gauge is not None:
            needle_of(self.gauge)  # refuses a gauge that no needle has
        sides, own = self._needle()
        if self.needle is not None and self.side is not None:
            raise BadCase("Both --needle and --side are given.", "one of them", "Leave one out.")
        if own and route is not None:
            raise BadCase(
                "A route is given besides needles of your own.", "one of them", "Leave out --route."
            )
        if self.gauge is not None and not own and not self.tips:
            raise BadCase(
                f"A gauge of {self.gauge} is given without a needle of your own.",
                "your own needles",
                "Add --needle FILE, or leave out --gauge: the planner takes the gauge that the bone allows.",
            )
        return Wishes((side,) if side else sides, route, own, self.gauge)

    def _needle(self) -> tuple[tuple[Side, ...] | None, tuple[OwnNeedle, ...]]:
        """``left,right`` as sides, each once; everything else names a file."""
        from vertebro.formats.needle_file import read_needles
        from vertebro.procedures.trajectory import Side

        if self.needle is None:
            return None, ()
        known = {side.value: side for side in Side}
        names = [name.strip() for name in self.needle.split(",")]
        if set(names) <= set(known) and len(set(names)) == len(names):
            return tuple(known[name] for name in names), ()
        path = Path(self.needle)
        if not path.suffix and not path.exists():
            raise BadCase(
                f"--needle is '{self.needle}'.",
                "left, right or left,right, or a file of your own needles",
                "Write for example left,right or my-needles.mrk.json.",
            )
        return None, read_needles(path)


def one_of(name: str, word: str | None, kind: type[E]) -> E | None:
    """The member of this value, or BadCase with those there are."""
    if word is None:
        return None
    allowed = [str(member.value) for member in kind]
    if word not in allowed:
        raise BadCase(f"The {name} is '{word}'.", f"one of {', '.join(allowed)}", f"Correct --{name}.")
    return kind(word)

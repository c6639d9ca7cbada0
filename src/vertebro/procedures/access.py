"""Plan the needles of a level: safe corridors found and ranked, a person's own path measured, or why none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vertebro.errors import BadGeometry, HouseFault
from vertebro.kernels.arrays import Array
from vertebro.procedures.corridor import Aim, best_paths
from vertebro.procedures.devices import Needle
from vertebro.procedures.grades import Robustness
from vertebro.procedures.margins import Line, angles_of, grade_of, robustness_of, rooms
from vertebro.procedures.site import STEP_MM, Half, Site
from vertebro.procedures.trajectory import Route, Side, Trajectory
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)
say = texts(beside=__file__, name="access").say

TRIED = 3
"""How many of the best paths of a route are tried with an unsteady hand."""


@dataclass(frozen=True)
class Wish:
    """What is asked for: the needles in the order of preference, one or two sides, a route or any.

    ``tips`` names what the tips of two needles are for: it decides how far from the middle they lie.
    """

    needles: tuple[Needle, ...]
    one_sided: bool = False
    route: Route | None = None
    tips: str = "two_needles"

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes to look at."""
        return tuple(Route) if self.route is None else (self.route,)


def find_paths(site: Site, side: Side, wish: Wish) -> tuple[Trajectory, ...] | Unknown:
    """Safe paths of one side, the best of each route, the one to prefer first; or why there is none."""
    half = site.seen_from(side)
    found = [path for route in wish.routes if (path := _best(half, route, wish)) is not None]
    if not found:
        return _no_path(half, wish)
    return tuple(sorted(found, key=lambda p: _rank(p, half)))


def own_path(site: Site, entry_mm: Array, target_mm: Array, needle: Needle) -> Trajectory:
    """A person's own path (LPS mm) with its margins; whatever it does, it is measured and never moved."""
    middle = site.body.frame.local_mm((np.asarray(entry_mm) + target_mm) / 2)
    side = Side.RIGHT if middle[0] >= 0 else Side.LEFT
    half = site.seen_from(side)
    entry, target = half.from_world(np.asarray(entry_mm)), half.from_world(np.asarray(target_mm))
    if target[1] <= entry[1]:
        raise _refused_own("from_the_front", site)
    on_bone = _first_bone(half, entry, target)
    route = _route_of(half, on_bone, target)
    line = Line(half, Aim(needle.outer_mm / 2, route, 0.0), on_bone, target)
    return _trajectory(line, needle)


def _best(half: Half, route: Route, wish: Wish) -> Trajectory | None:
    """The best path of a route: with the first needle that the bone holds well, else with the best one."""
    found: list[Trajectory] = []
    for needle in wish.needles:
        path = _with(half, route, needle, wish)
        found += [path] if path is not None else []
        if path is not None and not any(_rank(path, half)[:2]):
            return path
    return min(found, key=lambda p: _rank(p, half), default=None)


def _with(half: Half, route: Route, needle: Needle, wish: Wish) -> Trajectory | None:
    """The best of the safe paths with this needle, tried with an unsteady hand."""
    kind = "one_needle" if wish.one_sided else wish.tips
    share, pull = float(v.tip_beside.value[kind]), float(v.tip_pull.value[kind])
    aim = Aim(needle.outer_mm / 2, route, share * half.body.width_mm, pull)
    paths = best_paths(half, aim, TRIED)
    lines = [Line(half, aim, e, t) for e, t in zip(paths.entry_mm, paths.target_mm, strict=True)]
    if not lines:
        return None
    tried = [robustness_of(line) for line in lines]
    lost = np.array([1 - t.acceptable + t.into_canal for t in tried])
    at = int(np.argmin(paths.cost + float(v.cost_of_a_lost_try.value) * lost))
    path = _trajectory(lines[at], needle, tried[at])
    _refuse_canal(path, half)
    return path if path.is_acceptable else None


def _rank(path: Trajectory, half: Half) -> tuple[bool, bool, int, float]:
    """Lower first: pedicle wide enough, forgiving, through the pedicle, fewer tries lost."""
    girth = half.isthmus.girth_mm
    tight = (
        path.route is Route.TRANSPEDICULAR and path.needle.outer_mm + 2 * float(v.pedicle_spare.value) > girth
    )
    assert isinstance(path.robustness, Robustness)
    limit = v.forgiving.value
    lost = (
        path.robustness.acceptable < limit["acceptable"] or path.robustness.into_canal > limit["into_canal"]
    )
    share = 1 - path.robustness.acceptable + path.robustness.into_canal
    return tight, lost, list(Route).index(path.route), share


def _trajectory(line: Line, needle: Needle, robustness: Robustness | None = None) -> Trajectory:
    convergence, cranio_caudal = angles_of(line)
    half = line.half
    path = Trajectory(
        level=half.site.level,
        side=half.side,
        route=line.aim.route,
        entry_mm=half.to_world(line.entry_mm),
        target_mm=half.to_world(line.target_mm),
        needle=needle,
        image=half.site.image,
        margins=rooms(line),
        grade=grade_of(line),
        robustness=robustness or robustness_of(line),
        convergence=convergence,
        cranio_caudal=cranio_caudal,
    )
    return replace(path, words=_at_the_table(line, path))


def _at_the_table(line: Line, path: Trajectory) -> tuple[str, ...]:
    """What the person at the table needs: where to enter, how to lean, how deep, where the tip ends."""
    assert isinstance(path.convergence, Measured) and isinstance(path.cranio_caudal, Measured)
    lean, tilt = path.convergence.value, path.cranio_caudal.value
    wall = _depth_at_wall(line)
    words = [
        say(f"table.entry.{path.route}", side=path.side, beside=f"{line.entry_mm[0]:.0f}", **_height(line)),
        say(
            "table.lean",
            lean=f"{abs(lean):.0f}",
            way=say("table.inwards" if lean >= 0 else "table.outwards"),
            tilt=f"{abs(tilt):.0f}",
            pole=say("table.head" if tilt >= 0 else "table.feet"),
        ),
        say("table.depth", depth=f"{path.depth_mm:.0f}", wall=f"{wall:.0f}", needle=path.needle.name),
    ]
    tip = line.target_mm[0]
    words.append(
        say(
            "table.tip",
            beside=f"{abs(tip):.0f}",
            where=say("table.same" if tip >= 0 else "table.other", side=path.side),
            **_ahead(path),
        )
    )
    return tuple(words)


def _height(line: Line) -> dict[str, str]:
    at = line.entry_mm[2]
    return {"height": f"{abs(at):.0f}", "above": say("table.above" if at >= 0 else "table.below")}


def _ahead(path: Trajectory) -> dict[str, str]:
    ahead = path.margins["anterior_wall"]
    return {"ahead": f"{ahead.value:.0f}" if isinstance(ahead, Measured) else "-"}


def _depth_at_wall(line: Line) -> float:
    """Depth at which the tip passes the posterior wall."""
    depths = np.arange(0.0, line.depth_mm, 0.25)
    points = line.entry_mm + depths[:, None] * line.direction
    before = points[:, 1] < line.half.body.posterior_wall(points[:, 2])
    return float(depths[before].max()) if before.any() else 0.0


def _first_bone(half: Half, entry: Array, target: Array) -> Array:
    """Where a path first meets the bone, going from its start to its target (BadGeometry if nowhere)."""
    steps = np.linspace(0.0, 1.0, max(2, int(np.linalg.norm(target - entry) / 0.25)))
    points = entry + steps[:, None] * (target - entry)
    inside = half.bone(points) >= 0
    if not inside.any():
        raise _refused_own("no_bone", half.site)
    return np.asarray(points[int(inside.argmax())])


def _refused_own(key: str, site: Site) -> BadGeometry:
    return BadGeometry(*(say(f"own.{key}.{part}", level=site.level) for part in ("found", "needed", "do")))


def _route_of(half: Half, entry: Array, target: Array) -> Route:
    """Through the pedicle if the needle's axis lies in bone half-way along the canal; else past it."""
    ahead = target[1] - entry[1]
    if ahead <= 0 or entry[1] >= half.zone_start_mm:
        return Route.EXTRAPEDICULAR
    gate = entry + (half.isthmus.middle_mm[1] - entry[1]) / ahead * (target - entry)
    return Route.TRANSPEDICULAR if half.bone(gate[None])[0] > 0 else Route.EXTRAPEDICULAR


def _no_path(half: Half, wish: Wish) -> Unknown:
    thinnest = min(wish.needles, key=lambda n: n.outer_mm)
    return Unknown(
        say(
            "none",
            level=half.site.level,
            side=half.side,
            girth=f"{half.isthmus.girth_mm:.1f}",
            needle=thinnest.name,
            outer=f"{thinnest.outer_mm:.1f}",
            routes=_routes(wish),
        )
    )


def _routes(wish: Wish) -> str:
    names = [str(r) for r in wish.routes]
    return names[0] if len(names) == 1 else say("none_or", one=names[0], other=names[1])


def _refuse_canal(path: Trajectory, half: Half) -> None:
    """A second look, apart from the search: no point on the needle's surface lies in the canal."""
    depths = np.arange(-2 * path.needle.outer_mm, path.depth_mm + STEP_MM / 4, STEP_MM / 4)
    axis = half.from_world(path.at_mm(depths))
    side, up = _square(path, half)
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rim = np.cos(turns)[:, None] * side + np.sin(turns)[:, None] * up
    surface = axis[:, None, :] + path.needle.outer_mm / 2 * rim[None]
    if (half.canal(surface) <= 0).any() or (half.canal(axis) <= 0).any():
        raise HouseFault(f"A planned {path.side} needle of {path.level} would touch the canal.")


def _square(path: Trajectory, half: Half) -> tuple[Array, Array]:
    d = half.from_world(path.at_mm(np.array([0.0, path.depth_mm])))
    d = (d[1] - d[0]) / path.depth_mm
    side = np.cross(d, np.array([0.0, 0.0, 1.0]))
    side = side / np.linalg.norm(side)
    return side, np.cross(side, d)

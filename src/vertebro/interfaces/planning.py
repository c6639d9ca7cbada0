"""The command ``vertebro plan``: safe needle paths for a procedure, in words, pictures and files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vertebro.errors import BadCase
from vertebro.interfaces.needle_options import NeedleOptions

if TYPE_CHECKING:
    from vertebro.formats.surfaces import Body
    from vertebro.patient.case import Case
    from vertebro.procedures.procedure import Technique
    from vertebro.procedures.site import Site
    from vertebro.procedures.trajectory import Plan
    from vertebro.procedures.wishes import Wishes
    from vertebro.vocabulary.known import Unknown
    from vertebro.vocabulary.levels import Level

Understood = tuple[tuple["Technique", ...], "Wishes"]
"""The procedures to plan and what is asked of their needles."""

USUAL = ("vertebroplasty", "kyphoplasty")
"""The procedures that are planned when none is named: the two the decision speaks of."""


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    level: str | None = None
    procedure: str | None = None
    needles: NeedleOptions = field(default_factory=NeedleOptions)


@dataclass(frozen=True)
class Planned:
    """The plans of one level, by procedure, with the site they lie in (where there is one)."""

    case: Case
    level: Level
    site: Site | Unknown
    plans: tuple[tuple[str, Plan | Unknown], ...]


def planned(case: Case, options: Options, asked: Understood | None = None) -> Planned:
    """Plan every procedure asked for; what cannot be planned is Unknown with its reason."""
    from vertebro.patient.volume import Volume
    from vertebro.procedures.site import site_of
    from vertebro.vocabulary.known import Unknown

    techniques, wishes = asked or _understood(options)
    level = _level(case, options)
    if isinstance(case.spine, Unknown):
        raise BadCase(f"There is no vertebra mask: {case.spine.why}.", "a mask", "Add a mask to the case.")
    site = site_of(case.spine, level, case.ct if isinstance(case.ct, Volume) else None)
    if isinstance(site, Unknown):
        return Planned(case, level, site, tuple((t.name, site) for t in techniques))
    return Planned(case, level, site, tuple((t.name, wishes.plan(t, site)) for t in techniques))


def write_plans(found: Planned, folder: Path) -> tuple[Path, ...]:
    """Pictures (SVG), needles for 3D Slicer (.mrk.json), bone and needles as glTF; the files written."""
    from vertebro.formats.markups import write_markups
    from vertebro.formats.plan_document import needle_lines
    from vertebro.formats.surfaces import write_glb
    from vertebro.formats.writing import writing
    from vertebro.procedures.trajectory import Plan
    from vertebro.report.plan_picture import PlanScene, plan_picture
    from vertebro.vocabulary.known import Unknown

    written: list[Path] = []
    assert not isinstance(found.case.spine, Unknown)
    for name, plan in found.plans:
        if not isinstance(plan, Plan) or isinstance(found.site, Unknown):
            continue
        stem = f"{name.replace(' ', '-')}-{plan.level}"
        picture = plan_picture(PlanScene(found.case.ct, found.case.spine, found.site, plan))
        with writing(folder / f"{stem}.svg") as temporary:
            temporary.write_text(picture.svg, encoding="utf-8")
        write_markups(needle_lines(plan), folder / f"{stem}.mrk.json")
        write_glb(_bodies(found, plan), folder / f"{stem}.glb")
        written += [folder / f"{stem}{ending}" for ending in (".svg", ".mrk.json", ".glb")]
    return tuple(written)


def run(case: Path, options: Options, out: Path | None, tell: Callable[[str], None]) -> Planned:
    """Read, plan and write; what people read is left to the caller."""
    from vertebro.formats.casefile import read_case

    asked = _understood(options)
    tell(f"reading {case}")
    read = read_case(case)
    tell("looking for safe needle paths")
    found = planned(read, options, asked)
    for path in write_plans(found, out) if out else ():
        tell(f"wrote {path}")
    return found


def _bodies(found: Planned, plan: Plan) -> list[Body]:
    from vertebro.formats.surfaces import Body
    from vertebro.kernels.rendering import tube
    from vertebro.report.surfaces3d import surface_of
    from vertebro.vocabulary.known import Unknown

    assert not isinstance(found.case.spine, Unknown)
    bone = surface_of(found.case.spine[plan.level].mask, 1.0)
    bodies = [Body(str(plan.level), bone, "#d8cdb6", 0.5)]
    for n in plan.needles:
        rod = tube(n.entry_mm, n.target_mm, n.needle.outer_mm / 2)
        bodies.append(Body(f"{plan.level} {n.side} needle", rod, "#3f9fc4"))
    return bodies


def _level(case: Case, options: Options) -> Level:
    from vertebro.vocabulary.known import Unknown
    from vertebro.vocabulary.levels import Level

    asked = case.level if options.level is None else Level.parse(options.level)
    if isinstance(asked, Unknown):
        raise BadCase(f"No vertebra is named: {asked.why}.", "the level to plan", "Give it: --level L1.")
    return asked


def _understood(options: Options) -> Understood:
    """The options as things of the house, each refused before any image is read."""
    from vertebro.procedures.procedure import technique

    names = (options.procedure,) if options.procedure is not None else USUAL
    return tuple(technique(name) for name in names), options.needles.wishes()

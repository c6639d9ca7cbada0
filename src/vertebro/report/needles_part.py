"""The planned needles in words for the table: lean, tilt, depth, gauge, grade, an unsteady hand, room."""

from __future__ import annotations

from vertebro.procedures.grades import Robustness
from vertebro.procedures.grades import v as grades
from vertebro.procedures.trajectory import Plan, Trajectory
from vertebro.report.plan_words import margin_name
from vertebro.report.section_part import Part, say, slug
from vertebro.simulation.compare import Compared
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured

HEADS = ("which", "lean", "tilt", "depth", "grade", "tries", "canal", "least")


def needles_part(compared: Compared) -> Part:
    """Every needle of every plan in a row, its pictures, and where there is no plan why."""
    plans = {name: plan for name, plan in compared.plans.items() if isinstance(plan, Plan)}
    rows = tuple(_row(name, needle) for name, plan in plans.items() for needle in plan.needles)
    return Part(
        heading=say("heading.needles"),
        says=tuple(
            say("needles.none", procedure=name, why=plan.why)
            for name, plan in compared.plans.items()
            if isinstance(plan, Unknown)
        ),
        heads=tuple(say(f"needles.heads.{name}") for name in HEADS) if rows else (),
        rows=rows,
        pictures=tuple(f"plan_{slug(name)}" for name in plans),
        below=_below(plans),
    )


def _row(procedure: str, path: Trajectory) -> tuple[str, ...]:
    tried = path.robustness
    which = say(
        "needles.which",
        procedure=procedure,
        side=path.side,
        route=path.route,
        gauge=path.needle.gauge,
        outer=f"{path.needle.outer_mm:.1f}",
    )
    return (
        which,
        _known(path.convergence),
        _tilt(path.cranio_caudal),
        say("needles.depth", mm=f"{path.depth_mm:.0f}"),
        _unknown(path.grade) if isinstance(path.grade, Unknown) else str(path.grade),
        _tries(tried) if isinstance(tried, Robustness) else _unknown(tried),
        _known(path.margins.get("canal", Unknown(say("needles.no_canal")))),
        _least(path),
    )


def _tries(tried: Robustness) -> str:
    pct, canal = f"{100 * tried.acceptable:.0f}", f"{100 * tried.into_canal:.1f}"
    return say("needles.tries", pct=pct, tries=tried.tries, canal=canal)


def _known(value: Measured | Unknown) -> str:
    return _unknown(value) if isinstance(value, Unknown) else value.in_words()


def _unknown(value: Unknown) -> str:
    return say("needles.unknown", why=value.why)


def _tilt(angle: Measured | Unknown) -> str:
    if isinstance(angle, Unknown):
        return _unknown(angle)
    towards = Measured(abs(angle.value), angle.unit, angle.method, angle.spread)
    return say("needles.head" if angle.value >= 0 else "needles.feet", angle=towards.in_words())


def _least(path: Trajectory) -> str:
    """The structure other than the canal that the needle comes nearest to."""
    known = {n: m for n, m in path.margins.items() if isinstance(m, Measured) and n != "canal"}
    if not known:
        return _unknown(Unknown(say("needles.no_margin")))
    name = min(known, key=lambda n: known[n].value)
    return say("needles.least", name=margin_name(name), room=known[name].in_words())


def _below(plans: dict[str, Plan]) -> tuple[str, ...]:
    tried = [n.robustness for p in plans.values() for n in p.needles if isinstance(n.robustness, Robustness)]
    if not tried:
        return ()
    first = f"{float(grades.breach_limits.value[0]):g}"
    return (say("needles.grades", first=first, mm=f"{tried[0].off_mm:g}", deg=f"{tried[0].off_deg:g}"),)

"""A plan in words, for the terminal and the report: needles, margins, an unsteady hand, steps, cautions."""

from __future__ import annotations

from collections.abc import Iterator

from vertebro.procedures.grades import Robustness
from vertebro.procedures.steps import Fill, Inflate, Step
from vertebro.procedures.trajectory import MARGINS, Plan, Trajectory
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="plan").say


def plan_in_words(name: str, plan: Plan | Unknown) -> str:
    """Everything of a plan, one thing a line; or why there is none."""
    if isinstance(plan, Unknown):
        return say("none", name=name, why=plan.why)
    lines = [say("title", procedure=plan.procedure, level=plan.level)]
    for needle in plan.needles:
        lines += list(_needle(needle))
    for other in plan.alternatives:
        lines.append(say("other", **_short(other)))
    lines += [say("steps")] + [f"  {n}. {step_in_words(s)}" for n, s in enumerate(plan.steps, start=1)]
    lines += [say("note", note=note) for note in plan.notes]
    return "\n".join([*lines, say("estimate")])


def step_in_words(step: Step) -> str:
    """One step: what, where, how much."""
    both = len(step.sides) == 2
    sides = say("and", one=step.sides[0], other=step.sides[1]) if both else step.sides[0]
    words: dict[str, object] = {"sides": sides}
    if isinstance(step, Inflate):
        words |= {"balloon": step.balloon.name, "ml": f"{step.volume_ml:g}"}
    if isinstance(step, Fill):
        words |= {"cement": step.cement.name, "ml": f"{step.volume_ml:g}"}
    return say(f"step.{step.name}", **words)


def margin_name(name: str) -> str:
    """A margin as people call it."""
    return say(f"margin.{name}")


def grade_in_words(path: Trajectory) -> str:
    """The grade as planned and what an unsteady hand makes of it."""
    grade = path.grade.why if isinstance(path.grade, Unknown) else say("grade", grade=path.grade)
    tried = path.robustness
    if not isinstance(tried, Robustness):
        return grade
    shares = ", ".join(
        say("share", grade=g, pct=f"{100 * share:.0f}") for g, share in tried.shares.items() if share >= 0.005
    )
    return " ".join(
        [
            grade,
            say(
                "tries",
                tries=tried.tries,
                mm=f"{tried.off_mm:g}",
                deg=f"{tried.off_deg:g}",
                pct=f"{100 * tried.acceptable:.0f}",
                shares=shares,
                canal=f"{100 * tried.into_canal:.1f}",
            ),
        ]
    )


def _needle(path: Trajectory) -> Iterator[str]:
    yield say("needle", **_short(path))
    yield from (f"  {words}" for words in path.words)
    yield f"  {grade_in_words(path)}"
    yield f"  {margins_in_words(path)}"


def margins_in_words(path: Trajectory) -> str:
    """The room a needle leaves on every side."""
    each = (f"{margin_name(name)} {_margin(path.margins[name])}" for name in MARGINS if name in path.margins)
    return f"{say('margins')} " + "; ".join(each)


def _margin(found: Measured | Unknown) -> str:
    return say("unknown", why=found.why) if isinstance(found, Unknown) else found.in_words()


def _short(path: Trajectory) -> dict[str, str]:
    tried = path.robustness
    share = f"{100 * tried.acceptable:.0f} %" if isinstance(tried, Robustness) else say("not_tried")
    canal = path.margins.get("canal", Unknown("-"))
    return {
        "side": str(path.side).capitalize(),
        "route": str(path.route),
        "needle": path.needle.name,
        "outer": f"{path.needle.outer_mm:.1f}",
        "grade": "?" if isinstance(path.grade, Unknown) else str(path.grade),
        "share": share,
        "canal": _margin(canal),
    }

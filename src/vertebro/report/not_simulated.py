"""What of a comparison could not be simulated, and why: each reason once, with what it concerns."""

from __future__ import annotations

from collections.abc import Iterator

from vertebro.report.section_part import say
from vertebro.simulation.augmented import Carried, Restored
from vertebro.simulation.compare import Compared, Option
from vertebro.simulation.neighbour_results import Neighbours
from vertebro.simulation.sampling import Share
from vertebro.vocabulary.known import Unknown

Pair = tuple[str, str]


def not_simulated(compared: Compared | Unknown) -> tuple[Pair, ...]:
    """Pairs of what was not simulated and why, in the order of the work."""
    if isinstance(compared, Unknown):
        return ((say("not_done.all"), compared.why),)
    by_why: dict[str, dict[str, None]] = {}
    for what, why in _missing(compared):
        by_why.setdefault(why, {})[what] = None
    return tuple(("; ".join(what), why) for why, what in by_why.items())


def _missing(compared: Compared) -> Iterator[Pair]:
    for name, plan in compared.plans.items():
        if isinstance(plan, Unknown):
            yield say("not_done.plan", procedure=name), plan.why
    for name, played in compared.played.items():
        if played.plan.has_balloons and isinstance(played.inflation, Unknown):
            yield say("not_done.balloons", procedure=name), played.inflation.why
    strong = compared.untreated
    if isinstance(strong.intact, Unknown):
        yield say("not_done.intact", level=compared.level), strong.intact.why
    for name, state in (("intact", strong.intact), ("broken", strong.broken)):
        if isinstance(state, Carried) and isinstance(state.offset, Unknown):
            yield say(f"not_done.{name}_offset", level=compared.level), state.offset.why
    if isinstance(compared.segment, Unknown):
        yield say("not_done.segment"), compared.segment.why
    for option in compared.options:
        yield from _of_option(compared, option)


def _of_option(compared: Compared, option: Option) -> Iterator[Pair]:
    """What is not known of one option. A procedure without a balloon has no gain of height to miss."""
    if isinstance(option.leaked, Unknown):  # an injection that never came so far has nothing else either
        yield say("not_done.injection", option=option.name), option.leaked.why
        return
    parts: dict[str, object] = {"strength": option.restored, "chance": option.anywhere, "heat": option.heat}
    if compared.played[option.procedure].plan.has_balloons:
        parts["heights"] = option.heights
    if not isinstance(compared.segment, Unknown):
        parts["neighbours"] = option.neighbours
    if isinstance(option.restored, Restored):
        parts["offset"] = option.restored.offset
    if isinstance(option.anywhere, Share):
        parts["chance"] = option.anywhere.probability
    if isinstance(option.neighbours, Neighbours):
        parts |= {"cement": option.neighbours.cement, "alignment": option.neighbours.alignment}
    for name, part in parts.items():
        if isinstance(part, Unknown):
            yield say(f"not_done.{name}", option=option.name), part.why

"""The options for one vertebra side by side, as plain text: strength, leaks, height, neighbours, heat."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from vertebro.fracture.findings import Number
from vertebro.procedures.trajectory import Plan
from vertebro.report.balloon_part import balloons_in_words
from vertebro.report.neighbours_words import bands_in_words, evidence_in_words
from vertebro.report.plan_words import grade_in_words, margins_in_words
from vertebro.report.published_beside import published_leaks, published_row
from vertebro.simulation.compare import Compared, Option
from vertebro.simulation.injection import Stop
from vertebro.simulation.materials import v as bone
from vertebro.simulation.neighbour_results import Neighbours
from vertebro.simulation.permeability import v as flow
from vertebro.simulation.sampling import Share
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.texts import texts

WIDTH = 108
HOTTEST = "canal_wall"

say = texts(beside=__file__, name="compare").say
stops = texts(beside=__file__, name="simulation").say

NEVER_BEGAN = tuple(stop.value for stop in Stop if not stop.began)


def comparison_in_words(compared: Compared) -> str:
    """What to read first, the plans, the table, and what the table says."""
    parts = [
        say("title", level=compared.level, procedures=", ".join(compared.plans)),
        _block("notes", (say("not_judged"), *compared.cautions)),
        _block("plans", plans(compared)),
        "\n".join([say("heading.table"), *table(compared)]),
        _block("reading", reading(compared)),
        _block("missing", missing(compared)),
    ]
    return "\n\n".join(part for part in parts if part)


def plans(compared: Compared) -> Iterable[str]:
    """Every plan in a line, or why there is none; what its balloons came to; what its planner has to say."""
    for name, plan in compared.plans.items():
        yield plan_line(name, plan)
        if isinstance(plan, Unknown):
            continue
        if plan.has_balloons:
            yield " ".join(balloons_in_words(name, compared.played[name]))
        yield from plan.notes
        for path in plan.needles if compared.wanted.wishes.own else ():
            told = {"side": path.side, "grade": grade_in_words(path), "room": margins_in_words(path)}
            yield say("plan.own", procedure=name, **told)


def plan_line(name: str, plan: Plan | Unknown) -> str:
    """Sides, routes, gauges and cement of a plan, or why there is none."""
    if isinstance(plan, Unknown):
        return say("plan.none", procedure=name, why=plan.why)
    sides = [say("plan.side", side=n.side, route=n.route, gauge=n.needle.gauge) for n in plan.needles]
    told = say("plan.two", one=sides[0], other=sides[1]) if len(sides) == 2 else sides[0]
    return say("plan.one", procedure=name, sides=told, ml=f"{plan.cement_ml:g}")


COLUMNS = ("strength", "stiffness", "leaked", "anywhere", "canal", "height", "wedge", "pressure", "heat")


def rows(compared: Compared) -> list[tuple[str, ...]]:
    """The table: heads, the vertebra as it is, every option, and what was published beside them."""
    heads = ("", *(say(f"column.{name}") for name in COLUMNS))
    return [
        heads,
        _untreated(compared),
        *((option.name, *cells(compared, option)) for option in compared.options),
        published_row(compared),
    ]


def table(compared: Compared) -> list[str]:
    """The same as lines of text."""
    lines = rows(compared)
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _untreated(compared: Compared) -> tuple[str, ...]:
    strong, none = compared.untreated, say("cell.none")
    name = "broken" if "broken" in strong.restored else None
    if name is None:
        return (say("untreated.whole"), "100 %", "100 %", *[none] * 7)
    part = strong.restored[name]
    return (say("untreated.broken"), short(compared.strength(part)), short(part.stiffness), *[none] * 7)


def cells(compared: Compared, option: Option) -> tuple[str, ...]:
    """One option's cells, in the order of the columns."""
    restored, balloons = option.restored, compared.played[option.procedure].plan.has_balloons
    stiffness: Number = restored if isinstance(restored, Unknown) else restored.stiffness
    heights = option.heights
    gains: tuple[Number, Number] = (
        (heights, heights) if isinstance(heights, Unknown) else (heights.gain.middle, heights.gain.wedge)
    )
    return (
        short(compared.strength(restored)),
        short(stiffness),
        short(option.leaked),
        _chance(option.anywhere),
        _chance(option.canal),
        *(short(gain, sign=True) if balloons else say("cell.none") for gain in gains),
        short(pressure_next_door(option.neighbours), sign=True),
        _heat(option),
    )


def pressure_next_door(neighbours: Neighbours | Unknown) -> Number:
    """The larger change of a disc's pressure by cement alone, %."""
    if isinstance(neighbours, Unknown):
        return neighbours
    if isinstance(neighbours.cement, Unknown):
        return neighbours.cement
    found = [c.change for c in neighbours.cement if c.quantity == "pressure"]
    known = [c for c in found if not isinstance(c, Unknown)]
    return max(known, key=lambda c: abs(c.value)) if known else Unknown(say("unknown.pressure"))


def whole(value: float) -> int:
    """A chance or a strength in per cent as people read it, here and on the patient's factsheet."""
    return round(value)


def short(value: Number, sign: bool = False) -> str:
    """A number with its spread as briefly as a table bears it."""
    if isinstance(value, Unknown):
        return say("cell.unknown")
    digits = {"%": 1 if sign else 0, "mL": 2}.get(value.unit, 1)
    if 0 < value.spread < 10**-digits:  # one figure more, or a spread would read as none
        digits += 1
    shown = (round(value.value, digits) if digits else whole(value.value)) + 0.0  # nought has no sign
    number = f"{shown:+.{digits}f}" if sign and shown else f"{shown:.{digits}f}"
    spread = f" ± {value.spread:.{digits}f}" if value.spread else ""
    if value.unit == "deg":
        return say("cell.angle", number=number, spread=spread)
    return say("cell.number", number=number, spread=spread, unit=value.unit)


def chance_pct(chance: Share | Unknown) -> tuple[int, int, int] | Unknown:
    """A chance and the ends of its interval, in whole per cent."""
    if isinstance(chance, Unknown):
        return chance
    if isinstance(chance.probability, Unknown):
        return chance.probability
    p, low, high = (whole(100 * x) for x in (chance.probability, chance.low, chance.high))
    return p, low, high


def _chance(chance: Share | Unknown) -> str:
    found = chance_pct(chance)
    if isinstance(found, Unknown):
        return say("cell.unknown")
    p, low, high = found
    return say("cell.chance", p=p, low=low, high=high)


def _heat(option: Option) -> str:
    if isinstance(option.heat, Unknown):
        return say("cell.unknown")
    peaks = [h.regions[HOTTEST].peak_celsius for h in option.heat.values() if HOTTEST in h.regions]
    if not peaks:
        return say("cell.unknown")
    low, high = f"{min(peaks):.0f}", f"{max(peaks):.0f}"
    return say("cell.one_heat" if low == high else "cell.heat", low=low, high=high)


def reading(compared: Compared) -> Iterable[str]:
    """What the table says in sentences, and what patients and trials say beside it."""
    yield from answers(compared)
    series = [o.heights.gain.patients for o in compared.options if not isinstance(o.heights, Unknown)]
    for one in series[0] if series else ():
        yield say("reading.patients", name=one.name, middle=one.middle.in_words(), angle=one.angle.in_words())
    told = [o.neighbours for o in compared.options if not isinstance(o.neighbours, Unknown)]
    if told:
        yield say("reading.next_door")
        yield from bands_in_words(told[0].bands, "cement")
        yield evidence_in_words(told[0])


def _no_answer(compared: Compared, procedure: str) -> Iterable[str]:
    """In how many of the drawn injections nothing went in, where there are any."""
    shares = [o.anywhere for o in compared.of(procedure) if isinstance(o.anywhere, Share)]
    most = max(shares, key=lambda s: s.unknown, default=None)
    if most is not None and most.unknown:
        told = say("reading.no_answer", procedure=procedure, unknown=most.unknown, of=most.of)
        never = _never_began(compared, procedure)
        each = ", ".join(f"{n} {stops(f'stop.{name}')}" for name, n in never.items())
        yield " ".join([told, say("reading.ended", each=each)]) if each else told


def _never_began(compared: Compared, procedure: str) -> dict[str, int]:
    """How many of the drawn injections never began, by the reason."""
    risk = compared.risks.get(procedure)
    if risk is None or isinstance(risk, Unknown):
        return {}
    return {name: risk.stops[name] for name in NEVER_BEGAN if risk.stops.get(name)}


def leaks_overlap(compared: Compared) -> bool:
    """True if one chance lies in the interval of every option: their order is not settled."""
    shares = [o.anywhere for o in compared.options if isinstance(o.anywhere, Share)]
    return len(shares) > 1 and max(s.low for s in shares) <= min(s.high for s in shares)


def answers(compared: Compared) -> Iterable[str]:
    """What the table says in sentences."""
    for name in compared.played:
        enough = compared.enough(name)
        if isinstance(enough, Unknown):
            yield enough.why[0].upper() + enough.why[1:] + "."
        else:
            yield say("reading.enough", procedure=name, ml=f"{enough.value:g}")
        yield from _no_answer(compared, name)
    if any(Stop.NOT_IN_BONE.value in _never_began(compared, name) for name in compared.played):
        yield say("reading.hand", mm=f"{flow.execution_mm.number:g}", deg=f"{flow.execution_deg.number:g}")
    yield published_leaks()
    best = compared.efficient()
    if best:
        yield say("reading.efficient", options="; ".join(o.name for o in best))
    if leaks_overlap(compared):
        yield say("reading.overlap")
    yield say("reading.intact", estimate=_carried(compared))
    named = {"offset": bone.offset_pct.value, "factor": bone.stiffness_based_factor.value}
    yield say("reading.at_offset" if compared.is_at_offset else "reading.by_stiffness", **named)
    if "broken" in compared.untreated.restored:
        yield say("reading.untreated")


def _carried(compared: Compared) -> str:
    """The load and the stiffness that 100 % stand for, by the definition that is told."""
    intact = compared.untreated.intact
    if isinstance(intact, Unknown):
        return intact.why
    load = intact.offset if compared.is_at_offset else intact.stiffness_based
    told = load.why if isinstance(load, Unknown) else load.in_words()
    return say("carried", load=told, stiffness=intact.stiffness.in_words())


def missing(compared: Compared) -> list[str]:
    """Why a cell is not known, each reason once."""
    found: dict[str, dict[str, None]] = {}
    for option in compared.options:
        parts: tuple[object, ...] = (
            option.leaked,
            option.anywhere,
            option.restored,
            option.heights,
            option.neighbours,
            option.heat,
        )
        for part in parts:
            if isinstance(part, Unknown):
                found.setdefault(part.why, {})[option.name] = None
    return [say("missing", options="; ".join(names), why=why) for why, names in found.items()]


def _block(heading: str, lines: Iterable[str]) -> str:
    told = [
        textwrap.fill(line, WIDTH, initial_indent="  - ", subsequent_indent="    ") for line in lines if line
    ]
    return "\n".join([say(f"heading.{heading}"), *told]) if told else ""

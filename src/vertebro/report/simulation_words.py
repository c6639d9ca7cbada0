"""A simulated procedure as plain text: what to read first, balloons, the injection, leaks, chances."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from vertebro.procedures.trajectory import Plan
from vertebro.report.heat_chart import heat_in_words
from vertebro.report.inflation_words import course_table, inflation_in_words
from vertebro.report.plan_words import grade_in_words, margins_in_words
from vertebro.simulation.cortex import Gap
from vertebro.simulation.heating import v as measured
from vertebro.simulation.injection import CementResult, Stop
from vertebro.simulation.leak_risk import LeakRisk
from vertebro.simulation.leakage import BodyBox, Place
from vertebro.simulation.permeability import v
from vertebro.simulation.procedure_run import Simulated
from vertebro.simulation.sampling import Share
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.texts import texts

WIDTH = 108

SHOWN_ML = 0.005  # of several ways of one type that leak together: less would be written as 0.00 mL

ENOUGH = 20  # values from which the middle 90 % leave out any at both ends

say = texts(beside=__file__, name="simulation").say


def simulation_in_words(played: Simulated) -> str:
    """Title, what to read first, needles, balloons, the injection, its leaks, chances if samples were run."""
    procedure = played.wanted.procedure[:1].upper() + played.wanted.procedure[1:]
    result = played.injected
    parts = [
        say("title", procedure=procedure, level=played.level),
        *_nothing(result),
        _block(say("heading.notes"), (say("not_judged"), *played.notes, *_gaps(played))),
        _block(say("heading.needles"), _needles(played)),
        *_balloons(played),
    ]
    if isinstance(result, Unknown):
        return "\n\n".join(parts)
    parts += [
        _block(say("heading.injection"), _injection(played, result)),
        _block(say("heading.leaks"), _leaks(result)),
        _block(say("heading.heat"), _heat(played)),
    ]
    if isinstance(played.risk, Unknown):
        parts.append(_block(say("heading.more"), [played.risk.why]))
    else:
        parts += [_table(played.risk), _block(say("heading.more"), _more(played, played.risk))]
    return "\n\n".join(parts)


def _nothing(result: CementResult | Unknown) -> list[str]:
    """Said first where no cement was injected: what follows then tells of no leak and no heat."""
    if not isinstance(result, Unknown):
        return []
    why = result.why[:1].upper() + result.why[1:]
    return [textwrap.fill(say("never", why=why), WIDTH)]


def _needles(played: Simulated) -> Iterable[str]:
    for n in played.needles:
        tip = ", ".join(f"{x:.1f}" for x in n.tip_mm)
        yield say("needle", name=n.name, tip=tip, outer=f"{n.outer_mm:.1f}")
    if isinstance(played.plan, Plan):
        for path in played.plan.needles:
            own = say("own") if played.wanted.wishes.own else ""
            told = {"side": path.side, "route": path.route, "needle": path.needle.name, "own": own}
            yield say("path", grade=grade_in_words(path), room=margins_in_words(path), **told)


def _balloons(played: Simulated) -> list[str]:
    """The balloons step by step, where there are any."""
    inflation = played.inflation
    if isinstance(inflation, Unknown):
        return []
    told = _block(say("heading.balloons"), inflation_in_words(inflation, played.heights))
    return [told, "\n".join([say("heading.course"), *course_table(inflation)])]


def _heat(played: Simulated) -> Iterable[str]:
    if isinstance(played.heat, Unknown):
        yield say("heat.unknown", why=played.heat.why)
        return
    yield from heat_in_words(played.heat)
    if any("canal_wall" not in heat.regions for heat in played.heat.values()):
        yield say("heat.no_canal")
    low, high = measured.measured_canal.value
    yield say("heat.about", low=low, high=high, source=measured.measured_canal.reference.short)


def _gaps(played: Simulated) -> Iterable[str]:
    gaps = played.model.gaps
    if isinstance(gaps, Unknown):
        yield say("gaps.unknown", why=gaps.why)
    elif not gaps:
        yield say("gaps.none", least=v.gap_width_mm.value)
    else:
        for gap in gaps:
            where = say(f"gaps.{_side_of(gap, played.model.box)}")
            yield say("gaps.one", area=f"{gap.area_mm2:.0f}", side=gap.side.value, where=where)


def _side_of(gap: Gap, box: BodyBox) -> str:
    """Of the patient; ``middle`` for the third about the middle."""
    right = float(gap.centre_mm[0] - box.middle_mm[0])
    if abs(right) < box.width_mm / 6:
        return "middle"
    return "right" if right > 0 else "left"


def _injection(played: Simulated, result: CementResult) -> Iterable[str]:
    settings = played.wanted.settings
    yield say(
        "injected",
        injected=f"{result.injected_ml:.1f}",
        asked=f"{result.asked_ml:g}",
        viscosity=played.wanted.viscosity,
        start=f"{settings.start_min:g}",
        rate=f"{settings.rate_ml_min:g}",
        in_bone=f"{result.in_bone_ml:.1f}",
        why=result.why,
    )
    measured = float(v.published_pressure_kpa.value["tissue"])
    factor = v.pressure_factor.number
    yield say(
        "pressure",
        bone=f"{result.most_bone_kpa:.0f}",
        hub=f"{result.most_hub_mpa:.2g}",
        low=f"{measured / factor:.1f}",
        high=f"{measured * factor:.0f}",
        measured=measured,
    )
    yield _spread(result)


def _spread(result: CementResult) -> str:
    spread = result.spread
    met = {True: say("reached"), False: say("not_reached")}
    return say(
        "spread",
        share=f"{100 * spread.of_body_pores:.0f}",
        reach=" x ".join(f"{mm:.0f}" for mm in spread.reach_mm),
        right=f"{100 * spread.right_of_middle:.0f}",
        behind=f"{100 * spread.in_posterior_part:.0f}",
        upper=met[spread.meets_upper_plate],
        lower=met[spread.meets_lower_plate],
    )


def _leaks(result: CementResult) -> Iterable[str]:
    shown = [
        say("leak", name=o.name, type=o.route.yeom or say("no_type"), to=o.to.value, ml=f"{ml:.2f}")
        for o, ml in zip(result.outlets, result.course.leak_ml[:, -1], strict=True)
        if ml >= v.leak_ml.number or (o.route.yeom in result.yeom and ml >= SHOWN_ML)
    ]
    yield from shown or [say("no_leak", least=v.leak_ml.value)]
    types = ", ".join(result.yeom) or say("no_types")
    yield say("types", least=v.leak_ml.value, types=types, veins=f"{result.in_veins_ml:.2f}")


def _table(risk: LeakRisk) -> str:
    """Volumes down, places across; every chance with its interval."""
    columns = {
        "anywhere": risk.anywhere,
        "canal": risk.curve(Place.CANAL),
        "veins": risk.veins,
        "cortex": risk.curve(Place.SOFT_TISSUE),
        "disc": risk.curve(Place.DISC),
    }
    rows = [("", *(say(f"risk.{name}") for name in columns))]
    for n, ml in enumerate(risk.volumes_ml):
        cells = [_cell(curve.chances[n]) for curve in columns.values() if curve.chances]
        rows.append((say("risk.volume", ml=f"{ml:.1f}"), *cells))
    lines = (f"  {row[0]:>8}   " + "".join(f"{cell:<18}" for cell in row[1:]) for row in rows)
    return "\n".join([say("heading.risk", n=risk.samples), *(line.rstrip() for line in lines)])


def _cell(share: Share) -> str:
    p = share.probability
    if isinstance(p, Unknown):
        return say("risk.unknown")
    return say("risk.cell", p=f"{100 * p:.0f}", low=f"{100 * share.low:.0f}", high=f"{100 * share.high:.0f}")


def _more(played: Simulated, risk: LeakRisk) -> Iterable[str]:
    yield say("risk.counted", least=v.leak_ml.value)
    yield from _left_out(played, risk)
    yield _published()
    yield from _canal(risk)
    each = [s for s in risk.converging if s.of >= 5 and not isinstance(s.probability, Unknown)][-5:]
    if each:
        shares = ", ".join(f"{100 * s.events / max(s.of - s.unknown, 1):.0f}" for s in each)
        yield say("risk.converging", each=", ".join(str(s.of) for s in each), shares=shares)
    ended = ", ".join(f"{n} {say(f'stop.{name}')}" for name, n in risk.stops.items())
    yield say("risk.stops", each=ended)
    if not isinstance(risk.bone_kpa, Unknown):
        q = risk.bone_kpa
        key = "risk.pressure" if q.of >= ENOUGH else "risk.pressure_few"
        yield say(key, n=q.of, median=f"{q.median:.0f}", low=f"{q.p5:.0f}", high=f"{q.p95:.0f}")
    fine, coarse = played.edges_mm
    yield say("risk.grid", coarse=f"{coarse:g}", fine=f"{fine:g}", seed=risk.seed)


def _left_out(played: Simulated, risk: LeakRisk) -> Iterable[str]:
    """Samples without an answer, samples that ended early, and a limit samples do not heed."""
    unknown = risk.anywhere.chances[-1].unknown
    if unknown:
        yield say("risk.no_answer", n=unknown, of=risk.samples)
    early = risk.samples - unknown - risk.stops.get(Stop.VOLUME.value, 0)
    if early > 0:
        yield say("risk.early", n=early, of=risk.samples)
    allowed = played.wanted.settings.stop_leak_ml
    if allowed is not None:
        yield say("risk.leak_allowed", ml=f"{allowed:g}")


def _canal(risk: LeakRisk) -> Iterable[str]:
    """At which volume the canal leak passes the chance looked at, and what the count cannot rule out."""
    chance, last = v.stop_chance.number, risk.curve(Place.CANAL).chances[-1]
    if isinstance(last.probability, Unknown):
        yield say("risk.canal_unknown")
        return
    at, safe = risk.stop_point_ml(chance), risk.safe_up_to_ml(chance)
    said = {"chance": f"{100 * chance:g}", "most": f"{100 * last.high:.0f}", "ml": f"{risk.volumes_ml[-1]:g}"}
    if not isinstance(at, Unknown):
        yield say("risk.canal_at", **said | {"ml": f"{at:g}"})
    elif safe == risk.volumes_ml[-1]:
        yield say("risk.canal_never", **said)
    else:
        yield say("risk.canal_few", **said)
    if safe != risk.volumes_ml[-1]:
        ruled = say("risk.canal_ruled_none") if safe is None else say("risk.canal_ruled", ml=f"{safe:g}")
        yield say("risk.canal_ruled_out", ruled=ruled, chance=said["chance"])


def _published() -> str:
    """How often each type is seen in patients, to hold the computed chances against."""
    seen = v.published_leak_pct
    ranges = {kind.lower(): "-".join(f"{x:g}" for x in pair) for kind, pair in seen.value.items()}
    return say("risk.published", source=seen.reference.short, **ranges)


def _block(heading: str, lines: Iterable[str]) -> str:
    wrapped = (textwrap.fill(line, WIDTH, initial_indent="  - ", subsequent_indent="    ") for line in lines)
    return "\n".join([heading, *wrapped])

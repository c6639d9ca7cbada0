"""The balloons in words: how far they were filled, why no further, and heights beside those of patients."""

from __future__ import annotations

from collections.abc import Iterator

from vertebro.fracture.findings import Findings, Number, VertebraFindings
from vertebro.report.inflation_words import may_burst
from vertebro.report.section_part import Part, capital, say, slug
from vertebro.simulation.compare import Compared
from vertebro.simulation.endplate_lift import Union
from vertebro.simulation.height_gain import PLACES, HeightGain, HeightsAfter, PatientSeries, published_series
from vertebro.simulation.inflation import Inflation
from vertebro.simulation.stage import Played
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.units import read_as

NOTHING = 0.05  # mm or degrees: less is not told, as in the words of simulate
HEADS = ("place", "before", "healed", "loose", "after", "patients")


def balloon_part(compared: Compared, findings: Findings | Unknown) -> Part | None:
    """What the balloons of every procedure do; None where no procedure has any."""
    with_balloons = {name: p for name, p in compared.played.items() if p.plan.has_balloons}
    if not with_balloons:
        return None
    series = published_series()
    done = {n: p.inflation for n, p in with_balloons.items() if isinstance(p.inflation, Inflation)}
    said = [line for name, played in with_balloons.items() for line in balloons_in_words(name, played)]
    body = None if isinstance(findings, Unknown) else findings.vertebrae.get(compared.level)
    rows = [row for name, played in with_balloons.items() for row in _rows(compared, name, played, body)]
    return Part(
        heading=say("heading.balloon"),
        says=(*map(capital, said), *map(_of_patients, series)),
        heads=tuple(say(f"balloon.heads.{name}") for name in HEADS) if rows else (),
        rows=tuple(rows),
        pictures=tuple(f"balloon_{slug(name)}" for name in done),
        below=tuple(_state(p) for p in list(with_balloons.values())[:1] if done),
    )


def balloons_in_words(procedure: str, played: Played) -> Iterator[str]:
    """How far the balloons were filled, at what pressure, and why no further; or why not at all."""
    inflation = played.inflation
    if isinstance(inflation, Unknown):
        yield say("balloon.none", procedure=procedure, why=inflation.why.rstrip("."))
        return
    each = [say("balloon.balloon", name=b.balloon.name, side=b.side) for b in inflation.balloons]
    yield say(
        "balloon.reached",
        procedure=procedure,
        balloons=say("balloon.and", one=each[0], other=each[1]) if len(each) == 2 else each[0],
        ml=f"{inflation.last.volume.value:.1f}",
        asked=f"{sum(b.volume_ml for b in inflation.balloons):g}",
        mpa=inflation.last.pressure.in_words(),
        why=inflation.why.rstrip("."),
    )
    margin = inflation.pressure_margin
    if isinstance(margin, Unknown):
        yield say("balloon.rating_unknown")
    else:
        yield say("balloon.margin", margin=margin.in_words())
        yield from may_burst(margin)


def _of_patients(series: PatientSeries) -> str:
    words = {n: getattr(series, n).in_words() for n in ("anterior", "middle", "angle")}
    return say("balloon.series", name=series.name, **words)


def _rows(
    compared: Compared, procedure: str, played: Played, body: VertebraFindings | None
) -> Iterator[tuple[str, ...]]:
    """Height by height and the wedge: as imaged, gain if healed and if loose, after, and in patients."""
    option, loose = compared.as_planned(procedure), played.gain()
    if isinstance(played.inflation, Unknown) or isinstance(loose, Unknown) or isinstance(option, Unknown):
        return
    healed = played.inflation.gains[Union.HEALED][_at_rest(played)]
    series = loose.patients[0]
    for place in (*PLACES, "wedge"):
        name = "wedge_angle" if place == "wedge" else f"{place}_height"
        before: Number = Unknown(say("balloon.unknown")) if body is None else getattr(body, name)
        patients = series.angle if place == "wedge" else getattr(series, place)
        yield (
            say("balloon.at", procedure=procedure, place=say(f"balloon.place.{place}")),
            _words(before),
            _gain(healed, place),
            _gain(loose, place),
            _after(option.heights, place),
            patients.in_words(),
        )


def _at_rest(played: Played) -> str:
    return "full" if _has_stent(played) else "deflated"


def _has_stent(played: Played) -> bool:
    return any(step.name == "scaffold" for step in played.plan.steps)


def _words(value: Number) -> str:
    return say("balloon.unknown") if isinstance(value, Unknown) else value.in_words()


def _gain(gain: HeightGain, place: str) -> str:
    """With its sign: what is gained in front and lost of the wedge must not be mixed up."""
    value: Measured = getattr(gain, place)
    if abs(value.value) < NOTHING:
        unit = read_as(value.unit)
        return say("balloon.nothing", least=f"{NOTHING:g}{'' if unit == '°' else ' '}{unit}")
    sign = "+" if value.value > 0 else ""
    return sign + value.in_words()


def _after(heights: HeightsAfter | Unknown, place: str) -> str:
    return _words(heights if isinstance(heights, Unknown) else getattr(heights, place))


def _state(played: Played) -> str:
    return say("balloon.state", stent=say("balloon.stent") if _has_stent(played) else "")

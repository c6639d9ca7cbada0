"""The evidence as plain text for a terminal: pooled effects with their intervals, harms, course, disputes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from vertebro.evidence.contested import Contested
from vertebro.evidence.course import CoursePoint, course_at
from vertebro.evidence.effects import Effect, Endpoint
from vertebro.evidence.harm_types import Harm, Modifier, NoRate
from vertebro.evidence.overview import Overview
from vertebro.report.evidence_words import (
    digits_of,
    estimate_in_words,
    number,
    time_in_words,
    title_of,
    trials_in_words,
    words,
)
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import references

WIDTH = 96
PERCENT = "\u00a0%"
"""A per cent sign that stays on the line of its number."""


def evidence_in_words(found: Overview) -> str:
    """Every part that was asked for, each under its heading."""
    parts = [*_effects(found.effects), *_missing(found)]
    parts += _harms(found)
    if found.course:
        parts.append(_block(words("text.course"), [point_in_words(point) for point in found.course]))
    parts += [_contested(question) for question in found.contested]
    if found.from_memory:
        parts.append(_wrap(words("text.memory", n=len(found.from_memory))))
    return "\n\n".join(part for part in parts if part)


def _effects(effects: Sequence[Effect]) -> list[str]:
    groups: dict[str, list[Effect]] = {}
    for effect in effects:
        groups.setdefault(title_of(effect), []).append(effect)
    return [_heading(title) + "\n" + "\n".join(map(_effect, group)) for title, group in groups.items()]


def _effect(effect: Effect) -> str:
    digits = digits_of(effect)
    time = time_in_words(effect.time_days, effect.over_time)
    patients = words("text.patients", n=effect.patients) if not isinstance(effect.patients, Unknown) else ""
    intervals = [
        f"{estimate_in_words(effect.estimate, i.low, i.high, digits)} {effect.unit}, {i.method.value}"
        for i in effect.intervals
    ]
    about = ", ".join(p for p in (trials_in_words(effect.k), patients) if p)
    lines = [f"{time}: {intervals[0]}; {about}"]
    lines += [f"    {interval}" for interval in intervals[1:]]
    lines.append(_wrap(certainty_in_words(effect), "    "))
    lines += [_wrap(line, "    ") for line in (*_heterogeneity(effect), *effect.caveats, *_beside(effect))]
    names = ", ".join(words("trial_name", name=t.name, year=t.year) for t in effect.trials)
    lines.append(_wrap(words("text.trials", names=names), "    "))
    return "\n".join(lines)


def certainty_in_words(effect: Effect) -> str:
    """The grade with its reasons."""
    reasons = " ".join(effect.certainty.reasons) or words("text.no_reason")
    return words("text.certainty", grade=effect.certainty.grade.value, reasons=reasons)


def _heterogeneity(effect: Effect) -> list[str]:
    known = effect.heterogeneity
    if isinstance(known, Unknown):
        return []
    low, high = known.tau2_interval
    lines = [
        words(
            "text.heterogeneity",
            tau2=number(known.tau2),
            low=number(low),
            high=number(high),
            i2=round(known.i2_pct),
            q=number(known.q),
            p=number(known.p),
        )
    ]
    if not isinstance(effect.prediction, Unknown):
        ends = effect.prediction
        lines.append(words("text.prediction", low=number(ends.low), high=number(ends.high)))
    return lines


def _beside(effect: Effect) -> list[str]:
    """The course without a procedure at the same time, beside a number about pain."""
    if effect.endpoint not in (Endpoint.PAIN, Endpoint.PAIN_RELIEF) or effect.over_time:
        return []
    points = course_at(effect.time_days)
    if isinstance(points, Unknown):
        return [words("text.course_unknown", why=points.why)]
    told = "; ".join(words("text.beside", label=p.label, count=p.count) for p in points)
    return [words("text.course_then", points=told)]


def _missing(found: Overview) -> list[str]:
    missing = dict.fromkeys(
        words("text.nothing", endpoint=n.endpoint.value, procedure=n.procedure.value, why=n.why)
        for n in found.missing
    )
    out = [
        words("text.left_out", trial=f.trial, scale=f.scale, time=time_in_words(f.time_days), why=f.why)
        for f in found.left_out
    ]
    blocks = [_block(words("text.missing"), missing)] if missing else []
    return blocks + ([_block(words("text.not_pooled"), out)] if out else [])


def _harms(found: Overview) -> list[str]:
    parts = []
    for procedure in dict.fromkeys(h.procedure for h in found.harms):
        mine = [h for h in found.harms if h.procedure is procedure]
        beside = [r for r in found.remarks if r.procedure is procedure]
        lines = [_heading(words("text.harms", procedure=procedure.value))]
        for heading in dict.fromkeys(h.heading for h in mine):
            lines.append(f"{heading.value}:")
            rows = [h for h in mine if h.heading is heading]
            lines += [_wrap(harm_in_words(h), "  · ") for h in rows]
            said = [f"{r.sentence} [{_cited(r.sources)}]" for r in beside if r.heading is heading]
            lines += [_wrap(line, "  · ") for line in said]
            changing = dict.fromkeys(modifier_in_words(m) for h in rows for m in h.modifiers)
            lines += [_wrap(line, "    ") for line in changing]
        parts.append("\n".join(lines))
    return parts


def harm_in_words(harm: Harm | NoRate) -> str:
    """One harm counted, or why no rate is known."""
    if isinstance(harm, NoRate):
        return harm.why
    low, high = 100 * harm.interval.low, 100 * harm.interval.high
    digits = 1 if high >= 1 else 2
    ends = f"{number(low, digits)} to {number(high, digits)}{PERCENT}, {harm.interval.method.value}"
    share = f"{number(100 * harm.count.share, digits)}{PERCENT}"
    versus = f" {words('text.versus', count=harm.without, versus=harm.versus)}" if harm.without else ""
    said = words(
        "text.harm",
        label=harm.label,
        count=harm.count,
        share=share,
        ends=ends,
        detection=harm.detection.value,
        symptoms=words(f"symptoms.{harm.symptoms.value}"),
        when=harm.follow_up,
    )
    note = f" {harm.note[:1].upper()}{harm.note[1:]}." if harm.note else ""
    return f"{said}{versus}{note} [{_cited(harm.sources)}]"


def modifier_in_words(modifier: Modifier) -> str:
    """What changes a harm in this person, and by how much."""
    effect = estimate_in_words(modifier.estimate, modifier.interval.low, modifier.interval.high)
    changed = words("text.modifier", label=modifier.label, measure=modifier.measure, effect=effect)
    held = words(f"applies.{modifier.applies.value}") if modifier.because else words("applies.choice")
    return f"{held}: {changed} [{_cited((modifier.source,))}]"


def point_in_words(point: CoursePoint) -> str:
    """What becomes of people without a procedure at one time."""
    percent = 100 * point.count.share
    ends = f"{100 * point.interval.low:.0f} to {100 * point.interval.high:.0f}{PERCENT}"
    time = words("text.at_start") if point.time_days == 0 else time_in_words(point.time_days)
    said = words(
        "text.point",
        time=time,
        label=point.label,
        count=point.count,
        share=f"{percent:.0f}{PERCENT}",
        ends=ends,
        who=point.population,
    )
    return f"{said} [{_cited(point.sources)}]"


def contested_in_words(question: Contested) -> list[str]:
    """The question, the conclusion, each side, and who concluded it."""
    lines = [question.asked, question.conclusion]
    for side in question.sides:
        effect = estimate_in_words(side.estimate, side.interval.low, side.interval.high)
        counts = f", {side.counts}" if side.counts else ""
        lines.append(
            f"[{side.speaks.value}] {side.measure} {effect}{counts}: {side.note}. [{_cited(side.sources)}]"
        )
    return [*lines, words("text.concluded", by=_cited(question.concluded_by))]


def _contested(question: Contested) -> str:
    asked, conclusion, *sides, concluded = contested_in_words(question)
    return "\n".join(
        [_heading(asked), _wrap(conclusion), *(_wrap(s, "  · ") for s in sides), _wrap(concluded)]
    )


def _cited(keys: Iterable[str]) -> str:
    """The works by who and when; a person's own source as it was written."""
    return "; ".join(references()[key].short if key in references() else key for key in keys)


def _heading(text: str) -> str:
    return f"{text}\n{'─' * len(text)}"


def _block(heading: str, lines: Iterable[str]) -> str:
    return "\n".join([_heading(heading), *(_wrap(line, "  · ") for line in lines)])


def _wrap(text: str, first: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))

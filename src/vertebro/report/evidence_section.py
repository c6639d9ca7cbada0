"""What the trials show, as the report prints it: effects with every interval, harms, the natural course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vertebro.evidence.effects import Comparison, Effect, Endpoint
from vertebro.evidence.overview import Overview
from vertebro.report.evidence_text import (
    certainty_in_words,
    contested_in_words,
    harm_in_words,
    modifier_in_words,
    point_in_words,
)
from vertebro.report.evidence_words import (
    digits_of,
    estimate_in_words,
    time_in_words,
    title_of,
    trials_in_words,
)
from vertebro.report.evidence_words import words as said
from vertebro.report.figures import Picture
from vertebro.report.forest import forest
from vertebro.report.sentences import say
from vertebro.vocabulary.known import Unknown


@dataclass(frozen=True)
class EffectRow:
    """One time: the difference with each interval, how many trials and patients, the certainty."""

    time: str
    intervals: tuple[str, ...]
    about: str
    certainty: str
    caveats: tuple[str, ...]


@dataclass(frozen=True)
class EffectGroup:
    """One outcome of one comparison at each time."""

    title: str
    rows: tuple[EffectRow, ...]


@dataclass(frozen=True)
class HarmGroup:
    """One procedure: each heading with what was counted under it."""

    title: str
    headings: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class EvidenceWords:
    """The whole section."""

    effects: tuple[EffectGroup, ...]
    harms: tuple[HarmGroup, ...]
    course: tuple[str, ...]
    contested: tuple[tuple[str, ...], ...]
    memory: str


def evidence_words(found: Overview) -> EvidenceWords:
    """The evidence on both procedures, with the harms that concern this person."""
    groups: dict[str, list[Effect]] = {}
    for effect in found.effects:
        groups.setdefault(title_of(effect), []).append(effect)
    return EvidenceWords(
        effects=tuple(EffectGroup(title, tuple(map(_row, group))) for title, group in groups.items()),
        harms=tuple(_harms(found, name) for name in dict.fromkeys(h.procedure.value for h in found.harms)),
        course=tuple(map(point_in_words, found.course)),
        contested=tuple(tuple(contested_in_words(question)) for question in found.contested),
        memory=said("text.memory", n=len(found.from_memory)) if found.from_memory else "",
    )


def forest_plots(found: Overview) -> tuple[Picture, ...]:
    """The forest plots of pain: against sham, and of the two procedures against each other."""
    shown = (Comparison.SHAM, Comparison.KYPHOPLASTY_V_VERTEBROPLASTY)
    drawn = []
    for comparison in shown:
        pain = [e for e in found.effects if e.endpoint is Endpoint.PAIN and e.comparison is comparison]
        if pain:
            title = title_of(pain[0])
            name = f"forest-{comparison.name.lower().replace('_', '-')}"
            drawn.append(Picture(name, title, say("evidence.forest"), title, forest(pain)))
    return tuple(drawn)


def _row(effect: Effect) -> EffectRow:
    digits = digits_of(effect)
    patients = "" if isinstance(effect.patients, Unknown) else said("text.patients", n=effect.patients)
    return EffectRow(
        time=time_in_words(effect.time_days, effect.over_time),
        intervals=tuple(
            f"{estimate_in_words(effect.estimate, i.low, i.high, digits)} {effect.unit}, {i.method.value}"
            for i in effect.intervals
        ),
        about=", ".join(part for part in (trials_in_words(effect.k), patients) if part),
        certainty=certainty_in_words(effect),
        caveats=tuple(effect.caveats),
    )


def _harms(found: Overview, procedure: str) -> HarmGroup:
    mine = [h for h in found.harms if h.procedure.value == procedure]
    beside = [r for r in found.remarks if r.procedure.value == procedure]
    headings: dict[str, list[str]] = {}
    for one in mine:
        headings.setdefault(one.heading.value, []).append(harm_in_words(one))
    for remark in beside:
        headings.setdefault(remark.heading.value, []).append(remark.sentence)
    for one in mine:
        changing: Sequence[str] = [modifier_in_words(m) for m in one.modifiers]
        known = headings[one.heading.value]
        known += [line for line in changing if line not in known]
    listed = tuple((heading, tuple(lines)) for heading, lines in headings.items())
    return HarmGroup(said("text.harms", procedure=procedure), listed)

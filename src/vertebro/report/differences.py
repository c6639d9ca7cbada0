"""Who says what, where they differ, and what would change the answer, in words."""

from __future__ import annotations

from dataclasses import dataclass

from vertebro.guidelines.verdict import Conflict, Decision, Leaning, Position, Procedure, Stance
from vertebro.guidelines.what_if import Boundary
from vertebro.report.judgement import TONES, Cited, applies_to, cited
from vertebro.report.sentences import say
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Unknown

DANGERS = {Stance.OUT_OF_SCOPE, Stance.CONTRAINDICATED, Stance.REFER_URGENTLY}
"""The answers to a danger: a change that leads to one of them alone is listed apart."""

LEANS = {Leaning.FOR: "go", Leaning.AGAINST: "stop", Leaning.OPEN: "open"}


@dataclass(frozen=True)
class BodySays:
    """What one body says: its rating of each procedure with its tone, and its sentences."""

    title: str
    ratings: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class SideWords:
    """One side of a conflict, ready to be shown."""

    title: str
    leaning: str
    tone: str
    sentence: str
    source: Cited


@dataclass(frozen=True)
class ConflictWords:
    """A question on which bodies differ, with every side; ``applies`` where it is one procedure's."""

    question: str
    heading: str
    applies: str
    sides: tuple[SideWords, ...]


@dataclass(frozen=True)
class ChangeWords:
    """A single change of a fact, and the answer it would give to each procedure."""

    label: str
    now: str
    then: str
    answers: tuple[tuple[str, str], ...]
    is_danger: bool


def said_by_bodies(decisions: tuple[Decision, ...]) -> tuple[BodySays, ...]:
    """Every body with its rating of each procedure; a sentence that serves both is said once.

    Bodies for which the patient is out of scope come last.
    """
    by_body: dict[str, list[Position]] = {}
    for decision in decisions:
        for position in decision.positions:
            by_body.setdefault(position.body, []).append(position)
    outside = [said for said in by_body.values() if all(p.stance is Stance.OUT_OF_SCOPE for p in said)]
    inside = [said for said in by_body.values() if said not in outside]
    procedures = tuple(decision.procedure for decision in decisions)
    return tuple(
        BodySays(
            title=said[0].title,
            ratings=tuple((p.rating, TONES[p.stance] if p.stance else "open") for p in said),
            sentences=_each_once(said, procedures),
        )
        for said in (*inside, *outside)
    )


def _each_once(said: list[Position], procedures: tuple[Procedure, ...]) -> tuple[str, ...]:
    """The sentences; where they differ in the procedure's name alone, one about the procedure."""
    general = dict.fromkeys(
        _about_the_procedure(p.sentence, procedure) for p, procedure in zip(said, procedures, strict=True)
    )
    own = dict.fromkeys(p.sentence for p in said)
    return tuple(general) if len(general) < len(own) else tuple(own)


def _about_the_procedure(sentence: str, procedure: Procedure) -> str:
    general = say("the_procedure")
    started = sentence.replace(procedure.value.capitalize(), general[:1].upper() + general[1:])
    return started.replace(procedure.value, general)


def conflicts_words(decisions: tuple[Decision, ...]) -> tuple[ConflictWords, ...]:
    """Every question the bodies differ on; what is alike for the procedures is shown once."""
    found: dict[Conflict, list[str]] = {}
    for decision in decisions:
        for conflict in decision.conflicts:
            found.setdefault(conflict, []).append(decision.procedure.value)
    return tuple(
        ConflictWords(
            conflict.question,
            conflict.question[:1].upper() + conflict.question[1:],
            applies_to(procedures, len(decisions)),
            tuple(
                SideWords(
                    side.title,
                    say(f"leaning.{side.leaning.value}"),
                    LEANS[side.leaning],
                    side.sentence,
                    cited(side.source, side.where),
                )
                for side in conflict.sides
            ),
        )
        for conflict, procedures in found.items()
    )


def changes_words(boundaries: tuple[Boundary, ...]) -> tuple[ChangeWords, ...]:
    """Every single change that would give another answer, as people read it."""
    return tuple(
        ChangeWords(
            label=fact(line.fact).label,
            now=_now(line),
            then=_then(line),
            answers=tuple((stance.value, TONES[stance]) for stance in line.stances.values()),
            is_danger=set(line.stances.values()) <= DANGERS,
        )
        for line in boundaries
    )


def _now(line: Boundary) -> str:
    return (
        say("change.unknown") if isinstance(line.now, Unknown) else fact(line.fact).in_words(line.now.value)
    )


def _then(line: Boundary) -> str:
    asked = fact(line.fact)
    if not asked.is_number:
        return f" {say('change.or')} ".join(asked.in_words(value) for value in line.values)
    near, far = line.values
    if near == far:
        return asked.in_words(near)
    if far == asked.low:
        return say("change.or_less", value=asked.in_words(near))
    if far == asked.high:
        return say("change.or_more", value=asked.in_words(near))
    low, high = sorted((near, far))
    return say("change.between", low=asked.in_words(low), high=asked.in_words(high))

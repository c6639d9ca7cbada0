"""The decision in words: the answer, how it came about, who says what, where they differ, what if."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vertebro.guidelines.trace import trace
from vertebro.guidelines.verdict import (
    Conflict,
    Decision,
    Leaning,
    Outcome,
    Position,
    Procedure,
    Stance,
    Verdict,
)
from vertebro.guidelines.what_if import Boundary
from vertebro.report.sentences import after_stance, fact_in_words, knows, say
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import references

MARKS = {Outcome.MET: "●", Outcome.NOT_MET: "○", Outcome.UNKNOWN: "?"}
"""A sign beside the word, so that no colour alone carries the answer. The signs praise and blame
nothing: that a danger is *not met* is good, that a criterion is not met may not be."""

TONES = {
    Stance.CONSIDER: "go",
    Stance.DISCUSS: "talk",
    Stance.WAIT: "wait",
    Stance.CORRECT_FIRST: "wait",
    Stance.NOT_RECOMMENDED: "stop",
    Stance.CONTRAINDICATED: "stop",
    Stance.REFER_URGENTLY: "urgent",
    Stance.OUT_OF_SCOPE: "open",
    Stance.NOT_ENOUGH_INFORMATION: "open",
}

DANGERS = {Stance.OUT_OF_SCOPE, Stance.CONTRAINDICATED, Stance.REFER_URGENTLY}
"""The answers to a danger: a change that leads to one of them alone is listed apart."""

LEANS = {Leaning.FOR: "go", Leaning.AGAINST: "stop", Leaning.OPEN: "open"}


@dataclass(frozen=True)
class Cited:
    """Where a statement stands: the work, its link, the place in it."""

    key: str
    short: str
    work: str
    link: str
    where: str


@dataclass(frozen=True)
class RuleWords:
    """One rule's answer, ready to be shown."""

    name: str
    outcome: str
    mark: str
    sentence: str
    used: tuple[str, ...]
    missing: tuple[str, ...]
    source: Cited
    applies: str


@dataclass(frozen=True)
class BodyWords:
    """One body's rules."""

    title: str
    counted: str
    rules: tuple[RuleWords, ...]


@dataclass(frozen=True)
class Grounds:
    """Reasons, conflicts, questions: one heading with its sentences."""

    key: str
    heading: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class DecisionWords:
    """The answer for one procedure, ready to be shown."""

    title: str
    stance: str
    tone: str
    headline: str
    decided_by: str
    passed: tuple[str, ...]
    here: str
    rests_on: tuple[RuleWords, ...]
    grounds: tuple[Grounds, ...]
    counted: str


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


def decision_words(decision: Decision, shared: dict[str, tuple[str, ...]]) -> DecisionWords:
    """The answer for one procedure; ``shared`` is what every decision says alike."""
    procedure, level = decision.procedure.value, decision.level
    title = (
        say("decision.for_level", procedure=procedure, level=level)
        if isinstance(level, Level)
        else say("decision.no_level", procedure=procedure)
    )
    traced = trace(decision)
    own = {
        key: tuple(sentence for sentence in sentences if sentence not in shared[key])
        for key, sentences in _grounds(decision).items()
    }
    return DecisionWords(
        title=title[:1].upper() + title[1:],
        stance=decision.stance.value,
        tone=TONES[decision.stance],
        headline=after_stance(decision.stance.value, decision.headline),
        decided_by=_decider(decision),
        passed=traced.passed,
        here=traced.here,
        rests_on=tuple(_rule(verdict, [procedure], 1) for verdict in traced.verdicts),
        grounds=headed(own),
        counted=_counted(decision.verdicts),
    )


def _grounds(decision: Decision) -> dict[str, tuple[str, ...]]:
    questions = tuple(
        say("fact.question", label=fact(n).label, question=fact(n).question) for n in decision.ask_next
    )
    return {
        "ask_next": questions,
        "reasons_for": decision.reasons_for,
        "reasons_against": decision.reasons_against,
        "always": decision.always_said,
    }


def shared_grounds(decisions: tuple[Decision, ...]) -> dict[str, tuple[str, ...]]:
    """What every decision says alike is said once; where none has a reason, that is said too."""
    said = [_grounds(decision) for decision in decisions]
    shared = {
        key: tuple(s for s in sentences if all(s in one[key] for one in said))
        for key, sentences in (said[0] if said else {}).items()
    }
    for key in ("reasons_for", "reasons_against"):
        if said and not any(one[key] for one in said):
            shared[key] = (say(f"decision.none_{key.removeprefix('reasons_')}"),)
    return shared


def headed(grounds: dict[str, tuple[str, ...]]) -> tuple[Grounds, ...]:
    """The sentences under their headings; an empty group is left out."""
    return tuple(Grounds(k, say(f"decision.{k}"), said) for k, said in grounds.items() if said)


def _decider(decision: Decision) -> str:
    """The position that decided by its title, or the rule with its body."""
    titles = _titles(decision)
    for verdict in decision.verdicts:
        if verdict.rule == decision.decided_by:
            key = "by_open_rule" if verdict.outcome is Outcome.UNKNOWN else "by_rule"
            return say(f"decision.{key}", body=_title(verdict.body, titles), rule=verdict.rule)
    return _title(decision.decided_by, titles)


def _titles(decision: Decision) -> dict[str, str]:
    return {position.body: position.title for position in decision.positions}


def _title(body: str, titles: dict[str, str]) -> str:
    """What people call a body: by its position, by our own word for it, or by its key."""
    return titles.get(body) or (say(f"body.{body}") if knows(f"body.{body}") else body)


def _counted(verdicts: tuple[Verdict, ...]) -> str:
    number = {o: sum(v.outcome is o for v in verdicts) for o in Outcome}
    return say(
        "decision.rules_counted",
        met=number[Outcome.MET],
        not_met=number[Outcome.NOT_MET],
        unknown=number[Outcome.UNKNOWN],
    )


def bodies_words(decisions: tuple[Decision, ...]) -> tuple[BodyWords, ...]:
    """The verdicts of all decisions by body; one that is the same for every procedure is shown once."""
    titles: dict[str, str] = {}
    where: dict[str, list[tuple[Verdict, list[str]]]] = {}
    for decision in decisions:
        titles |= _titles(decision)
        for verdict in decision.verdicts:
            shown = where.setdefault(verdict.body, [])
            same = next((names for other, names in shown if other == verdict), None)
            if same is None:
                shown.append((verdict, [decision.procedure.value]))
            else:
                same.append(decision.procedure.value)
    return tuple(
        BodyWords(
            _title(body, titles),
            _counted(tuple(verdict for verdict, _ in shown)),
            tuple(_rule(verdict, names, len(decisions)) for verdict, names in shown),
        )
        for body, shown in where.items()
    )


def _rule(verdict: Verdict, procedures: list[str], of: int) -> RuleWords:
    return RuleWords(
        name=verdict.rule,
        outcome=say(f"outcome.{verdict.outcome.value}"),
        mark=MARKS[verdict.outcome],
        sentence=verdict.sentence,
        used=tuple(_used(name, known, verdict) for name, known in verdict.used.items()),
        missing=tuple(fact(name).label for name in verdict.missing if name not in verdict.used),
        source=cited(verdict.source, verdict.where),
        applies=_applies(procedures, of),
    )


def _used(name: str, known: Known[Any], verdict: Verdict) -> str:
    """A fact that was seen but is too uncertain to answer with is not called missing."""
    said = fact_in_words(name, known)
    return say("rules.uncertain", fact=said) if name in verdict.missing else said


def cited(key: str, where: str = "") -> Cited:
    """The work of that key, and the place in it."""
    work = references()[key]
    return Cited(key, work.short, f"{work.short}. {work.title}.", work.link, where)


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
            _applies(procedures, len(decisions)),
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


def _applies(procedures: list[str], of: int) -> str:
    return "" if len(procedures) == of else say("rules.applies", procedure=", ".join(procedures))

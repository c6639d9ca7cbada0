"""The decision in words: the answer, how it came about, who says what, where they differ, what if."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vertebro.guidelines.trace import trace
from vertebro.guidelines.verdict import (
    Decision,
    OtherPath,
    Outcome,
    Stance,
    Verdict,
)
from vertebro.report.sentences import after_stance, fact_in_words, knows, say
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known
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
class PathWords:
    """A path besides the procedures, ready to be shown."""

    title: str
    stance: str
    tone: str
    sentence: str
    grounds: tuple[Grounds, ...]


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


def headed(grounds: dict[str, tuple[str, ...]], of: str = "decision") -> tuple[Grounds, ...]:
    """The sentences under their headings; an empty group is left out."""
    return tuple(Grounds(k, say(f"{of}.{k}"), said) for k, said in grounds.items() if said)


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
        applies=applies_to(procedures, of),
    )


def _used(name: str, known: Known[Any], verdict: Verdict) -> str:
    """A fact that was seen but is too uncertain to answer with is not called missing."""
    said = fact_in_words(name, known)
    return say("rules.uncertain", fact=said) if name in verdict.missing else said


def cited(key: str, where: str = "") -> Cited:
    """The work of that key, and the place in it."""
    work = references()[key]
    return Cited(key, work.short, f"{work.short}. {work.title}.", work.link, where)


def paths_words(paths: tuple[OtherPath, ...]) -> tuple[PathWords, ...]:
    """Waiting, a spinal surgeon, another cause: the stance, or that nothing known speaks for it."""
    return tuple(
        PathWords(
            title=path.path.value[:1].upper() + path.path.value[1:],
            stance=path.stance.value if path.stance else say("decision.no_reason"),
            tone=TONES[path.stance] if path.stance else "open",
            sentence=path.sentence,
            grounds=headed({"reasons_for": path.reasons_for, "reasons_against": path.reasons_against}),
        )
        for path in paths
    )


def applies_to(procedures: list[str], of: int) -> str:
    """For which procedures something is said, or nothing where it is said of all."""
    return "" if len(procedures) == of else say("rules.applies", procedure=", ".join(procedures))

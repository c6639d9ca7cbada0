"""The decision: every gate and every body heard, one stance for each procedure, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations

from vertebro.guidelines.ask import ask_next
from vertebro.guidelines.body import Hearing, bodies
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.gate import Gate, gates
from vertebro.guidelines.pathway import rules as pathway
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import MET, NOT_MET, AllOf, Rule, join, rules
from vertebro.guidelines.settings import numbers_of, settings
from vertebro.guidelines.settle import Settled, settle
from vertebro.guidelines.verdict import Decision, Outcome, Position, Procedure, Stance, Verdict
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import references
from vertebro.vocabulary.texts import Texts, texts

__all__ = ["decide", "settings"]

NO_SIDE = {Stance.NOT_ENOUGH_INFORMATION, Stance.OUT_OF_SCOPE}
"""Stances with which a body takes no side."""

NOT_NOW = {Stance.WAIT, Stance.NOT_RECOMMENDED}
"""Stances that agree on not doing it now."""

PATHWAY_RULES: tuple[type[Rule], ...] = (pathway.IsEarlyException, pathway.PainTreatmentCanImprove)


def decide(facts: Facts, level: Level | Unknown) -> tuple[Decision, ...]:
    """The answer for each procedure at this level, from the facts that are known."""
    hearing = Hearing.of(with_derived(facts, level))
    asked = ask_next(hearing, level)
    return tuple(_Case(hearing, level, procedure).decision(asked) for procedure in Procedure)


@dataclass(frozen=True)
class _Case:
    """One procedure for one patient, heard."""

    hearing: Hearing
    level: Level | Unknown
    procedure: Procedure

    def decision(self, asked: tuple[str, ...]) -> Decision:
        """The decision about the procedure."""
        positions = tuple(body.position(self.hearing, self.procedure) for body in bodies().values())
        before = [self.hearing.verdict(rule) for rule in (*gates(self.procedure), *PATHWAY_RULES)]
        conflicts = self.conflicts(positions)
        settled = settle(self.hearing.outcomes, self.procedure)
        return Decision(
            procedure=self.procedure,
            level=self.level,
            stance=settled.stance,
            headline=self.headline(settled, positions, conflicts, asked),
            decided_by=settled.by,
            verdicts=(*before, *(verdict for position in positions for verdict in position.verdicts)),
            positions=tuple(_behind_the_gate(p, settled) for p in positions),
            conflicts=conflicts,
            reasons_for=with_sources(self.criteria(MET)),
            reasons_against=with_sources([*map(self.hearing.verdict, self.fired()), *self.criteria(NOT_MET)]),
            always_said=always_said(),
            ask_next=asked,
        )

    def headline(
        self,
        settled: Settled,
        positions: tuple[Position, ...],
        conflicts: tuple[str, ...],
        asked: tuple[str, ...],
    ) -> str:
        """The answer in words, followed by every other gate that stands against the procedure."""
        said = {position.body: position.sentence for position in positions}
        decisive = said.get(settled.by) or self.hearing.verdict(rules()[settled.by]).sentence
        if settled.headline == "discuss" and conflicts:
            decisive = conflicts[0]
        also: list[type[Rule]] = [g for g in self.fired() if g.stance is not None and g.name() != settled.by]
        if settled.stance is Stance.WAIT and self.hearing.outcomes[pathway.PainTreatmentCanImprove] is MET:
            also.insert(0, pathway.PainTreatmentCanImprove)
        key = "nothing_to_ask" if settled.headline == "not_enough" and not asked else settled.headline
        numbers = numbers_of(str(pathway.__file__)) | numbers_of(bodies()["ros"].file)
        first = words().say(
            f"headline.{key}",
            **numbers,
            Procedure=self.procedure.value.capitalize(),
            sentence=decisive,
            missing=", ".join(fact(name).label for name in asked),
        )
        return " ".join([first, *(self.hearing.verdict(rule).sentence for rule in also)])

    def fired(self) -> list[type[Gate]]:
        """The gates that fire, cautions included, in the order in which they are asked."""
        return [gate for gate in gates(self.procedure) if self.hearing.outcomes[gate] is MET]

    def criteria(self, outcome: Outcome) -> list[Verdict]:
        """What speaks for (MET) or against (NOT MET): each body's answer to each question."""
        answers = [verdict for body in bodies() for verdict in self._by_topic(body).values()]
        return [v for v in answers if v.outcome is outcome and rules()[v.rule].is_reason]

    def conflicts(self, positions: tuple[Position, ...]) -> tuple[str, ...]:
        """Where two bodies differ for this patient: on which question, and with which number."""
        said: list[str] = []
        for first, second in combinations(positions, 2):
            if first.stance is second.stance or {first.stance, second.stance} & NO_SIDE:
                continue
            differing = self._differing(first.body, second.body)
            said += [
                _conflict((first, ours.sentence), (second, theirs.sentence), topic)
                for topic, (ours, theirs) in differing.items()
            ]
            if not differing and not {first.stance, second.stance} <= NOT_NOW:
                said.append(_conflict((first, first.sentence), (second, second.sentence)))
        return tuple(said)

    def _differing(self, one: str, other: str) -> dict[str, tuple[Verdict, Verdict]]:
        """The questions two bodies answer differently, with the verdict of each that shows it."""
        ours, theirs = self._by_topic(one), self._by_topic(other)
        return {
            topic: (ours[topic], theirs[topic])
            for topic in ours
            if topic in theirs and {ours[topic].outcome, theirs[topic].outcome} == {MET, NOT_MET}
        }

    def _by_topic(self, body: str) -> dict[str, Verdict]:
        """What a body answers to each question: all its rules on it joined, shown by the deciding one."""
        single = [part for rule in bodies()[body].criteria for part in _single_rules(rule)]
        found: dict[str, Verdict] = {}
        for topic in dict.fromkeys(rule.topic for rule in single):
            on_topic = [self.hearing.verdict(rule) for rule in single if rule.topic == topic]
            joined = join((verdict.outcome for verdict in on_topic), settles=NOT_MET)
            found[topic] = next(verdict for verdict in on_topic if verdict.outcome is joined)
        return found


def _single_rules(rule: type[Rule]) -> tuple[type[Rule], ...]:
    """The parts of a rule that joins others by 'and', or the rule itself."""
    return rule.parts if issubclass(rule, AllOf) and rule.settles is NOT_MET else (rule,)


def _behind_the_gate(position: Position, settled: Settled) -> Position:
    """A body that would consider it says so only behind the safety check that decided otherwise."""
    if settled.headline != "gate" or position.stance is not Stance.CONSIDER:
        return position
    return replace(position, sentence=f"{position.sentence} {words().say('behind_the_gate')}")


def _conflict(one: tuple[Position, str], other: tuple[Position, str], topic: str = "") -> str:
    said = {
        "first": one[0].title,
        "first_sentence": one[1],
        "second": other[0].title,
        "second_sentence": other[1],
    }
    if not topic:
        return words().say("conflict.stance", **said)
    return words().say("conflict.topic", topic=words().say(f"topic.{topic}"), **said)


def with_sources(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """The sentences, each once, followed by who says so."""
    said: dict[str, dict[str, None]] = {}
    for verdict in verdicts:
        body = bodies().get(verdict.body)
        said.setdefault(verdict.sentence, {})[body.title if body else references()[verdict.source].by] = None
    return tuple(
        words().say("reason", sentence=sentence, source="; ".join(who)) for sentence, who in said.items()
    )


def always_said() -> tuple[str, ...]:
    """What every answer says, whatever the stance."""
    own = (words().say(key) for key in words().under("always"))
    return (*(sentence for body in bodies().values() for sentence in body.always()), *own)


def words() -> Texts:
    """The sentences in which the answers are joined."""
    return texts(beside=str(pathway.__file__))

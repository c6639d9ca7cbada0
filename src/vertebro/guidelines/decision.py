"""The decision: every gate and every body heard, one stance for each procedure, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from vertebro.guidelines.ask import ask_next, outcomes_of
from vertebro.guidelines.body import Outcomes, bodies
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.gate import gates
from vertebro.guidelines.pathway import rules as pathway
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import MET, NOT_MET, Rule, join
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

PATHWAY_RULES = (pathway.IsEarlyException, pathway.PainTreatmentCanImprove)


def decide(facts: Facts, level: Level | Unknown) -> tuple[Decision, ...]:
    """The answer for each procedure at this level, from the facts that are known."""
    known = with_derived(facts, level)
    hearing = Hearing(known, level, outcomes_of(known))
    asked = ask_next(known, level, hearing.outcomes)
    return tuple(hearing.decision(procedure, asked) for procedure in Procedure)


@dataclass(frozen=True)
class Hearing:
    """One patient's facts with the outcome of every rule."""

    facts: Facts
    level: Level | Unknown
    outcomes: Outcomes

    def decision(self, procedure: Procedure, asked: tuple[str, ...]) -> Decision:
        """The decision about one procedure."""
        positions = tuple(b.position(self.facts, self.outcomes, procedure) for b in bodies().values())
        asked_first: list[type[Rule]] = [*gates(procedure), *PATHWAY_RULES]
        own = tuple(rule.judge(self.facts) for rule in asked_first)
        conflicts = self.conflicts(positions)
        settled = settle(self.outcomes, procedure)
        return Decision(
            procedure=procedure,
            level=self.level,
            stance=settled.stance,
            headline=self.headline(settled, procedure, positions, conflicts, asked),
            decided_by=settled.by,
            verdicts=own + tuple(verdict for position in positions for verdict in position.verdicts),
            positions=positions,
            conflicts=conflicts,
            reasons_for=with_sources(self.speaking(MET)),
            reasons_against=with_sources([*self.fired(procedure), *self.speaking(NOT_MET)]),
            always_said=always_said(),
            ask_next=asked,
        )

    def headline(
        self,
        settled: Settled,
        procedure: Procedure,
        positions: tuple[Position, ...],
        conflicts: tuple[str, ...],
        asked: tuple[str, ...],
    ) -> str:
        """The answer in a sentence or two, with everything else that stands against the procedure."""
        sentences = {p.body: p.sentence for p in positions} | {
            v.rule: v.sentence for v in self.fired(procedure)
        }
        decisive = sentences.get(settled.by) or self._sentence_of(settled.by)
        also = [
            v.sentence for v in self.fired(procedure) if v.rule != settled.by and _stops(v.rule, procedure)
        ]
        first = (
            decisive
            if settled.headline == "gate"
            else words().say(
                f"headline.{settled.headline}",
                **(numbers_of(str(pathway.__file__)) | numbers_of(bodies()["ros"].file)),
                procedure=procedure.value.capitalize(),
                sentence=conflicts[0] if settled.headline == "conflict" and conflicts else decisive,
                missing=", ".join(fact(name).label for name in asked),
            )
        )
        return " ".join([first, *also])

    def fired(self, procedure: Procedure) -> list[Verdict]:
        """The gates that fire, cautions included, in the order in which they are asked."""
        return [gate.judge(self.facts) for gate in gates(procedure) if self.outcomes[gate] is MET]

    def speaking(self, outcome: Outcome) -> list[Verdict]:
        """The criteria with this outcome, one for each body and question."""
        found: dict[tuple[str, str], type[Rule]] = {}
        for body in bodies().values():
            for rule in body.criteria:
                if self.outcomes[rule] is outcome:
                    found.setdefault((body.name, rule.topic), rule)
        return [rule.judge(self.facts) for rule in found.values()]

    def conflicts(self, positions: tuple[Position, ...]) -> tuple[str, ...]:
        """Where two bodies answer the same question differently for this patient, and with which number."""
        said: list[str] = []
        for first, second in combinations(positions, 2):
            if first.stance is second.stance:
                continue
            differing = self._differing(first.body, second.body)
            said += [
                _conflict(
                    first, one.judge(self.facts).sentence, second, other.judge(self.facts).sentence, topic
                )
                for topic, (one, other) in differing.items()
            ]
            if not differing and not {first.stance, second.stance} & NO_SIDE:
                said.append(_conflict(first, first.sentence, second, second.sentence))
        return tuple(said)

    def _differing(self, one: str, other: str) -> dict[str, tuple[type[Rule], type[Rule]]]:
        """The questions two bodies answer differently, with the rule of each that shows it."""
        ours, theirs = self._by_topic(one), self._by_topic(other)
        return {
            topic: (ours[topic][1], theirs[topic][1])
            for topic in ours.keys() & theirs.keys()
            if {ours[topic][0], theirs[topic][0]} == {MET, NOT_MET}
        }

    def _by_topic(self, body: str) -> dict[str, tuple[Outcome, type[Rule]]]:
        """What a body answers to each question: all its rules on it joined, and the rule that shows it."""
        found: dict[str, tuple[Outcome, type[Rule]]] = {}
        for topic in dict.fromkeys(rule.topic for rule in bodies()[body].criteria):
            on_topic = [rule for rule in bodies()[body].criteria if rule.topic == topic]
            joined = join((self.outcomes[rule] for rule in on_topic), settles=NOT_MET)
            found[topic] = joined, next(rule for rule in on_topic if self.outcomes[rule] is joined)
        return found

    def _sentence_of(self, name: str) -> str:
        return next((rule.judge(self.facts).sentence for rule in self.outcomes if rule.name() == name), "")


def _conflict(first: Position, one: str, second: Position, other: str, topic: str = "") -> str:
    said = {"first": first.title, "first_sentence": one, "second": second.title, "second_sentence": other}
    if not topic:
        return words().say("conflict.stance", **said)
    return words().say("conflict.topic", topic=words().say(f"topic.{topic}"), **said)


def _stops(rule: str, procedure: Procedure) -> bool:
    """True if this is a gate with a stance of its own (a caution has none)."""
    return any(gate.name() == rule and gate.stance is not None for gate in gates(procedure))


def with_sources(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """The sentences, each once, followed by who says so."""
    said: dict[str, list[str]] = {}
    for verdict in verdicts:
        who = references()[verdict.source].by
        if who not in said.setdefault(verdict.sentence, []):
            said[verdict.sentence].append(who)
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

"""The decision: every gate and every body heard, one stance for each procedure, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vertebro.guidelines.ask import ask_next
from vertebro.guidelines.body import Hearing, bodies
from vertebro.guidelines.conflicts import LEANS, WHOLE, conflicts, deciding, in_general, single_rules
from vertebro.guidelines.consideration import speaking_against, speaking_for
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.gate import Gate, gates
from vertebro.guidelines.paths import considerations_for, other_paths
from vertebro.guidelines.pathway import rules as pathway
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import MET, Rule, rules
from vertebro.guidelines.settings import numbers_of, own, settings
from vertebro.guidelines.settle import Settled, settle
from vertebro.guidelines.verdict import (
    Conflict,
    Decision,
    Leaning,
    OtherPath,
    Path,
    Position,
    Procedure,
    Stance,
    Verdict,
)
from vertebro.guidelines.what_if import Boundary, boundaries
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import references
from vertebro.vocabulary.texts import Texts, texts

__all__ = ["decide", "settings"]

PATHWAY_RULES: tuple[type[Rule], ...] = (
    pathway.IsEarlyException,
    pathway.PainTreatmentCanImprove,
    pathway.ShowsNoOedema,
)


@dataclass(frozen=True)
class Judgement:
    """The answer for each procedure, the other paths, and the single changes that would alter it."""

    decisions: tuple[Decision, ...]
    other_paths: tuple[OtherPath, ...]
    boundaries: tuple[Boundary, ...]


def judge(facts: Facts, level: Level | Unknown) -> Judgement:
    """Everything that is judged at this level, from the facts that are known."""
    hearing = Hearing.of(with_derived(facts, level))
    decisions = _decisions(hearing, level)
    return Judgement(decisions, other_paths(hearing, decisions), boundaries(facts, level))


def decide(facts: Facts, level: Level | Unknown) -> tuple[Decision, ...]:
    """The answer for each procedure at this level, from the facts that are known."""
    return _decisions(Hearing.of(with_derived(facts, level)), level)


def _decisions(hearing: Hearing, level: Level | Unknown) -> tuple[Decision, ...]:
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
        path = Path(self.procedure.value)
        reasons = dict.fromkeys((*speaking_for(path), *speaking_against(path)))
        before = [self.hearing.verdict(rule) for rule in (*gates(self.procedure), *PATHWAY_RULES, *reasons)]
        more_for, more_against = considerations_for(self.hearing, path)
        general_for, general_against = (
            in_general(self.hearing, self.procedure, positions, leaning)
            for leaning in (Leaning.FOR, Leaning.AGAINST)
        )
        differing = conflicts(self.hearing, self.procedure, positions)
        settled = settle(self.hearing.outcomes, self.procedure)
        return Decision(
            procedure=self.procedure,
            level=self.level,
            stance=settled.stance,
            headline=self.headline(settled, positions, differing, asked),
            decided_by=settled.by,
            step=settled.step,
            verdicts=(*before, *(verdict for position in positions for verdict in position.verdicts)),
            positions=tuple(_behind_the_gate(p, settled) for p in positions),
            conflicts=differing,
            reasons_for=(*with_sources(self.criteria(Leaning.FOR)), *more_for, *general_for),
            reasons_against=(*with_sources(self.against()), *more_against, *general_against),
            always_said=always_said(),
            ask_next=asked,
        )

    def headline(
        self,
        settled: Settled,
        positions: tuple[Position, ...],
        differing: tuple[Conflict, ...],
        asked: tuple[str, ...],
    ) -> str:
        """The answer in words, followed by every other gate that stands against the procedure."""
        said = {position.body: position.sentence for position in positions}
        decisive = said.get(settled.by) or self.hearing.verdict(rules()[settled.by]).sentence
        if settled.headline == "discuss":
            decisive = self.difference(positions, differing) or decisive
        also: list[type[Rule]] = [g for g in self.fired() if g.stance is not None and g.name() != settled.by]
        if settled.stance is Stance.WAIT and self.hearing.outcomes[pathway.PainTreatmentCanImprove] is MET:
            also.insert(0, pathway.PainTreatmentCanImprove)
        if settled.headline == "not_enough" and self.hearing.outcomes[pathway.ShowsNoOedema] is MET:
            also.insert(0, pathway.ShowsNoOedema)
        key = "nothing_to_ask" if settled.headline == "not_enough" and not asked else settled.headline
        numbers = numbers_of(str(pathway.__file__)) | numbers_of(bodies()["ros"].file)
        first = words().say(
            f"headline.{key}",
            **numbers,
            Procedure=self.procedure.value.capitalize(),
            sentence=decisive,
            missing=", ".join(fact(name).label for name in asked),
        )
        others = settled.stance is Stance.WAIT and any(c.topic == "timing" for c in differing)
        elsewhere = [words().say("others_differ")] if others else []
        return " ".join([first, *elsewhere, *(self.hearing.verdict(rule).sentence for rule in also)])

    def difference(self, positions: tuple[Position, ...], differing: tuple[Conflict, ...]) -> str:
        """What the deciding bodies differ on; where no single question parts them, the fracture's age."""
        deciding = tuple(p for p in positions if p.body in own.deciding_bodies.value)
        between = conflicts(self.hearing, self.procedure, deciding)
        if not between or between[0].topic != WHOLE:
            return between[0].sentence if between else ""
        late = next((conflict.sentence for conflict in differing if conflict.topic == "chronic"), "")
        ratings = "; ".join(f"{position.title}: {position.rating}" for position in deciding)
        return " ".join(filter(None, [late, words().say("none_in_favour", ratings=ratings)]))

    def fired(self) -> list[type[Gate]]:
        """The gates that fire, cautions included, in the order in which they are asked."""
        return [gate for gate in gates(self.procedure) if self.hearing.outcomes[gate] is MET]

    def against(self) -> list[Verdict]:
        """The gates that fire and the deciding bodies' criteria that speak against it."""
        return [*map(self.hearing.verdict, self.fired()), *self.criteria(Leaning.AGAINST)]

    def criteria(self, leaning: Leaning) -> list[Verdict]:
        """What the deciding bodies' criteria say for or against, one answer to each question."""
        found: list[Verdict] = []
        for body in (bodies()[name] for name in own.deciding_bodies.value):
            single = [part for rule in body.criteria for part in single_rules(rule) if part.is_reason]
            for topic in dict.fromkeys(rule.topic for rule in single):
                leans, rule = deciding([part for part in single if part.topic == topic], self.hearing)
                found += [self.hearing.verdict(rule)] if leans is leaning else []
        return found


def _behind_the_gate(position: Position, settled: Settled) -> Position:
    """A body that leans for the procedure does so only behind the safety check that decided otherwise."""
    if settled.headline != "gate" or LEANS.get(position.stance) is not Leaning.FOR:
        return position
    return replace(position, sentence=f"{position.sentence} {words().say('behind_the_gate')}")


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
    return (*(sentence for body in bodies().values() for sentence in body.always), *own)


def words() -> Texts:
    """The sentences in which the answers are joined."""
    return texts(beside=str(pathway.__file__))

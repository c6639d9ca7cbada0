"""Where bodies differ for this patient: question by question, who says what, with its source."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from vertebro.guidelines.body import Body, Hearing, bodies
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, AllOf, Rule
from vertebro.guidelines.settings import own_texts
from vertebro.guidelines.verdict import Conflict, Leaning, Outcome, Position, Procedure, Side, Stance

FOR, AGAINST, OPEN = Leaning.FOR, Leaning.AGAINST, Leaning.OPEN

WHOLE = "whole"
"""The topic of what a body answers altogether, named only where no single question explains it."""

LEANS: dict[Stance | None, Leaning] = {
    Stance.CONSIDER: FOR,
    Stance.DISCUSS: FOR,
    Stance.WAIT: AGAINST,
    Stance.NOT_RECOMMENDED: AGAINST,
    Stance.CONTRAINDICATED: AGAINST,
}
"""Which way a body's whole answer leans; any other answer takes no side."""


def conflicts(hearing: Hearing, procedure: Procedure, positions: Iterable[Position]) -> tuple[Conflict, ...]:
    """The questions on which these bodies lean both ways, in the order of the list of topics.

    A body for which the patient is out of scope is not heard.
    """
    heard = [p for p in positions if p.stance is not Stance.OUT_OF_SCOPE]
    sides = [found for p in heard for found in _sides(bodies()[p.body], hearing, procedure)]
    by_topic: dict[str, tuple[Side, ...]] = dict.fromkeys(topics(), ())
    for topic, side in sides:
        if topic:  # what is compared with nobody has no topic
            by_topic[topic] += (side,)
    found = [_conflict(topic, on) for topic, on in by_topic.items() if _lean_both_ways(on)]
    whole = tuple(_whole(position) for position in heard if LEANS.get(position.stance) and position.verdicts)
    return tuple(found) or ((_conflict(WHOLE, whole),) if _lean_both_ways(whole) else ())


def in_general(
    hearing: Hearing, procedure: Procedure, positions: Iterable[Position], leaning: Leaning
) -> tuple[str, ...]:
    """Who speaks for or against the procedure in general, whoever the patient is: one sentence a body."""
    heard = (bodies()[p.body] for p in positions if p.stance is not Stance.OUT_OF_SCOPE)
    return tuple(
        own_texts().say("in_general", sentence=body.state(statement, hearing), source=body.title)
        for body in heard
        for statement in body.statements
        if statement.topic == "benefit" and statement.leans(hearing.outcomes, procedure) is leaning
    )


@cache
def topics() -> tuple[str, ...]:
    """The questions bodies may be compared on, in the order in which they are shown."""
    return tuple(key.removeprefix("topic.") for key in own_texts().under("topic"))


def _lean_both_ways(sides: Iterable[Side]) -> bool:
    return {FOR, AGAINST} <= {side.leaning for side in sides}


def _sides(body: Body, hearing: Hearing, procedure: Procedure) -> list[tuple[str, Side]]:
    """What a body says on each question: by its criteria for this patient, and in general."""
    found: list[tuple[str, Side]] = []
    single = [part for rule in body.asked(procedure) for part in single_rules(rule) if part.is_reason]
    for topic in dict.fromkeys(rule.topic for rule in single):
        leaning, rule = deciding([part for part in single if part.topic == topic], hearing)
        said = hearing.verdict(rule)
        side = Side(body.name, body.title, leaning, said.sentence, said.source, said.where, said.rule)
        found.append((topic, side))
    for statement in body.statements:
        leans = statement.leans(hearing.outcomes, procedure)
        if leans is not None:
            sentence = body.state(statement, hearing)
            side = Side(body.name, body.title, leans, sentence, statement.source, statement.where)
            found.append((statement.topic, side))
    return found


def single_rules(rule: type[Rule]) -> tuple[type[Rule], ...]:
    """The parts of a rule that joins others by 'and', or the rule itself.

    An exclusion stays whole: only all its parts together speak against the procedure.
    """
    if issubclass(rule, AllOf) and rule.settles is NOT_MET and not rule.speaks_against:
        return rule.parts
    return (rule,)


def deciding(on_topic: list[type[Rule]], hearing: Hearing) -> tuple[Leaning, type[Rule]]:
    """The leaning of a body's rules on one question, and the rule that decides it: one against settles."""
    order = (AGAINST, OPEN, FOR)
    leanings = [(lean(rule, hearing.outcomes[rule]), rule) for rule in on_topic]
    return min(leanings, key=lambda found: order.index(found[0]))


def lean(rule: type[Rule], outcome: Outcome) -> Leaning:
    """Which way this answer leans; an exclusion that does not apply leans no way."""
    if outcome is UNKNOWN:
        return OPEN
    if rule.speaks_against:
        return AGAINST if outcome is MET else OPEN
    return FOR if outcome is MET else AGAINST


def _whole(position: Position) -> Side:
    """What a body answers altogether, with the source of its first criterion."""
    first = position.verdicts[0]
    leaning = LEANS[position.stance]
    return Side(position.body, position.title, leaning, position.sentence, first.source, first.where)


def _conflict(topic: str, sides: tuple[Side, ...]) -> Conflict:
    """The conflict with one sentence that sets the first for against the first against."""
    pro = next(side for side in sides if side.leaning is FOR)
    contra = next(side for side in sides if side.leaning is AGAINST)
    first, second = sorted((pro, contra), key=sides.index)
    question = own_texts().say(f"topic.{topic}") if topic != WHOLE else own_texts().say("whole_answer")
    sentence = own_texts().say(
        "conflict",
        topic=question,
        first=first.title,
        first_sentence=first.sentence,
        second=second.title,
        second_sentence=second.sentence,
    )
    return Conflict(topic, question, sides, sentence)

"""What to ask next: the facts that keep the answer open, the most deciding first."""

from __future__ import annotations

from collections.abc import Mapping

from vertebro.guidelines.body import Hearing, Outcomes, bodies
from vertebro.guidelines.derive import askable
from vertebro.guidelines.gate import Gate, gates
from vertebro.guidelines.pathway.rules import IsEarlyException
from vertebro.guidelines.ros.rules import HasReachedHealingTime
from vertebro.guidelines.rule import NOT_MET, UNKNOWN, AllOf, Rule
from vertebro.guidelines.settings import own
from vertebro.guidelines.settle import settle
from vertebro.guidelines.trying import Answers, possible_answers, settled_if
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.facts import facts as dictionary
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

LEVEL = "fracture_level"
"""Asked before all else once tender vertebrae are written: they say nothing without it."""


def ask_next(hearing: Hearing, level: Level | Unknown) -> tuple[str, ...]:
    """Names of facts: first those without which nothing is answered, then those *consider* needs.

    Within each group the fact comes first of whose possible answers the largest part would settle
    the matter alone (change the stance to something other than *not enough information*). Where
    the stance is settled already, only facts that could still change it are asked.
    """
    now = {procedure: settle(hearing.outcomes, procedure).stance for procedure in Procedure}
    groups: dict[str, int] = {}
    for group, rule in _open_rules(hearing.outcomes):
        for name in askable(_first_missing(rule, hearing), hearing.facts):
            groups[name] = min(group, groups.get(name, group))
    weights = {name: _settles_alone(name, hearing, level, now) for name in groups}
    is_open = Stance.NOT_ENOUGH_INFORMATION in now.values()
    order = list(dictionary())
    first = LEVEL if "tender_levels" in hearing.facts else ""
    return tuple(
        sorted(
            (name for name in groups if is_open or weights[name] > 0),
            key=lambda name: (name != first, groups[name], -weights[name], order.index(name)),
        )
    )


def required_for_consider(procedure: Procedure) -> tuple[str, ...]:
    """The facts that have to be known before *consider* can be the answer, as questions for people.

    (A cleft shows by itself that a fracture is unhealed; pregnancy is asked only where it can be;
    whether a blood thinner is paused only if one is taken.)
    """
    needed = [name for gate in gates(procedure) if gate.must_know or gate.blocks for name in gate.needs]
    for body in own.deciding_bodies.value:
        needed += [name for rule in bodies()[body].criteria for name in rule.needs]
    order = list(dictionary())
    return tuple(sorted(set(askable(needed, {})), key=order.index))


def _open_rules(outcomes: Outcomes) -> list[tuple[int, type[Rule]]]:
    """The rules that are unknown and matter, with the group their facts belong to."""
    found: list[tuple[int, type[Rule]]] = []
    for procedure in Procedure:
        found += [
            (_group(gate), gate) for gate in gates(procedure) if gate.must_know or gate.is_open(outcomes)
        ]
    found += [(0, rule) for name in own.deciding_bodies.value for rule in bodies()[name].criteria]
    if outcomes[HasReachedHealingTime] is NOT_MET:
        found.append((0, IsEarlyException))
    return [(group, rule) for group, rule in found if outcomes[rule] is UNKNOWN]


def _first_missing(rule: type[Rule], hearing: Hearing) -> tuple[str, ...]:
    """What the rule misses; of a rule with parts, what the first unknown part misses."""
    if issubclass(rule, AllOf):
        return _first_missing(next(p for p in rule.parts if hearing.outcomes[p] is UNKNOWN), hearing)
    return rule.missing(hearing.facts)


def _group(gate: type[Gate]) -> int:
    return 0 if gate.must_know else 1


def _settles_alone(
    name: str, hearing: Hearing, level: Level | Unknown, now: Mapping[Procedure, Stance]
) -> float:
    """The part of this fact's possible answers that would settle the matter alone."""
    tried = possible_answers(name)
    settling = sum(_changes(settled_if(hearing, level, name, value), now) for value in tried)
    return settling / max(len(tried), 1)


def _changes(answers: Answers, now: Mapping[Procedure, Stance]) -> bool:
    open_still = Stance.NOT_ENOUGH_INFORMATION
    return any(settled.stance not in (now[p], open_still) for p, settled in answers.items())

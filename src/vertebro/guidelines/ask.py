"""What to ask next: the facts that keep the answer open, the most deciding first."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from vertebro.guidelines.body import Outcomes, bodies
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.gate import Gate, gates
from vertebro.guidelines.pathway.rules import IsEarlyException
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.ros.rules import HasReachedHealingTime
from vertebro.guidelines.rule import NOT_MET, UNKNOWN, AllOf, Rule, rules
from vertebro.guidelines.settings import own
from vertebro.guidelines.settle import Settled, settle
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.facts import facts as dictionary
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level

TRIED = "tried, to see what the answer would decide"


def outcomes_of(facts: Facts) -> dict[type[Rule], Any]:
    """The outcome of every rule of the house."""
    return {rule: rule.outcome(facts) for rule in rules().values()}


def ask_next(facts: Facts, level: Level | Unknown, outcomes: Outcomes) -> tuple[str, ...]:
    """Names of facts: first those without which nothing is answered, then those *consider* needs.

    Within each group the fact comes first of whose possible answers the largest part would settle
    the matter alone (change the stance to something other than *not enough information*).
    """
    now = {procedure: settle(outcomes, procedure) for procedure in Procedure}
    asked: dict[str, int] = {}
    for group, rule in _open_rules(outcomes):
        for name in _askable(_first_missing(rule, facts, outcomes), facts):
            asked[name] = min(group, asked.get(name, group))
    order = list(dictionary())
    return tuple(
        sorted(
            asked,
            key=lambda name: (
                asked[name],
                -_settled_by(name, facts, level, outcomes, now),
                order.index(name),
            ),
        )
    )


def _open_rules(outcomes: Outcomes) -> list[tuple[int, type[Rule]]]:
    """The rules that are unknown and matter, with the group their facts belong to."""
    found: list[tuple[int, type[Rule]]] = []
    for procedure in Procedure:
        found += [(_group(gate), gate) for gate in gates(procedure) if gate.must_know or gate.blocks]
    found += [(0, rule) for name in own.deciding_bodies.value for rule in bodies()[name].criteria]
    if outcomes[HasReachedHealingTime] is NOT_MET:
        found.append((0, IsEarlyException))
    return [(group, rule) for group, rule in found if outcomes[rule] is UNKNOWN]


def _first_missing(rule: type[Rule], facts: Facts, outcomes: Outcomes) -> tuple[str, ...]:
    """What the rule misses; of a rule with parts, what the first unknown part misses."""
    if issubclass(rule, AllOf):
        return _first_missing(next(p for p in rule.parts if outcomes[p] is UNKNOWN), facts, outcomes)
    return rule.missing(facts)


def _group(gate: type[Gate]) -> int:
    return 0 if gate.must_know else 1


def _askable(missing: tuple[str, ...], facts: Facts) -> list[str]:
    """The questions for people behind missing facts: what is worked out is asked by what it rests on."""
    instead = {
        "fracture_unhealed": ["intravertebral_cleft"] if _image_is_known(facts) else [_image(facts)],
        "imaging_done": [_image(facts)],
        "osteoporotic_fracture": ["osteoporosis", "trauma", "malignancy"],
        "examined": ["exam_matches_level"],
        "pain_source_is_fracture": ["exam_matches_level"],
        "fracture_level": [],
    }
    names = [name for need in missing for name in instead.get(need, [need])]
    return [name for name in names if name not in facts or name in missing]


def _image_is_known(facts: Facts) -> bool:
    return "mri" in facts or ("bone_scan" in facts and "mri_impossible_reason" in facts)


def _image(facts: Facts) -> str:
    return "bone_scan" if "mri_impossible_reason" in facts else "mri"


def _settled_by(
    name: str,
    facts: Facts,
    level: Level | Unknown,
    outcomes: Outcomes,
    now: Mapping[Procedure, Settled],
) -> float:
    """The part of this fact's possible answers that would settle the matter alone."""
    tried = possible_answers(name)
    settled = 0
    for value in tried:
        known = with_derived({**facts, name: Known(value, TRIED)}, level)
        changed = {n for n in {*known, *facts} if known.get(n) != facts.get(n)}
        then = dict(outcomes) | {r: r.outcome(known) for n in changed for r in _rules_needing(n)}
        stances = {p: settle(then, p).stance for p in Procedure}
        settled += any(stances[p] not in (now[p].stance, Stance.NOT_ENOUGH_INFORMATION) for p in Procedure)
    return settled / len(tried)


@cache
def _rules_needing(name: str) -> tuple[type[Rule], ...]:
    return tuple(rule for rule in rules().values() if name in rule.needs)


@cache
def possible_answers(name: str) -> tuple[Any, ...]:
    """Answers worth trying: every choice, or for a number both sides of every limit it is held to."""
    asked = fact(name)
    if asked.kind == "yes_no":
        return (True, False)
    if asked.kind == "choice":
        return asked.choices
    if asked.kind == "choices":
        return tuple((choice,) for choice in asked.choices)
    assert asked.low is not None and asked.high is not None  # every number of the dictionary has a range
    step = 1 if asked.kind == "integer" else 0.1  # the smallest difference people write down
    limits = {v.number for r in _rules_needing(name) for v in r.values if v.unit == asked.unit}
    near = {asked.low, asked.high} | {limit + by for limit in limits for by in (-step, 0, step)}
    return tuple(sorted(number for number in near if asked.low <= number <= asked.high))

"""How an answer came about: the steps that were passed, the one that answered, and the rules behind it."""

from __future__ import annotations

from dataclasses import dataclass

from vertebro.guidelines.gate import gates
from vertebro.guidelines.settings import own_texts
from vertebro.guidelines.settle import STEPS
from vertebro.guidelines.verdict import Decision, Outcome, Stance, Verdict


@dataclass(frozen=True)
class Trace:
    """From the headline back to the rules: each verdict holds its facts, their source and its own."""

    passed: tuple[str, ...]
    here: str
    verdicts: tuple[Verdict, ...]


def trace(decision: Decision) -> Trace:
    """The steps in the order in which the answer was looked for, and the verdicts that decided it."""
    names = [step.__name__ for step in STEPS]
    before = names[: names.index(decision.step)]
    return Trace(
        passed=tuple(own_texts().say(f"step.{name}.passed") for name in before),
        here=" ".join([own_texts().say(f"step.{decision.step}.here"), *_unchecked(decision)]),
        verdicts=_deciding_verdicts(decision),
    )


def _unchecked(decision: Decision) -> list[str]:
    """Which dangers have to be checked first and are not, where that is why there is no answer."""
    if decision.step != "too_little_known":
        return []
    open_gates = {gate.name(): gate for gate in gates(decision.procedure) if gate.must_know}
    unknown = {v.rule for v in decision.verdicts if v.outcome is Outcome.UNKNOWN}
    dangers = [gate.say("short", {}) for name, gate in open_gates.items() if name in unknown]
    return [own_texts().say("step.too_little_known.unchecked", dangers=", ".join(dangers))] if dangers else []


def _deciding_verdicts(decision: Decision) -> tuple[Verdict, ...]:
    """The rule that decided; or, of a body that decided, the criteria its answer rests on."""
    if decision.step == "consider":
        return tuple(v for p in decision.positions if p.stance is Stance.CONSIDER for v in p.verdicts)
    for verdict in decision.verdicts:
        if verdict.rule == decision.decided_by:
            return (verdict,)
    (position,) = (p for p in decision.positions if p.body == decision.decided_by)
    wanted = Outcome.UNKNOWN if position.stance is Stance.NOT_ENOUGH_INFORMATION else Outcome.NOT_MET
    return tuple(v for v in position.verdicts if v.outcome is wanted) or position.verdicts

"""From the outcomes of all rules to one stance: the gates in their order, then what the bodies say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from vertebro.guidelines.body import Answer, Outcomes, bodies
from vertebro.guidelines.gate import Stage, gates
from vertebro.guidelines.pathway.rules import IsEarlyException, PainTreatmentCanImprove
from vertebro.guidelines.ros.rules import HasReachedHealingTime
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN
from vertebro.guidelines.settings import own
from vertebro.guidelines.verdict import Procedure, Stance


@dataclass(frozen=True)
class Settled:
    """A stance, the key of its headline, the rule or body that decided it, and the step it came at."""

    stance: Stance
    headline: str
    by: str
    step: str = ""


@dataclass(frozen=True)
class Question:
    """What is to be settled: one procedure, with the outcome of every rule."""

    procedure: Procedure
    outcomes: Outcomes

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """What the deciding bodies answer; asked only once no danger is known."""
        deciding = {name: bodies()[name] for name in own.deciding_bodies.value}
        return {name: body.answer(self.outcomes, self.procedure) for name, body in deciding.items()}

    def fired(self, first: Stage, last: Stage) -> Settled | None:
        """The answer of the first gate of these stages that fires (a caution does not)."""
        for gate in gates(self.procedure):
            if gate.stance and first <= gate.stage <= last and self.outcomes[gate] is MET:
                return Settled(gate.stance, "gate", gate.name())
        return None

    def says(self, *stances: Stance) -> str:
        """The first deciding body with one of these stances, or an empty string."""
        return next((name for name, answer in self.answers.items() if answer.stance in stances), "")


def settle(outcomes: Outcomes, procedure: Procedure) -> Settled:
    """The stance for one procedure: the first step that has an answer gives it."""
    question = Question(procedure, outcomes)
    return next(replace(found, step=step.__name__) for step in STEPS if (found := step(question)) is not None)


def known_danger(question: Question) -> Settled | None:
    """A child, an emergency, outside the scope or absolutely contraindicated, whatever else is missing."""
    return question.fired(Stage.CHILD, Stage.ABSOLUTE)


def too_little_known(question: Question) -> Settled | None:
    """No answer while a danger is unchecked, or while a body lacks what it needs for its own."""
    for gate in gates(question.procedure):
        if gate.must_know and question.outcomes[gate] is UNKNOWN:
            return Settled(Stance.NOT_ENOUGH_INFORMATION, "not_enough", gate.name())
    unsure = question.says(Stance.NOT_ENOUGH_INFORMATION)
    return Settled(Stance.NOT_ENOUGH_INFORMATION, "not_enough", unsure) if unsure else None


def correctable_or_healed(question: Question) -> Settled | None:
    """Something to correct first; or no pain, other pain, a healed fracture."""
    return question.fired(Stage.CORRECTABLE, Stage.HEALED)


def too_early(question: Question) -> Settled | None:
    """Before the healing time: wait, unless the early exception applies and a body would allow it."""
    if question.outcomes[HasReachedHealingTime] is not NOT_MET:
        return None
    exception = question.outcomes[IsEarlyException]
    if not question.says(Stance.CONSIDER) or exception is NOT_MET:
        return Settled(Stance.WAIT, "too_early", HasReachedHealingTime.name())
    if exception is UNKNOWN:
        return Settled(Stance.NOT_ENOUGH_INFORMATION, "not_enough", IsEarlyException.name())
    return Settled(Stance.DISCUSS, "early_exception", IsEarlyException.name())


def no_body_in_favour(question: Question) -> Settled | None:
    """No deciding body would consider it: wait if one says so, else not recommended."""
    if question.says(Stance.CONSIDER, Stance.DISCUSS):
        return None
    waiting = question.says(Stance.WAIT)
    if waiting:
        return Settled(Stance.WAIT, "improving", waiting)
    return Settled(Stance.NOT_RECOMMENDED, "nobody", question.says(Stance.NOT_RECOMMENDED))


def pain_treatment_first(question: Question) -> Settled | None:
    """Pain treatment that can still improve comes before any procedure."""
    if question.outcomes[PainTreatmentCanImprove] is MET:
        return Settled(Stance.CORRECT_FIRST, "pain_treatment", PainTreatmentCanImprove.name())
    return None


def bodies_differ(question: Question) -> Settled | None:
    """Anything but agreement on considering it goes to the meeting, with what each body says."""
    unlike = question.says(*set(Stance) - {Stance.CONSIDER})
    return Settled(Stance.DISCUSS, "discuss", unlike) if unlike else None


def for_the_meeting(question: Question) -> Settled | None:
    """A relative contraindication, the choice between procedures, feasibility."""
    return question.fired(Stage.RELATIVE, Stage.FEASIBILITY)


def unchecked(question: Question) -> Settled | None:
    """Never *consider* while a fact that could forbid it, or send it to the meeting, is unknown."""
    gate = next((gate for gate in gates(question.procedure) if gate.is_open(question.outcomes)), None)
    return Settled(Stance.NOT_ENOUGH_INFORMATION, "not_enough", gate.name()) if gate else None


def consider(question: Question) -> Settled | None:
    """Every gate is passed and every deciding body would consider it."""
    return Settled(Stance.CONSIDER, "consider", next(iter(question.answers)))


STEPS: tuple[Callable[[Question], Settled | None], ...] = (
    known_danger,
    too_little_known,
    correctable_or_healed,
    too_early,
    no_body_in_favour,
    pain_treatment_first,
    bodies_differ,
    for_the_meeting,
    unchecked,
    consider,
)
"""The order in which the answer is looked for."""

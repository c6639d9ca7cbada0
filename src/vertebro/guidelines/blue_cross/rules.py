"""Blue Cross policy MP-004: only how long conservative treatment has to have failed, and no position."""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes
from vertebro.guidelines.rule import NOT_MET, Rule
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

POLICY = "blue_cross_mp_004"


class IsOsteoporoticFracture(Rule):
    """The weeks are asked for in symptomatic osteoporotic fractures."""

    source, where, topic, is_reason = POLICY, "policy, first paragraph", "cause", False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class CanHaveFailedLongEnough(Rule):
    """Conservative treatment can have failed for as long as the policy asks."""

    source, where, topic, values = POLICY, v.failed_care_from.where, "timing", (v.failed_care_from,)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True from that many weeks on."""
        return weeks_since_fracture >= v.failed_care_from.number


def answer(outcomes: Outcomes, _: object) -> Answer:
    """No side for a patient: of the policy only the weeks are applied."""
    if outcomes[IsOsteoporoticFracture] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    return Answer(None, "no_side")


body = Body(criteria=(IsOsteoporoticFracture, CanHaveFailedLongEnough), answer=answer, file=__file__)

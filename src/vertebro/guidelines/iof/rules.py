"""International Osteoporosis Foundation 2011: a review of both procedures against care without surgery."""

from __future__ import annotations

from vertebro.guidelines.body import BOTH_FOR, Answer, Body, Outcomes, Statement
from vertebro.guidelines.rule import NOT_MET, Rule
from vertebro.guidelines.verdict import Procedure, Stance

IOF = "iof_2011"
ABSTRACT = "abstract"


class IsOsteoporoticFracture(Rule):
    """The review is about osteoporotic vertebral fractures."""

    source, where, topic = IOF, "abstract", "cause"
    is_reason = False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:  # noqa: ARG001  the review treats both alike
    """What the review concludes for both procedures; it gives no criteria for a single patient."""
    if outcomes[IsOsteoporoticFracture] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    return Answer(None, "review")


body = Body(
    criteria=(IsOsteoporoticFracture,),
    answer=answer,
    file=__file__,
    statements=(Statement("benefit", "benefit", IOF, ABSTRACT, BOTH_FOR),),
)

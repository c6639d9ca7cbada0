"""American Society for Bone and Mineral Research 2019: what the evidence shows of each procedure."""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes, Statement
from vertebro.guidelines.rule import NOT_MET, Rule
from vertebro.guidelines.verdict import Leaning, Procedure, Stance

ASBMR = "asbmr_2019"
ABSTRACT = "abstract"


class IsOsteoporoticFracture(Rule):
    """The report is about osteoporotic vertebral fractures."""

    source, where, topic = ASBMR, "title and abstract", "cause"
    is_reason = False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:
    """No benefit of vertebroplasty over placebo; for kyphoplasty the evidence is insufficient."""
    if outcomes[IsOsteoporoticFracture] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    if procedure is Procedure.VERTEBROPLASTY:
        return Answer(Stance.NOT_RECOMMENDED, "no_benefit")
    return Answer(None, "insufficient")


body = Body(
    criteria=(IsOsteoporoticFracture,),
    answer=answer,
    file=__file__,
    statements=(
        Statement("benefit", "benefit", ASBMR, ABSTRACT, {Procedure.VERTEBROPLASTY: Leaning.AGAINST}),
        Statement("timing", "timing", ASBMR, ABSTRACT, {}),
        Statement("choice", "choice", ASBMR, ABSTRACT, {Procedure.KYPHOPLASTY: Leaning.AGAINST}),
    ),
)

"""Cochrane review CD006349 (2018): vertebroplasty against a sham procedure."""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes, Statement
from vertebro.guidelines.rule import NOT_MET, Rule
from vertebro.guidelines.verdict import Leaning, Procedure, Stance

COCHRANE = "cochrane_cd006349"
CONCLUSIONS = "abstract, authors' conclusions"


class IsOsteoporoticFracture(Rule):
    """The review includes painful osteoporotic fractures."""

    source, where, topic = COCHRANE, "abstract, selection criteria", "cause"
    is_reason = False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:
    """No important benefit of vertebroplasty over a sham procedure; kyphoplasty is not judged."""
    if outcomes[IsOsteoporoticFracture] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    if procedure is Procedure.VERTEBROPLASTY:
        return Answer(Stance.NOT_RECOMMENDED, "no_benefit")
    return Answer(None, "not_judged")


body = Body(
    criteria=(IsOsteoporoticFracture,),
    answer=answer,
    file=__file__,
    statements=(
        Statement("benefit", "benefit", COCHRANE, CONCLUSIONS, {Procedure.VERTEBROPLASTY: Leaning.AGAINST}),
        Statement("timing", "timing", COCHRANE, CONCLUSIONS, {}),
    ),
)

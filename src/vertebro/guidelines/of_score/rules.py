"""The OF score of AO Spine and DGOU: which treatment the card names for the score. It never vetoes."""

from __future__ import annotations

from vertebro.guidelines.body import BOTH_AGAINST, Answer, Body, Outcomes, Statement
from vertebro.guidelines.rule import MET, NOT_MET, Rule
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

CARD = "of_pocket_card"


class IsOsteoporoticFracture(Rule):
    """The classification and the score are for osteoporotic fractures."""

    source, where, topic = CARD, "title of the card", "cause"
    is_reason = False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class ScoreNamesConservativeTreatment(Rule):
    """Below the middle the card names conservative therapy."""

    source, where, values = CARD, v.either.where, (v.either,)
    is_reason = False

    @staticmethod
    def holds(of_score: int) -> bool:
        """True below the middle."""
        return of_score < v.either.number


class ScoreNamesEither(Rule):
    """In the middle the card leaves it open."""

    source, where, values = CARD, v.either.where, (v.either,)
    is_reason = False

    @staticmethod
    def holds(of_score: int) -> bool:
        """True in the middle."""
        return of_score == v.either.number


class ScoreNamesSurgery(Rule):
    """Above the middle the card names surgery."""

    source, where = CARD, v.either.where
    values = (v.either, v.eoftt_patients, v.eoftt_as_scored)
    is_reason = False

    @staticmethod
    def holds(of_score: int) -> bool:
        """True above the middle."""
        return of_score > v.either.number


CRITERIA: tuple[type[Rule], ...] = (
    IsOsteoporoticFracture,
    ScoreNamesConservativeTreatment,
    ScoreNamesEither,
    ScoreNamesSurgery,
)

NAMES: tuple[tuple[type[Rule], str], ...] = (
    (ScoreNamesConservativeTreatment, "conservative"),
    (ScoreNamesEither, "either"),
    (ScoreNamesSurgery, "surgery"),
)


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:  # noqa: ARG001  the card names neither
    """What the card names for the score; for reference only, so it takes no side on a procedure."""
    if outcomes[IsOsteoporoticFracture] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    named = (key for rule, key in NAMES if outcomes[rule] is MET)
    return Answer(None, next(named, "no_score"))


STATEMENTS = (
    Statement("severity", "pain", CARD, v.pain_from.where, {}),
    Statement(
        "operate", "conservative", CARD, v.either.where, BOTH_AGAINST, when=ScoreNamesConservativeTreatment
    ),
)

body = Body(criteria=CRITERIA, answer=answer, file=__file__, statements=STATEMENTS)

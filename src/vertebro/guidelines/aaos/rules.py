"""AAOS guideline of 2010: against vertebroplasty, kyphoplasty an option, both for people who are intact."""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes, Statement
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, AllOf, Rule
from vertebro.guidelines.verdict import Leaning, Procedure, Stance
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

AAOS = "aaos_scf_2010"
FOR_WHOM = "recommendations on vertebroplasty and on kyphoplasty: for whom"
CALCITONIN, ROOT_BLOCK = (
    "recommendation on calcitonin (moderate)",
    "recommendation on L2 nerve root block (weak)",
)
DAYS_IN_A_WEEK = 7


class IsOsteoporotic(Rule):
    """The guideline is about osteoporotic spinal compression fractures."""

    source, where, topic, is_reason = AAOS, "title and target population", "cause", False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class IsIntact(Rule):
    """The recommendations are for people who are neurologically intact."""

    source, where, topic, is_reason = AAOS, FOR_WHOM, "neurology", False

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        """True if there is no deficit now."""
        return neuro_grade in ("N0", "N1")


class HasMatchingSymptoms(Rule):
    """Imaging with correlating clinical signs and symptoms."""

    source, where, topic, is_reason = AAOS, FOR_WHOM, "level", False

    @staticmethod
    def holds(exam_matches_level: bool) -> bool:
        """True if the tender place is the level of the fracture."""
        return exam_matches_level


class IsForWhom(AllOf):
    """Everything that the recommendations on both procedures ask for."""

    source, where, topic, is_reason = AAOS, FOR_WHOM, "benefit", False
    parts = (IsOsteoporotic, IsIntact, HasMatchingSymptoms)


class IsWithinDays(Rule):
    """Part of the recommendation on calcitonin: an acute injury."""

    source, where, values = AAOS, CALCITONIN, (v.acute_until,)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True up to that many days."""
        return weeks_since_fracture * DAYS_IN_A_WEEK <= v.acute_until.number


class IsForCalcitonin(AllOf):
    """Acute, intact, osteoporotic, with matching symptoms: calcitonin is suggested."""

    source, where, values, is_reason = AAOS, CALCITONIN, (v.acute_until, v.calcitonin_weeks), False
    parts = (IsOsteoporotic, IsIntact, HasMatchingSymptoms, IsWithinDays)


class IsAtRootBlockLevel(Rule):
    """Part of the recommendation on the root block: the level."""

    source, where = AAOS, ROOT_BLOCK

    @staticmethod
    def holds(fracture_level: Level) -> bool:
        """True for L3 and L4."""
        return fracture_level in (Level.L3, Level.L4)


class IsForRootBlock(AllOf):
    """A fracture of L3 or L4 in an intact person: an L2 root block is an option."""

    source, where, is_reason = AAOS, ROOT_BLOCK, False
    parts = (IsOsteoporotic, IsIntact, HasMatchingSymptoms, IsAtRootBlockLevel)


CRITERIA: tuple[type[Rule], ...] = (IsOsteoporotic, IsIntact, HasMatchingSymptoms)


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:
    """Against vertebroplasty, kyphoplasty an option; for others than the people named, nothing."""
    against = procedure is Procedure.VERTEBROPLASTY
    failed = tuple(rule for rule in CRITERIA if outcomes[rule] is NOT_MET)
    if IsOsteoporotic in failed:
        return Answer(Stance.OUT_OF_SCOPE, "against_elsewhere" if against else "option_elsewhere")
    if failed:
        return Answer(None, "against_others" if against else "no_recommendation", failed)
    open_still = tuple(rule for rule in CRITERIA if outcomes[rule] is UNKNOWN)
    if open_still:
        key = "against_if" if against else "cannot_tell"
        return Answer(Stance.NOT_ENOUGH_INFORMATION, key, open_still)
    early = "_early" if outcomes[IsForCalcitonin] is MET else ""
    if against:
        return Answer(Stance.NOT_RECOMMENDED, f"against{early}")
    return Answer(Stance.CONSIDER, f"option{early}")


KYPHOPLASTY_ONLY = {
    Procedure.VERTEBROPLASTY: Leaning.AGAINST,
    Procedure.KYPHOPLASTY: Leaning.FOR,
}
STATEMENTS = (
    Statement("benefit", "benefit", AAOS, FOR_WHOM, KYPHOPLASTY_ONLY, when=IsForWhom),
    Statement("choice", "choice", AAOS, FOR_WHOM, KYPHOPLASTY_ONLY, when=IsForWhom),
    Statement("pain management", "calcitonin", AAOS, CALCITONIN, {}, when=IsForCalcitonin),
    Statement("pain management", "root_block", AAOS, ROOT_BLOCK, {}, when=IsForRootBlock),
    Statement("pain management", "inconclusive", AAOS, "inconclusive recommendations", {}),
)

body = Body(criteria=CRITERIA, answer=answer, file=__file__, statements=STATEMENTS)

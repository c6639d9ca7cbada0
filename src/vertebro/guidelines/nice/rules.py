"""NICE technology appraisal TA279: vertebroplasty and balloon kyphoplasty without stenting, section 1.1."""

from __future__ import annotations

from vertebro.guidelines.body import BOTH_FOR, Answer, Body, Outcomes, Statement
from vertebro.guidelines.rule import NOT_MET, UNKNOWN, AllOf, Rule
from vertebro.guidelines.settings import own
from vertebro.guidelines.verdict import Procedure, Stance

TA279 = "nice_ta279"
SECTION = "section 1.1"


class IsOsteoporoticFracture(Rule):
    """The appraisal treats osteoporotic vertebral compression fractures only."""

    source, where, topic = TA279, SECTION, "cause"
    is_reason = False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class IsSevere(Rule):
    """Part of 'severe ongoing pain': the pain is severe."""

    source, where, topic, values = TA279, SECTION, "severity", (own.severe_pain_nrs,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True if the pain score reaches our reading of 'severe'."""
        return pain_nrs >= own.severe_pain_nrs.number


class IsOngoing(Rule):
    """Part of 'severe ongoing pain': the pain is not already getting better."""

    source, where, topic = TA279, SECTION, "course"

    @staticmethod
    def holds(pain_trend: str) -> bool:
        """True unless the pain is improving."""
        return pain_trend != "improving"


class HasSevereOngoingPain(AllOf):
    """First criterion: severe ongoing pain."""

    source, where, topic, values = TA279, SECTION, "severity", (own.severe_pain_nrs,)
    parts = (IsSevere, IsOngoing)


class IsRecent(Rule):
    """Second criterion: the fracture is recent. The appraisal gives no number of weeks."""

    source, where, topic, values = TA279, SECTION, "timing", (own.recent_weeks,)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True up to our reading of 'recent'."""
        return weeks_since_fracture <= own.recent_weeks.number


class IsUnhealed(Rule):
    """Second criterion: the fracture is unhealed."""

    source, where, topic = TA279, SECTION, "healing"

    @staticmethod
    def holds(fracture_unhealed: bool) -> bool:
        """True if imaging shows the fracture unhealed."""
        return fracture_unhealed


class DespiteOptimalPainManagement(Rule):
    """Third criterion: the pain goes on despite optimal pain management."""

    source, where, topic = TA279, SECTION, "pain management"

    @staticmethod
    def holds(optimal_pain_management: bool) -> bool:
        """True if pain management is as good as it can be."""
        return optimal_pain_management


class IsConfirmedAtTheLevel(Rule):
    """Fourth criterion: pain confirmed at the level of the fracture by examination and imaging."""

    source, where, topic = TA279, SECTION, "level"

    @staticmethod
    def holds(exam_matches_level: bool) -> bool:
        """True if the tender place is the level of the fracture on the images."""
        return exam_matches_level


CRITERIA: tuple[type[Rule], ...] = (
    IsOsteoporoticFracture,
    HasSevereOngoingPain,
    IsRecent,
    IsUnhealed,
    DespiteOptimalPainManagement,
    IsConfirmedAtTheLevel,
)


class MeetsEveryCriterion(AllOf):
    """The procedure is an option for people who meet every criterion."""

    source, where, values = TA279, SECTION, (own.severe_pain_nrs, own.recent_weeks)
    is_reason = False
    parts = CRITERIA


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:
    """Option only if all criteria are met; a missing fact leaves it open unless one already fails."""
    found = {outcomes[rule] for rule in CRITERIA}
    if outcomes[IsOsteoporoticFracture] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    if NOT_MET in found:
        return Answer(Stance.NOT_RECOMMENDED, "not_met")
    if UNKNOWN in found:
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell")
    unstented = procedure is Procedure.KYPHOPLASTY
    return Answer(Stance.CONSIDER, "option_without_stenting" if unstented else "option")


STATEMENTS = (
    Statement("operate", "option", TA279, SECTION, BOTH_FOR, when=MeetsEveryCriterion),
    Statement("choice", "alike", TA279, SECTION, BOTH_FOR),
    Statement("benefit", "recommended", TA279, SECTION, BOTH_FOR),
)

body = Body(criteria=CRITERIA, answer=answer, file=__file__, statements=STATEMENTS)

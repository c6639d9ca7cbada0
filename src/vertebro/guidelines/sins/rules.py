"""SINS: with a tumour the score tells which spines a surgeon has to see; those leave this pathway."""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, Rule
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

SINS = "sins_2010"


class HasTumour(Rule):
    """The score is for spines with a tumour."""

    source, where, topic = SINS, "title", "cause"
    is_reason = False

    @staticmethod
    def holds(malignancy_or_signs: str) -> bool:
        """True if a tumour is suspected or known."""
        return malignancy_or_signs != "none"


class IsPotentiallyUnstable(Rule):
    """From the middle class on a surgeon is consulted."""

    source, where = SINS, v.potentially_unstable_from.where
    values = (v.potentially_unstable_from,)
    is_reason = False

    @staticmethod
    def holds(sins: int) -> bool:
        """True from the middle class on."""
        return sins >= v.potentially_unstable_from.number


class IsUnstable(Rule):
    """The highest class is instability."""

    source, where, values = SINS, v.unstable_from.where, (v.unstable_from,)
    is_reason = False

    @staticmethod
    def holds(sins: int) -> bool:
        """True in the highest class."""
        return sins >= v.unstable_from.number


CRITERIA: tuple[type[Rule], ...] = (HasTumour, IsPotentiallyUnstable, IsUnstable)


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:  # noqa: ARG001  the score names no cement
    """The class of the score; out of scope without a tumour."""
    if outcomes[HasTumour] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    if outcomes[IsUnstable] is MET:
        return Answer(Stance.REFER_URGENTLY, "unstable")
    if outcomes[IsPotentiallyUnstable] is UNKNOWN:
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell")
    return Answer(None, "potentially_unstable" if outcomes[IsPotentiallyUnstable] is MET else "stable")


body = Body(criteria=CRITERIA, answer=answer, file=__file__)

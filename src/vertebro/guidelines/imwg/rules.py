"""International Myeloma Working Group 2019: a painful fracture from myeloma, by how bad the pain is."""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, AllOf, Rule
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

IMWG = "imwg_2019"
SUBJECT = "title: vertebral compression fractures in multiple myeloma"


class MayBeFromTumour(Rule):
    """Part of the subject: the fracture is, or may be, due to a tumour."""

    source, where, topic = IMWG, SUBJECT, "cause"
    is_reason = False

    @staticmethod
    def holds(malignancy_or_signs: str) -> bool:
        """True if a tumour is suspected or known."""
        return malignancy_or_signs != "none"


class HasMyeloma(Rule):
    """Part of the subject: the patient has myeloma."""

    source, where, topic = IMWG, SUBJECT, "cause"
    is_reason = False

    @staticmethod
    def holds(myeloma: bool) -> bool:
        """True if myeloma is known."""
        return myeloma


class MayBeFromMyeloma(AllOf):
    """The statement is about fractures from myeloma; one that may be from it is looked at."""

    source, where, topic = IMWG, SUBJECT, "cause"
    is_reason = False
    parts = (MayBeFromTumour, HasMyeloma)


class IsKnownTumourFracture(Rule):
    """A tumour is known, not only suspected, to be the cause."""

    source, where, topic = IMWG, SUBJECT, "cause"
    is_reason = False

    @staticmethod
    def holds(malignancy_or_signs: str) -> bool:
        """True if a tumour is known."""
        return malignancy_or_signs == "known"


class IsAcute(Rule):
    """Cement at once is for an acute fracture; the table prints no number of weeks."""

    source, where, topic, values = IMWG, v.acute_until.where, "timing", (v.acute_until,)
    is_reason = False

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True up to that many weeks, our setting."""
        return weeks_since_fracture <= v.acute_until.number


class IsUnhealed(Rule):
    """Later on, pain counts that lasts at a fracture that imaging shows unhealed."""

    source, where, topic = IMWG, "table 1, absolute indications, first item", "healing"

    @staticmethod
    def holds(fracture_unhealed: bool) -> bool:
        """True if it is unhealed."""
        return fracture_unhealed


class HasSeverePain(Rule):
    """Severe pain of an acute fracture: cement at once."""

    source, where, topic, values = IMWG, v.severe_from.where, "severity", (v.severe_from,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True from that score on."""
        return pain_nrs >= v.severe_from.number


class HasModeratePain(Rule):
    """Moderate pain: systemic treatment, bisphosphonate and painkillers first."""

    source, where, topic, values = IMWG, v.moderate_from.where, "severity", (v.moderate_from, v.severe_from)
    is_reason = False

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True in the middle band."""
        return v.moderate_from.number <= pain_nrs < v.severe_from.number


class HasMildPain(Rule):
    """Mild pain: watched, with imaging from time to time."""

    source, where, topic, values = IMWG, v.mild_from.where, "severity", (v.mild_from, v.moderate_from)
    is_reason = False

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True in the lowest band."""
        return v.mild_from.number <= pain_nrs < v.moderate_from.number


CRITERIA: tuple[type[Rule], ...] = (
    MayBeFromMyeloma,
    IsKnownTumourFracture,
    HasSeverePain,
    HasModeratePain,
    HasMildPain,
    IsAcute,
    IsUnhealed,
)

BY_PAIN: tuple[tuple[type[Rule], Answer], ...] = (
    (HasModeratePain, Answer(Stance.WAIT, "moderate")),
    (HasMildPain, Answer(Stance.WAIT, "mild")),
)


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:  # noqa: ARG001  the tables treat both alike
    """What tables 1 and 2 say for this pain; they make no difference between the two procedures."""
    if outcomes[MayBeFromMyeloma] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    if outcomes[MayBeFromMyeloma] is UNKNOWN:
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell", (MayBeFromMyeloma,))
    if outcomes[IsKnownTumourFracture] is NOT_MET:
        return Answer(None, "only_suspected")
    if outcomes[HasSeverePain] is UNKNOWN:
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell", (HasSeverePain,))
    if outcomes[HasSeverePain] is MET:
        return _severe(outcomes)
    found = (said for rule, said in BY_PAIN if outcomes[rule] is MET)
    return next(found, Answer(None, "painless"))


def _severe(outcomes: Outcomes) -> Answer:
    """At once in an acute fracture; later, where imaging shows that it has not healed."""
    if outcomes[IsAcute] is MET:
        return Answer(Stance.CONSIDER, "severe")
    if outcomes[IsAcute] is UNKNOWN:
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell", (IsAcute,))
    return LATER[outcomes[IsUnhealed]]


LATER = {
    MET: Answer(Stance.CONSIDER, "severe_unhealed"),
    NOT_MET: Answer(None, "severe_healed"),
    UNKNOWN: Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell", (IsUnhealed,)),
}
"""Severe pain past the acute time."""

body = Body(criteria=CRITERIA, answer=answer, file=__file__)

"""International Myeloma Working Group 2019: a painful fracture from myeloma, by how bad the pain is."""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, AllOf, Rule
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

IMWG = "imwg_2019"
SUBJECT = "title: vertebral compression fractures in multiple myeloma"


class IsMalignantFracture(Rule):
    """Part of the subject: the fracture is, or may be, due to a tumour."""

    source, where, topic = IMWG, SUBJECT, "cause"
    is_reason = False

    @staticmethod
    def holds(malignancy: str) -> bool:
        """True if a tumour is suspected or known."""
        return malignancy != "none"


class HasMyeloma(Rule):
    """Part of the subject: the patient has myeloma."""

    source, where, topic = IMWG, SUBJECT, "cause"
    is_reason = False

    @staticmethod
    def holds(myeloma: bool) -> bool:
        """True if myeloma is known."""
        return myeloma


class IsFromMyeloma(AllOf):
    """The statement is about fractures from myeloma."""

    source, where, topic = IMWG, SUBJECT, "cause"
    is_reason = False
    parts = (IsMalignantFracture, HasMyeloma)


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


CRITERIA: tuple[type[Rule], ...] = (IsFromMyeloma, HasSeverePain, HasModeratePain, HasMildPain)

BY_PAIN: tuple[tuple[type[Rule], Answer], ...] = (
    (HasSeverePain, Answer(Stance.CONSIDER, "severe")),
    (HasModeratePain, Answer(Stance.WAIT, "moderate")),
    (HasMildPain, Answer(Stance.WAIT, "mild")),
)


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:  # noqa: ARG001  the table treats both alike
    """What table 2 says for this pain; it makes no difference between the two procedures."""
    if outcomes[IsFromMyeloma] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    if UNKNOWN in (outcomes[IsFromMyeloma], outcomes[HasSeverePain]):
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell")
    found = (said for rule, said in BY_PAIN if outcomes[rule] is MET)
    return next(found, Answer(None, "painless"))


body = Body(criteria=CRITERIA, answer=answer, file=__file__)

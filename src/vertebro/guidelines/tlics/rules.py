"""TLICS: after an injury the score tells which spines are operated on; those leave this pathway."""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes
from vertebro.guidelines.reading import Facts, possible_values
from vertebro.guidelines.rule import MET, NOT_MET, Rule
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)

TLICS = "tlics_2005"


class IsHighEnergyInjury(Rule):
    """The score is for injuries of the thoracic and lumbar spine."""

    source, where, topic = TLICS, "title and abstract", "cause"
    is_reason = False

    @staticmethod
    def holds(trauma: str) -> bool:
        """True after a high-energy accident."""
        return trauma == "high_energy"


def score_in_words(facts: Facts) -> dict[str, str]:
    """``{score}``: the score, or the numbers it may have."""
    if "tlics" not in facts:
        return {"score": ""}
    low, high = min(possible_values(facts["tlics"])), max(possible_values(facts["tlics"]))
    span = texts(beside=__file__).say("span", low=low, high=high)
    return {"score": str(low) if low == high else span}


class ScoreIsOperative(Rule):
    """From that score on an injury is operated on. The score names no cement: no reason for or against it."""

    source, where, values = TLICS, v.operative_from.where, (v.operative_from,)
    is_reason = False

    @staticmethod
    def holds(tlics: int) -> bool:
        """True from that score on."""
        return tlics >= v.operative_from.number

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """The score, or the numbers it may have."""
        return score_in_words(facts)


class ScoreLeavesItOpen(Rule):
    """One point less leaves it to the surgeon."""

    source, where, values = TLICS, v.operative_from.where, (v.operative_from,)
    is_reason = False

    @staticmethod
    def holds(tlics: int) -> bool:
        """True for the score in between."""
        return tlics == v.operative_from.number - 1

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """The score, or the numbers it may have."""
        return score_in_words(facts)


CRITERIA: tuple[type[Rule], ...] = (IsHighEnergyInjury, ScoreIsOperative, ScoreLeavesItOpen)


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:  # noqa: ARG001  the score names no cement
    """Operative, left open, or not operative; out of scope without a high-energy injury."""
    if outcomes[ScoreIsOperative] is MET:
        return Answer(Stance.REFER_URGENTLY, "operative")
    if outcomes[IsHighEnergyInjury] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    if outcomes[ScoreLeavesItOpen] is MET:
        return Answer(None, "either")
    if NOT_MET is outcomes[ScoreIsOperative] is outcomes[ScoreLeavesItOpen]:
        return Answer(None, "not_operative")
    return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell")


body = Body(criteria=CRITERIA, answer=answer, file=__file__)

"""The safety gates about bleeding: what is corrected before a procedure with high bleeding risk."""

from __future__ import annotations

from vertebro.guidelines.gate import Gate, GateAllOf, Stage
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import Rule
from vertebro.guidelines.safety.holding import holding_times, how_to_hold
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

SIR = "sir_bleeding_risk_2019"
MEDICATION = "antithrombotic medication before procedures with high bleeding risk"


class InrTooHigh(Gate):
    """A high INR is corrected first."""

    stage, stance, values = Stage.CORRECTABLE, Stance.CORRECT_FIRST, (v.inr_correct_above,)
    source, where = SIR, v.inr_correct_above.where

    @staticmethod
    def holds(inr: float) -> bool:
        """True above the upper end of the range."""
        return inr > v.inr_correct_above.number


class InrForTheOperator(Gate):
    """Within the published range the operator decides whether to correct: said, nothing else changes."""

    stage, stance, values = Stage.CORRECTABLE, None, (v.inr_operator_above, v.inr_correct_above)
    source, where = SIR, v.inr_operator_above.where

    @staticmethod
    def holds(inr: float) -> bool:
        """True inside the range."""
        return v.inr_operator_above.number < inr <= v.inr_correct_above.number


class PlateletsTooLow(Gate):
    """A low platelet count is corrected first."""

    stage, stance, values = Stage.CORRECTABLE, Stance.CORRECT_FIRST, (v.platelets_below,)
    source, where = SIR, v.platelets_below.where

    @staticmethod
    def holds(platelets: float) -> bool:
        """True below the count at which transfusion is considered."""
        return platelets < v.platelets_below.number


class TakesBloodThinner(Rule):
    """Part of the next gate: a blood thinner is taken."""

    source, where = SIR, MEDICATION

    @staticmethod
    def holds(anticoagulant: tuple[str, ...]) -> bool:
        """True if any is taken."""
        return any(drug != "none" for drug in anticoagulant)


class BloodThinnerGoesOn(Rule):
    """Part of the next gate: it has not been paused."""

    source, where = SIR, MEDICATION

    @staticmethod
    def holds(anticoagulant_held: bool) -> bool:
        """True if it has not been paused."""
        return not anticoagulant_held


class BloodThinnerNotPaused(GateAllOf):
    """A blood thinner that goes on is dealt with first: how long to hold it depends on the drug."""

    stage, stance, values = Stage.CORRECTABLE, Stance.CORRECT_FIRST, holding_times()
    source, where = SIR, MEDICATION
    parts = (TakesBloodThinner, BloodThinnerGoesOn)

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """How long to hold each drug that is taken, when to start it again, and who says so."""
        return {"hold": how_to_hold(facts, cls.texts())}


class TakesKidneyClearedThinner(Rule):
    """Part of the next gate: a blood thinner is taken that leaves the body through the kidneys."""

    source, where, values = v.cleared_by_kidneys.source, v.cleared_by_kidneys.where, (v.cleared_by_kidneys,)

    @staticmethod
    def holds(anticoagulant: tuple[str, ...]) -> bool:
        """True if one of them is taken."""
        return bool(set(v.cleared_by_kidneys.value) & set(anticoagulant))


class ClearanceIsLow(Rule):
    """Part of the next gate: the kidneys clear slowly."""

    source, where, values = v.clearance_limit.source, v.clearance_limit.where, (v.clearance_limit,)

    @staticmethod
    def holds(crcl_ml_min: float) -> bool:
        """True below the limit."""
        return crcl_ml_min < v.clearance_limit.number


class BloodThinnerStaysLonger(GateAllOf):
    """With slow kidneys the longer of two times counts, so the clearance is asked for: said to the team."""

    stage, stance, values = Stage.CORRECTABLE, None, (v.cleared_by_kidneys, v.clearance_limit)
    source, where = v.clearance_limit.source, v.clearance_limit.where
    parts = (TakesKidneyClearedThinner, ClearanceIsLow)


class TakesPlateletInhibitor(Rule):
    """Part of the next gate: a drug is taken that keeps stents open."""

    source, where, values = v.keeps_stents_open.source, v.keeps_stents_open.where, (v.keeps_stents_open,)

    @staticmethod
    def holds(anticoagulant: tuple[str, ...]) -> bool:
        """True if one of them is taken."""
        return bool(set(v.keeps_stents_open.value) & set(anticoagulant))


class HasCoronaryStent(Rule):
    """Part of the next gate: there is a coronary stent."""

    source, where = v.keeps_stents_open.source, v.keeps_stents_open.where

    @staticmethod
    def holds(coronary_stent: bool) -> bool:
        """True if there is one."""
        return coronary_stent


class StentNeedsCardiologist(GateAllOf):
    """A drug that keeps a stent open is not paused without the cardiologist: said to the team."""

    stage, stance, blocks = Stage.CORRECTABLE, None, False
    values = (v.keeps_stents_open, v.stent_wait, v.stent_wait_shortest)
    source, where = v.stent_wait.source, v.stent_wait.where
    parts = (TakesPlateletInhibitor, HasCoronaryStent)

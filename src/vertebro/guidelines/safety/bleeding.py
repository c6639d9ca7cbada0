"""The safety gates about bleeding: what is corrected before a procedure with high bleeding risk."""

from __future__ import annotations

from vertebro.guidelines.gate import Gate, GateAllOf, Stage
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import Rule
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

    stage, stance = Stage.CORRECTABLE, Stance.CORRECT_FIRST
    source, where = SIR, MEDICATION
    parts = (TakesBloodThinner, BloodThinnerGoesOn)

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """How long to hold this drug, with the source of that."""
        drug = facts["anticoagulant"].value[0] if "anticoagulant" in facts else "none"
        held = [value for value in v if value.name == f"hold_{drug}"]
        words = cls.texts()
        if not held:
            return {"hold": words.say("hold.not_verified")}
        key = f"hold.{drug}" if f"hold.{drug}" in words else "hold.days"
        low_clearance = v.hold_dabigatran_low_clearance
        return {
            "hold": words.say(
                key,
                days=held[0].in_words(),
                source=held[0].reference.by,
                low_clearance_days=low_clearance.in_words(),
                clearance=v.clearance_limit.in_words(),
            )
        }

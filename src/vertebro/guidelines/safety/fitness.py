"""The safety gates about fitness: heart, lungs, kidneys, nutrition, frailty, and lying face down."""

from __future__ import annotations

from vertebro.guidelines.gate import Gate, Stage
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.library import SETTING, cited_values

v = cited_values(beside=__file__)

VERTOS = "vertos_ii_2010"


class IsVeryIll(Gate):
    """From ASA class 4 on the risk of death is many times higher: talk to the anaesthetist first."""

    stage, stance, values = (
        Stage.FEASIBILITY,
        Stance.DISCUSS,
        (v.asa_from, v.death_odds_asa4, v.death_odds_asa4_low, v.death_odds_asa4_high),
    )
    source, where = v.asa_from.source, v.asa_from.where

    @staticmethod
    def holds(asa: int) -> bool:
        """True from that class on."""
        return asa >= v.asa_from.number


class HasPoorLungs(Gate):
    """Severely reduced lungs bear neither lying face down nor cement in their vessels well."""

    stage, stance, blocks = Stage.FEASIBILITY, Stance.DISCUSS, False
    source, where = VERTOS, "exclusion criteria: severe cardio-pulmonary comorbidity"

    @staticmethod
    def holds(pulmonary_reserve: str) -> bool:
        """True if the reserve is severely reduced."""
        return pulmonary_reserve == "severe"


class HasFailingHeart(Gate):
    """A heart that fails at rest is severe disease, which the trial excluded: talk to the anaesthetist."""

    stage, stance, blocks, values = Stage.FEASIBILITY, Stance.DISCUSS, False, (v.nyha_from,)
    source, where = VERTOS, "exclusion criteria: severe cardio-pulmonary comorbidity"

    @staticmethod
    def holds(nyha: int) -> bool:
        """True from that class on."""
        return nyha >= v.nyha_from.number


class HasPulmonaryHypertension(Gate):
    """A strained right heart bears cement in the vessels of the lung badly: said, nothing else changes."""

    stage, stance, blocks, values = Stage.FEASIBILITY, None, False, (v.pulmonary_pressure,)
    source, where = v.pulmonary_pressure.source, v.pulmonary_pressure.where

    @staticmethod
    def holds(pulmonary_hypertension: bool) -> bool:
        """True if the blood pressure in the lungs is raised."""
        return pulmonary_hypertension is v.pulmonary_pressure.value


class HasHighCreatinine(Gate):
    """Weak kidneys went with more deaths within a month: said, nothing else changes."""

    stage, stance, blocks = Stage.FEASIBILITY, None, False
    values = (
        v.creatinine_from,
        v.death_odds_creatinine,
        v.death_odds_creatinine_low,
        v.death_odds_creatinine_high,
    )
    source, where = v.creatinine_from.source, v.creatinine_from.where

    @staticmethod
    def holds(creatinine: float) -> bool:
        """True from that value on."""
        return creatinine >= v.creatinine_from.number


class HasLowAlbumin(Gate):
    """A low albumin went with major complications: said, nothing else changes."""

    stage, stance, blocks, values = Stage.FEASIBILITY, None, False, (v.albumin_below,)
    source, where = v.albumin_below.source, v.albumin_below.where

    @staticmethod
    def holds(albumin: float) -> bool:
        """True below that value."""
        return albumin < v.albumin_below.number


class CannotLieProne(Gate):
    """Both procedures are done face down: whether a position can be found is for the meeting."""

    stage, stance, values = Stage.FEASIBILITY, Stance.DISCUSS, (v.prone_minutes,)
    source, where = v.prone_minutes.source, v.prone_minutes.where

    @staticmethod
    def holds(prone_tolerated: bool) -> bool:
        """True if lying face down is not tolerated."""
        return not prone_tolerated


class HasLowOxygen(Gate):
    """Little oxygen in the blood is severe disease, whatever the record says about the lungs."""

    stage, stance, blocks, values = Stage.FEASIBILITY, Stance.DISCUSS, False, (v.spo2_below,)
    source, where = SETTING, v.spo2_below.where

    @staticmethod
    def holds(spo2: float) -> bool:
        """True below that value."""
        return spo2 < v.spo2_below.number


class BreathesOutLittle(Gate):
    """A low FEV1 is severe disease, whatever the record says about the lungs."""

    stage, stance, blocks, values = Stage.FEASIBILITY, Stance.DISCUSS, False, (v.fev1_below,)
    source, where = SETTING, v.fev1_below.where

    @staticmethod
    def holds(fev1_pct: float) -> bool:
        """True below that value."""
        return fev1_pct < v.fev1_below.number


class IsVeryBreathless(Gate):
    """Breathlessness that keeps a person at home is severe disease."""

    stage, stance, blocks, values = Stage.FEASIBILITY, Stance.DISCUSS, False, (v.mmrc_from,)
    source, where = SETTING, v.mmrc_from.where

    @staticmethod
    def holds(dyspnoea_mmrc: int) -> bool:
        """True from that grade on."""
        return dyspnoea_mmrc >= v.mmrc_from.number


class HasWeakHeart(Gate):
    """A heart that throws out little blood is severe disease."""

    stage, stance, blocks, values = Stage.FEASIBILITY, Stance.DISCUSS, False, (v.lvef_below,)
    source, where = SETTING, v.lvef_below.where

    @staticmethod
    def holds(lvef_pct: float) -> bool:
        """True below that value."""
        return lvef_pct < v.lvef_below.number


class IsVeryFrail(Gate):
    """Great frailty is weighed in the meeting: what the patient would gain, and at what risk."""

    stage, stance, blocks, values = Stage.FEASIBILITY, Stance.DISCUSS, False, (v.cfs_from,)
    source, where = SETTING, v.cfs_from.where

    @staticmethod
    def holds(cfs: int) -> bool:
        """True from that grade on."""
        return cfs >= v.cfs_from.number


class HasDementia(Gate):
    """With dementia, consent, the pain score and lying still are looked at: said, nothing else changes."""

    stage, stance, blocks, values = Stage.FEASIBILITY, None, False, (v.dementia_is_said,)
    source, where = SETTING, v.dementia_is_said.where

    @staticmethod
    def holds(dementia: bool) -> bool:
        """True with dementia."""
        return dementia is v.dementia_is_said.value

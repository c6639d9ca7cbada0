"""Rules by which vertebro joins the bodies' answers; the numbers are settings, printed with the answer."""

from __future__ import annotations

from vertebro.guidelines.rule import AllOf, AnyOf, Rule
from vertebro.guidelines.settings import own
from vertebro.vocabulary.library import SETTING


class HasVeryBadPain(Rule):
    """Part of the early exception: very bad pain."""

    source, where, values = SETTING, own.early_pain_nrs.where, (own.early_pain_nrs,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True from that score on."""
        return pain_nrs >= own.early_pain_nrs.number


class IsInHospital(Rule):
    """Part of the early exception: in hospital."""

    source, where = SETTING, own.early_pain_nrs.where

    @staticmethod
    def holds(setting: str) -> bool:
        """True for an inpatient."""
        return setting == "inpatient"


class CannotGetUp(Rule):
    """Part of the early exception: cannot get up with painkillers."""

    source, where = SETTING, own.early_pain_nrs.where

    @staticmethod
    def holds(mobilises_on_analgesia: bool) -> bool:
        """True if the patient cannot get up."""
        return not mobilises_on_analgesia


class IsInHospitalOrBedridden(AnyOf):
    """Part of the early exception: in hospital or unable to get up."""

    source, where = SETTING, own.early_pain_nrs.where
    parts = (IsInHospital, CannotGetUp)


class IsEarlyException(AllOf):
    """Very bad pain in hospital or in bed is brought to the meeting before the healing time is over."""

    source, where, topic, values = SETTING, own.early_pain_nrs.where, "timing", (own.early_pain_nrs,)
    parts = (HasVeryBadPain, IsInHospitalOrBedridden)


class PainTreatmentCanImprove(Rule):
    """Pain treatment that is not yet as good as it can be comes before any procedure."""

    source, where = "nice_ta279", "section 1.1"

    @staticmethod
    def holds(optimal_pain_management: bool) -> bool:
        """True if pain management is not yet optimal."""
        return not optimal_pain_management


class ShowsNoOedema(Rule):
    """MRI without oedema speaks for a healed fracture; only a cleft can still show that it is not."""

    source, where, speaks_against = "nice_ta279", "section 1.1: unhealed", True

    @staticmethod
    def holds(mri: str) -> bool:
        """True if MRI was done and shows no oedema."""
        return mri == "no_oedema"

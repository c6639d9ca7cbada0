"""The safety gates about what the patient is given: an allergy to each part of it, from its own source."""

from __future__ import annotations

from vertebro.guidelines.gate import Gate, Stage
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

IFU = "kyphon_xpander_ifu"
MEDICARE = "medicare_lcd_vertebral_augmentation"
MEDICARE_RELATIVE = "relative contraindications, as summarised"


class IsAllergicToCement(Gate):
    """An allergy to the cement rules out both procedures."""

    stage, stance = Stage.ABSOLUTE, Stance.CONTRAINDICATED
    source, where = IFU, "contraindications: any known severe allergy to contrast media and bone cements"

    @staticmethod
    def holds(allergies: tuple[str, ...]) -> bool:
        """True if an allergy to the cement is written."""
        return "pmma" in allergies


class IsAllergicToOpacifier(Gate):
    """An allergy to what makes the cement visible is for the meeting: another cement may do."""

    stage, stance = Stage.RELATIVE, Stance.DISCUSS
    source, where = MEDICARE, f"{MEDICARE_RELATIVE}: allergy to bone cement or opacifier"

    @staticmethod
    def holds(allergies: tuple[str, ...]) -> bool:
        """True if an allergy to barium is written."""
        return "barium" in allergies


class IsAllergicToContrast(Gate):
    """The balloon is filled with contrast medium, which a burst balloon sets free: kyphoplasty only."""

    stage, stance, procedures = Stage.CHOICE, Stance.DISCUSS, (Procedure.KYPHOPLASTY,)
    source, where = IFU, "contraindications: any known severe allergy to contrast media and bone cements"

    @staticmethod
    def holds(allergies: tuple[str, ...]) -> bool:
        """True if an allergy to iodinated contrast is written."""
        return "iodinated_contrast" in allergies


class IsAllergicToCementAntibiotic(Gate):
    """The cement may hold an antibiotic: said, so that one without it is chosen; nothing else changes."""

    stage, stance, values = Stage.FEASIBILITY, None, (v.allergy_to_antibiotic,)
    source, where = v.allergy_to_antibiotic.source, v.allergy_to_antibiotic.where

    @staticmethod
    def holds(allergies: tuple[str, ...]) -> bool:
        """True if such an allergy is written."""
        return v.allergy_to_antibiotic.value in allergies


class IsAllergicToLatex(Gate):
    """Gloves and devices may hold latex: said to the team; nothing else changes."""

    stage, stance, values = Stage.FEASIBILITY, None, (v.allergy_to_latex,)
    source, where = v.allergy_to_latex.source, v.allergy_to_latex.where

    @staticmethod
    def holds(allergies: tuple[str, ...]) -> bool:
        """True if such an allergy is written."""
        return v.allergy_to_latex.value in allergies


class IsAllergicToLocalAnaesthetic(Gate):
    """The skin and the bone are numbed first: said to the anaesthetist; nothing else changes."""

    stage, stance, values = Stage.FEASIBILITY, None, (v.allergy_to_local_anaesthetic,)
    source, where = v.allergy_to_local_anaesthetic.source, v.allergy_to_local_anaesthetic.where

    @staticmethod
    def holds(allergies: tuple[str, ...]) -> bool:
        """True if such an allergy is written."""
        return v.allergy_to_local_anaesthetic.value in allergies


class HasOtherAllergy(Gate):
    """An allergy no source judges is said to the team and changes nothing."""

    stage, stance = Stage.FEASIBILITY, None
    source, where = (
        "ros_surgery_for_pain_relief",
        "are there any side effects, first paragraph: allergic reactions",
    )

    @staticmethod
    def holds(allergies: tuple[str, ...]) -> bool:
        """True for an allergy to something that no other gate asks about."""
        return "other" in allergies

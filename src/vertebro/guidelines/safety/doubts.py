"""The safety gates for what a record holds and an answer must not pass over: doubts that are said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from vertebro.guidelines.derive import lies_near
from vertebro.guidelines.gate import Gate, GateAllOf, Stage
from vertebro.guidelines.rule import Rule
from vertebro.guidelines.safety.suspicions import MyelomaIsNotRuledOut
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import SETTING, cited_values

v = cited_values(beside=__file__)


class HasMyeloma(Gate):
    """Known myeloma is a malignant cause, also where the record says that no tumour is suspected."""

    stage, stance, blocks = Stage.SCOPE, Stance.OUT_OF_SCOPE, False
    source, where = "imwg_2019", "title: fractures in multiple myeloma"

    @staticmethod
    def holds(myeloma: bool) -> bool:
        """True if it is known."""
        return myeloma


class HasManyWhiteCells(Gate):
    """Many white blood cells are explained before any procedure."""

    stage, stance, blocks = Stage.CORRECTABLE, Stance.CORRECT_FIRST, False
    source, where, values = SETTING, v.wbc_from.where, (v.wbc_from,)

    @staticmethod
    def holds(wbc: float) -> bool:
        """True from that count on."""
        return wbc >= v.wbc_from.number


class HasHighEsr(Gate):
    """A high sedimentation rate is explained before any procedure."""

    stage, stance, blocks = Stage.CORRECTABLE, Stance.CORRECT_FIRST, False
    source, where, values = SETTING, v.esr_from.where, (v.esr_from,)

    @staticmethod
    def holds(esr: float) -> bool:
        """True from that rate on."""
        return esr >= v.esr_from.number


class HasSeveralLevels(Rule):
    """Part of the next gate: several broken vertebrae hurt."""

    source, where, values = SETTING, v.several_from.where, (v.several_from,)

    @staticmethod
    def holds(symptomatic_levels: int) -> bool:
        """True from that number on."""
        return symptomatic_levels >= v.several_from.number


class IsUnscreenedWithSeveral(GateAllOf):
    """Several painful fractures are not cemented before somebody has looked for myeloma."""

    stage, stance, blocks = Stage.RELATIVE, Stance.DISCUSS, False
    source, where, values = SETTING, v.several_from.where, (v.several_from,)
    parts = (HasSeveralLevels, MyelomaIsNotRuledOut)
    blocks_once = HasSeveralLevels


class PainIsScoredWithoutPainkillers(Gate):
    """A score without painkillers does not show that the pain goes on despite them."""

    stage, stance, blocks = Stage.RELATIVE, Stance.DISCUSS, False
    source, where = "nice_ta279", "section 1.1: pain despite optimal pain management"

    @staticmethod
    def holds(pain_on_analgesia: bool) -> bool:
        """True if the score was taken without painkillers."""
        return not pain_on_analgesia


class TypeContradictsHeight(Gate):
    """OF1 is a body that has kept its shape; a loss of height says otherwise: said, nothing else changes."""

    stage, stance, blocks, values = Stage.RELATIVE, None, False, (v.of1_height_from,)
    source, where = SETTING, v.of1_height_from.where

    @staticmethod
    def holds(of_type: str, height_loss_pct: float) -> bool:
        """True if the type and the height contradict each other."""
        return of_type == "OF1" and height_loss_pct >= v.of1_height_from.number


class BothSignsAreNegative(Gate):
    """Neither tapping the spine nor lying down hurts: unusual in a fresh fracture; said."""

    stage, stance, blocks = Stage.RELATIVE, None, False
    source, where = v.fist_sensitivity.source, v.fist_sensitivity.where
    values = (v.fist_sensitivity, v.supine_sensitivity)

    @staticmethod
    def holds(closed_fist_percussion: bool, supine_sign: bool) -> bool:
        """True if both are negative."""
        return not (closed_fist_percussion or supine_sign)


class IsTenderElsewhereToo(Gate):
    """Vertebrae far from the fracture are tender as well: said, nothing else changes."""

    stage, stance, blocks, values = Stage.RELATIVE, None, False, (v.tender_elsewhere,)
    source, where = SETTING, v.tender_elsewhere.where

    @staticmethod
    def holds(tender_levels: tuple[Level, ...], fracture_level: Level) -> bool:
        """True if one is near the fracture and one is far from it."""
        return lies_near(tender_levels, fracture_level) and _any_far(tender_levels, fracture_level)


def _any_far(tender: Iterable[Level], level: Level) -> bool:
    return any(not lies_near((one,), level) for one in tender)


class HasLostMostHeight(Gate):
    """A body that has lost most of its height leaves little room for a needle: for the meeting."""

    stage, stance, blocks, values = Stage.FEASIBILITY, Stance.DISCUSS, False, (v.height_loss_above,)
    source, where = SETTING, v.height_loss_above.where

    @staticmethod
    def holds(height_loss_pct: float) -> bool:
        """True above that loss."""
        return height_loss_pct > v.height_loss_above.number


class MayHaveStoppedDenosumab(Gate):
    """A last dose of denosumab is recorded: whether it was stopped is asked; said, nothing else changes."""

    stage, stance, blocks, values = Stage.FEASIBILITY, None, False, (v.drug_that_rebounds,)
    source, where = SETTING, v.drug_that_rebounds.where

    @staticmethod
    def holds(osteoporosis_drug: str, osteoporosis_drug_last_dose: date) -> bool:  # noqa: ARG004  its day is said
        """True if denosumab has a last dose."""
        return bool(osteoporosis_drug == v.drug_that_rebounds.value)

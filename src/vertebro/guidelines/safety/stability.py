"""The safety gates about stability: the injury, its scores, and the score that names surgery."""

from __future__ import annotations

from vertebro.guidelines.gate import Gate, Stage
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.library import SETTING, cited_values

v = cited_values(beside=__file__)

CARD = "of_pocket_card"
TLICS = "tlics_2005"


class MorphologyShowsInstability(Gate):
    """Translation, rotation and distraction are an unstable spine, whatever the record says about it."""

    stage, stance, blocks = Stage.EMERGENCY, Stance.REFER_URGENTLY, False
    source, where = CARD, "definition of OF5"

    @staticmethod
    def holds(injury_morphology: str) -> bool:
        """True for each of the three."""
        return injury_morphology in ("translation_or_rotation", "distraction")


class LigamentsAreTorn(Gate):
    """Torn posterior ligaments are a tension band that has failed, whatever the record says about it."""

    stage, stance, blocks, values = Stage.EMERGENCY, Stance.REFER_URGENTLY, False, (v.torn_ligaments,)
    source, where = v.torn_ligaments.source, v.torn_ligaments.where

    @staticmethod
    def holds(posterior_ligaments: str) -> bool:
        """True if they are torn."""
        return bool(posterior_ligaments == v.torn_ligaments.value)


class InjuryScoreIsOperative(Gate):
    """A TLICS from that score on is an injury that is operated on."""

    stage, stance, blocks = Stage.EMERGENCY, Stance.REFER_URGENTLY, False
    source, where, values = TLICS, v.tlics_operative_from.where, (v.tlics_operative_from,)

    @staticmethod
    def holds(tlics: int) -> bool:
        """True from that score on."""
        return tlics >= v.tlics_operative_from.number


class LigamentsMayBeTorn(Gate):
    """Ligaments that may be torn are looked at by a spinal surgeon before anything is cemented."""

    stage, stance, blocks, values = Stage.RELATIVE, Stance.DISCUSS, False, (v.doubtful_ligaments,)
    source, where = SETTING, v.doubtful_ligaments.where

    @staticmethod
    def holds(posterior_ligaments: str) -> bool:
        """True if they are suspected to be torn."""
        return bool(posterior_ligaments == v.doubtful_ligaments.value)


class ScoreMayShowInstability(Gate):
    """In the middle class of the SINS a surgeon is consulted."""

    stage, stance, blocks = Stage.RELATIVE, Stance.DISCUSS, False
    source, where = v.sins_doubtful_from.source, v.sins_doubtful_from.where
    values = (v.sins_doubtful_from, v.sins_unstable_from)

    @staticmethod
    def holds(sins: int) -> bool:
        """True in the middle class."""
        return v.sins_doubtful_from.number <= sins < v.sins_unstable_from.number


class OsteoporoticScoreNamesSurgery(Gate):
    """An OF score above the middle names surgery: a spinal surgeon's opinion belongs to the meeting."""

    stage, stance, blocks = Stage.RELATIVE, Stance.DISCUSS, False
    source, where, values = CARD, v.of_surgery_above.where, (v.of_surgery_above,)

    @staticmethod
    def holds(osteoporotic_fracture: bool, of_score: int) -> bool:
        """True above the middle; the score is for osteoporotic fractures alone."""
        return osteoporotic_fracture and of_score > v.of_surgery_above.number

"""The safety gates for findings that speak against what the record says elsewhere."""

from __future__ import annotations

from vertebro.guidelines.derive import lies_near
from vertebro.guidelines.gate import Gate, GateAllOf, Stage
from vertebro.guidelines.rule import Rule
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import SETTING, cited_values

v = cited_values(beside=__file__)

SPONDYLITIS = "zheng_2022_spondylitis"
MEDICARE = "medicare_lcd_vertebral_augmentation"
FROM_ELSEWHERE = "absolute contraindications, as summarised: pain not primarily from the fracture"


class TypeShowsInstability(Gate):
    """OF5 is distraction, rotation or translation, also where the record says that nothing is unstable."""

    stage, stance, blocks = Stage.EMERGENCY, Stance.REFER_URGENTLY, False
    source, where = "of_pocket_card", "definition of OF5"

    @staticmethod
    def holds(of_type: str, spinal_instability: str) -> bool:
        """True if the type and the record contradict each other."""
        return of_type == "OF5" and spinal_instability == "none"


class ScoreShowsInstability(Gate):
    """A score of instability from a tumour goes to the spinal surgeon, whatever the record says."""

    stage, stance, blocks = Stage.EMERGENCY, Stance.REFER_URGENTLY, False
    source, where, values = v.sins_unstable_from.source, v.sins_unstable_from.where, (v.sins_unstable_from,)

    @staticmethod
    def holds(sins: int) -> bool:
        """True from the lower end of the unstable class on."""
        return sins >= v.sins_unstable_from.number


class HasFever(Gate):
    """Fever is explained before any procedure, although the record says that there is no infection."""

    stage, stance, blocks = Stage.CORRECTABLE, Stance.CORRECT_FIRST, False
    source, where, values = SETTING, v.fever_from.where, (v.fever_from,)

    @staticmethod
    def holds(temperature: float) -> bool:
        """True from that temperature on."""
        return temperature >= v.fever_from.number


class HasHighCrp(Gate):
    """A high CRP is explained before any procedure, although the record says that there is no infection."""

    stage, stance, blocks = Stage.CORRECTABLE, Stance.CORRECT_FIRST, False
    source, where, values = SETTING, v.crp_from.where, (v.crp_from,)

    @staticmethod
    def holds(crp: float) -> bool:
        """True from that value on."""
        return crp >= v.crp_from.number


class HasUrinaryInfection(Gate):
    """An infection of the urine is treated first: it went with infected vertebrae after the procedure."""

    stage, stance, blocks = Stage.CORRECTABLE, Stance.CORRECT_FIRST, False
    source, where = SPONDYLITIS, "abstract, results: factors of nontuberculous spondylitis"

    @staticmethod
    def holds(active_uti: bool) -> bool:
        """True if there is one now."""
        return active_uti


class HasHadLungTuberculosis(Gate):
    """Tuberculosis of the lung went with tuberculous vertebrae: said, nothing else changes."""

    stage, stance, blocks = Stage.CORRECTABLE, None, False
    source, where = SPONDYLITIS, "abstract, results: factors of tuberculous spondylitis"

    @staticmethod
    def holds(lung_tuberculosis: bool) -> bool:
        """True if there ever was one."""
        return lung_tuberculosis


class NoFractureHurts(Gate):
    """Where no broken vertebra is painful the pain comes from elsewhere."""

    stage, stance, blocks = Stage.HEALED, Stance.NOT_RECOMMENDED, False
    source, where = MEDICARE, FROM_ELSEWHERE

    @staticmethod
    def holds(symptomatic_levels: int) -> bool:
        """True if none is painful."""
        return not symptomatic_levels


class ExaminationContradictsItself(Gate):
    """The tender vertebrae and the answer whether they match the fracture say different things."""

    stage, stance, blocks = Stage.RELATIVE, Stance.DISCUSS, False
    source, where = "nice_ta279", "section 1.1: pain confirmed at the level of the fracture"

    @staticmethod
    def holds(exam_matches_level: bool, tender_levels: tuple[Level, ...], fracture_level: Level) -> bool:
        """True if they differ."""
        return exam_matches_level is not lies_near(tender_levels, fracture_level)


class HasCleftWithoutOedema(Gate):
    """A cleft speaks for a fracture that has not healed, an MRI without oedema against it."""

    stage, stance, blocks = Stage.RELATIVE, Stance.DISCUSS, False
    source, where = "rand_pathway_2018", "scenarios: augmentation with positive advanced imaging only"

    @staticmethod
    def holds(intravertebral_cleft: str, mri: str) -> bool:
        """True if there is a cleft and no oedema."""
        return intravertebral_cleft != "none" and mri == "no_oedema"


class HasCleftWithoutUptake(Gate):
    """The same, where a bone scan stands for the MRI."""

    stage, stance, blocks = Stage.RELATIVE, Stance.DISCUSS, False
    source, where = "rand_pathway_2018", "scenarios: augmentation with positive advanced imaging only"

    @staticmethod
    def holds(intravertebral_cleft: str, bone_scan: str) -> bool:
        """True if there is a cleft and no uptake."""
        return intravertebral_cleft != "none" and bone_scan == "no_uptake"


class IsInUpperThoracicSpine(Rule):
    """Part of the next gate: the fracture lies where osteoporotic fractures are not expected."""

    source, where, values = SETTING, v.screen_down_to.where, (v.screen_down_to,)

    @staticmethod
    def holds(fracture_level: Level) -> bool:
        """True from T1 down to the level of the setting."""
        return Level.T1.order <= fracture_level.order <= Level.parse(v.screen_down_to.value).order


class MyelomaIsNotRuledOut(Rule):
    """Part of the next gate: no test for myeloma has been done."""

    source, where = SETTING, v.screen_down_to.where

    @staticmethod
    def holds(myeloma_screen_done: bool) -> bool:
        """True if it has not been done."""
        return not myeloma_screen_done


class IsUnscreenedHighUp(GateAllOf):
    """A fracture so high up is not cemented before somebody has looked for myeloma."""

    stage, stance, values = Stage.RELATIVE, Stance.DISCUSS, (v.screen_down_to,)
    source, where = SETTING, v.screen_down_to.where
    parts = (IsInUpperThoracicSpine, MyelomaIsNotRuledOut)


class HasSeveralPainfulFractures(Gate):
    """With several painful fractures myeloma is thought of: said, nothing else changes."""

    stage, stance, blocks = Stage.SCOPE, None, False
    source, where, values = SETTING, v.several_from.where, (v.several_from,)

    @staticmethod
    def holds(symptomatic_levels: int) -> bool:
        """True from that number on."""
        return symptomatic_levels >= v.several_from.number


class HasHadCancer(Gate):
    """A history of cancer is said to whoever reads the images; nothing else changes."""

    stage, stance, blocks = Stage.SCOPE, None, False
    source, where = "rand_pathway_2018", "exclusions: suspected malignant non-fragility fracture"

    @staticmethod
    def holds(cancer_history: bool) -> bool:
        """True if the patient has ever had cancer."""
        return cancer_history

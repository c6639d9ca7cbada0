"""The safety gates: each names its own source; the first that fires gives the headline.

The gates about allergies, bleeding, fitness and contradictory findings stand in the files beside this one.
"""

from __future__ import annotations

from vertebro.guidelines.gate import Gate, Stage
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import SETTING, cited_values

v = cited_values(beside=__file__)

RAND = "rand_pathway_2018"
MEDICARE = "medicare_lcd_vertebral_augmentation"
MEDICARE_ABSOLUTE = "absolute contraindications, as summarised"
MEDICARE_RELATIVE = "relative contraindications, as summarised"
VERTOS = "vertos_ii_2010"


class IsChild(Gate):
    """Children are outside every source."""

    stage, stance, must_know = Stage.CHILD, Stance.OUT_OF_SCOPE, True
    source, where, values = RAND, v.adult_from.where, (v.adult_from,)

    @staticmethod
    def holds(age_years: int) -> bool:
        """True below the age of adults."""
        return age_years < v.adult_from.number


class HadHighEnergyInjury(Gate):
    """A fracture from a high-energy accident belongs to the trauma pathway."""

    stage, stance, must_know = Stage.SCOPE, Stance.OUT_OF_SCOPE, True
    source, where = RAND, "exclusions: high-velocity trauma"

    @staticmethod
    def holds(trauma: str) -> bool:
        """True after a high-energy accident."""
        return trauma == "high_energy"


class MayBeMalignant(Gate):
    """A fracture with a suspected or known tumour leaves the osteoporotic pathway."""

    stage, stance, must_know = Stage.SCOPE, Stance.OUT_OF_SCOPE, True
    source, where = RAND, "exclusions: suspected malignant non-fragility fracture"

    @staticmethod
    def holds(malignancy: str) -> bool:
        """True if a tumour is suspected or known."""
        return malignancy != "none"


class HasTumourSigns(Gate):
    """Signs of a tumour on the images, whatever the record says about a tumour."""

    stage, stance, blocks = Stage.SCOPE, Stance.OUT_OF_SCOPE, False
    source, where = RAND, "exclusions: suspected malignant non-fragility fracture"

    @staticmethod
    def holds(tumour_signs: tuple[str, ...]) -> bool:
        """True if any sign is written."""
        return any(sign != "none" for sign in tumour_signs)


class IsNotOsteoporotic(Gate):
    """The recommendations are for osteoporotic fractures only."""

    stage, stance, must_know = Stage.SCOPE, Stance.OUT_OF_SCOPE, True
    source, where = "nice_ta279", "section 1.1"

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is not taken to be osteoporotic."""
        return not osteoporotic_fracture


class IsOutsideThoracolumbarSpine(Gate):
    """The policies cover T1 to L5; a level that nobody named may lie outside."""

    stage, stance = Stage.SCOPE, Stance.OUT_OF_SCOPE
    source, where = MEDICARE, "levels covered (T1 to L5), L34976 as summarised"

    @staticmethod
    def holds(fracture_level: Level) -> bool:
        """True for the neck and the sacrum."""
        return fracture_level < Level.T1 or fracture_level.order >= Level.S1.order


class HasNerveDeficit(Gate):
    """A nerve root, cord or cauda sign goes to the spinal surgeon at once."""

    stage, stance, must_know = Stage.EMERGENCY, Stance.REFER_URGENTLY, True
    source, where = MEDICARE, f"{MEDICARE_RELATIVE}: neurologic deficit, myelopathy, neural impingement"

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        """True for a root sign or an incomplete or complete loss."""
        return neuro_grade in ("N2", "N3", "N4")


class IsUnstable(Gate):
    """A spine with a torn tension band, translation or rotation goes to the spinal surgeon."""

    stage, stance = Stage.EMERGENCY, Stance.REFER_URGENTLY
    source, where = MEDICARE, f"{MEDICARE_RELATIVE}: spinal instability"

    @staticmethod
    def holds(spinal_instability: str) -> bool:
        """True if any instability is written."""
        return spinal_instability != "none"


class HasInfection(Gate):
    """Any suspected or proven infection stops the procedure and starts an urgent work-up."""

    stage, stance, must_know = Stage.EMERGENCY, Stance.CONTRAINDICATED, True
    source, where = (
        RAND,
        "absolute contraindications: active infection at surgical site, blood-borne infection",
    )

    @staticmethod
    def holds(infection: str) -> bool:
        """True if an infection is suspected or known."""
        return infection != "none"


class HasInfectionSigns(Gate):
    """Signs of infection on the images, whatever the record says about infection."""

    stage, stance, blocks = Stage.EMERGENCY, Stance.CONTRAINDICATED, False
    source, where = MEDICARE, f"{MEDICARE_ABSOLUTE}: osteomyelitis, discitis"

    @staticmethod
    def holds(infection_signs: tuple[str, ...]) -> bool:
        """True if any sign is written."""
        return any(sign != "none" for sign in infection_signs)


class IsPregnant(Gate):
    """Pregnancy rules the procedure out while it lasts."""

    stage, stance = Stage.ABSOLUTE, Stance.CONTRAINDICATED
    source, where = MEDICARE, f"{MEDICARE_ABSOLUTE}: pregnancy"

    @staticmethod
    def holds(pregnant: bool) -> bool:
        """True if pregnant."""
        return pregnant


class IsPainless(Gate):
    """Without pain there is nothing these procedures treat."""

    stage, stance, values = Stage.HEALED, Stance.NOT_RECOMMENDED, (v.no_pain,)
    source, where = MEDICARE, f"{MEDICARE_ABSOLUTE}: pain not primarily from the fracture"

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True if the pain score is that of no pain."""
        return pain_nrs == v.no_pain.number


class HurtsElsewhere(Gate):
    """Pain that does not come mainly from this fracture is not treated by cementing it."""

    stage, stance = Stage.HEALED, Stance.NOT_RECOMMENDED
    source, where = MEDICARE, f"{MEDICARE_ABSOLUTE}: pain not primarily from the fracture"

    @staticmethod
    def holds(pain_source_is_fracture: bool) -> bool:
        """True if the pain mainly comes from elsewhere."""
        return not pain_source_is_fracture


class IsHealed(Gate):
    """A fracture without oedema, uptake or cleft is healed: its pain has another cause."""

    stage, stance = Stage.HEALED, Stance.NOT_RECOMMENDED
    source, where = "ros_surgery_for_pain_relief", "who should have it, first paragraph"

    @staticmethod
    def holds(fracture_unhealed: bool) -> bool:
        """True if imaging shows no sign that the fracture is unhealed."""
        return not fracture_unhealed


class PosteriorWallIsBroken(Gate):
    """A breached or retropulsed posterior wall without deficit is for the meeting with a surgeon.

    The policies name retropulsion and a narrowed canal; that a breach counts as well is our setting.
    """

    stage, stance, values = Stage.RELATIVE, Stance.DISCUSS, (v.wall_is_broken,)
    source, where = SETTING, v.wall_is_broken.where

    @staticmethod
    def holds(posterior_wall: str) -> bool:
        """True unless the wall is intact."""
        return posterior_wall in v.wall_is_broken.value


class CanalIsNarrowed(Gate):
    """A narrowed canal without deficit is for the meeting."""

    stage, stance, blocks = Stage.RELATIVE, Stance.DISCUSS, False
    source, where = MEDICARE, f"{MEDICARE_RELATIVE}: fracture retropulsion or canal compromise"

    @staticmethod
    def holds(canal_narrowing_pct: float) -> bool:
        """True for any narrowing."""
        return canal_narrowing_pct > 0


class HadPassingDeficit(Gate):
    """A nerve deficit that has passed is for the meeting with a surgeon."""

    stage, stance, values = Stage.RELATIVE, Stance.DISCUSS, (v.passing_deficit,)
    source, where = SETTING, v.passing_deficit.where

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        """True if a deficit came and went."""
        return bool(neuro_grade == v.passing_deficit.value)


class HasRadicularPain(Gate):
    """Pain along a nerve may come from the root, which cement does not free."""

    stage, stance, blocks = Stage.RELATIVE, Stance.DISCUSS, False
    source, where = VERTOS, "exclusion criteria: radicular syndrome"

    @staticmethod
    def holds(pain_pattern: str) -> bool:
        """True if the pain runs along a nerve."""
        return pain_pattern == "radicular"


class HasTooManyLevels(Gate):
    """More fractures than policies allow in one procedure are for the meeting."""

    stage, stance, blocks = Stage.RELATIVE, Stance.DISCUSS, False
    source, where, values = MEDICARE, v.levels_at_once.where, (v.levels_at_once,)

    @staticmethod
    def holds(symptomatic_levels: int) -> bool:
        """True above that number."""
        return symptomatic_levels > v.levels_at_once.number

"""Reasons in the shape of the fracture: height, wall, cleft, and the level it is at."""

from __future__ import annotations

from vertebro.guidelines.consideration import PROCEDURES, Consideration, ConsiderationAllOf
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import Rule
from vertebro.guidelines.verdict import Path
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

PVP, BKP = (Path.VERTEBROPLASTY,), (Path.KYPHOPLASTY,)
WAITING, SURGERY = (Path.WAITING,), (Path.SURGERY,)

NICE_EXPERTS = "section 4: kyphoplasty restores height more than vertebroplasty, only if not healed"
JUNCTION = (Level.parse(v.junction_from.value), Level.parse(v.junction_to.value))
UPPER = (Level.parse(v.upper_from.value), Level.parse(v.upper_to.value))
NARROW = {Level.T4: v.narrow_t4, Level.T5: v.narrow_t5}


def lies_between(level: Level, ends: tuple[Level, Level]) -> bool:
    """True from the first of these vertebrae down to the second."""
    return ends[0].order <= level.order <= ends[1].order


class IsStillUnhealed(Rule):
    """Part of several reasons: the fracture has not healed."""

    source, where = "nice_ta279", NICE_EXPERTS

    @staticmethod
    def holds(fracture_unhealed: bool) -> bool:
        """True if imaging shows the fracture unhealed."""
        return fracture_unhealed


class HasLostHeight(Rule):
    """Part of the next reason: there is height to regain."""

    source, where, values = v.height_lost_from.source, v.height_lost_from.where, (v.height_lost_from,)

    @staticmethod
    def holds(height_loss_pct: float) -> bool:
        """True from the loss at which a fracture is graded."""
        return height_loss_pct >= v.height_lost_from.number


class HasHeightToRegain(ConsiderationAllOf):
    """An unhealed vertebra that has lost height may regain it, more so with a balloon."""

    source, where, for_paths = "nice_ta279", NICE_EXPERTS, BKP
    values = (v.height_lost_from, v.height_difference_p)
    parts = (IsStillUnhealed, HasLostHeight)


class HasKyphosis(Rule):
    """Part of the next reason: there is a kyphosis to correct."""

    source, where, values = v.kyphosis_from.source, v.kyphosis_from.where, (v.kyphosis_from,)

    @staticmethod
    def holds(kyphosis_deg: float) -> bool:
        """True from the angle that counts as deformity."""
        return kyphosis_deg >= v.kyphosis_from.number


class HasKyphosisToCorrect(ConsiderationAllOf):
    """An unhealed kyphosis was corrected more by kyphoplasty."""

    source, where, for_paths = v.kyphosis_kyphoplasty.source, v.kyphosis_kyphoplasty.where, BKP
    values = (v.kyphosis_kyphoplasty, v.kyphosis_vertebroplasty)
    parts = (IsStillUnhealed, HasKyphosis)


class HasLostMoreThanHalf(Consideration):
    """Above half of the height kyphoplasty did better in a comparison looking back."""

    source, where, for_paths = v.half_height.source, v.half_height.where, BKP
    values = (v.half_height,)

    @staticmethod
    def holds(height_loss_pct: float) -> bool:
        """True above half."""
        return height_loss_pct > v.half_height.number


class HasLostUpToHalf(Consideration):
    """Up to half of the height vertebroplasty was sufficient in the same comparison."""

    source, where, for_paths = v.half_height.source, v.half_height.where, PVP
    values = (v.half_height,)

    @staticmethod
    def holds(height_loss_pct: float) -> bool:
        """True up to half."""
        return height_loss_pct <= v.half_height.number


class CortexIsBreached(Consideration):
    """A breached cortex lets cement out more often."""

    source, where, against_paths = v.breach_odds.source, v.breach_odds.where, PROCEDURES
    values = (v.breach_odds, v.breach_odds_low, v.breach_odds_high)

    @staticmethod
    def holds(posterior_wall: str) -> bool:
        """True unless the wall is intact."""
        return posterior_wall != "intact"


class BalloonLeaksLess(Consideration):
    """Where the cortex is breached it counts that kyphoplasty leaked less than vertebroplasty."""

    source, where, for_paths = v.leaks_kyphoplasty.source, v.leaks_kyphoplasty.where, BKP
    values = (v.leaks_kyphoplasty, v.leaks_vertebroplasty)

    @staticmethod
    def holds(posterior_wall: str) -> bool:
        """True unless the wall is intact."""
        return posterior_wall != "intact"


class WallIsBroken(Rule):
    """Part of the next reasons: the posterior wall is broken."""

    source, where = v.wall_levels.source, v.wall_levels.where

    @staticmethod
    def holds(posterior_wall: str) -> bool:
        """True unless the wall is intact."""
        return posterior_wall != "intact"


class NervesAreIntact(Rule):
    """Part of the next reason: there is no nerve deficit."""

    source, where = v.wall_levels.source, v.wall_levels.where

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        """True if there never was one."""
        return neuro_grade == "N0"


class WallIsBrokenNervesIntact(ConsiderationAllOf):
    """A series of kyphoplasties with a broken wall and intact nerves saw no deficit."""

    source, where, for_paths = v.wall_leaks.source, v.wall_leaks.where, BKP
    values = (v.wall_levels, v.wall_leaks)
    parts = (WallIsBroken, NervesAreIntact)


class CleftLeaks(Consideration):
    """A cleft lets cement out more often."""

    source, where, against_paths = v.cleft_leak_odds.source, v.cleft_leak_odds.where, PROCEDURES
    values = (
        v.cleft_leak_odds,
        v.cleft_leak_odds_low,
        v.cleft_leak_odds_high,
        v.cleft_pairs,
        v.cleft_cortex_leaks,
        v.no_cleft_cortex_leaks,
    )

    @staticmethod
    def holds(intravertebral_cleft: str) -> bool:
        """True if there is a cleft."""
        return intravertebral_cleft != "none"


class CleftCollapsesAgain(Consideration):
    """A vertebra with a cleft collapses again more often after vertebroplasty."""

    source, where, against_paths = v.cleft_recollapse_odds.source, v.cleft_recollapse_odds.where, PVP
    values = (v.cleft_recollapse_odds, v.cleft_recollapse_odds_low, v.cleft_recollapse_odds_high)

    @staticmethod
    def holds(intravertebral_cleft: str) -> bool:
        """True if there is a cleft."""
        return intravertebral_cleft != "none"


class CleftLeaksIntoDisc(Consideration):
    """Kyphoplasty of a cleft often leaks into the disc."""

    source, where, against_paths = v.cleft_disc_leaks.source, v.cleft_disc_leaks.where, BKP
    values = (v.cleft_disc_leaks, v.cleft_disc_patients)

    @staticmethod
    def holds(intravertebral_cleft: str) -> bool:
        """True if there is a cleft."""
        return intravertebral_cleft != "none"


class CleftIsNonunion(Consideration):
    """A cleft is the sign of a fracture that has not united by itself."""

    source, where = v.nonunion.source, v.nonunion.where
    for_paths, against_paths = PROCEDURES, WAITING
    values = (v.nonunion, v.nonunion_patients)

    @staticmethod
    def holds(intravertebral_cleft: str) -> bool:
        """True if there is a cleft."""
        return intravertebral_cleft != "none"


class HasCleft(Rule):
    """Part of the next reason: there is a cleft."""

    source, where = "li_2006_kummell", "introduction: stage III"

    @staticmethod
    def holds(intravertebral_cleft: str) -> bool:
        """True if there is a cleft."""
        return intravertebral_cleft != "none"


class MayBeStageThree(ConsiderationAllOf):
    """A cleft with a broken wall may be the stage in which the cord is pressed: for the surgeon."""

    source, where = "li_2006_kummell", "introduction: stage III, a relative contraindication for cement"
    for_paths, against_paths = SURGERY, PROCEDURES
    parts = (HasCleft, WallIsBroken)


class HasDeficit(Rule):
    """Part of the next reason: there is a nerve deficit."""

    source, where = v.kummell_patients.source, v.kummell_patients.where

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        """True for a root sign or an incomplete or complete loss."""
        return neuro_grade in ("N2", "N3", "N4")


class CleftWithDeficit(ConsiderationAllOf):
    """A cleft with a nerve deficit was operated on, and the nerves recovered in part."""

    source, where, for_paths = v.kummell_patients.source, v.kummell_patients.where, SURGERY
    values = (v.kummell_patients,)
    parts = (HasCleft, HasDeficit)


class IsAtThoracolumbarJunction(Consideration):
    """At the thoracolumbar junction a cemented vertebra collapses again more often."""

    source, where = v.junction_recollapse_odds.source, v.junction_recollapse_odds.where
    against_paths = PVP
    values = (
        v.junction_recollapse_odds,
        v.junction_recollapse_odds_low,
        v.junction_recollapse_odds_high,
        v.junction_from,
        v.junction_to,
    )

    @staticmethod
    def holds(fracture_level: Level) -> bool:
        """True from T11 to L2, our reading."""
        return lies_between(fracture_level, JUNCTION)


class HasNarrowPedicles(Consideration):
    """At T4 and T5 most pedicles are too narrow for a thick instrument."""

    source, where, against_paths = v.narrow_t4.source, v.narrow_t4.where, PROCEDURES
    values = (v.narrow_t4, v.narrow_t5, v.narrow_below)

    @staticmethod
    def holds(fracture_level: Level) -> bool:
        """True at the two levels the study names."""
        return fracture_level in NARROW

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """``{narrow}``: the part of the pedicles at this level that are narrow."""
        known = facts.get("fracture_level")
        at_level = NARROW.get(known.value) if known is not None else None
        return {"narrow": at_level.in_words() if at_level else ""}


class NeedleFitsUpperSpine(Consideration):
    """Vertebroplasty through the pedicle was done at T4 to T8 with few complications."""

    source, where, for_paths = v.upper_vertebrae.source, v.upper_vertebrae.where, PVP
    values = (v.upper_from, v.upper_to, v.upper_vertebrae, v.upper_injections, v.upper_pedicle_fractures)

    @staticmethod
    def holds(fracture_level: Level) -> bool:
        """True at the levels of the series."""
        return lies_between(fracture_level, UPPER)

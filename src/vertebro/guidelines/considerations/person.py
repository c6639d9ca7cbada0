"""Reasons in the person: fitness, number of fractures, medicines, allergy, pain along a nerve, infection."""

from __future__ import annotations

from vertebro.guidelines.consideration import PROCEDURES, Consideration
from vertebro.guidelines.considerations.rules import PVP, WAITING
from vertebro.guidelines.verdict import Path
from vertebro.vocabulary.library import SETTING, cited_values

v = cited_values(beside=__file__)


class IsInHighClass(Consideration):
    """From ASA class 4 on death and serious events within a month were more frequent."""

    source, where = v.class_death_odds.source, v.class_death_odds.where
    for_paths, against_paths = WAITING, PROCEDURES
    values = (
        v.class_from,
        v.registry_patients,
        v.registry_died,
        v.registry_days,
        v.class_death_odds,
        v.class_serious_odds,
    )

    @staticmethod
    def holds(asa: int) -> bool:
        """True from that class on."""
        return asa >= v.class_from.number


class HasSeveralFractures(Consideration):
    """With three or more vertebrae cement reached the lung more often."""

    source, where, against_paths = v.several_odds.source, v.several_odds.where, PROCEDURES
    values = (v.several_from, v.several_odds, v.several_odds_low, v.several_odds_high)

    @staticmethod
    def holds(symptomatic_levels: int) -> bool:
        """True from that number on."""
        return symptomatic_levels >= v.several_from.number


class TakesSteroids(Consideration):
    """Among those treated, users of steroids broke further vertebrae more often."""

    source, where, against_paths = v.steroid_odds.source, v.steroid_odds.where, PROCEDURES
    values = (v.steroid_odds, v.steroid_odds_low, v.steroid_odds_high)

    @staticmethod
    def holds(steroid_mg_day: float) -> bool:
        """True for any dose."""
        return steroid_mg_day > 0


class HasNoOsteoporosisDrug(Consideration):
    """Among those treated, people without medicine against osteoporosis broke more vertebrae."""

    source, where, against_paths = v.untreated_odds.source, v.untreated_odds.where, PROCEDURES
    values = (v.untreated_odds, v.untreated_odds_low, v.untreated_odds_high)

    @staticmethod
    def holds(osteoporosis_drug: str) -> bool:
        """True if none is taken."""
        return osteoporosis_drug == "none"


class HasDiabetes(Consideration):
    """Diabetes goes with infection of the spine after the procedures."""

    source, where = "zheng_2022_spondylitis", "abstract, results: factors associated with spondylitis"
    against_paths = PROCEDURES

    @staticmethod
    def holds(diabetes: bool) -> bool:
        """True with diabetes."""
        return diabetes


class NeedsNoContrast(Consideration):
    """Vertebroplasty needs no balloon, and no contrast medium to fill it."""

    source, where = (
        "kyphon_xpander_ifu",
        "contraindications: any known severe allergy to contrast media and bone cements",
    )
    for_paths = PVP

    @staticmethod
    def holds(allergies: tuple[str, ...]) -> bool:
        """True if an allergy to iodinated contrast is written."""
        return "iodinated_contrast" in allergies


class CannotLieFaceDown(Consideration):
    """Both procedures are done face down."""

    source, where, for_paths = SETTING, "settings of the decision, lying face down", WAITING

    @staticmethod
    def holds(prone_tolerated: bool) -> bool:
        """True if lying face down is not tolerated."""
        return not prone_tolerated


class PainRunsAlongNerve(Consideration):
    """Pain along a nerve may come from a root, which cement does not free."""

    source, where = "vertos_ii_2010", "exclusion criteria: radicular syndrome"
    for_paths = (Path.SURGERY, Path.OTHER_CAUSE)

    @staticmethod
    def holds(pain_pattern: str) -> bool:
        """True if the pain runs along a nerve."""
        return pain_pattern == "radicular"


class InfectionCanLookLikeFracture(Consideration):
    """Infections have been taken for fractures and cemented."""

    source, where = v.mistaken.source, v.mistaken.where
    for_paths = (Path.OTHER_CAUSE,)
    values = (v.mistaken, v.infected)

    @staticmethod
    def holds(infection_or_signs: str) -> bool:
        """True if an infection is suspected or known."""
        return infection_or_signs != "none"


class TendernessIsElsewhere(Consideration):
    """The back is tender elsewhere than at the fracture: the pain may have another source."""

    source, where = "nice_ta279", "section 1.1: pain confirmed at the level of the fracture"
    for_paths, against_paths = (Path.OTHER_CAUSE,), PROCEDURES

    @staticmethod
    def holds(exam_matches_level: bool) -> bool:
        """True if the tender place is not the fracture."""
        return not exam_matches_level

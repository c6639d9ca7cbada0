"""Reasons in the course of the fracture: its age, how the pain goes, and what foretells failure."""

from __future__ import annotations

from vertebro.guidelines.consideration import PROCEDURES, Consideration, ConsiderationAllOf
from vertebro.guidelines.considerations.rules import JUNCTION, PVP, WAITING, IsStillUnhealed, lies_between
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import AtLeast, Rule
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

SCHEYERER = "scheyerer_2021_failure"
REVIEW = "abstract, results: risk factors for failure"


class IsVeryEarly(Consideration):
    """Soon after the fracture cement reached the lung more often in one series."""

    source, where = v.later_embolism_odds.source, v.later_embolism_odds.where
    for_paths, against_paths = WAITING, PROCEDURES
    values = (
        v.very_early,
        v.later_embolism_odds,
        v.later_embolism_odds_low,
        v.later_embolism_odds_high,
        v.embolism_series,
    )

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True within that time."""
        return weeks_since_fracture <= v.very_early.number


class PainCanStillFade(Consideration):
    """Early on the pain of many falls by itself before they are treated."""

    source, where, for_paths = v.screened_better.source, v.screened_better.where, WAITING
    values = (v.screening_until, v.screened, v.screened_better)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True within the time of the trial's entry."""
        return weeks_since_fracture <= v.screening_until.number


class MostReliefIsPast(Rule):
    """Part of the next reason: the months in which most get better are over."""

    source, where, values = v.most_relief_until.source, v.most_relief_until.where, (v.most_relief_until,)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True after that time."""
        return weeks_since_fracture > v.most_relief_until.number


class PainGoesOn(Rule):
    """Part of the next reason: the pain is not getting better."""

    source, where = v.most_relief_until.source, v.most_relief_until.where

    @staticmethod
    def holds(pain_trend: str) -> bool:
        """True unless the pain is improving."""
        return pain_trend != "improving"


class HurtsPastMostRelief(ConsiderationAllOf):
    """An unhealed fracture that still hurts when most have got better."""

    source, where = v.most_relief_until.source, v.most_relief_until.where
    for_paths, against_paths = PVP, WAITING
    values = (v.most_relief_until,)
    parts = (MostReliefIsPast, PainGoesOn, IsStillUnhealed)


class IsGettingBetter(Consideration):
    """Pain that is improving usually goes on improving."""

    source, where, for_paths = v.falls_from.source, v.falls_from.where, WAITING
    values = (v.falls_from, v.falls_until, v.often_gone)

    @staticmethod
    def holds(pain_trend: str) -> bool:
        """True if the pain is improving."""
        return pain_trend == "improving"


class IsGettingWorse(Rule):
    """Part of the next reason: the pain is getting worse."""

    source, where = "rand_pathway_2018", "abstract: positive imaging and worsened symptoms"

    @staticmethod
    def holds(pain_trend: str) -> bool:
        """True if the pain is worsening."""
        return pain_trend == "worsening"


class GetsWorseUnhealed(ConsiderationAllOf):
    """With positive imaging and worsened symptoms the panel found augmentation appropriate."""

    source, where = "rand_pathway_2018", "abstract: positive imaging and worsened symptoms"
    for_paths, against_paths = PROCEDURES, WAITING
    parts = (IsGettingWorse, IsStillUnhealed)


class IsInHospital(Consideration):
    """Patients admitted with such a fracture often still hurt badly half a year later."""

    source, where, against_paths = v.hospital_severe_pain.source, v.hospital_severe_pain.where, WAITING
    values = (v.hospital_patients, v.hospital_severe_pain, v.hospital_died)

    @staticmethod
    def holds(setting: str) -> bool:
        """True for an inpatient."""
        return setting == "inpatient"


class IsWithinTrialEntry(Rule):
    """Part of the next reason: as fresh as the fractures of the trial."""

    source, where, values = v.screening_until.source, v.screening_until.where, (v.screening_until,)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True within the time of the trial's entry."""
        return weeks_since_fracture <= v.screening_until.number


class LosesMoreHeight(ConsiderationAllOf):
    """A fresh fracture lost further height more often without cement."""

    source, where = v.films_waiting.source, v.films_waiting.where
    for_paths, against_paths = PVP, WAITING
    values = (v.films_waiting, v.films_waiting_of, v.films_vertebroplasty, v.films_vertebroplasty_of)
    parts = (IsWithinTrialEntry, IsStillUnhealed)


class IsOlderThanReview(Rule):
    """One of the signs that treatment without surgery fails: age."""

    source, where, values = SCHEYERER, REVIEW, (v.failure_age,)

    @staticmethod
    def holds(age_years: int) -> bool:
        """True above that age."""
        return age_years > v.failure_age.number


class HasVeryLowDensity(Rule):
    """One of the signs that treatment without surgery fails: bone density."""

    source, where, values = SCHEYERER, REVIEW, (v.failure_tscore,)

    @staticmethod
    def holds(tscore_spine: float) -> bool:
        """True below that T-score."""
        return tscore_spine < v.failure_tscore.number


class InvolvesPosteriorWall(Rule):
    """One of the signs that treatment without surgery fails: the posterior wall."""

    source, where = SCHEYERER, REVIEW

    @staticmethod
    def holds(posterior_wall: str) -> bool:
        """True unless the wall is intact."""
        return posterior_wall != "intact"


class HasDevelopedCleft(Rule):
    """One of the signs that treatment without surgery fails: a cleft."""

    source, where = SCHEYERER, REVIEW

    @staticmethod
    def holds(intravertebral_cleft: str) -> bool:
        """True if there is a cleft."""
        return intravertebral_cleft != "none"


class LiesAtJunction(Rule):
    """One of the signs that treatment without surgery fails: the thoracolumbar junction."""

    source, where, values = SCHEYERER, REVIEW, (v.junction_from, v.junction_to)

    @staticmethod
    def holds(fracture_level: Level) -> bool:
        """True from T11 to L2, our reading."""
        return lies_between(fracture_level, JUNCTION)


class HasSignsOfFailure(AtLeast):
    """Part of the next reason: at least one of the signs."""

    source, where, enough = SCHEYERER, REVIEW, 1
    parts = (IsOlderThanReview, HasVeryLowDensity, InvolvesPosteriorWall, HasDevelopedCleft, LiesAtJunction)


class WaitingMayFail(ConsiderationAllOf):
    """Signs of a review that treatment without surgery fails, in a fracture that has not healed."""

    source, where, against_paths = SCHEYERER, REVIEW, WAITING
    values = (v.failure_age, v.failure_tscore)
    parts = (HasSignsOfFailure, IsStillUnhealed)

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """``{met_parts}``: the signs that are there."""
        return HasSignsOfFailure.extra_words(facts)

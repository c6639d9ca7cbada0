"""United States Medicare: the family of coverage policies for osteoporotic vertebral fractures.

A payer's rules, and the most exact public logic there is. The policies ask for a fracture *documented by
advanced imaging*: without a report on record the criterion is open, and the policy is not met.
"""

from __future__ import annotations

from vertebro.guidelines.body import BOTH_AGAINST, Answer, Body, Outcomes, Statement
from vertebro.guidelines.medicare.contraindications import (
    EXCLUSIONS,
    RELATIVE,
    HasPainFromElsewhere,
    names_of_met,
)
from vertebro.guidelines.reading import Facts, certain_value
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, AllOf, AnyOf, AtLeast, Rule
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

POLICY = "medicare_lcd_vertebral_augmentation"
TRANSCRIPT = "medicare_l34228_checklist"
COMMENTS = "medicare_a58534_comments"
FIRST = "inclusion criterion 1"
SECOND = "inclusion criterion 2, symptoms"


class HasNoTumour(Rule):
    """Fractures from a tumour have criteria of their own."""

    source, where = POLICY, "L38201, L38737 and L34976: osteolytic metastasis or myeloma, separate criteria"
    is_reason = False

    @staticmethod
    def holds(malignancy_or_signs: str) -> bool:
        """True if no tumour is suspected or known."""
        return malignancy_or_signs == "none"


class IsOsteoporoticFracture(Rule):
    """The policies are about osteoporotic vertebral compression fractures."""

    source, where, topic = POLICY, FIRST, "cause"
    is_reason = False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class IsAtCoveredLevel(Rule):
    """The fracture lies between the covered levels."""

    source, where, topic = POLICY, v.lowest_level.where, "extent"
    values = (v.highest_level, v.lowest_level)
    is_reason = False

    @staticmethod
    def holds(fracture_level: Level) -> bool:
        """True from the highest to the lowest covered vertebra."""
        return HIGHEST.order <= fracture_level.order <= LOWEST.order


HIGHEST, LOWEST = Level.parse(v.highest_level.value), Level.parse(v.lowest_level.value)


class IsDocumentedByImaging(Rule):
    """Advanced imaging on record documents it: marrow oedema on MRI, or uptake on a scan."""

    source, where, topic = TRANSCRIPT, FIRST, "healing"

    @staticmethod
    def holds(documented_on_imaging: bool) -> bool:
        """True if an examination on record shows it."""
        return documented_on_imaging


class IsAcuteOrSubacute(Rule):
    """The fracture is acute or subacute, counted from when the symptoms began."""

    source, where, topic = TRANSCRIPT, FIRST, "timing"
    values = (v.acute_below, v.subacute_until)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True to the end of the subacute time."""
        return weeks_since_fracture <= v.subacute_until.number


class IsInHospital(Rule):
    """Part of the symptoms: in hospital."""

    source, where = POLICY, SECOND

    @staticmethod
    def holds(setting: str) -> bool:
        """True for an inpatient."""
        return setting == "inpatient"


class IsAtHome(Rule):
    """Part of the symptoms: not in hospital."""

    source, where = POLICY, SECOND

    @staticmethod
    def holds(setting: str) -> bool:
        """True for an outpatient."""
        return setting == "outpatient"


class HasSeverePain(Rule):
    """Part of the symptoms: severe pain, enough in hospital too."""

    source, where, values = POLICY, SECOND, (v.hospital_pain_from,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True from that score on."""
        return pain_nrs >= v.hospital_pain_from.number


class HasModeratePain(Rule):
    """Part of the symptoms: moderate to severe pain, enough outside hospital."""

    source, where, values = POLICY, SECOND, (v.home_pain_from,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True from that score on."""
        return pain_nrs >= v.home_pain_from.number


class HasModeratePainAtHome(AllOf):
    """Part of the symptoms: moderate to severe pain and not in hospital."""

    source, where, values = POLICY, SECOND, (v.home_pain_from,)
    parts = (HasModeratePain, IsAtHome)


class HasEnoughPain(AnyOf):
    """The pain score that the policy asks for where the patient is."""

    source, where, topic = POLICY, SECOND, "severity"
    values = (v.hospital_pain_from, v.home_pain_from)
    parts = (HasSeverePain, HasModeratePainAtHome)

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """``{asked_here}``: the score that is asked for where this patient is; both where nobody wrote it."""
        key = f"asked.{certain_value(facts, 'setting') or 'anywhere'}"
        numbers = {value.name: value.in_words() for value in cls.values}
        return {"asked_here": cls.texts().say(key, **numbers)}


class HasOptimalCare(Rule):
    """Part of the symptoms: despite optimal non-surgical management."""

    source, where = POLICY, SECOND

    @staticmethod
    def holds(optimal_pain_management: bool) -> bool:
        """True if pain management is as good as it can be."""
        return optimal_pain_management


class IsInHospitalOrDespiteOptimalCare(AnyOf):
    """Outside hospital the pain goes on despite optimal non-surgical management."""

    source, where, topic = POLICY, SECOND, "pain management"
    parts = (IsInHospital, HasOptimalCare)


class IsWorsening(Rule):
    """Part of the symptoms: worsening pain."""

    source, where = POLICY, SECOND

    @staticmethod
    def holds(pain_trend: str) -> bool:
        """True if the pain is getting worse."""
        return pain_trend == "worsening"


class IsLosingHeight(Rule):
    """One of the four findings: further loss of height."""

    source, where = TRANSCRIPT, SECOND

    @staticmethod
    def holds(height_loss_progressing: bool) -> bool:
        """True if the vertebra has lost more height."""
        return height_loss_progressing


class HasLostHeight(Rule):
    """One of the four findings: loss of height."""

    source, where, values = POLICY, SECOND, (v.height_loss_above,)

    @staticmethod
    def holds(height_loss_pct: float) -> bool:
        """True above that loss."""
        return height_loss_pct > v.height_loss_above.number


class HasKyphoticDeformity(Rule):
    """One of the four findings: kyphotic deformity."""

    source, where = POLICY, SECOND

    @staticmethod
    def holds(kyphotic_deformity: bool) -> bool:
        """True if there is one."""
        return kyphotic_deformity


class IsSeverelyImpaired(Rule):
    """One of the four findings: severe impact on daily functioning."""

    source, where, values = POLICY, SECOND, (v.rmdq_above,)

    @staticmethod
    def holds(rmdq: int) -> bool:
        """True above that score."""
        return rmdq > v.rmdq_above.number


class HasEnoughFindings(AtLeast):
    """As many of the four findings as the policy asks for where the pain is not getting worse."""

    source, where, values = POLICY, SECOND, (v.findings_needed,)
    parts = (IsLosingHeight, HasLostHeight, HasKyphoticDeformity, IsSeverelyImpaired)
    enough = v.findings_needed.value


class HasGroundsBesidesPain(AnyOf):
    """Outside hospital: worsening pain, or enough of the four findings."""

    source, where, topic, values = POLICY, SECOND, "course", (v.findings_needed,)
    parts = (IsInHospital, IsWorsening, HasEnoughFindings)

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """``{met_parts}``: the grounds that are met, the findings by name."""
        return names_of_met((IsInHospital, IsWorsening, *HasEnoughFindings.parts), facts)


class IsPastSubacute(Rule):
    """Part of the next rule: past the subacute time."""

    source, where, values = COMMENTS, "coverage of chronic fractures", (v.subacute_until,)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True after the end of the subacute time."""
        return weeks_since_fracture > v.subacute_until.number


class IsChronicWithOedema(AllOf):
    """An old fracture that imaging still shows as fresh: the contractor declined to cover it."""

    source, where, topic, values = COMMENTS, "coverage of chronic fractures", "chronic", (v.subacute_until,)
    parts = (IsPastSubacute, IsDocumentedByImaging)


INCLUSION: tuple[type[Rule], ...] = (
    IsAtCoveredLevel,
    IsDocumentedByImaging,
    IsAcuteOrSubacute,
    HasEnoughPain,
    IsInHospitalOrDespiteOptimalCare,
    HasGroundsBesidesPain,
)
NEEDED: tuple[type[Rule], ...] = (HasNoTumour, IsOsteoporoticFracture, *INCLUSION, *EXCLUSIONS)
CRITERIA: tuple[type[Rule], ...] = (*NEEDED, *RELATIVE)


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:  # noqa: ARG001  the policies treat both alike
    """What the policies say for these outcomes: what is excluded, then what is not met, then what is."""
    if outcomes[HasNoTumour] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "malignant")
    if outcomes[IsOsteoporoticFracture] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    excluded = _with(MET, EXCLUSIONS, outcomes)
    if excluded:
        elsewhere_alone = excluded == (HasPainFromElsewhere,)
        stance = Stance.NOT_RECOMMENDED if elsewhere_alone else Stance.CONTRAINDICATED
        return Answer(stance, "excluded", excluded)
    return _included(outcomes)


def _included(outcomes: Outcomes) -> Answer:
    """The inclusion criteria; imaging that is not on record is the policy's own 'not documented'."""
    unmet, unknown = (_with(outcome, INCLUSION, outcomes) for outcome in (NOT_MET, UNKNOWN))
    if unknown == (IsDocumentedByImaging,):
        if unmet:
            return Answer(Stance.NOT_RECOMMENDED, "not_documented_and_more", unmet)
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "not_documented")
    if unmet:
        return Answer(Stance.NOT_RECOMMENDED, "not_met", unmet)
    if _with(UNKNOWN, NEEDED, outcomes):
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell", NEEDED)
    return _covered(outcomes)


def _covered(outcomes: Outcomes) -> Answer:
    """Covered; the relative contraindications that are met, or may be, are named."""
    relative, unchecked = (_with(outcome, RELATIVE, outcomes) for outcome in (MET, UNKNOWN))
    if relative:
        key = "met_with_relative_not_all_known" if unchecked else "met_with_relative"
        return Answer(Stance.DISCUSS, key, (*relative, *unchecked))
    if unchecked:
        return Answer(Stance.CONSIDER, "met_not_all_known", unchecked)
    return Answer(Stance.CONSIDER, "met")


def _with(outcome: object, among: tuple[type[Rule], ...], outcomes: Outcomes) -> tuple[type[Rule], ...]:
    return tuple(rule for rule in among if outcomes[rule] is outcome)


STATEMENTS = (
    Statement(
        topic="chronic",
        key="chronic_not_covered",
        source=COMMENTS,
        where="coverage of chronic fractures by evidence of acuity on imaging",
        leaning=BOTH_AGAINST,
        when=IsChronicWithOedema,
    ),
)

body = Body(criteria=CRITERIA, answer=answer, file=__file__, statements=STATEMENTS)

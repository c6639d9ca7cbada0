"""RAND/UCLA clinical care pathway (Hirsch and others, 2018), as far as its free pages print it.

The panel's table of 576 scenarios is not free. Which of them are appropriate is our approximation,
made from the panel's own sentences and counted against its published shares; it is said to be one.
"""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes, Statement
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, AllOf, AnyOf, AtLeast, Rule
from vertebro.guidelines.settings import own
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.library import SETTING, cited_values

v = cited_values(beside=__file__)

PANEL = "rand_pathway_2018"
EXCLUSIONS = "public pages: exclusion criteria"
SIGNS = "public pages: key signs and symptoms"
IMAGING = "public pages: recommended diagnostic evaluation"
SCENARIOS = "public pages: seven clinical findings of the scenarios"
ABSOLUTE = "public pages: absolute contraindications"
OURS = v.enough_conditions.where


class IsAdult(Rule):
    """The panel left out patients younger than adults."""

    source, where, values = PANEL, EXCLUSIONS, (v.adult_from,)

    @staticmethod
    def holds(age_years: int) -> bool:
        """True from that age on."""
        return age_years >= v.adult_from.number


class HadNoHighVelocityInjury(Rule):
    """The panel left out high-velocity trauma."""

    source, where = PANEL, EXCLUSIONS

    @staticmethod
    def holds(trauma: str) -> bool:
        """True unless the fracture came from a high-energy accident."""
        return trauma != "high_energy"


class HasNoSuspectedTumour(Rule):
    """The panel left out suspected malignant fractures."""

    source, where = PANEL, EXCLUSIONS

    @staticmethod
    def holds(malignancy_or_signs: str) -> bool:
        """True if no tumour is suspected or known."""
        return malignancy_or_signs == "none"


class IsInScope(AllOf):
    """None of the panel's exclusions applies."""

    source, where, topic, values = PANEL, EXCLUSIONS, "cause", (v.adult_from,)
    is_reason = False
    parts = (IsAdult, HadNoHighVelocityInjury, HasNoSuspectedTumour)


class HasEnoughPain(Rule):
    """The pathway begins with moderate to severe back pain."""

    source, where, topic = PANEL, "public pages: inclusion criteria", "severity"
    values = (v.entry_pain_from,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True from that score on."""
        return pain_nrs >= v.entry_pain_from.number


class HasInfectionAtTheSite(Rule):
    """Absolute contraindication: active infection at the surgical site."""

    source, where, topic = PANEL, ABSOLUTE, "infection"
    speaks_against = True

    @staticmethod
    def holds(infection_or_signs: str) -> bool:
        """True for an infection of the site, of the vertebra or its disc, or one not yet ruled out."""
        return infection_or_signs in ("surgical_site", "discitis_or_osteomyelitis", "suspected")


class HasUntreatedBloodInfection(Rule):
    """Absolute contraindication: untreated blood-borne infection."""

    source, where, topic = PANEL, ABSOLUTE, "infection"
    speaks_against = True

    @staticmethod
    def holds(infection_or_signs: str) -> bool:
        """True for an untreated blood-borne infection."""
        return infection_or_signs == "untreated_blood_borne"


class IsMoreThanLowSuspicion(Rule):
    """The ten signs make the probability of a vertebral fracture intermediate or high."""

    source, where, topic = PANEL, SIGNS, "tests"
    values = (v.signs_asked, v.suspicion_intermediate_from, v.suspicion_high_from)
    is_reason = False

    @staticmethod
    def holds(vcf_suspicion_score: int) -> bool:
        """True from the lower end of the intermediate class on."""
        return vcf_suspicion_score >= v.suspicion_intermediate_from.number


class HasSevereSymptoms(Rule):
    """Part of the advice on imaging: severe symptoms, for which the page prints no number."""

    source, where, values = PANEL, IMAGING, (own.severe_pain_nrs,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True if the pain score reaches our reading of 'severe'."""
        return pain_nrs >= own.severe_pain_nrs.number


class ImagingIsAdvised(AnyOf):
    """Advanced imaging: for severe symptoms and for more than a low probability of a fracture."""

    source, where, topic = PANEL, IMAGING, "tests"
    values = (own.severe_pain_nrs, v.suspicion_intermediate_from)
    is_reason = False
    parts = (HasSevereSymptoms, IsMoreThanLowSuspicion)


class HasPositiveImaging(Rule):
    """Augmentation is for scenarios with positive advanced imaging."""

    source, where, topic = PANEL, "abstract, results: positive findings on advanced imaging", "healing"

    @staticmethod
    def holds(advanced_imaging: str) -> bool:
        """True if it supports a fresh fracture."""
        return advanced_imaging == "positive"


class HasWorsened(Rule):
    """The symptoms have worsened despite optimal medication."""

    source, where = PANEL, SCENARIOS

    @staticmethod
    def holds(pain_trend: str) -> bool:
        """True if the pain is getting worse."""
        return pain_trend == "worsening"


class HasLostHeight(Rule):
    """Unfavourable condition: more than a mild loss of height."""

    source, where, values = PANEL, SCENARIOS, (v.height_loss_moderate_from,)

    @staticmethod
    def holds(height_loss_pct: float) -> bool:
        """True from the lower end of the moderate class on."""
        return height_loss_pct >= v.height_loss_moderate_from.number


class HasKyphoticDeformity(Rule):
    """Unfavourable condition: kyphotic deformity."""

    source, where = PANEL, SCENARIOS

    @staticmethod
    def holds(kyphotic_deformity: bool) -> bool:
        """True if there is one."""
        return kyphotic_deformity


class IsLosingHeight(Rule):
    """Unfavourable condition: further loss of height on later images."""

    source, where = PANEL, SCENARIOS

    @staticmethod
    def holds(height_loss_progressing: bool) -> bool:
        """True if the vertebra has lost more height."""
        return height_loss_progressing


class IsSeverelyImpaired(Rule):
    """Unfavourable condition: severe impact on daily functioning."""

    source, where, values = PANEL, SCENARIOS, (v.rmdq_severe_above,)

    @staticmethod
    def holds(rmdq: int) -> bool:
        """True above the moderate class."""
        return rmdq > v.rmdq_severe_above.number


class IsOnTheGrid(Rule):
    """The scenarios begin with a moderate impact on daily functioning; less was not rated."""

    source, where, topic, values = PANEL, SCENARIOS, "function", (v.rmdq_moderate_from, v.rmdq_severe_above)
    is_reason = False

    @staticmethod
    def holds(rmdq: int) -> bool:
        """True from the lower end of the moderate class on."""
        return rmdq >= v.rmdq_moderate_from.number


CONDITIONS: tuple[type[Rule], ...] = (
    HasLostHeight,
    HasKyphoticDeformity,
    IsLosingHeight,
    IsSeverelyImpaired,
)


class HasACondition(AtLeast):
    """At least one of the four unfavourable conditions."""

    source, where = SETTING, OURS
    parts, enough = CONDITIONS, 1


class HasEnoughConditions(AtLeast):
    """As many of the four unfavourable conditions as our approximation asks for."""

    source, where, values = SETTING, OURS, (v.enough_conditions,)
    parts, enough = CONDITIONS, v.enough_conditions.value


class HasWorsenedOrEnoughConditions(AnyOf):
    """The symptoms have worsened, or enough unfavourable conditions are present."""

    source, where, topic, values = PANEL, "abstract, results", "course", (v.enough_conditions,)
    parts = (HasWorsened, HasEnoughConditions)

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """``{met_parts}``: what is present."""
        asked: tuple[type[Rule], ...] = (HasWorsened, *CONDITIONS)
        present = [rule.say("short", facts) for rule in asked if rule.outcome(facts) is MET]
        return {"met_parts": ", ".join(present)}


class IsAppropriateScenario(AllOf):
    """Our approximation of the scenarios that the panel found appropriate for augmentation."""

    source, where = SETTING, OURS
    values = (v.enough_conditions, v.approximately_appropriate, v.appropriate_share)
    parts = (HasPositiveImaging, HasWorsenedOrEnoughConditions)


CRITERIA: tuple[type[Rule], ...] = (
    IsInScope,
    HasInfectionAtTheSite,
    HasUntreatedBloodInfection,
    HasEnoughPain,
    HasPositiveImaging,
    IsOnTheGrid,
    HasWorsenedOrEnoughConditions,
    IsMoreThanLowSuspicion,
    ImagingIsAdvised,
)
CONTRAINDICATIONS: tuple[type[Rule], ...] = (HasInfectionAtTheSite, HasUntreatedBloodInfection)
DECISIVE: tuple[type[Rule], ...] = (
    IsInScope,
    *CONTRAINDICATIONS,
    HasEnoughPain,
    IsOnTheGrid,
    IsAppropriateScenario,
)


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:  # noqa: ARG001  the panel rated both as one
    """What the panel's pages say for these outcomes; vertebroplasty and kyphoplasty were rated as one."""
    if outcomes[IsInScope] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    absolute = tuple(rule for rule in CONTRAINDICATIONS if outcomes[rule] is MET)
    if absolute:
        return Answer(Stance.CONTRAINDICATED, "absolute", absolute)
    if outcomes[HasEnoughPain] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "below_entry")
    if outcomes[HasPositiveImaging] is NOT_MET:
        return Answer(Stance.NOT_RECOMMENDED, "negative_imaging")
    if outcomes[HasPositiveImaging] is UNKNOWN:
        return IMAGING_FIRST[outcomes[ImagingIsAdvised]]
    if outcomes[IsOnTheGrid] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "outside_grid")
    if any(outcomes[rule] is UNKNOWN for rule in DECISIVE):
        return CANNOT_TELL
    return _scenario(outcomes)


def _scenario(outcomes: Outcomes) -> Answer:
    """Positive imaging, everything known: appropriate, uncertain or neither, by our approximation."""
    if outcomes[IsAppropriateScenario] is MET:
        return Answer(Stance.CONSIDER, "appropriate", (HasWorsened, *CONDITIONS))
    if outcomes[HasACondition] is UNKNOWN:
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell", (HasACondition,))
    if outcomes[HasACondition] is MET:
        return Answer(Stance.DISCUSS, "uncertain", CONDITIONS)
    return Answer(Stance.NOT_RECOMMENDED, "no_condition")


CANNOT_TELL = Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell", DECISIVE)
IMAGING_FIRST = {
    MET: Answer(Stance.NOT_ENOUGH_INFORMATION, "imaging_first", ImagingIsAdvised.parts),
    NOT_MET: Answer(Stance.NOT_ENOUGH_INFORMATION, "imaging_unnecessary"),
    UNKNOWN: CANNOT_TELL,
}
"""What the panel says while no advanced imaging is reported."""

STATEMENTS = (
    Statement("timing", "time_matters_less", PANEL, "abstract, results: time since fracture", leaning={}),
)

body = Body(criteria=CRITERIA, answer=answer, file=__file__, statements=STATEMENTS)

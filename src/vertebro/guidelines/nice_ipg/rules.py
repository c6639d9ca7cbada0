"""NICE interventional procedures guidance: who does it, where, with what; and the wording on metastases."""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, AllOf, AnyOf, Rule
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

IPG12, IPG166, CG75 = "nice_ipg12", "nice_ipg166", "nice_cg75"
BOTH = "section 1.2 (the same in IPG166)"
ARRANGEMENTS = "section 1.1 (the same in IPG166)"
WORDING = "further recommendations, quoted in IPG12 and IPG166"


class HasNoTumour(Rule):
    """A fracture that may come from a tumour falls under the wording on metastases instead."""

    source, where, topic, is_reason = CG75, WORDING, "cause", False

    @staticmethod
    def holds(malignancy_or_signs: str) -> bool:
        """True if no tumour is suspected or known."""
        return malignancy_or_signs == "none"


class IsDiscussedByTeam(Rule):
    """A specialist multidisciplinary team discusses the patient first."""

    source, where, topic, is_reason = IPG12, BOTH, "team", False

    @staticmethod
    def holds(mdt_discussed: bool) -> bool:
        """True if it has."""
        return mdt_discussed


class HasRadiologistInTeam(Rule):
    """The team includes a radiologist."""

    source, where, topic, is_reason = IPG12, BOTH, "team", False

    @staticmethod
    def holds(mdt_has_radiologist: bool) -> bool:
        """True if a radiologist took part."""
        return mdt_has_radiologist


class HasSurgeonInTeam(Rule):
    """The team includes a spinal surgeon."""

    source, where, topic, is_reason = IPG12, BOTH, "team", False

    @staticmethod
    def holds(mdt_has_spinal_surgeon: bool) -> bool:
        """True if a spinal surgeon took part."""
        return mdt_has_spinal_surgeon


class HasAccessToSurgery(Rule):
    """Good access to a spinal surgery service."""

    source, where, topic, is_reason = IPG12, BOTH, "team", False

    @staticmethod
    def holds(spinal_surgery_access: bool) -> bool:
        """True if there is."""
        return spinal_surgery_access


class IsDoneByTrainedOperator(Rule):
    """Whoever does it has been trained to an appropriate level."""

    source, where, topic, is_reason = IPG12, BOTH, "team", False

    @staticmethod
    def holds(operator_trained: bool) -> bool:
        """True if so."""
        return operator_trained


class IsCementMadeAsInstructed(Rule):
    """The cement is made as its manufacturer says, against emboli."""

    source, where, topic, is_reason = IPG12, BOTH, "team", False

    @staticmethod
    def holds(cement_as_instructed: bool) -> bool:
        """True if so."""
        return cement_as_instructed


class HasConsentArranged(Rule):
    """The usual arrangements for consent are in place."""

    source, where, topic, is_reason = IPG12, ARRANGEMENTS, "team", False

    @staticmethod
    def holds(consent_arranged: bool) -> bool:
        """True if so."""
        return consent_arranged


class HasResultsAudited(Rule):
    """The results are audited under the usual clinical governance."""

    source, where, topic, is_reason = IPG12, ARRANGEMENTS, "team", False

    @staticmethod
    def holds(results_audited: bool) -> bool:
        """True if so."""
        return results_audited


class IsRefractory(Rule):
    """Vertebroplasty is limited to pain that more conservative treatment has not relieved."""

    source, where, topic = IPG12, "section 1.2", "pain management"
    procedures = (Procedure.VERTEBROPLASTY,)

    @staticmethod
    def holds(optimal_pain_management: bool) -> bool:
        """True if the pain goes on although its treatment is as good as it can be."""
        return optimal_pain_management


class HasGoodImages(Rule):
    """Kyphoplasty is done where there are facilities for good images."""

    source, where, topic, is_reason = IPG166, "information for the public, second list", "team", False
    procedures = (Procedure.KYPHOPLASTY,)

    @staticmethod
    def holds(good_imaging_facilities: bool) -> bool:
        """True if there are."""
        return good_imaging_facilities


class IsTumour(Rule):
    """The wording speaks of people who have vertebral metastases."""

    source, where = CG75, WORDING

    @staticmethod
    def holds(malignancy_or_signs: str) -> bool:
        """True if a tumour is known to be the cause."""
        return malignancy_or_signs == "known"


class IsFreeOfCordSigns(Rule):
    """Part of 'no evidence of cord compression': no nerve deficit."""

    source, where = CG75, WORDING

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        """True only if there never was one: a cautious reading."""
        return neuro_grade == "N0"


class IsCanalFree(Rule):
    """Part of 'no evidence of cord compression': the canal is not narrowed."""

    source, where = CG75, WORDING

    @staticmethod
    def holds(canal_narrowing_pct: float) -> bool:
        """True if nothing narrows it."""
        return not canal_narrowing_pct


class IsSpineStable(Rule):
    """The wording asks that there is no spinal instability."""

    source, where = CG75, WORDING

    @staticmethod
    def holds(spinal_instability: str) -> bool:
        """True if none is written."""
        return spinal_instability == "none"


class HurtsOnMoving(Rule):
    """Part of 'mechanical pain resistant to analgesia': movement brings it on."""

    source, where = CG75, WORDING

    @staticmethod
    def holds(pain_on_movement: bool) -> bool:
        """True if so."""
        return pain_on_movement


class ResistsPainkillers(Rule):
    """Part of 'mechanical pain resistant to analgesia': it goes on in spite of painkillers."""

    source, where = CG75, WORDING

    @staticmethod
    def holds(optimal_pain_management: bool) -> bool:
        """True if the pain goes on although its treatment is as good as it can be."""
        return optimal_pain_management


class HasResistantMechanicalPain(AllOf):
    """Mechanical pain resistant to analgesia."""

    source, where = CG75, WORDING
    parts = (HurtsOnMoving, ResistsPainkillers)


class HasCollapsed(Rule):
    """Vertebral body collapse. The wording prints no number."""

    source, where, values = CG75, WORDING, (v.collapse_from,)

    @staticmethod
    def holds(height_loss_pct: float) -> bool:
        """True from our reading of collapse on."""
        return height_loss_pct >= v.collapse_from.number


class HasPainOrCollapse(AnyOf):
    """Either mechanical pain resistant to analgesia or vertebral body collapse."""

    source, where = CG75, WORDING
    parts = (HasResistantMechanicalPain, HasCollapsed)


class HasOncologistInTeam(Rule):
    """An oncologist is among those who agree."""

    source, where = CG75, WORDING

    @staticmethod
    def holds(mdt_has_oncologist: bool) -> bool:
        """True if an oncologist took part."""
        return mdt_has_oncologist


class FitsWordingOnMetastases(AllOf):
    """Everything the wording on spinal metastases asks for."""

    source, where, topic, values = CG75, WORDING, "cause", (v.collapse_from,)
    parts = (
        IsTumour,
        IsFreeOfCordSigns,
        IsCanalFree,
        IsSpineStable,
        HasPainOrCollapse,
        HasOncologistInTeam,
        HasRadiologistInTeam,
        HasSurgeonInTeam,
        HasAccessToSurgery,
    )


CRITERIA: tuple[type[Rule], ...] = (
    HasNoTumour,
    IsDiscussedByTeam,
    HasRadiologistInTeam,
    HasSurgeonInTeam,
    HasAccessToSurgery,
    IsDoneByTrainedOperator,
    IsCementMadeAsInstructed,
    HasConsentArranged,
    HasResultsAudited,
    IsRefractory,
    HasGoodImages,
)


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:
    """A tumour is answered by its own wording; else every arrangement has to be in place."""
    if outcomes[HasNoTumour] is NOT_MET:
        return tumour(outcomes)
    asked = tuple(rule for rule in CRITERIA if procedure in rule.procedures)
    failed = tuple(rule for rule in asked if outcomes[rule] is NOT_MET)
    if failed:
        return Answer(Stance.NOT_RECOMMENDED, "not_met", failed)
    if any(outcomes[rule] is UNKNOWN for rule in asked):
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell")
    return Answer(Stance.CONSIDER, "supported")


def tumour(outcomes: Outcomes) -> Answer:
    """What the wording on spinal metastases says once a tumour is suspected or known."""
    if outcomes[IsTumour] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "tumour_suspected")
    failed = tuple(part for part in FitsWordingOnMetastases.parts if outcomes[part] is NOT_MET)
    if failed:
        return Answer(Stance.NOT_RECOMMENDED, "metastases_not_met", failed)
    if outcomes[FitsWordingOnMetastases] is MET:
        return Answer(Stance.DISCUSS, "metastases_met")
    still = tuple(part for part in FitsWordingOnMetastases.parts if outcomes[part] is UNKNOWN)
    return Answer(Stance.NOT_ENOUGH_INFORMATION, "metastases_cannot_tell", still)


body = Body(criteria=CRITERIA, answer=answer, file=__file__)

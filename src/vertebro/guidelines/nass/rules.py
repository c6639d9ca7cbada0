"""NASS appropriate use criteria: only what its results pages publish, not the rating of each scenario."""

from __future__ import annotations

from vertebro.guidelines.body import BOTH_AGAINST, Answer, Body, Outcomes, Statement
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, AllOf, Rule
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

AUC, NEOPLASTIC, GUIDELINE = "nass_auc_osteoporotic", "nass_auc_neoplastic", "nass_guideline_osteoporotic"
CHRONIC = "results, cement augmentation: chronic fractures"
SURGERY = "results, surgery: spinal stenosis and neurologic changes"
TUMOUR = "results, cement augmentation: scenario with the highest probability"


class HasNoTumour(Rule):
    """The criteria for osteoporotic fractures are not those for neoplastic ones."""

    source, where, topic, is_reason = AUC, "title and scope", "cause", False

    @staticmethod
    def holds(malignancy_or_signs: str) -> bool:
        """True if no tumour is suspected or known."""
        return malignancy_or_signs == "none"


class IsTumour(Rule):
    """The criteria for neoplastic fractures need a tumour that is known."""

    source, where = NEOPLASTIC, "title and scope"

    @staticmethod
    def holds(malignancy_or_signs: str) -> bool:
        """True if a tumour is known to be the cause."""
        return malignancy_or_signs == "known"


class IsOsteoporotic(Rule):
    """The criteria are about osteoporotic compression fractures."""

    source, where, topic, is_reason = AUC, "title and scope", "cause", False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class IsChronic(Rule):
    """A chronic fracture. The results page prints no number of weeks."""

    source, where, values = AUC, CHRONIC, (v.chronic_after,)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True after our reading of chronic."""
        return weeks_since_fracture > v.chronic_after.number


class HasModestPain(Rule):
    """Pain up to the printed score."""

    source, where, values = AUC, CHRONIC, (v.modest_pain_until,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True up to that score."""
        return pain_nrs <= v.modest_pain_until.number


class IsChronicWithModestPain(AllOf):
    """Every scenario of a chronic fracture with at most that pain was rated rarely appropriate."""

    source, where, topic = AUC, CHRONIC, "chronic"
    values = (v.chronic_after, v.modest_pain_until)
    parts = (IsChronic, HasModestPain)


class HasMorePain(Rule):
    """Pain above the printed score."""

    source, where, values = AUC, CHRONIC, (v.modest_pain_until,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True above that score."""
        return pain_nrs > v.modest_pain_until.number


class IsChronicWithMorePain(AllOf):
    """A chronic fracture with more pain: rated scenario by scenario, which is not published."""

    source, where = AUC, CHRONIC
    values = (v.chronic_after, v.modest_pain_until)
    is_reason = False
    parts = (IsChronic, HasMorePain)


class HasStenosis(Rule):
    """Part of the surgical scenario: a narrowed canal."""

    source, where = AUC, SURGERY

    @staticmethod
    def holds(canal_narrowing_pct: float) -> bool:
        """True for any narrowing."""
        return canal_narrowing_pct > 0


class HasNerveDeficit(Rule):
    """Part of the surgical scenario: neurologic changes."""

    source, where = AUC, SURGERY

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        """True for a root sign or an incomplete or complete loss."""
        return neuro_grade in ("N2", "N3", "N4")


class IsForSurgery(AllOf):
    """Stenosis with neurologic changes: surgery was mostly rated appropriate."""

    source, where, topic = AUC, SURGERY, "neurology"
    values = (v.surgery_appropriate,)
    parts = (HasStenosis, HasNerveDeficit)


class HasNoStenosis(Rule):
    """Part of the neoplastic scenario: no stenosis."""

    source, where = NEOPLASTIC, TUMOUR

    @staticmethod
    def holds(canal_narrowing_pct: float) -> bool:
        """True if nothing narrows the canal."""
        return not canal_narrowing_pct


class IsIntact(Rule):
    """Part of the neoplastic scenario: no neurologic changes."""

    source, where = NEOPLASTIC, TUMOUR

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        """True only if there never was a deficit: a cautious reading."""
        return neuro_grade == "N0"


class IsStable(Rule):
    """Part of the neoplastic scenario: a stable fracture."""

    source, where = NEOPLASTIC, TUMOUR

    @staticmethod
    def holds(spinal_instability: str) -> bool:
        """True if no instability is written."""
        return spinal_instability == "none"


class HasKeptSomeHeight(Rule):
    """Part of the neoplastic scenario: less than the printed loss of height."""

    source, where, values = NEOPLASTIC, TUMOUR, (v.height_loss_below,)

    @staticmethod
    def holds(height_loss_pct: float) -> bool:
        """True below that loss."""
        return height_loss_pct < v.height_loss_below.number


class HasIntactWall(Rule):
    """Part of the neoplastic scenario: an intact posterior wall."""

    source, where = NEOPLASTIC, TUMOUR

    @staticmethod
    def holds(posterior_wall: str) -> bool:
        """True if it is intact."""
        return posterior_wall == "intact"


class HasMoreThanModestPain(Rule):
    """Part of the neoplastic scenario: pain above the printed score."""

    source, where, values = NEOPLASTIC, TUMOUR, (v.tumour_pain_above,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True above that score."""
        return pain_nrs > v.tumour_pain_above.number


class IsLikelyNeoplasticScenario(AllOf):
    """The neoplastic scenarios that were most often rated appropriate."""

    source, where = NEOPLASTIC, TUMOUR
    values = (v.tumour_appropriate, v.height_loss_below, v.tumour_pain_above)
    parts = (
        IsTumour,
        HasNoStenosis,
        IsIntact,
        IsStable,
        HasKeptSomeHeight,
        HasIntactWall,
        HasMoreThanModestPain,
    )


NEEDED: tuple[type[Rule], ...] = (HasNoTumour, IsOsteoporotic, IsChronicWithModestPain)


def answer(outcomes: Outcomes, _: object) -> Answer:
    """The one scenario whose rating is published for certain; else what is published as shares."""
    if outcomes[HasNoTumour] is NOT_MET:
        return of_tumour(outcomes)
    if outcomes[IsOsteoporotic] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    if outcomes[IsForSurgery] is MET:
        return Answer(None, "surgery")
    open_still = tuple(rule for rule in NEEDED if outcomes[rule] is UNKNOWN)
    if open_still:
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell", open_still)
    if outcomes[IsChronicWithModestPain] is MET:
        return Answer(Stance.NOT_RECOMMENDED, "rarely")
    return Answer(None, "not_published")


def of_tumour(outcomes: Outcomes) -> Answer:
    """What the neoplastic criteria publish once a tumour is suspected or known."""
    if outcomes[IsLikelyNeoplasticScenario] is MET:
        return Answer(None, "neoplastic_likely")
    return Answer(Stance.OUT_OF_SCOPE, "neoplastic")


STATEMENTS = (
    Statement("chronic", "rarely", AUC, CHRONIC, BOTH_AGAINST, when=IsChronicWithModestPain),
    Statement("chronic", "not_published", AUC, CHRONIC, {}, when=IsChronicWithMorePain),
    Statement("severity", "parted", AUC, CHRONIC, {}),
    Statement("neurology", "surgery", AUC, SURGERY, {}, when=IsForSurgery),
    Statement("benefit", "shares", AUC, "results, cement augmentation", {}),
    Statement("choice", "lumped", AUC, "results, cement augmentation: one rating for both procedures", {}),
    Statement("pain management", "medical", AUC, "results, medical management", {}),
    Statement("function", "function", GUIDELINE, "natural history, question 1 (grade B)", {}),
    Statement("deformity", "deformity", GUIDELINE, "natural history, question 1 (grade C)", {}),
)

body = Body(criteria=(*NEEDED, IsForSurgery), answer=answer, file=__file__, statements=STATEMENTS)

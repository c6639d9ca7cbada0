"""European RAND/UCLA panel (Anselmetti and others, 2013), as far as its abstract and free pages print it.

Printed are the findings, when nonsurgical management is usually appropriate, and the shares of all profiles.
Which of the other profiles get vertebroplasty and which balloon kyphoplasty could not be read: no side there.
"""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes, Statement
from vertebro.guidelines.rule import NOT_MET, UNKNOWN, AnyOf, AtLeast, Rule
from vertebro.guidelines.verdict import Leaning, Procedure, Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

PANEL = "rand_europe_2013"
ABSTRACT = "abstract, results: nonsurgical management usually appropriate"
VARIABLES = "public pages, clinical variables"
FACTORS_LISTED = "public pages, recommendations: list of unfavourable factors"


class IsOsteoporoticFracture(Rule):
    """The panel spoke of osteoporotic vertebral compression fractures."""

    source, where, topic = PANEL, "title and abstract", "cause"
    is_reason = False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class HasPositiveMri(Rule):
    """MRI is positive: oedema is visible."""

    source, where, topic = PANEL, f"{VARIABLES}: MRI findings", "healing"

    @staticmethod
    def holds(mri: str) -> bool:
        """True if it shows oedema."""
        return mri == "oedema"


class IsSeverelyLimited(Rule):
    """Part of the impact on daily functioning: severely limited."""

    source, where = PANEL, f"{VARIABLES}: impact on daily functioning (its classes are not printed)"

    @staticmethod
    def holds(adl_severely_limited: bool) -> bool:
        """True if the pain severely limits mobility or everyday life."""
        return adl_severely_limited


class CannotGetUp(Rule):
    """Part of the impact on daily functioning: cannot get up with painkillers."""

    source, where = PANEL, f"{VARIABLES}: impact on daily functioning (its classes are not printed)"

    @staticmethod
    def holds(mobilises_on_analgesia: bool) -> bool:
        """True if the patient cannot get up."""
        return not mobilises_on_analgesia


class HasSevereImpact(AnyOf):
    """Unfavourable factor: impact on daily functioning, with medication optimised."""

    source, where = PANEL, f"{VARIABLES}: impact on daily functioning (its classes are not printed)"
    parts = (IsSeverelyLimited, CannotGetUp)


class HasWorsened(Rule):
    """Unfavourable factor: evolution of the symptoms since the fracture."""

    source, where = PANEL, f"{VARIABLES}: evolution of symptoms (its classes are not printed)"

    @staticmethod
    def holds(pain_trend: str) -> bool:
        """True if the pain is getting worse."""
        return pain_trend == "worsening"


class HasKyphosis(Rule):
    """Part of spinal deformity: kyphosis."""

    source, where, values = PANEL, f"{VARIABLES}: spinal deformity", (v.kyphosis_from,)

    @staticmethod
    def holds(kyphosis_deg: float) -> bool:
        """True from that angle on."""
        return kyphosis_deg >= v.kyphosis_from.number


class HasScoliosis(Rule):
    """Part of spinal deformity: scoliosis."""

    source, where, values = PANEL, f"{VARIABLES}: spinal deformity", (v.scoliosis_from,)

    @staticmethod
    def holds(scoliosis_deg: float) -> bool:
        """True from that angle on."""
        return scoliosis_deg >= v.scoliosis_from.number


class HasLostDorsalHeight(Rule):
    """Part of spinal deformity: loss of height of the dorsal wall."""

    source, where, values = PANEL, f"{VARIABLES}: spinal deformity", (v.dorsal_wall_loss_from,)

    @staticmethod
    def holds(posterior_height_loss_pct: float) -> bool:
        """True from that loss on."""
        return posterior_height_loss_pct >= v.dorsal_wall_loss_from.number


class HasLostHeight(Rule):
    """Part of spinal deformity: loss of height of the vertebral body."""

    source, where, values = PANEL, f"{VARIABLES}: spinal deformity", (v.height_loss_from,)

    @staticmethod
    def holds(height_loss_pct: float) -> bool:
        """True from that loss on."""
        return height_loss_pct >= v.height_loss_from.number


class HasSpinalDeformity(AnyOf):
    """Unfavourable factor: spinal deformity, by any of its four signs."""

    source, where, topic = PANEL, f"{VARIABLES}: spinal deformity", "deformity"
    values = (v.kyphosis_from, v.scoliosis_from, v.dorsal_wall_loss_from, v.height_loss_from)
    parts = (HasKyphosis, HasScoliosis, HasLostDorsalHeight, HasLostHeight)


class HasOngoingFracture(Rule):
    """Unfavourable factor: proof of an ongoing fracture process."""

    source, where = PANEL, f"{VARIABLES}: proof of ongoing fracture process"
    values = (v.further_loss_from,)

    @staticmethod
    def holds(height_loss_progression_pct: float) -> bool:
        """True from that further loss on."""
        return height_loss_progression_pct >= v.further_loss_from.number


class HasPoorLungs(Rule):
    """Part of pulmonary dysfunction: reduced reserve of the lungs."""

    source, where = PANEL, f"{VARIABLES}: pulmonary dysfunction"

    @staticmethod
    def holds(pulmonary_reserve: str) -> bool:
        """True if it is reduced or severely reduced."""
        return pulmonary_reserve != "normal"


class HasCopd(Rule):
    """Part of pulmonary dysfunction: the panel's example."""

    source, where = PANEL, f"{VARIABLES}: pulmonary dysfunction"

    @staticmethod
    def holds(copd: bool) -> bool:
        """True if there is a chronic obstructive lung disease."""
        return copd


class HasPulmonaryDysfunction(AnyOf):
    """Unfavourable factor: a lung disorder that kyphosis is likely to make worse."""

    source, where = PANEL, f"{VARIABLES}: pulmonary dysfunction"
    parts = (HasPoorLungs, HasCopd)


class HasUnfavourableFactor(AtLeast):
    """At least one of the panel's five unfavourable factors."""

    source, where, topic = PANEL, FACTORS_LISTED, "course"
    parts = (HasSevereImpact, HasWorsened, HasSpinalDeformity, HasPulmonaryDysfunction, HasOngoingFracture)
    enough = 1


CRITERIA: tuple[type[Rule], ...] = (IsOsteoporoticFracture, HasPositiveMri, HasUnfavourableFactor)


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:  # noqa: ARG001  printed for both alike
    """Nonsurgical management where the panel printed it; no side where its table could not be read."""
    if outcomes[IsOsteoporoticFracture] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    if outcomes[HasPositiveMri] is NOT_MET:
        return Answer(Stance.NOT_RECOMMENDED, "nonsurgical_negative_mri")
    if any(outcomes[rule] is UNKNOWN for rule in CRITERIA):
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell")
    if outcomes[HasUnfavourableFactor] is NOT_MET:
        return Answer(Stance.NOT_RECOMMENDED, "nonsurgical_no_factor")
    return Answer(None, "not_published", HasUnfavourableFactor.parts)


STATEMENTS = (
    Statement(
        topic="choice",
        key="shares",
        source=PANEL,
        where="abstract, results; public pages, recommendations",
        leaning={Procedure.KYPHOPLASTY: Leaning.FOR},
    ),
)

body = Body(criteria=CRITERIA, answer=answer, file=__file__, statements=STATEMENTS)

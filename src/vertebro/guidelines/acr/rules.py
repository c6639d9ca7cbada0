"""ACR Appropriateness Criteria for vertebral compression fractures: which variant the patient falls in.

The edition of 2018 was read up to its third variant, that of 2022 only through pages about it
(secondary, as its rules say). What neither says in free text is called not readable, never guessed.
"""

from __future__ import annotations

from vertebro.guidelines.body import BOTH_FOR, Answer, Body, Outcomes, Statement
from vertebro.guidelines.medicare.contraindications import HasInfection
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, AllOf, AnyOf, Rule
from vertebro.guidelines.safety.bleeding import BloodThinnerNotPaused, InrTooHigh, PlateletsTooLow
from vertebro.guidelines.safety.fitness import CannotLieProne, IsVeryIll
from vertebro.guidelines.safety.rules import IsPregnant
from vertebro.guidelines.safety.substances import IsAllergicToCement
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

ACR2018, ACR2022 = "acr_vcf_2018", "acr_vcf_2022"
FIRST, SECOND, THIRD = "first variant", "second variant", "third variant"
SECONDARY = "ratings as given in public pages about the edition (secondary)"


class HasNoTumour(Rule):
    """The variants used here are for benign fractures; malignant ones have variants of their own."""

    source, where, topic, is_reason = ACR2018, f"{FIRST}: no known malignancy", "cause", False

    @staticmethod
    def holds(malignancy_or_signs: str) -> bool:
        """True if no tumour is suspected or known."""
        return malignancy_or_signs == "none"


class IsOsteoporotic(Rule):
    """The variants used here are for osteoporotic compression fractures."""

    source, where, topic, is_reason = ACR2018, SECOND, "cause", False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class IsSymptomatic(Rule):
    """The variants used here are for fractures that hurt."""

    source, where, topic, is_reason = (
        ACR2018,
        f"{FIRST} (symptomatic) and {THIRD} (painful)",
        "severity",
        False,
    )

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True if there is any pain."""
        return pain_nrs > 0


class HasNoDeficit(Rule):
    """A nerve deficit is a red flag, which the second variant excludes."""

    source, where, topic, is_reason = ACR2018, f"{SECOND}: no red flags", "neurology", False

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        """True if there is no root sign and no incomplete or complete loss now."""
        return neuro_grade in ("N0", "N1")


class HasBothEndplatesBroken(Rule):
    """Part of a burst fracture: both endplates, or worse."""

    source, where = ACR2018, f"{SECOND}: compression fracture (a burst fracture is our exclusion)"

    @staticmethod
    def holds(of_type: str) -> bool:
        """True for OF4 and OF5."""
        return of_type in ("OF4", "OF5")


class IsWallBroken(Rule):
    """Part of a burst fracture: the posterior wall is not intact."""

    source, where = ACR2018, f"{SECOND}: compression fracture (a burst fracture is our exclusion)"

    @staticmethod
    def holds(posterior_wall: str) -> bool:
        """True if it is breached or pushed into the canal."""
        return posterior_wall != "intact"


class IsBurst(AllOf):
    """A burst fracture is more than the compression fracture of the variants."""

    source, where = ACR2018, f"{SECOND}: compression fracture (a burst fracture is our exclusion)"
    topic = "stability"
    parts = (HasBothEndplatesBroken, IsWallBroken)


class HasContraindication(AnyOf):
    """A contraindication to augmentation: fitness, pregnancy, infection, coagulation and the like."""

    source, where, topic, speaks_against = ACR2018, THIRD, "general health", True
    parts = (
        HasInfection,
        IsPregnant,
        InrTooHigh,
        PlateletsTooLow,
        BloodThinnerNotPaused,
        IsAllergicToCement,
        IsVeryIll,
        CannotLieProne,
    )

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """``{which}``: the short names of the contraindications that are there."""
        found = [part.say("short", facts) for part in cls.parts if part.outcome(facts) is MET]
        return {"which": ", ".join(found) or cls.texts().say("none_known")}


class IsNew(Rule):
    """A new fracture: pain is expected to fade over the weeks that follow. 'New' has no number."""

    source, where, topic, values = ACR2018, FIRST, "timing", (v.new_until,)
    is_reason = False

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True before the pain of most fractures begins to fade: our reading."""
        return weeks_since_fracture < v.new_until.number


class ShowsOedemaOrCleft(Rule):
    """Oedema or a cleft, as the edition of 2022 asks for."""

    source, where, topic, is_reason = ACR2022, SECONDARY, "healing", False

    @staticmethod
    def holds(fracture_unhealed: bool) -> bool:
        """True if imaging shows the fracture unhealed."""
        return fracture_unhealed


class IsOld(Rule):
    """Part of an old unhealed fracture: the weeks are over in which the pain of most fades."""

    source, where, values = ACR2018, "abstract", (v.fading_until,)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True after those weeks."""
        return weeks_since_fracture > v.fading_until.number


class IsOldWithOedema(AllOf):
    """An old fracture that imaging shows unhealed, which the ratings with oedema do not exclude."""

    source, where, values, is_reason = ACR2022, SECONDARY, (v.fading_until,), False
    parts = (IsOld, ShowsOedemaOrCleft)


class IsGettingWorse(Rule):
    """Part of a variant of 2022: the pain gets worse."""

    source, where = ACR2022, SECONDARY

    @staticmethod
    def holds(pain_trend: str) -> bool:
        """True if it does."""
        return pain_trend == "worsening"


class IsDeformed(Rule):
    """Part of a variant of 2022: deformity, for which no number could be read."""

    source, where, values = ACR2022, SECONDARY, (v.deformity_from,)

    @staticmethod
    def holds(kyphosis_deg: float) -> bool:
        """True from our reading of deformity on."""
        return kyphosis_deg >= v.deformity_from.number


class HasReducedLungs(Rule):
    """Part of a variant of 2022: lung dysfunction."""

    source, where = ACR2022, SECONDARY

    @staticmethod
    def holds(pulmonary_reserve: str) -> bool:
        """True if the reserve of the lungs is reduced at all."""
        return pulmonary_reserve != "normal"


class IsWorseDeformedOrShortOfBreath(AnyOf):
    """Worsening pain, deformity or lung dysfunction."""

    source, where, values = ACR2022, SECONDARY, (v.deformity_from,)
    parts = (IsGettingWorse, IsDeformed, HasReducedLungs)


class IsFirstVariantOf2018(AllOf):
    """New, symptomatic, no known malignancy: augmentation may be appropriate."""

    source, where, topic, is_reason, values = ACR2018, FIRST, "timing", False, (v.new_until,)
    parts = (HasNoTumour, IsSymptomatic, IsNew)


class IsSecondVariantOf2018(AllOf):
    """Osteoporotic, with or without oedema, no red flags: augmentation usually appropriate."""

    source, where, topic, is_reason = ACR2018, SECOND, "healing", False
    parts = (HasNoTumour, IsOsteoporotic, IsSymptomatic, HasNoDeficit)


class IsThirdVariantOf2018(AllOf):
    """Painful, with oedema and a contraindication: the rating of augmentation is not readable."""

    source, where, topic, is_reason = ACR2018, THIRD, "general health", False
    parts = (HasNoTumour, IsOsteoporotic, IsSymptomatic, ShowsOedemaOrCleft, HasContraindication)


class IsOedemaVariantOf2022(AllOf):
    """Symptomatic, osteoporotic, with oedema or a cleft: usually appropriate (secondary)."""

    source, where, topic, is_reason = ACR2022, SECONDARY, "healing", False
    parts = (HasNoTumour, IsOsteoporotic, IsSymptomatic, ShowsOedemaOrCleft)


class IsWorseningVariantOf2022(AllOf):
    """Benign, with worsening pain, deformity or lung dysfunction: usually appropriate (secondary)."""

    source, where, topic, is_reason = ACR2022, SECONDARY, "deformity", False
    values = (v.deformity_from,)
    parts = (HasNoTumour, IsSymptomatic, IsWorseDeformedOrShortOfBreath)


CRITERIA: tuple[type[Rule], ...] = (
    HasNoTumour,
    IsOsteoporotic,
    IsSymptomatic,
    HasNoDeficit,
    IsBurst,
    HasContraindication,
    IsNew,
    ShowsOedemaOrCleft,
    IsFirstVariantOf2018,
    IsSecondVariantOf2018,
    IsThirdVariantOf2018,
    IsOedemaVariantOf2022,
    IsWorseningVariantOf2022,
)
EXCLUDED: tuple[tuple[type[Rule], object, Answer], ...] = (
    (HasNoTumour, NOT_MET, Answer(Stance.OUT_OF_SCOPE, "malignant")),
    (IsOsteoporotic, NOT_MET, Answer(Stance.OUT_OF_SCOPE, "out_of_scope")),
    (IsSymptomatic, NOT_MET, Answer(None, "asymptomatic")),
    (HasNoDeficit, NOT_MET, Answer(None, "surgical_deficit")),
    (IsBurst, MET, Answer(None, "surgical_burst")),
    (HasContraindication, MET, Answer(Stance.NOT_RECOMMENDED, "contraindicated", (HasContraindication,))),
)
"""What takes the patient out of the variants for a plain osteoporotic fracture, the first that applies."""
NEEDED = (HasNoTumour, IsOsteoporotic, IsSymptomatic, HasNoDeficit, HasContraindication, IsNew)


def answer(outcomes: Outcomes, _: object) -> Answer:
    """The variant the patient falls in, and how it rates augmentation."""
    for rule, outcome, said in EXCLUDED:
        if outcomes[rule] is outcome:
            return said
    if outcomes[ShowsOedemaOrCleft] is UNKNOWN:
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "imaging")
    open_still = tuple(rule for rule in NEEDED if outcomes[rule] is UNKNOWN)
    if open_still:
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell", open_still)
    if outcomes[ShowsOedemaOrCleft] is NOT_MET:
        return Answer(None, "without_oedema")
    if outcomes[IsNew] is MET:
        return Answer(None, "new")
    return Answer(Stance.CONSIDER, "usually_wall" if outcomes[IsWallBroken] is MET else "usually")


STATEMENTS = (
    Statement("benefit", "better_relief", ACR2018, "abstract", BOTH_FOR),
    Statement("timing", "course", ACR2018, "abstract", {}),
    Statement("healing", "with_or_without", ACR2018, SECOND, BOTH_FOR, when=IsSecondVariantOf2018),
    Statement("chronic", "oedema", ACR2022, SECONDARY, BOTH_FOR, when=IsOldWithOedema),
    Statement("pain management", "medical_first", ACR2018, "abstract", {}),
)

body = Body(criteria=CRITERIA, answer=answer, file=__file__, statements=STATEMENTS)

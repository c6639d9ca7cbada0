"""What the National Health Service in England pays for: a commissioning policy and its background text."""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes, Statement
from vertebro.guidelines.rule import NOT_MET, UNKNOWN, AllOf, Rule
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

POLICY, EBI = "hny_policy_2025", "ebi_vertebral_augmentation"
FIRST, SECOND, THIRD = "commissioning position, first item", "second item", "third item"
FOURTH, LAST, AUDIT = "fourth item", "last sentence of the position", "summary of rationale, last paragraph"


class IsAdult(Rule):
    """The guidance applies to adults."""

    source, where, topic, values = EBI, "scope of the guidance", "general health", (v.adult_from,)
    is_reason = False

    @staticmethod
    def holds(age_years: int) -> bool:
        """True from that age on."""
        return age_years >= v.adult_from.number


class IsOsteoporotic(Rule):
    """The policy is about painful osteoporotic vertebral fractures."""

    source, where, topic, is_reason = POLICY, "title and scope", "cause", False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class HasSeverePain(Rule):
    """The pain reaches the printed score."""

    source, where, topic, values = POLICY, FIRST, "severity", (v.severe_from,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True from that score on."""
        return pain_nrs >= v.severe_from.number


class IsOngoing(Rule):
    """The pain is ongoing: not already getting better."""

    source, where, topic = POLICY, FIRST, "course"

    @staticmethod
    def holds(pain_trend: str) -> bool:
        """True unless the pain is improving."""
        return pain_trend != "improving"


class HasSevereOngoingPain(AllOf):
    """Severe ongoing pain."""

    source, where, topic, values = POLICY, FIRST, "severity", (v.severe_from,)
    parts = (HasSeverePain, IsOngoing)


class IsRecent(Rule):
    """The fracture is recent: usually, not always, no older than the printed weeks."""

    source, where, topic, values = POLICY, FIRST, "timing", (v.recent_until,)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True up to that many weeks."""
        return weeks_since_fracture <= v.recent_until.number


class IsAcuteOnImaging(Rule):
    """An unhealed fracture that imaging has proven to be acute."""

    source, where, topic = POLICY, f"{FIRST} (unhealed) and {SECOND} (proven on imaging)", "healing"

    @staticmethod
    def holds(advanced_imaging: str) -> bool:
        """True for oedema or uptake; a cleft shows a fracture unhealed, not acute."""
        return advanced_imaging == "positive"


class DespiteOptimalPainManagement(Rule):
    """The pain goes on despite optimal pain management."""

    source, where, topic = POLICY, FIRST, "pain management"

    @staticmethod
    def holds(optimal_pain_management: bool) -> bool:
        """True if pain management is as good as it can be."""
        return optimal_pain_management


class MatchesTheSiteOfPain(Rule):
    """The fracture on imaging is where the examination finds the pain."""

    source, where, topic = POLICY, SECOND, "level"

    @staticmethod
    def holds(exam_matches_level: bool) -> bool:
        """True if the tender place is the level of the fracture."""
        return exam_matches_level


class IsRecommendedByTeam(Rule):
    """A multidisciplinary team review recommends it."""

    source, where, topic, is_reason = POLICY, THIRD, "team", False

    @staticmethod
    def holds(mdt_recommends: bool) -> bool:
        """True if it does."""
        return mdt_recommends


class HasAccessToSurgery(Rule):
    """It is done where spinal surgery can be reached."""

    source, where, topic, is_reason = POLICY, FOURTH, "team", False

    @staticmethod
    def holds(spinal_surgery_access: bool) -> bool:
        """True if so."""
        return spinal_surgery_access


class GoesWithBoneHealth(Rule):
    """It goes together with measures for bone health."""

    source, where, topic, is_reason = POLICY, LAST, "team", False

    @staticmethod
    def holds(bone_health_measures: bool) -> bool:
        """True if so."""
        return bone_health_measures


class HasAudit(Rule):
    """Audit and clinical governance are in place."""

    source, where, topic, is_reason = POLICY, AUDIT, "team", False

    @staticmethod
    def holds(results_audited: bool) -> bool:
        """True if so."""
        return results_audited


SCOPE: tuple[type[Rule], ...] = (IsOsteoporotic, IsAdult)
FIRM: tuple[type[Rule], ...] = (
    HasSevereOngoingPain,
    IsAcuteOnImaging,
    DespiteOptimalPainManagement,
    MatchesTheSiteOfPain,
)
"""What the patient has to meet; only the weeks are softened by 'usually'."""
PATIENT: tuple[type[Rule], ...] = (HasSevereOngoingPain, IsRecent, *FIRM[1:])
PLACE: tuple[type[Rule], ...] = (IsRecommendedByTeam, HasAccessToSurgery, GoesWithBoneHealth, HasAudit)


def answer(outcomes: Outcomes, _: object) -> Answer:
    """Commissioned if the patient and the place meet everything.

    The weeks are only 'usually' a limit: they alone do not answer while something firm is unknown.
    """
    if any(outcomes[rule] is NOT_MET for rule in SCOPE):
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    failed = tuple(rule for rule in PATIENT if outcomes[rule] is NOT_MET)
    if set(failed) & set(FIRM):
        return Answer(Stance.NOT_RECOMMENDED, "not_met", failed)
    if any(outcomes[rule] is UNKNOWN for rule in (*SCOPE, *PATIENT)):
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell")
    if failed:
        return Answer(Stance.NOT_RECOMMENDED, "usually_not", failed)
    return of_the_place(outcomes)


def of_the_place(outcomes: Outcomes) -> Answer:
    """The patient meets everything: what is left is who decides and where it is done."""
    failed = tuple(rule for rule in PLACE if outcomes[rule] is NOT_MET)
    if failed:
        return Answer(Stance.NOT_RECOMMENDED, "not_met", failed)
    if any(outcomes[rule] is UNKNOWN for rule in PLACE):
        return Answer(Stance.DISCUSS, "if_arranged")
    return Answer(Stance.CONSIDER, "commissioned")


TEXT = "summary"
STATEMENTS = (
    Statement("timing", "healing", EBI, TEXT, {}),
    Statement("course", "natural_course", EBI, TEXT, {}),
    Statement("pain management", "brace", EBI, TEXT, {}),
    Statement("benefit", "evidence", POLICY, "summary of rationale", {}),
)

body = Body(criteria=(*SCOPE, *PATIENT, *PLACE), answer=answer, file=__file__, statements=STATEMENTS)

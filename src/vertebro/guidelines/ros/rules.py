"""Royal Osteoporosis Society, patient page "Surgery for pain relief"."""

from __future__ import annotations

from vertebro.guidelines.body import BOTH_FOR, Answer, Body, Outcomes, Statement
from vertebro.guidelines.rule import NOT_MET, UNKNOWN, AllOf, Rule
from vertebro.guidelines.settings import own
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

PAGE = "ros_surgery_for_pain_relief"
WHO = "who should have it, first paragraph"
WHEN = "who should have it, second paragraph"


class IsFromOsteoporosis(Rule):
    """The page speaks of spinal compression fractures from osteoporosis."""

    source, where, topic = PAGE, "the society's subject; who should have it, first paragraph", "cause"
    is_reason = False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class HasSeverePain(Rule):
    """The procedures are for people who continue to have severe pain."""

    source, where, topic, values = PAGE, WHO, "severity", (own.severe_pain_nrs,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True if the pain score reaches our reading of 'severe'."""
        return pain_nrs >= own.severe_pain_nrs.number


class GoesOnHurting(Rule):
    """The pain continues: it is not already getting better."""

    source, where, topic = PAGE, WHO, "course"

    @staticmethod
    def holds(pain_trend: str) -> bool:
        """True unless the pain is improving."""
        return pain_trend != "improving"


class IsUnhealed(Rule):
    """The procedures are for fractures that have not healed properly."""

    source, where, topic = PAGE, WHO, "healing"

    @staticmethod
    def holds(fracture_unhealed: bool) -> bool:
        """True if imaging shows the fracture unhealed."""
        return fracture_unhealed


class HasReachedHealingTime(Rule):
    """The earliest time by which most fractures have healed unaided has been reached."""

    source, where, topic, values = PAGE, WHEN, "timing", (v.healing_from, v.healing_until)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True from the lower end of the healing time on."""
        return weeks_since_fracture >= v.healing_from.number


class HasHadTimeToHeal(Rule):
    """Most fractures heal unaided, so the procedure waits until that time has passed."""

    source, where, topic, values = PAGE, WHEN, "timing", (v.healing_from, v.healing_until)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True from the upper end of the healing time on."""
        return weeks_since_fracture >= v.healing_until.number


class IsNotLongstanding(Rule):
    """The procedures are not usually for longstanding back pain from compression fractures."""

    source, where, topic, values = PAGE, WHO, "timing", (own.longstanding_weeks,)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True up to our reading of 'longstanding'."""
        return weeks_since_fracture <= own.longstanding_weeks.number


class WasExamined(Rule):
    """The decision rests on the pain, the examination and tests: somebody has examined the back."""

    source, where, topic = PAGE, WHEN, "examination"
    is_reason = False

    @staticmethod
    def holds(examined: bool) -> bool:
        """True if the back was examined."""
        return examined


class WasTested(Rule):
    """The decision rests on tests, usually MRI: the test has been done."""

    source, where, topic = PAGE, WHEN, "tests"
    is_reason = False

    @staticmethod
    def holds(imaging_done: bool) -> bool:
        """True if an MRI (or, where it cannot be done, a bone scan) has been reported."""
        return imaging_done


CRITERIA: tuple[type[Rule], ...] = (
    IsFromOsteoporosis,
    HasSeverePain,
    GoesOnHurting,
    IsUnhealed,
    HasHadTimeToHeal,
    HasReachedHealingTime,
    IsNotLongstanding,
    WasExamined,
    WasTested,
)


class MeetsEveryCriterion(AllOf):
    """The procedure may be considered for people to whom all of the page applies."""

    source, where, values = PAGE, WHEN, (own.severe_pain_nrs, own.longstanding_weeks)
    is_reason = False
    parts = CRITERIA


WHATEVER_ELSE: tuple[tuple[type[Rule], Answer], ...] = (
    (IsFromOsteoporosis, Answer(Stance.OUT_OF_SCOPE, "out_of_scope")),
    (HasSeverePain, Answer(Stance.NOT_RECOMMENDED, "pain_not_severe")),
    (IsUnhealed, Answer(Stance.NOT_RECOMMENDED, "healed")),
    (WasExamined, Answer(Stance.NOT_ENOUGH_INFORMATION, "not_examined")),
    (WasTested, Answer(Stance.NOT_ENOUGH_INFORMATION, "not_tested")),
)
"""What the page says once a criterion is not met, whatever else is unknown."""

ALL_KNOWN: tuple[tuple[type[Rule], Answer], ...] = (
    (HasReachedHealingTime, Answer(Stance.WAIT, "wait")),
    (GoesOnHurting, Answer(Stance.WAIT, "improving")),
    (HasHadTimeToHeal, Answer(Stance.DISCUSS, "borderline")),
    (IsNotLongstanding, Answer(Stance.DISCUSS, "longstanding")),
)
"""What the page says once everything is known and a criterion is not met."""


def answer(outcomes: Outcomes, procedure: Procedure) -> Answer:  # noqa: ARG001  the page treats both alike
    """What the page says for these outcomes; it makes no difference between the two procedures."""
    for rule, said in WHATEVER_ELSE:
        if outcomes[rule] is NOT_MET:
            return said
    if any(outcomes[rule] is UNKNOWN for rule in CRITERIA):
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell")
    for rule, said in ALL_KNOWN:
        if outcomes[rule] is NOT_MET:
            return said
    return Answer(Stance.CONSIDER, "may_be_considered")


STATEMENTS = (Statement("operate", "option", PAGE, WHEN, BOTH_FOR, when=MeetsEveryCriterion),)

body = Body(criteria=CRITERIA, answer=answer, file=__file__, statements=STATEMENTS)

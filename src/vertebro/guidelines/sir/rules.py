"""SIR: augmentation once medical therapy has failed, which the guideline of 2014 sees after a day.

That guideline was read as quoted in a payer's policy (secondary), which breaks off within the
second situation; a third one, side effects of painkillers, could not be verified and is no rule.
"""

from __future__ import annotations

from vertebro.guidelines.body import BOTH_FOR, Answer, Body, Outcomes, Statement
from vertebro.guidelines.rule import NOT_MET, UNKNOWN, AllOf, AnyOf, Rule
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

QI, POSITION = "sir_qi_2014", "societies_position_augmentation"
FIRST = "failure of medical therapy, first situation (secondary: quoted in a payer's policy)"
SECOND = "failure of medical therapy, second situation (secondary: quoted in a payer's policy, cut off)"
OFFERED = "first paragraph: when the procedures are offered"


class IsOsteoporotic(Rule):
    """Part of the scope: an osteoporotic fracture."""

    source, where = POSITION, "first paragraph"

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class IsNeoplastic(Rule):
    """Part of the scope: a neoplastic fracture."""

    source, where = POSITION, "first paragraph"

    @staticmethod
    def holds(malignancy_or_signs: str) -> bool:
        """True if a tumour is known to be the cause."""
        return malignancy_or_signs == "known"


class IsInScope(AnyOf):
    """The position is about osteoporotic and neoplastic fractures."""

    source, where, topic, is_reason = POSITION, "first paragraph", "cause", False
    parts = (IsOsteoporotic, IsNeoplastic)


class IsSymptomatic(Rule):
    """The position is about fractures that give symptoms."""

    source, where, topic, is_reason = POSITION, "first paragraph", "level", False

    @staticmethod
    def holds(pain_nrs: int, pain_source_is_fracture: bool) -> bool:
        """True if there is pain and it mainly comes from the fracture."""
        return pain_nrs > 0 and pain_source_is_fracture


class HasHadADayOfPainkillers(Rule):
    """Painkillers have been given for as long as the guideline asks."""

    source, where, values = QI, FIRST, (v.analgesia_from,)

    @staticmethod
    def holds(analgesia_hours: float) -> bool:
        """True from that many hours on."""
        return analgesia_hours >= v.analgesia_from.number


class CannotWalk(Rule):
    """The pain prevents walking in spite of painkillers."""

    source, where = QI, FIRST

    @staticmethod
    def holds(mobilises_on_analgesia: bool) -> bool:
        """True if the patient cannot get up and walk with painkillers."""
        return not mobilises_on_analgesia


class CannotBearPhysiotherapy(Rule):
    """The pain makes physiotherapy unbearable."""

    source, where = QI, SECOND

    @staticmethod
    def holds(physiotherapy_tolerated: bool) -> bool:
        """True if the patient cannot bear it."""
        return not physiotherapy_tolerated


class CannotWalkAfterADay(AllOf):
    """First situation: unable to walk for pain despite that long on painkillers."""

    source, where, values = QI, FIRST, (v.analgesia_from,)
    parts = (CannotWalk, HasHadADayOfPainkillers)


class CannotBearPhysiotherapyAfterADay(AllOf):
    """Second situation: unable to bear physiotherapy despite that long on painkillers."""

    source, where, values = QI, SECOND, (v.analgesia_from,)
    parts = (CannotBearPhysiotherapy, HasHadADayOfPainkillers)


class HasFailedMedicalTherapy(AnyOf):
    """Medical therapy has failed in one of the two situations that could be read."""

    source, where, topic, values = QI, FIRST, "pain management", (v.analgesia_from,)
    parts = (CannotWalkAfterADay, CannotBearPhysiotherapyAfterADay)


class IsNotRelieved(Rule):
    """Traditional medical therapy has not provided pain relief."""

    source, where = POSITION, OFFERED

    @staticmethod
    def holds(optimal_pain_management: bool) -> bool:
        """True if the pain goes on although its treatment is as good as it can be."""
        return optimal_pain_management


class AltersLife(Rule):
    """The pain substantially alters the patient's life."""

    source, where = POSITION, OFFERED

    @staticmethod
    def holds(adl_severely_limited: bool) -> bool:
        """True if the pain severely limits mobility or everyday activities."""
        return adl_severely_limited


class IsOffered(AnyOf):
    """Offered only when medical therapy has not relieved the pain or pain substantially alters life."""

    source, where, topic, values = POSITION, OFFERED, "pain management", (v.analgesia_from,)
    parts = (IsNotRelieved, AltersLife, HasFailedMedicalTherapy)


CRITERIA: tuple[type[Rule], ...] = (IsInScope, IsSymptomatic, IsOffered)


def answer(outcomes: Outcomes, _: object) -> Answer:
    """Offered for a symptomatic fracture if medical therapy has failed or the pain alters life."""
    if outcomes[IsInScope] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    found = {outcomes[rule] for rule in CRITERIA}
    if NOT_MET in found:
        failed = tuple(rule for rule in CRITERIA if outcomes[rule] is NOT_MET)
        return Answer(Stance.NOT_RECOMMENDED, "not_met", failed)
    if UNKNOWN in found:
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "cannot_tell")
    return Answer(Stance.CONSIDER, "offered")


STATEMENTS = (
    Statement("benefit", "benefit", POSITION, "first paragraph", BOTH_FOR),
    Statement("timing", "a_day", QI, FIRST, BOTH_FOR, when=HasFailedMedicalTherapy, else_open=True),
)

body = Body(criteria=CRITERIA, answer=answer, file=__file__, statements=STATEMENTS)

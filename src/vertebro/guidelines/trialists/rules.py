"""Authors of trials and series, and the balloon's maker: single statements, and no position for a patient."""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes, Statement
from vertebro.guidelines.considerations.rules import WallIsBroken, WallIsBrokenNervesIntact
from vertebro.guidelines.rule import NOT_MET, Rule
from vertebro.guidelines.verdict import Leaning, Procedure, Stance
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

ENTRY, COURSE = "vertos_ii_2010", "venmans_2012_course"
MAKER, SERIES = "medtronic_balloon_warnings", "perez_2021_wall"


class IsOsteoporoticFracture(Rule):
    """The trials are about painful osteoporotic fractures."""

    source, where, topic, is_reason = ENTRY, "inclusion criteria", "cause", False

    @staticmethod
    def holds(osteoporotic_fracture: bool) -> bool:
        """True if the fracture is taken to be osteoporotic."""
        return osteoporotic_fracture


class HasEntryPain(Rule):
    """VERTOS II took patients from this pain score on."""

    source, where, topic, values = ENTRY, v.entry_pain_from.where, "severity", (v.entry_pain_from,)

    @staticmethod
    def holds(pain_nrs: int) -> bool:
        """True from that score on."""
        return pain_nrs >= v.entry_pain_from.number


class IsStillPainfulLater(Rule):
    """The authors of VERTOS II name patients with pain after this time as candidates."""

    source, where, values = COURSE, v.candidates_from.where, (v.candidates_from,)

    @staticmethod
    def holds(weeks_since_fracture: float) -> bool:
        """True from that time on."""
        return weeks_since_fracture >= v.candidates_from.number


def answer(outcomes: Outcomes, _: object) -> Answer:
    """No side for any patient: these are statements, not criteria."""
    if outcomes[IsOsteoporoticFracture] is NOT_MET:
        return Answer(Stance.OUT_OF_SCOPE, "out_of_scope")
    return Answer(None, "no_side")


LATER_FOR = dict.fromkeys(Procedure, Leaning.OPEN) | {Procedure.VERTEBROPLASTY: Leaning.FOR}

STATEMENTS = (
    Statement(
        "timing",
        "later",
        COURSE,
        v.candidates_from.where,
        LATER_FOR,
        when=IsStillPainfulLater,
        else_open=True,
    ),
    Statement(
        "wall",
        "series",
        SERIES,
        "abstract, results",
        {Procedure.KYPHOPLASTY: Leaning.FOR},
        when=WallIsBrokenNervesIntact,
    ),
    Statement("wall", "maker", MAKER, "adverse events of the inflatable bone tamp", {}, when=WallIsBroken),
)

body = Body(
    criteria=(IsOsteoporoticFracture, HasEntryPain), answer=answer, file=__file__, statements=STATEMENTS
)

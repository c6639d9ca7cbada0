"""The paths besides the procedures (waiting, a spinal surgeon, another cause) and the reasons for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from vertebro.guidelines.body import Hearing
from vertebro.guidelines.consideration import PROCEDURES, speaking_against, speaking_for
from vertebro.guidelines.gate import OUT_OF_SCOPE, Gate, Stage, gates
from vertebro.guidelines.rule import MET, NOT_MET, Rule, rule
from vertebro.guidelines.verdict import Decision, OtherPath, Outcome, Path, Procedure, Stance
from vertebro.vocabulary.library import CitedValue, cited_values, references
from vertebro.vocabulary.texts import Texts, texts

v = cited_values(beside=__file__, name="paths_values.yaml")

Reasons = tuple[tuple[str, ...], tuple[str, ...]]
"""Sentences for and sentences against, each with its source."""

JUDGED_IN_SCOPE = (*PROCEDURES, Path.WAITING)
"""The paths on which the studies of osteoporotic fractures speak."""

RULES_CEMENT_OUT = (Stage.EMERGENCY, Stage.ABSOLUTE, Stage.HEALED)

Named = tuple[tuple[str, Outcome], ...]

FOR: dict[Path, Named] = {
    Path.WAITING: (
        ("ros.HasHadTimeToHeal", NOT_MET),
        ("of_score.ScoreNamesConservativeTreatment", MET),
    ),
    Path.SURGERY: (
        ("safety.HasNerveDeficit", MET),
        ("safety.IsUnstable", MET),
        ("safety.TypeShowsInstability", MET),
        ("safety.MorphologyShowsInstability", MET),
        ("safety.LigamentsAreTorn", MET),
        ("safety.ScoreShowsInstability", MET),
        ("tlics.ScoreIsOperative", MET),
        ("sins.IsPotentiallyUnstable", MET),
        ("of_score.ScoreNamesSurgery", MET),
        ("safety.LigamentsMayBeTorn", MET),
        ("safety.HadPassingDeficit", MET),
        ("safety.PosteriorWallIsBroken", MET),
        ("safety.CanalIsNarrowed", MET),
    ),
    Path.OTHER_CAUSE: (
        ("safety.HasInfection", MET),
        ("safety.HasInfectionSigns", MET),
        ("safety.MayBeMalignant", MET),
        ("safety.HasTumourSigns", MET),
        ("safety.HasFever", MET),
        ("safety.HasHighCrp", MET),
        ("safety.HasManyWhiteCells", MET),
        ("safety.HasHighEsr", MET),
        ("safety.HasMyeloma", MET),
        ("safety.IsUnscreenedHighUp", MET),
        ("safety.IsUnscreenedWithSeveral", MET),
        ("safety.HurtsElsewhere", MET),
        ("safety.NoFractureHurts", MET),
        ("safety.IsHealed", MET),
        ("safety.ExaminationContradictsItself", MET),
        ("safety.HasHadCancer", MET),
        ("safety.HasSeveralPainfulFractures", MET),
        ("safety.BothSignsAreNegative", MET),
        ("safety.IsTenderElsewhereToo", MET),
    ),
}
"""Rules of other folders that are reasons for a path, by the answer that makes them one."""

AGAINST: dict[Path, Named] = {
    Path.SURGERY: (("of_score.ScoreNamesConservativeTreatment", MET),),
    Path.OTHER_CAUSE: (("nice.IsUnhealed", MET), ("nice.IsConfirmedAtTheLevel", MET)),
}

URGENT_FOR_THE_SURGEON = (
    "safety.HasNerveDeficit",
    "safety.IsUnstable",
    "safety.TypeShowsInstability",
    "safety.MorphologyShowsInstability",
    "safety.LigamentsAreTorn",
    "safety.ScoreShowsInstability",
    "tlics.ScoreIsOperative",
)

POSSIBLE_INFECTION = (
    "safety.HasFever",
    "safety.HasHighCrp",
    "safety.HasManyWhiteCells",
    "safety.HasHighEsr",
)

OTHER_CAUSES: tuple[tuple[tuple[str, ...], Stance, str], ...] = (
    (("safety.HasInfection", "safety.HasInfectionSigns"), Stance.REFER_URGENTLY, "infection"),
    (("safety.MayBeMalignant", "safety.HasTumourSigns", "safety.HasMyeloma"), Stance.DISCUSS, "tumour"),
    (POSSIBLE_INFECTION, Stance.CORRECT_FIRST, "possible_infection"),
    (("safety.IsUnscreenedHighUp", "safety.IsUnscreenedWithSeveral"), Stance.DISCUSS, "myeloma"),
    (("safety.HurtsElsewhere", "safety.NoFractureHurts"), Stance.CONSIDER, "elsewhere"),
    (("safety.IsHealed",), Stance.CONSIDER, "healed"),
    (("safety.ExaminationContradictsItself",), Stance.CONSIDER, "examine_again"),
)
"""The first of these that is met gives the stance; every one that is met stays a reason."""

ABOUT_PAIN = {
    "safety.HurtsElsewhere",
    "safety.NoFractureHurts",
    "safety.IsHealed",
    "safety.ExaminationContradictsItself",
    "safety.BothSignsAreNegative",
    "safety.IsTenderElsewhereToo",
    "considerations.TendernessIsElsewhere",
}
"""Reasons to look for where the pain comes from: none where there is no pain."""


OSTEOPOROTIC_ONLY = {"of_score.ScoreNamesSurgery", "of_score.ScoreNamesConservativeTreatment"}


def other_paths(hearing: Hearing, decisions: Sequence[Decision]) -> tuple[OtherPath, ...]:
    """Waiting, a spinal surgeon's opinion, and looking for another cause, each with its reasons."""
    return (waiting(hearing, decisions), surgery(hearing), other_cause(hearing))


def considerations_for(hearing: Hearing, path: Path) -> Reasons:
    """What in this patient speaks for and against a path, each sentence with its source.

    The studies are about osteoporotic fractures: outside them they say nothing about cement or
    waiting. Nothing speaks for cement where it is ruled out, or where the fracture is healed or is
    not what hurts.
    """
    if path in JUDGED_IN_SCOPE and _is_out_of_scope(hearing):
        return (), ()
    ruled_out = path in PROCEDURES and any(_fired(hearing, stage) for stage in RULES_CEMENT_OUT)
    return (
        () if ruled_out else _said(hearing, _met(hearing, speaking_for(path))),
        _said(hearing, _met(hearing, speaking_against(path))),
    )


def waiting(hearing: Hearing, decisions: Sequence[Decision]) -> OtherPath:
    """Waiting with pain treatment: not open in an emergency, otherwise with the natural course."""
    stances = {decision.stance for decision in decisions}
    emergencies = _fired(hearing, Stage.EMERGENCY)
    if emergencies:
        against = _said(hearing, emergencies)
        return OtherPath(Path.WAITING, Stance.NOT_RECOMMENDED, _words().say("waiting.emergency"), (), against)
    if _is_out_of_scope(hearing):
        return OtherPath(Path.WAITING, None, _words().say("waiting.out_of_scope"), (), ())
    if _fired(hearing, Stage.HEALED):
        return OtherPath(Path.WAITING, None, _words().say("waiting.nothing_to_wait_for"), (), ())
    stance, key = Stance.CONSIDER, "open"
    if any(_holds(hearing, name, MET) for name in POSSIBLE_INFECTION):
        stance, key = Stance.CORRECT_FIRST, "infection_first"
    elif Stance.NOT_ENOUGH_INFORMATION in stances:
        stance, key = Stance.NOT_ENOUGH_INFORMATION, "cannot_tell"
    elif Stance.WAIT in stances:
        stance, key = Stance.WAIT, "wait"
    said = _words().say(f"waiting.{key}", natural_course=natural_course())
    return OtherPath(Path.WAITING, stance, said, *_reasons(hearing, Path.WAITING))


def surgery(hearing: Hearing) -> OtherPath:
    """A spinal surgeon: at once for a deficit or instability, or where anything else asks for one."""
    reasons_for, reasons_against = _reasons(hearing, Path.SURGERY)
    stance, key = (Stance.DISCUSS, "discuss") if reasons_for else (None, "none")
    if any(_holds(hearing, name, MET) for name in URGENT_FOR_THE_SURGEON):
        stance, key, reasons_against = Stance.REFER_URGENTLY, "urgent", ()
    said = _words().say(f"surgery.{key}")
    return OtherPath(Path.SURGERY, stance, said, reasons_for, reasons_against)


def other_cause(hearing: Hearing) -> OtherPath:
    """Another cause: the most pressing one that anything points to.

    That the fracture is fresh and tender speaks against another source of the pain, and not at all
    against an infection or a tumour in it.
    """
    reasons_for, reasons_against = _reasons(hearing, Path.OTHER_CAUSE)
    stance, key = (Stance.CONSIDER, "hints") if reasons_for else (None, "none")
    for names, answered, worded in OTHER_CAUSES:
        if any(_holds(hearing, name, MET) for name in names):
            stance, key = answered, worded
            break
    if stance not in (None, Stance.CONSIDER):
        reasons_against = ()
    said = _words().say(f"other_cause.{key}")
    return OtherPath(Path.OTHER_CAUSE, stance, said, reasons_for, reasons_against)


@cache
def natural_course() -> str:
    """What becomes of such fractures without a procedure, with the sources."""
    numbers = {value.name: value.in_words() for value in v}
    return _words().say(
        "natural_course",
        **numbers,
        course_source=_by(v.course_patients),
        referred_source=_by(v.referred_patients),
    )


def _reasons(hearing: Hearing, path: Path) -> Reasons:
    """The rules of other folders that are reasons for or against the path, then the considerations."""
    pro = [rule(name) for name, answer in FOR[path] if _holds(hearing, name, answer)]
    contra = [rule(name) for name, answer in AGAINST.get(path, ()) if _holds(hearing, name, answer)]
    more_pro, more_contra = considerations_for(hearing, path)
    return _said(hearing, pro) + more_pro, _said(hearing, contra) + more_contra


def _holds(hearing: Hearing, name: str, answer: Outcome) -> bool:
    """True if the rule gave this answer, and is about a patient like this one.

    Where there is no pain none of the reasons about pain holds; the OF score is for osteoporotic
    fractures alone.
    """
    if name in ABOUT_PAIN and hearing.outcomes[rule("safety.IsPainless")] is MET:
        return False
    if name in OSTEOPOROTIC_ONLY and _is_out_of_scope(hearing):
        return False
    return hearing.outcomes[rule(name)] is answer


@cache
def _gates_at(stage: Stage) -> tuple[type[Gate], ...]:
    """The gates of one stage, for either procedure."""
    every = (gate for procedure in Procedure for gate in gates(procedure) if gate.stage is stage)
    return tuple(dict.fromkeys(every))


def _fired(hearing: Hearing, stage: Stage) -> list[type[Rule]]:
    """The gates of a stage that fire; a caution does not."""
    return [gate for gate in _gates_at(stage) if gate.stance and hearing.outcomes[gate] is MET]


def _is_out_of_scope(hearing: Hearing) -> bool:
    return any(_fired(hearing, stage) for stage in OUT_OF_SCOPE)


def _met(hearing: Hearing, found: Iterable[type[Rule]]) -> list[type[Rule]]:
    return [one for one in found if _holds(hearing, one.name(), MET)]


def _said(hearing: Hearing, found: Iterable[type[Rule]]) -> tuple[str, ...]:
    """The sentences of these rules, each with its source."""
    verdicts = [hearing.verdict(rule) for rule in found]
    return tuple(
        _words().say("reason", sentence=verdict.sentence, source=references()[verdict.source].short)
        for verdict in verdicts
    )


def _by(value: CitedValue) -> str:
    return value.reference.short


def _words() -> Texts:
    return texts(beside=__file__, name="paths")

"""What the factsheet says about one person: the level, what the guides say, the scan, what is not known."""

from __future__ import annotations

from dataclasses import replace

from vertebro.evidence.harm_types import Applies
from vertebro.evidence.one_table import one_table
from vertebro.fracture.findings import Findings, VertebraFindings
from vertebro.guidelines.facts_of import disagreements
from vertebro.guidelines.verdict import Decision, OtherPath, Stance
from vertebro.report.assessment import Assessment
from vertebro.report.factsheet.blocks import Block, Box, Paragraph, Section, Sheet
from vertebro.report.factsheet.content import Frame, assembled
from vertebro.report.factsheet.numbers import Numbers
from vertebro.report.factsheet.tried import SPREADS, in_question, tried, tried_in_short
from vertebro.report.factsheet.words import knows, name_of, say
from vertebro.report.sentences import day
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.procedures import Procedure

WORST = 10  # the end of the scale of pain
WHOLE = 100  # parts that a height is told in
ALARMING = {Stance.REFER_URGENTLY, Stance.CONTRAINDICATED}


def personal_sheet(assessment: Assessment) -> Sheet:
    """The factsheet of both procedures with what is known of this person."""
    numbers = Numbers(one_table(assessment.facts), tuple(Procedure))
    frame = Frame.of(numbers, assessment.case.on)
    header = (
        (say("header.case"), assessment.case.id),
        (say("header.level"), _level_name(assessment)),
        (say("header.date"), day(assessment.case.on)),
    )
    own = (_you(frame, assessment), *tried(assessment, numbers))
    sheet = assembled(frame, say("title"), say("kind_personal"), header, own)
    return sheet if in_question(assessment) else _said_first(sheet, frame, assessment)


def _said_first(sheet: Sheet, frame: Frame, assessment: Assessment) -> Sheet:
    """The sheet with a no, a not yet or an alarm before the overview, which tells of people in general."""
    overview, *others = sheet.sections
    urgent = [path for path in assessment.other_paths if path.stance in ALARMING]
    lines = (*_for_procedures(frame, assessment), *map(_for_path, urgent), say("you.first.rest"))
    box = Box(say("you.first.heading"), lines, tone=_tone(assessment))
    return replace(sheet, sections=(replace(overview, blocks=(box, *overview.blocks)), *others))


def _you(frame: Frame, assessment: Assessment) -> Section:
    blocks: list[Block] = [
        Paragraph(say("you.intro")),
        Paragraph(" ".join(_known(assessment))),
        Box(say("you.answers"), _answers(frame, assessment), tone=_tone(assessment)),
        Box(say("you.scan"), (*_scan(assessment), *tried_in_short(assessment), say("you.scan_apart"))),
        *_own_risks(numbers=frame.numbers),
        Box(say("you.open"), _open(assessment.decisions), tone="open", listed=True),
    ]
    return Section("you", say("section.you.heading"), tuple(blocks))


def _level_name(assessment: Assessment) -> str:
    level = assessment.case.level
    return say("header.unknown") if isinstance(level, Unknown) else str(level)


def _known(assessment: Assessment) -> list[str]:
    """The bone, its age and the pain, as far as they are known."""
    level, facts = assessment.case.level, assessment.facts
    if isinstance(level, Unknown):
        said = [say("you.level.unknown")]
    else:
        said = [say(f"you.level.{level.region.value}", level=level)]
    if "weeks_since_fracture" in facts:
        said.append(_since(float(facts["weeks_since_fracture"].value)))
    if "pain_nrs" in facts:
        said.append(say("you.pain", pain=f"{facts['pain_nrs'].value:g}", worst=WORST))
    return said


def _since(weeks: float) -> str:
    """How long ago the bone broke, in whole weeks."""
    if weeks < 1:
        return say("you.days")
    whole = round(weeks)
    return say("you.weeks", weeks=say("time.week" if whole == 1 else "time.weeks", n=whole))


def _tone(assessment: Assessment) -> str:
    """An alarm where any answer is urgent or speaks of danger."""
    stances = {d.stance for d in assessment.decisions} | {p.stance for p in assessment.other_paths}
    return "alarm" if stances & ALARMING else "own"


def _answers(frame: Frame, assessment: Assessment) -> tuple[str, ...]:
    """What is said for the procedures and for each other path."""
    paths = [path for path in assessment.other_paths if path.stance is not None]
    return (*_for_procedures(frame, assessment), *map(_for_path, paths))


def _for_procedures(frame: Frame, assessment: Assessment) -> list[str]:
    """What is said for each procedure, once where it is the same for both."""
    said = {d.procedure: _answer(frame, d) for d in assessment.decisions}
    if len(said) > 1 and len(set(said.values())) == 1:
        return [f"{say('you.same')} {next(iter(said.values()))}"]
    return [f"{say('you.for_one', name=name_of(p))} {answer}" for p, answer in said.items()]


def _for_path(path: OtherPath) -> str:
    stance = "" if path.stance is None else say(f"path_stance.{path.stance.name.lower()}")
    return f"{say(f'path.{path.path.name.lower()}')} {stance}".rstrip()


def _answer(frame: Frame, decision: Decision) -> str:
    """The stance in plain words, then the gate or the step that gave it."""
    gate = f"gate.{decision.decided_by.rsplit('.', 1)[-1]}"
    reason = (
        say(gate)
        if knows(gate) and decision.step != "too_little_known"
        else frame.say(f"because.{decision.step}")
    )
    return f"{say(f'stance.{decision.stance.name.lower()}')} {reason}"


def _scan(assessment: Assessment) -> tuple[str, ...]:
    """What was measured of the broken bone, or that nothing could be."""
    findings, level = assessment.findings, assessment.case.level
    if not isinstance(findings, Findings) or isinstance(level, Unknown) or level not in findings.vertebrae:
        return (say("you.scan_none"),)
    doubt = (say("you.scan_differs"),) if disagreements(assessment.case, findings) else ()
    return (*doubt, _height_lost(findings[level]))


def _height_lost(body: VertebraFindings) -> str:
    """The loss of height in parts of a hundred, with its range."""
    loss = body.height_loss
    if not isinstance(loss, Measured):
        return say("you.scan_none")
    if loss.value <= SPREADS * loss.spread:
        return say("you.scan_no_loss")
    low, high = (max(0, min(WHOLE, round(loss.value + s * SPREADS * loss.spread))) for s in (-1, 1))
    return say("you.scan_height", height=round(loss.value), hundred=WHOLE, low=low, high=high)


def _own_risks(numbers: Numbers) -> list[Block]:
    """What of this person makes a harm more or less frequent in studies; nothing where nothing is known."""
    lines = []
    for heading, modifier in numbers.modifiers():
        if modifier.applies is Applies.YES and knows(f"modifier.{modifier.factor}"):
            key = "more" if modifier.estimate > 1 else "less"
            harm = say(f"heading.{heading.name.lower()}")
            lines.append(say(f"own_risk.{key}", factor=say(f"modifier.{modifier.factor}"), harm=harm))
    return (
        [Box(say("own_risk.heading"), (say("own_risk.intro"), *dict.fromkeys(lines)), listed=True)]
        if lines
        else []
    )


def _open(decisions: tuple[Decision, ...]) -> tuple[str, ...]:
    """The facts that are asked for, in plain words."""
    names = dict.fromkeys(name for decision in decisions for name in decision.ask_next)
    if not names:
        return (say("you.open_none"),)
    phrases = [say(f"fact.{name}") if knows(f"fact.{name}") else fact(name).label for name in names]
    return (say("you.open_intro"), *dict.fromkeys(phrases))

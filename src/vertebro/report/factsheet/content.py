"""The factsheet put together: every section from its sentences and the one table of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from vertebro import __version__
from vertebro.evidence.effect_types import Comparison, Effect, Endpoint
from vertebro.evidence.harm_types import Heading
from vertebro.evidence.one_table import ONE_DENOMINATOR
from vertebro.report.factsheet.blocks import (
    Block,
    Box,
    Drawn,
    Paragraph,
    Points,
    Rates,
    Section,
    Sheet,
    Times,
    Works,
)
from vertebro.report.factsheet.checklist import PERSONAL
from vertebro.report.factsheet.icons import icon_array
from vertebro.report.factsheet.numbers import (
    Numbers,
    Rate,
    capital,
    daily_life_in_words,
    dated,
    effect_in_words,
    is_pain,
    time_in_words,
)
from vertebro.report.factsheet.words import name_of, say, sheet_texts, short
from vertebro.report.figures import Picture
from vertebro.report.plain_language import Check, Side, reading
from vertebro.report.sentences import day
from vertebro.vocabulary.library import all_cited_values, references
from vertebro.vocabulary.procedures import Procedure

SEED = "ros_surgery_for_pain_relief"
YEAR_DAYS, MONTH_DAYS = 365, 30
ORDER = ["you", "what", "who", "not_for", "before", "during", "after", "benefits", "course", "harms"]
ORDER += ["long_term", "anaesthetic", "tried", "options", "unsure", "ask", "matters", "decides"]
"""In this order: what a computer tried out comes after what was counted in people."""
SIDES = {"benefits": Side.GOOD, "harms": Side.BAD, "long_term": Side.BAD, "anaesthetic": Side.BAD}
HEADINGS = {
    "leak": Heading.LEAK,
    "infection": Heading.INFECTION,
    "lung": Heading.LUNG_EMBOLUS,
    "allergy": Heading.ALLERGY,
    "nerve": Heading.CORD_OR_ROOT,
    "balloon": Heading.BALLOON_RUPTURE,
    "next_door": Heading.FRACTURE_NEXT_DOOR,
    "anaesthetic": Heading.ANAESTHETIC,
}
PAGES_CITED = (
    SEED,
    "nice_ta279",
    "hull_vertebroplasty",
    "northern_care_vertebroplasty",
    "ashford_cement",
    "nice_ipg12",
    "nice_ipg166",
    "rand_pathway_2018",
    "sir_bleeding_risk_2019",
    "cochrane_cd006349",
    "asbmr_2019",
    "iof_2011",
    "ebi_vertebral_augmentation",
    "ipdas_minimum",
    "legare_2016_ipdas",
)


@dataclass(frozen=True)
class Frame:
    """What every section is written with: the numbers, the day, and the values of all placeholders."""

    numbers: Numbers
    on: date
    values: dict[str, object]

    @classmethod
    def of(cls, numbers: Numbers, on: date) -> Frame:
        """The frame for these procedures, written on that day."""
        cited = all_cited_values()
        seed = references()[SEED]
        serious = numbers.harm("major_complication_30_days")
        values: dict[str, object] = {
            "people": ONE_DENOMINATOR,
            "healing_from": cited["guidelines.ros.healing_from"].value,
            "healing_until": cited["guidelines.ros.healing_until"].value,
            "heard_vertebroplasty": say("heard.vertebroplasty"),
            "heard_kyphoplasty": say("heard.kyphoplasty"),
            "follow_up_from": cited["guidelines.rand.follow_up_from"].value,
            "follow_up_until": cited["guidelines.rand.follow_up_until"].value,
            "harmed": serious.happens,
            "unharmed": serious.rest,
            "harmed_within": serious.time,
            "vertebroplasty_pain": _pain_in_short(numbers),
            "seed_title": seed.title,
            "seed_by": seed.by,
            "day": day(on),
            "version": __version__,
            "checked": day(max(value.checked_on for value in cited.values())),
        }
        return cls(numbers, on, values)

    def say(self, key: str) -> str:
        """The sentence with every placeholder filled."""
        return say(key, **{name: self.values[name] for name in sheet_texts().placeholders(key)})

    def under(self, key: str) -> tuple[str, ...]:
        """The sentences below a key, in their order, without those of a procedure that is not told of."""
        others = tuple(short(p) for p in Procedure if p not in self.numbers.procedures)
        keys = (
            k for k in sheet_texts().under(key) if not k.removeprefix(f"{key}.").startswith(others or ("\0",))
        )
        return tuple(self.say(k) for k in keys)


def general_sheet(numbers: Numbers, on: date) -> Sheet:
    """The factsheet of one procedure, without anything about a person."""
    (procedure,) = numbers.procedures
    frame = Frame.of(numbers, on)
    return assembled(frame, say(f"title_procedure.{short(procedure)}"), say("kind"), (), ())


def assembled(
    frame: Frame, title: str, kind: str, header: tuple[tuple[str, str], ...], own: Sequence[Section]
) -> Sheet:
    """The overview, what is about one person, every other section, and at last what the sheet rests on."""
    given = {section.key: section for section in own}
    keys = [key for key in ORDER if key in given or key not in PERSONAL]
    told = [given.get(key) or _section(frame, key) for key in keys]
    read = reading(p.text for section in told for p in section.passages() if p.prose)
    frame.values.update(grade=f"{read.grade:.0f}", smog=f"{read.smog:.0f}")
    last = [_section(frame, "about"), _sources(frame, [key for section in told for key in section.works])]
    return Sheet(title, kind, header, (glance(frame), *told, *last))


def with_findings(sheet: Sheet, found: Sequence[Check]) -> Sheet:
    """The sheet with every rule it breaks named in its last part, so that nobody takes it for checked."""
    if not found:
        return sheet
    lines = tuple(f"{check.asks} {check.found}" for check in found)
    note = Points(lines, heading=say("findings.heading"))
    sections = [
        replace(section, blocks=(*section.blocks, note)) if section.key == "about" else section
        for section in sheet.sections
    ]
    return replace(sheet, sections=tuple(sections))


def glance(frame: Frame) -> Section:
    """The overview of one page: the choice, the main counts, who decides."""
    numbers = frame.numbers
    mild = numbers.course_of("mild_or_no_pain")
    values = {"time": time_in_words(YEAR_DAYS), "happens": mild.happens, "people": ONE_DENOMINATOR}
    title = say("glance_section.picture", **values)
    picture = icon_array(mild, "icons-waiting", title, say("glance_section.picture_good"))
    points = frame.under("glance_section.points")
    blocks: list[Block] = [Paragraph(frame.say("glance_section.choice")), Points(points)]
    blocks += [Drawn((picture,))] if picture else []
    blocks.append(Rates(numbers.main(), heading=say("glance_section.table"), brief=True))
    uncounted = numbers.uncounted()
    blocks += (
        [Paragraph(say("glance_section.uncounted", harms="; ".join(uncounted).lower()))] if uncounted else []
    )
    return Section("glance", say("glance"), tuple(blocks))


def _section(frame: Frame, key: str) -> Section:
    base = f"section.{key}"
    side = SIDES.get(key, Side.NEITHER)
    blocks: list[Block] = [Paragraph(text, side) for text in frame.under(f"{base}.lead")]
    points = frame.under(f"{base}.points")
    if points:
        boxes = tuple(frame.under(f"{base}.scale"))
        blocks.append(Points(points, boxes=boxes, side=side))
    blocks += [Paragraph(text, side) for text in frame.under(f"{base}.more")]
    blocks += _special(frame, key)
    return Section(key, say(f"{base}.heading"), tuple(blocks))


def _special(frame: Frame, key: str) -> list[Block]:
    """What a section holds besides sentences: tables, pictures, boxes."""
    special = {"course": _course, "harms": _harms, "long_term": _long_term, "anaesthetic": _anaesthetic}
    special |= {"unsure": _shaky, "benefits": _benefits, "options": _waiting, "not_for": _alarm}
    return special[key](frame) if key in special else []


def _alarm(frame: Frame) -> list[Block]:
    return [Box(say("section.not_for.alarm_heading"), frame.under("section.not_for.alarm"), tone="alarm")]


def _shaky(frame: Frame) -> list[Block]:
    """The times at which the conclusion depends on how the interval is made."""
    found = (e for p in frame.numbers.procedures for e in frame.numbers.effects(p, *Comparison))
    times = dict.fromkeys(time_in_words(e.time_days) for e in found if is_pain(e) and e.depends_on_interval)
    return [Paragraph(say("shaky", time=time)) for time in times]


def _benefits(frame: Frame) -> list[Block]:
    blocks: list[Block] = []
    for procedure in frame.numbers.procedures:
        found = frame.numbers.effects(procedure, Comparison.SHAM, Comparison.USUAL_CARE)
        lines = (*pain_results(frame.numbers, procedure), *daily_life_in_words(found))
        own = frame.under(f"benefit.{short(procedure)}")
        blocks.append(Points((*own, *lines), heading=name_of(procedure).capitalize(), side=Side.GOOD))
    return [*blocks, Paragraph(frame.say("benefit.never"))]


def _pain_in_short(numbers: Numbers) -> str:
    """The pain a year after vertebroplasty against a fake treatment."""
    found = numbers.effects(Procedure.VERTEBROPLASTY, Comparison.SHAM)
    year = next(e for e in found if is_pain(e) and e.time_days == YEAR_DAYS)
    return say("effect.at_once", time=time_in_words(year.time_days), found=effect_in_words(year))


def pain_results(numbers: Numbers, procedure: Procedure) -> tuple[str, ...]:
    """The pain against a fake treatment, usual care, another treatment and the other procedure."""
    fakes = [e for e in numbers.effects(procedure, Comparison.SHAM) if is_pain(e)]
    chosen = [
        e for e in fakes if e.endpoint is Endpoint.PAIN_RELIEF or e.time_days in (MONTH_DAYS, YEAR_DAYS)
    ]
    others = numbers.effects(procedure, Comparison.USUAL_CARE, Comparison.ACTIVE_CONTROL)
    chosen += [e for e in others if is_pain(e)]
    between = numbers.effects(procedure, Comparison.KYPHOPLASTY_V_VERTEBROPLASTY)
    chosen += [e for e in between if is_pain(e) and e.time_days in (MONTH_DAYS, YEAR_DAYS)]
    return tuple(dict.fromkeys(_at(e) for e in chosen))


def _at(effect: Effect) -> str:
    """What was found and when; or on average until when."""
    key = "effect.over_time" if effect.over_time else "effect.at"
    return say(key, time=time_in_words(effect.time_days), found=effect_in_words(effect))


def _course(frame: Frame) -> list[Block]:
    heads = ["section.course.heads.time", "section.course.heads.waiting"]
    named = [say("section.course.heads.with", name=name_of(p)) for p in frame.numbers.procedures]
    rows = tuple((m.time, *(" ".join(cell) for cell in m.cells)) for m in frame.numbers.moments())
    return [Times((*map(say, heads), *named), rows)]


def _harms(frame: Frame) -> list[Block]:
    blocks: list[Block] = []
    for key, heading in HEADINGS.items():
        here = heading not in (Heading.FRACTURE_NEXT_DOOR, Heading.ANAESTHETIC)
        rates = frame.numbers.harms(heading) if here else ()
        counted = tuple(rate for rate in rates if not rate.why_none)
        said = [
            capital(rate.sentence if counted or len(rates) > 1 else rate.why_none)
            for rate in rates
            if rate.why_none
        ]
        says = (
            ""
            if heading is Heading.BALLOON_RUPTURE and not _has_balloon(frame)
            else frame.say(f"harms.says.{key}")
        )
        blocks.append(Rates(counted, say(f"harms.heads.{key}"), " ".join([says, *said]).strip(), Side.BAD))
        if heading is Heading.LEAK:
            blocks += _drawn(rates[:1], "icons-leak")
    return blocks


def _has_balloon(frame: Frame) -> bool:
    return Procedure.KYPHOPLASTY in frame.numbers.procedures


def _long_term(frame: Frame) -> list[Block]:
    rates = frame.numbers.harms(Heading.FRACTURE_NEXT_DOOR)
    return [*_drawn(rates[:2], "icons-next"), Rates(rates, side=Side.BAD)]


def _anaesthetic(frame: Frame) -> list[Block]:
    return [Rates(frame.numbers.harms(Heading.ANAESTHETIC), side=Side.BAD)]


def _waiting(frame: Frame) -> list[Block]:
    good, bad = frame.numbers.course(better=True), frame.numbers.course(better=False)
    return [
        Points(frame.under("waiting.good"), heading=say("waiting.good_heading"), side=Side.GOOD),
        Rates(tuple(map(dated, good)), side=Side.GOOD),
        Points(frame.under("waiting.bad"), heading=say("waiting.bad_heading"), side=Side.BAD),
        Rates(tuple(map(dated, bad)), side=Side.BAD),
        Points(frame.under("waiting.others"), heading=say("waiting.others_heading")),
    ]


def _drawn(rates: Sequence[Rate], name: str) -> list[Block]:
    drawn = [icon_array(rate, f"{name}-{n}", rate.label, rate.label) for n, rate in enumerate(rates, 1)]
    pictures = tuple(picture for picture in drawn if isinstance(picture, Picture))
    return [Drawn(pictures)] if pictures else []


def _sources(frame: Frame, own: Sequence[str]) -> Section:
    keys = dict.fromkeys((*PAGES_CITED, *frame.numbers.sources(), *own))
    works = tuple(
        (str(references()[key]).removesuffix(references()[key].link).strip(), references()[key].link)
        for key in keys
    )
    base = "section.sources"
    lead = [Paragraph(text) for text in frame.under(f"{base}.lead")]
    return Section("sources", say(f"{base}.heading"), (*lead, Works(works)))

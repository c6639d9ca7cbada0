"""The factsheet: every number from the one table, every answer in plain words, every rule of ours kept."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from vertebro.assess import assess
from vertebro.evidence.counts import Count, CountedAs, Interval, IntervalMethod
from vertebro.evidence.course import natural_course
from vertebro.evidence.effect_types import Effect, Endpoint
from vertebro.evidence.harm_types import Harm, Heading
from vertebro.evidence.modifiers import CHOICE, modifier_rows
from vertebro.evidence.one_table import ONE_DENOMINATOR, one_table
from vertebro.guidelines.ask import required_for_consider
from vertebro.guidelines.gate import gates
from vertebro.guidelines.settle import STEPS
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.report.assessment import Assessment
from vertebro.report.factsheet.blocks import Box, Paragraph, Rates, Section, Sheet, Times
from vertebro.report.factsheet.checklist import POINTS, broken, checks_of
from vertebro.report.factsheet.content import with_findings
from vertebro.report.factsheet.factsheet import general_factsheet
from vertebro.report.factsheet.icons import icon_array
from vertebro.report.factsheet.numbers import (
    Rate,
    daily_life_in_words,
    effect_in_words,
    points,
    time_in_words,
    told,
)
from vertebro.report.factsheet.personal import personal_sheet
from vertebro.report.factsheet.words import knows, say, sheet_texts
from vertebro.report.plain_language import PRESSING, Outcome, meets_the_target, reading
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

DAY = date(2026, 11, 22)
READY: dict[str, Any] = {
    "age_years": 78,
    "sex": "female",
    "osteoporosis": True,
    "malignancy": "none",
    "trauma": "low_energy",
    "pain_nrs": 8,
    "pain_trend": "stable",
    "pain_source_is_fracture": True,
    "weeks_since_fracture": 9.0,
    "optimal_pain_management": True,
    "exam_matches_level": True,
    "mri": "oedema",
    "infection": "none",
    "neuro_grade": "N0",
    "spinal_instability": "none",
    "allergies": ("none",),
    "posterior_wall": "intact",
    "inr": 1.0,
    "platelets": 220,
    "anticoagulant": ("none",),
    "asa": 2,
    "prone_tolerated": True,
}


def assessed(level: Level | Unknown = Level.L1, **facts: Any) -> Assessment:
    """Assessed from the record alone."""
    why = Unknown("not given")
    case = Case("case 7", DAY, ClinicalRecord.of(DAY, **facts), level, why, why)
    return assess(case)


def personal(level: Level | Unknown = Level.L1, **facts: Any) -> Sheet:
    return personal_sheet(assessed(level, **facts))


def text_of(sheet: Sheet, key: str) -> str:
    return " ".join(p.text for p in section(sheet, key).passages())


def own_part(sheet: Sheet) -> str:
    return text_of(sheet, "you")


def section(sheet: Sheet, key: str) -> Section:
    return next(s for s in sheet.sections if s.key == key)


def rates(sheet: Sheet) -> list[Rate]:
    return [r for s in sheet.sections for b in s.blocks if isinstance(b, Rates) for r in b.rates]


@pytest.fixture(scope="module", params=["vertebroplasty", "kyphoplasty", "one person"])
def sheet(request: pytest.FixtureRequest) -> Sheet:
    if request.param == "one person":
        return personal(**READY)
    return general_factsheet(Procedure[request.param.upper()], DAY)


def test_every_sheet_keeps_every_rule_of_ours(sheet: Sheet) -> None:
    checks = checks_of(sheet)
    assert not broken(checks), "\n".join(map(str, broken(checks)))
    assert set(POINTS) == {f"H{n}" for n in range(1, 18)} <= {check.key for check in checks}
    assert {check.key for check in checks if check.outcome is Outcome.OPEN} == {"H6", "H9"}


def test_every_frequency_is_that_of_the_one_table(sheet: Sheet) -> None:
    counts: dict[str, list[tuple[Count, Interval]]] = {}
    for row in one_table(assessed(**READY).facts):
        if row.course is not None:
            counts.setdefault(row.course.key, []).append((row.course.count, row.course.interval))
        if isinstance(row.harm, Harm):
            counts.setdefault(row.harm.key, []).append((row.harm.count, row.harm.interval))
            if row.harm.without is not None:
                counts[row.harm.key].append((row.harm.without, row.harm.without.interval()))
    for rate in rates(sheet):
        if rate.will is None:
            continue
        near = [
            count.share * ONE_DENOMINATOR
            for count, _ in counts[rate.key]
            if abs(count.share * ONE_DENOMINATOR - rate.will) <= (5 if rate.will >= 100 else 0.5)
        ]
        assert near, rate
        assert int(rate.rest) == ONE_DENOMINATOR - rate.will


def test_no_number_is_typed_into_a_sentence() -> None:
    words = sheet_texts()
    bare = {key: re.sub(r"\{\w+\}", "", words.raw(key)) for key in words.keys()}  # noqa: SIM118
    assert {key: text for key, text in bare.items() if re.search(r"\d", text)} == {}


def test_no_sentence_says_should_or_must() -> None:
    words = sheet_texts()
    said = [words.raw(key) for key in words.keys()]  # noqa: SIM118
    assert not [text for text in said if PRESSING.search(text)]


def test_every_harm_of_the_table_is_told_or_left_out_with_a_reason() -> None:
    worst = {**READY, "posterior_wall": "breached"}
    harms = {r.harm.key for r in one_table(assessed(**worst).facts) if isinstance(r.harm, Harm)}
    untold = {key for key in harms if not knows(f"harm.{key}") and not knows(f"left_out.{key}")}
    assert not untold
    assert all(knows(f"course.{point.key}") for point in natural_course())


def test_the_eight_headings_stand_in_the_order_of_the_seed_page(sheet: Sheet) -> None:
    named = [b.heading for b in section(sheet, "harms").blocks if isinstance(b, Rates)]
    assert named == [say(key) for key in sheet_texts().under("harms.heads")]
    assert len(named) == len(Heading) == 8


def test_what_nobody_counted_is_called_so() -> None:
    blocks = section(general_factsheet(Procedure.KYPHOPLASTY, DAY), "harms").blocks
    said = {b.heading: b.text for b in blocks if isinstance(b, Rates)}
    none = [heading for heading, text in said.items() if "No rate found" in text]
    assert none == [say(f"harms.heads.{key}") for key in ("allergy", "nerve", "balloon")]


def test_a_sheet_of_vertebroplasty_has_no_balloon_to_burst() -> None:
    text = " ".join(
        p.text for p in section(general_factsheet(Procedure.VERTEBROPLASTY, DAY), "harms").passages()
    )
    assert "No balloon is used, so this cannot happen." in text and "piece may stay behind" not in text


def test_the_course_without_cement_stands_beside_the_procedures_at_the_same_times(sheet: Sheet) -> None:
    (table,) = [b for b in section(sheet, "course").blocks if isinstance(b, Times)]
    assert table.heads[1] == "Without cement"
    rows = {row[0]: row for row in table.rows}
    assert "600 of 1000" in rows["1 year"][1]
    assert all(len(row) == len(table.heads) for row in table.rows)
    assert [cell for row in table.rows for cell in row if not cell] == []


def test_both_facts_on_the_neighbours_are_told(sheet: Sheet) -> None:
    text = text_of(sheet, "long_term")
    assert "strain on the bones next to it" in text
    assert "did not show that this happens" in text and "may still be a risk" in text


def test_the_sheet_says_that_it_is_untested(sheet: Sheet) -> None:
    text = text_of(sheet, "about")
    assert "Not yet tested with patients" in text and "No company paid" in text


def test_the_general_sheet_tells_of_one_procedure_and_of_nobody() -> None:
    vertebroplasty = general_factsheet(Procedure.VERTEBROPLASTY, DAY)
    assert not vertebroplasty.header and "you" not in {s.key for s in vertebroplasty.sections}
    what = text_of(vertebroplasty, "what")
    assert "vertebroplasty" in what and "balloon" not in what


@pytest.mark.parametrize("procedure", list(Procedure))
def test_every_gate_with_a_stance_has_plain_words(procedure: Procedure) -> None:
    missing = [
        g.name() for g in gates(procedure) if g.stance and not knows(f"gate.{g.name().split('.')[-1]}")
    ]
    assert not missing


def test_every_stance_step_fact_and_factor_has_plain_words() -> None:
    assert all(knows(f"stance.{stance.name.lower()}") for stance in Stance)
    assert all(knows(f"path_stance.{stance.name.lower()}") for stance in Stance)
    assert all(knows(f"because.{step.__name__}") for step in STEPS)
    needed = {name for procedure in Procedure for name in required_for_consider(procedure)}
    assert [name for name in sorted(needed) if not knows(f"fact.{name}")] == []
    factors = {row.text("factor") for row in modifier_rows() if row.text("condition") != CHOICE}
    assert [factor for factor in sorted(factors) if not knows(f"modifier.{factor}")] == []


PEOPLE: dict[str, tuple[dict[str, Any], str]] = {
    "ready": ({}, "It may be an option for you."),
    "too early": ({"weeks_since_fracture": 2.0, "pain_nrs": 7}, "It may be too early."),
    "infected": ({"infection": "active_systemic"}, "not safe for you now"),
    "deficit": ({"neuro_grade": "N3"}, "Call your team today."),
    "blood too thin": ({"inr": 2.6}, "put right first"),
    "painless": ({"pain_nrs": 0}, "does not fit you now"),
    "child": ({"age_years": 12}, "The guides do not fit your case."),
    "wall": ({"posterior_wall": "retropulsed"}, "talk this over as a team"),
    "no scan": ({"mri": None}, "There is no answer yet."),
}


def facts_of_person(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (READY | changes).items() if value is not None}


@pytest.mark.parametrize("person", PEOPLE)
def test_each_person_gets_a_sheet_that_keeps_the_rules_and_says_the_stance(person: str) -> None:
    changes, said = PEOPLE[person]
    made = personal(**facts_of_person(changes))
    assert said in own_part(made)
    assert not broken(checks_of(made)), [str(c) for c in broken(checks_of(made))]


@pytest.mark.parametrize("person", [p for p in PEOPLE if p != "ready"])
def test_nobody_but_the_ready_is_told_that_it_may_be_an_option(person: str) -> None:
    assert "It may be an option for you." not in own_part(personal(**facts_of_person(PEOPLE[person][0])))


@pytest.mark.parametrize("person", PEOPLE)
def test_a_no_stands_on_the_first_page_before_the_overview(person: str) -> None:
    """The overview says that one can wait or have cement: who cannot must not read that first."""
    changes, said = PEOPLE[person]
    first = personal(**facts_of_person(changes)).sections[0].blocks[0]
    assert isinstance(first, Box) == (person not in ("ready", "wall"))
    if isinstance(first, Box):
        assert said in " ".join(first.lines) and "not about you alone" in first.lines[-1]
        assert (first.tone == "alarm") == (person in ("infected", "deficit"))
    if person == "infected":
        assert isinstance(first, Box) and "this is urgent. Call your team today." in " ".join(first.lines)


def test_danger_stands_in_a_box_of_alarm() -> None:
    def tones(made: Sheet) -> set[str]:
        return {b.tone for b in section(made, "you").blocks if isinstance(b, Box)}

    assert "alarm" not in tones(personal(**READY))
    assert "alarm" in tones(personal(**READY | {"neuro_grade": "N3"}))


def test_what_is_not_known_is_asked_for_in_plain_words() -> None:
    said = own_part(personal(**facts_of_person({"mri": None, "inr": None})))
    assert "what an MRI scan shows" in said and "how fast your blood clots" in said
    assert "INR" not in said


def test_nothing_known_is_nothing_claimed() -> None:
    said = own_part(personal(Unknown("nobody wrote it down")))
    assert "It is not known which bone" in said
    assert "No height loss could be measured" in said
    assert "weeks ago" not in said and "Your pain is" not in said


def test_a_fresh_break_is_not_told_in_noughts() -> None:
    assert "less than a week ago" in own_part(personal(**READY | {"weeks_since_fracture": 0.3}))
    assert "1 week ago" in own_part(personal(**READY | {"weeks_since_fracture": 1.2}))


def test_a_measured_height_is_an_estimate_with_its_range(block_assessment: Assessment) -> None:
    box = next(
        b
        for b in section(personal_sheet(block_assessment), "you").blocks
        if isinstance(b, Box) and "estimate, not a promise" in b.heading
    )
    loss = block_assessment.findings[Level.L1].height_loss  # type: ignore[union-attr, index]
    assert f"about {round(loss.value)}" in box.lines[0]
    assert str(round(loss.value - 2 * loss.spread)) in box.lines[0]


def test_what_raises_the_own_risk_is_told_only_where_it_is_known() -> None:
    assert "cortisone" in own_part(personal(**READY, steroid_mg_day=10))
    assert "cortisone" not in own_part(personal(**READY))


def test_a_rule_that_is_broken_is_listed_on_the_sheet_itself() -> None:
    sheet = general_factsheet(Procedure.VERTEBROPLASTY, DAY)
    extra = Section("who", "Who it may help", (Paragraph("You should have it. Harm is rare."),))
    spoilt = replace(sheet, sections=tuple(extra if s.key == "who" else s for s in sheet.sections))
    found = broken(checks_of(spoilt))
    assert {"pressing_words", "loaded_words", "H16", "H11", "H17"} <= {check.key for check in found}
    listed = text_of(with_findings(spoilt, found), "about")
    assert "No should, no must." in listed and "Rare, common" in listed


@pytest.mark.parametrize("key", ["what", "harms", "options", "decides", "about", "ask", "matters"])
def test_a_section_left_out_breaks_a_point(key: str) -> None:
    sheet = general_factsheet(Procedure.VERTEBROPLASTY, DAY)
    assert broken(checks_of(replace(sheet, sections=tuple(s for s in sheet.sections if s.key != key))))


def test_an_item_of_the_standards_that_is_missing_breaks_their_point() -> None:
    sheet = general_factsheet(Procedure.VERTEBROPLASTY, DAY)
    spoilt = replace(sheet, sections=tuple(s for s in sheet.sections if s.key != "during"))
    found = next(check for check in checks_of(spoilt) if check.key == "H6")
    assert found.outcome is Outcome.BROKEN and "1.2.1" in found.found


def test_no_two_lines_on_waiting_are_called_the_same(sheet: Sheet) -> None:
    labels = [r.label for b in section(sheet, "options").blocks if isinstance(b, Rates) for r in b.rates]
    assert len(labels) == len(set(labels))
    assert "Pain cut by half or more after 6 months" in labels


@pytest.mark.parametrize(
    ("count", "of", "will"), [(18, 5749, 3), (4, 3175, 1), (149, 181, 820), (15, 91, 160), (0, 157, 0)]
)
def test_counts_are_told_of_a_thousand(count: int, of: int, will: int) -> None:
    assert told(Count(count, of, CountedAs.PATIENTS).share) == will


@pytest.mark.parametrize(
    ("days", "words"),
    [
        *[(1, "1 day"), (7, "1 week"), (14, "2 weeks"), (30, "1 month"), (90, "3 months"), (180, "6 months")],
        *[(345, "1 year"), (365, "1 year"), (700, "2 years"), (730, "2 years")],
    ],
)
def test_times_as_people_say_them(days: int, words: str) -> None:
    assert time_in_words(days) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(0.1, "no change"), (-0.51, "½ a point"), (1.02, "1 point"), (1.49, "1½ points"), (-2.2, "2 points")],
)
def test_points_of_pain_to_half_a_point(size: float, words: str) -> None:
    assert points(size) == words


def test_fewer_people_with_little_pain_and_a_worse_daily_life_are_told_as_they_are() -> None:
    found = [r.effect for r in one_table({}) if isinstance(r.effect, Effect)]
    relief = next(e for e in found if e.endpoint is Endpoint.PAIN_RELIEF)
    worse = replace(relief, estimate=-22.6, intervals=(Interval(-39.4, -5.7, IntervalMethod.WALD),))
    assert "about 230 fewer of 1000" in effect_in_words(worse) and "57 to 390" in effect_in_words(worse)
    unclear = replace(relief, intervals=(Interval(-1.0, 39.4, IntervalMethod.WALD),))
    assert effect_in_words(unclear).startswith("no clear difference")
    life = next(e for e in found if e.endpoint is Endpoint.DISABILITY)
    harm = replace(life, estimate=-2.0, intervals=(Interval(-3.0, -1.0, IntervalMethod.WALD),))
    assert "Daily life was worse" in " ".join(daily_life_in_words([harm]))


@pytest.mark.parametrize("will", [0, 1, 100, 823, 1000])
def test_an_icon_array_has_a_thousand_squares_the_dark_ones_first_and_together(will: int) -> None:
    rate = Rate("k", "Leak", "people", will, str(will), str(1000 - will), "1 to 2", ())
    picture = icon_array(rate, "leak", "Leak", "a leak")
    assert picture is not None and str(will) in picture.alt and str(1000 - will) in picture.alt
    light, dark, stripes = re.findall(r'<path d="([^"]*)"', picture.svg)
    squares = [re.findall(r"M(\d+) (\d+)", path) for path in (light, dark, stripes)]
    assert [len(one) for one in squares] == [1000 - will, will, will]
    assert not set(squares[0]) & set(squares[1])
    blocks = {(int(x) // 108, int(y) // 108) for x, y in squares[1]}
    assert len(blocks) == -(-will // 100)


def test_what_has_no_number_has_no_picture() -> None:
    assert icon_array(Rate("", "Allergy", "", None, "", "", "", (), "no rate"), "a", "A", "a") is None


def test_an_effect_that_is_unclear_is_never_told_as_a_gain() -> None:
    for row in one_table({}):
        if isinstance(row.effect, Effect) and row.effect.interval.holds(0.0):
            words = effect_in_words(row.effect).lower()
            assert words.startswith("no ") and "more of" not in words


def test_more_pain_with_the_procedure_is_told_as_more_pain() -> None:
    effect = next(
        r.effect for r in one_table({}) if isinstance(r.effect, Effect) and r.effect.time_days == 730
    )
    worse = replace(effect, estimate=-1.0, intervals=(Interval(-1.6, -0.4, IntervalMethod.WALD),))
    assert "pain was 1 point higher than with a fake treatment" in effect_in_words(worse)
    assert "(range: 1½ points higher to ½ a point higher)" in effect_in_words(worse)


def test_where_the_conclusion_depends_on_the_interval_the_sheet_says_so() -> None:
    text = " ".join(
        p.text for p in section(general_factsheet(Procedure.VERTEBROPLASTY, DAY), "unsure").passages()
    )
    assert "The result after 1 year is shaky" in text


def test_the_prose_keeps_the_target_grade_also_without_its_lists(sheet: Sheet) -> None:
    assert meets_the_target(sheet.passages())
    paragraphs = [b.text for s in sheet.sections for b in s.blocks if isinstance(b, Paragraph)]
    assert reading(paragraphs).grade <= 6

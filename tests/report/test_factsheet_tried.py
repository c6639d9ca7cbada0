"""What a computer tried out, on the factsheet: the clinician's numbers, only where the decision is open."""

import re
from dataclasses import replace
from functools import cache
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from pypdf import PdfReader
from test_factsheet import DAY, PEOPLE, READY, assessed, facts_of_person, own_part, section, text_of

from vertebro.errors import HouseFault
from vertebro.evidence.harm_types import Harm, Symptoms
from vertebro.evidence.one_table import ONE_DENOMINATOR, one_table
from vertebro.formats.compare_document import comparison_document
from vertebro.guidelines.verdict import Stance
from vertebro.report.assessment import Assessment
from vertebro.report.compare_words import rows
from vertebro.report.factsheet.blocks import Rates, Sheet
from vertebro.report.factsheet.checklist import broken, checks_of
from vertebro.report.factsheet.page import html
from vertebro.report.factsheet.pdf import pdf
from vertebro.report.factsheet.personal import personal_sheet
from vertebro.report.factsheet.tried import OPEN, in_question, millimetres
from vertebro.report.factsheet.words import sheet_texts
from vertebro.simulation.augmented import Augmented, Carried, Restored
from vertebro.simulation.compare import Compared, Option, Wanted, volumes_of
from vertebro.simulation.discs import v as published
from vertebro.simulation.endplate_lift import Union
from vertebro.simulation.height_gain import HeightGain, HeightsAfter, published_series
from vertebro.simulation.inflation import Stop
from vertebro.simulation.neighbour_results import Band
from vertebro.simulation.sampling import Share
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.procedures import Procedure

WHY = Unknown("the solver did not converge on 3.14 %")
PROMISE = re.compile(r"\b(?:will (?:help|heal|get|feel)|safe|cures?|certain|guarantee|proven|always)\b", re.I)


def measured(value: float, unit: str, spread: float) -> Measured:
    return Measured(value, unit, "made", spread)


def restored(strength: float, spread: float) -> Restored:
    part = measured(strength, "%", spread)
    return Restored(measured(90, "%", 5), measured(71, "%", 5), part)


def shares(events: int, unknown: int = 0, of: int = 50) -> Share:
    return Share.of_answers([True] * events + [Unknown("off")] * unknown + [False] * (of - events - unknown))


def gained(middle_mm: float) -> HeightsAfter:
    mm, wedge = measured(middle_mm, "mm", 0.1), measured(-0.2, "deg", 0.1)
    gain = HeightGain(Union.LOOSE, mm, mm, mm, wedge, published_series())
    return HeightsAfter(WHY, WHY, WHY, WHY, WHY, gain)


def next_door(rise_pct: float) -> Any:
    change = SimpleNamespace(quantity="pressure", change=measured(rise_pct, "%", 0.2))
    band = Band("cement", 2.4, 19.0, (published.cement_alone_pct, published.baroud_change_pct))
    return SimpleNamespace(cement=(change,), bands=(band,), evidence="next_door")


def option(procedure: str, ml: float, **changes: Any) -> Option:
    made = Option(
        procedure=procedure,
        volume=measured(ml, "mL", 0.0),
        leaked=measured(0.03, "mL", 0.0),
        canal=shares(3, 7),
        anywhere=shares(14, 7),
        carried=WHY,
        restored=restored(237.8, 32.2),
        heights=gained(1.4) if procedure == "kyphoplasty" else Unknown("no balloon"),
        neighbours=next_door(2.7),
        heat=WHY,
    )
    return replace(made, **changes)


def compared(vertebroplasty: Any = None, kyphoplasty: Any = None, **changes: Any) -> Compared:
    """As planned with 2.5 mL, and with 2 mL beyond the 1 mL that balloons meant for 3 mL reached."""
    asked = {"vertebroplasty": vertebroplasty or {}, "kyphoplasty": kyphoplasty or {}}
    volumes = {"vertebroplasty": (1.25, 2.5), "kyphoplasty": (1.0, 3.0)}
    options = [option(name, ml, **given) for name, given in asked.items() for ml in volumes[name]]
    load = Carried(measured(9000, "N/mm", 0), measured(2000, "N", 0), WHY)
    strong = Augmented(Level.L1, load, load, WHY, {}, {"broken": restored(87.4, 6.6)}, ())
    plans: dict[str, Any] = {
        "vertebroplasty": planned(2.5, 0.0, has_balloons=False),
        "kyphoplasty": planned(3.0, 3.0, has_balloons=True),
    }
    reached = SimpleNamespace(ended_by=Stop.PRESSURE, last=SimpleNamespace(volume=measured(1.04, "mL", 0.0)))
    played: dict[str, Any] = {
        name: SimpleNamespace(done=(), plan=plan, inflation=reached if plan.has_balloons else WHY)
        for name, plan in plans.items()
    }
    made = Compared("case 7", Level.L1, Wanted(), plans, played, {}, strong, WHY, tuple(options), ("read",))
    return replace(made, **changes)


def planned(cement_ml: float, cavities_ml: float, *, has_balloons: bool) -> Any:
    return SimpleNamespace(
        cement_ml=cement_ml, cavities_ml=cavities_ml, has_balloons=has_balloons, needles=(), notes=()
    )


@cache
def ready() -> Assessment:
    return assessed(**READY)


def told(comparison: Compared | Unknown | None) -> Assessment:
    return replace(ready(), comparison=comparison)


def tried(sheet: Sheet) -> str:
    return text_of(sheet, "tried")


def has_part(sheet: Sheet) -> bool:
    return any(s.key == "tried" for s in sheet.sections)


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    return personal_sheet(told(compared()))


def test_a_sheet_with_the_part_keeps_every_rule(sheet: Sheet) -> None:
    assert has_part(sheet)
    assert not broken(checks_of(sheet)), [str(c) for c in broken(checks_of(sheet))]


def test_the_leaks_are_those_of_the_clinician_told_of_a_thousand() -> None:
    made = compared(vertebroplasty={"anywhere": shares(14, 7), "canal": shares(1)})
    (table,) = [b for b in section(personal_sheet(told(made)), "tried").blocks if isinstance(b, Rates)]
    cells = {line[0]: line for line in rows(made)}
    alone = replace(made, options=tuple(replace(o, neighbours=WHY) for o in made.options))
    written = {(o["procedure"], o["volume"]["value"]): o for o in comparison_document(alone)["options"]}
    names = [("vertebroplasty", 2.5), ("kyphoplasty", 3.0)] * 2
    for rate, (name, ml), column in zip(table.rates, names, ["anywhere"] * 2 + ["canal"] * 2, strict=True):
        cell = cells[f"{name}, {ml:g} mL"][4 if column == "anywhere" else 5]
        p, low, high = (int(n) for n in re.findall(r"\d+", cell))
        assert (rate.will, int(rate.rest)) == (10 * p, ONE_DENOMINATOR - 10 * p)
        assert rate.spread == (f"{10 * low} to {10 * high}" if low else f"up to {10 * high}")
        raw = written[name, ml][f"chance_{column}"]
        assert 10 * round(100 * raw["events"] / (raw["of"] - raw["unknown"])) == rate.will


def test_strength_height_and_pressure_are_those_of_the_clinician(sheet: Sheet) -> None:
    said = tried(sheet)
    row = {line[0]: line for line in rows(compared())}["kyphoplasty, 3 mL"]
    strength = re.search(r"\d+", row[1])
    assert strength and f"With balloon kyphoplasty: about {strength[0]} bricks (range: 173 to 302)" in said
    assert "Now, without cement: about 87 bricks (range: 74 to 101)" in said
    assert row[6].startswith("+1.4") and "1½ millimetres in the middle" in said
    assert row[8].startswith("+2.7") and "there would be about 3 more" in said
    assert "about 2 millimetres on average" in said and "1 millimetre lost and 5 millimetres gained" in said


def test_page_and_pdf_hold_it_too(sheet: Sheet) -> None:
    page = html(sheet)
    document = PdfReader(BytesIO(pdf(sheet, DAY)))
    written = re.sub(r"[\s\-]+", "", "".join(p.extract_text() for p in document.pages))
    for passage in section(sheet, "tried").passages():
        if passage.prose:
            assert passage.text in page
            assert re.sub(r"[\s\-]+", "", passage.text) in written, passage.text


def test_it_is_called_an_estimate_that_decides_nothing_and_tells_nothing_of_pain(sheet: Sheet) -> None:
    said = tried(sheet)
    for part in (
        "Nobody has checked with patients",
        "do not tell what will happen to you",
        "do not decide anything",
        "knows nothing of pain and nothing of healing",
        "Most leaks are not felt",
        "can miss leaks",
        "cement does not stop them from breaking",
        "It is not a risk of breaking",
        "Some tries gave no answer",
    ):
        assert part in said, part


def test_no_word_of_promise_stands_in_it() -> None:
    words = sheet_texts()
    found = [k for k in words.keys() if k.startswith("tried.") and PROMISE.search(words.raw(k))]  # noqa: SIM118
    assert not found
    assert PROMISE.search("The cement will help you.")


def test_leaks_are_called_unfelt_because_a_study_says_so(sheet: Sheet) -> None:
    harms = {r.harm.key: r.harm for r in one_table({}) if isinstance(r.harm, Harm)}
    assert harms["leak_any_ct_vertebrae"].symptoms is Symptoms.SILENT
    assert "800 of 1000 treated bones, and nobody felt it" in tried(sheet)
    cited = " ".join(str(b) for b in section(sheet, "sources").blocks)
    assert "Winkelmann" in cited and "Baroud" in cited and "Venmans" in cited


def test_it_stands_after_what_was_counted_in_people(sheet: Sheet) -> None:
    keys = [s.key for s in sheet.sections]
    assert keys.index("harms") < keys.index("anaesthetic") < keys.index("tried") < keys.index("options")


@pytest.mark.parametrize("person", PEOPLE)
def test_only_where_the_decision_is_open_are_there_numbers(person: str) -> None:
    assessment = replace(assessed(**facts_of_person(PEOPLE[person][0])), comparison=compared())
    made = personal_sheet(assessment)
    assert has_part(made) == (person in ("ready", "wall"))
    assert not broken(checks_of(made)), [str(c) for c in broken(checks_of(made))]
    if not has_part(made):
        assert own_part(made).count("A computer tried out") == 1
        assert "bricks" not in " ".join(p.text for p in made.passages())


@pytest.mark.parametrize("stance", list(Stance))
def test_each_stance_of_one_procedure_leaves_its_numbers_in_or_out(stance: Stance) -> None:
    open_now = told(compared())
    first, second = open_now.decisions
    assert (first.procedure, second.stance) == (Procedure.VERTEBROPLASTY, Stance.CONSIDER)
    changed = replace(open_now, decisions=(replace(first, stance=stance), second))
    assert (Procedure.VERTEBROPLASTY in in_question(changed)) == (stance in OPEN)
    made = personal_sheet(changed)
    if stance is Stance.REFER_URGENTLY:
        assert not has_part(made)
        return
    assert ("With vertebroplasty: about" in tried(made)) == (stance in OPEN)
    assert ("found for vertebroplasty is left out" in tried(made)) == (stance not in OPEN)
    assert not broken(checks_of(made)), [str(c) for c in broken(checks_of(made))]


def test_anything_urgent_takes_all_numbers_away() -> None:
    path = replace(ready().other_paths[0], stance=Stance.REFER_URGENTLY)
    assert in_question(replace(ready(), other_paths=(path, *ready().other_paths[1:]))) == ()


def test_nobody_asked_is_nothing_said_and_a_failure_is_one_sentence() -> None:
    assert "computer" not in " ".join(p.text for p in personal_sheet(told(None)).passages())
    failed, early = personal_sheet(told(WHY)), assessed(**READY | {"weeks_since_fracture": 2.0})
    assert not has_part(failed) and "could not try out" in own_part(failed)
    assert "3.14" not in own_part(failed)
    assert "computer" not in own_part(personal_sheet(replace(early, comparison=WHY)))


UNKNOWNS: dict[str, tuple[dict[str, Any], str]] = {
    "leaks": ({"anywhere": WHY, "canal": WHY}, "The computer could not work out how often"),
    "one leak": ({"canal": WHY}, "the computer could not work this out"),
    "no answer": ({"canal": shares(0, 50)}, "the computer could not work this out"),
    "strength": ({"restored": WHY}, "With vertebroplasty: the computer could not work this out"),
    "height": ({"heights": WHY}, "With balloon kyphoplasty: the computer could not work this out"),
    "next door": (
        {"neighbours": WHY},
        "With vertebroplasty and with balloon kyphoplasty: the computer could not",
    ),
}


@pytest.mark.parametrize("what", UNKNOWNS)
def test_what_is_unknown_is_called_so_and_never_a_number(what: str) -> None:
    changes, said = UNKNOWNS[what]
    made = personal_sheet(told(compared(changes, changes)))
    assert said in tried(made)
    assert "3.14" not in tried(made) and "none of the 0" not in tried(made)
    assert not broken(checks_of(made)), [str(c) for c in broken(checks_of(made))]


def test_strengths_of_two_definitions_never_stand_beside_each_other() -> None:
    mixed = Restored(measured(90, "%", 5), measured(135.0, "%", 5), Unknown("no curve"))
    said = tried(personal_sheet(told(compared(vertebroplasty={"restored": mixed}))))
    assert "With vertebroplasty: about 135 bricks" in said
    assert "With balloon kyphoplasty: about 71 bricks" in said and "Now, without cement: about 71" in said
    assert "238" not in said and "87" not in said


def test_only_the_planned_amount_is_told() -> None:
    made = compared()
    other = tuple(o for o in made.options if o.volume.value != 2.5)
    said = tried(personal_sheet(told(replace(made, options=other))))
    assert "could not try out vertebroplasty" in said and "With balloon kyphoplasty: about 238" in said
    assert isinstance(made.as_planned("vertebral stent"), Unknown)
    for cement_ml, cavities_ml, reached_ml in ((2.5, 0.0, 0.0), (5.0, 3.0, 1.0)):
        first = planned(cement_ml, cavities_ml, has_balloons=cavities_ml > 0)
        left = cement_ml - cavities_ml + reached_ml
        assert left in volumes_of(Wanted(), first, reached_ml)  # always among those played


def test_a_leak_that_no_try_showed_is_not_ruled_out() -> None:
    made = personal_sheet(told(compared(vertebroplasty={"canal": shares(0, 7)})))
    (table,) = [b for b in section(made, "tried").blocks if isinstance(b, Rates)]
    none = next(r for r in table.rates if "spinal cord" in r.label and "with vertebroplasty" in r.label)
    assert none.happens == "none of the 43 tries" and none.spread == "up to 270"
    assert none.rest == "all 43 tries"  # 1000 of 1000 would sound like certainty
    assert not broken(checks_of(made)), [str(c) for c in broken(checks_of(made))]


def test_few_computed_leaks_stand_beside_the_many_seen_in_people(sheet: Sheet) -> None:
    """164 of 201 and 157 of 214 levels: a computed 100 of 1000 must not sell one treatment."""
    said = tried(sheet)
    assert "820 of 1000 treated bones, with vertebroplasty" in said
    assert "730 of 1000 treated bones, with balloon kyphoplasty" in said
    first = replace(
        ready(), decisions=(replace(ready().decisions[0], stance=Stance.WAIT), ready().decisions[1])
    )
    only = tried(personal_sheet(replace(first, comparison=compared())))
    assert "730 of 1000" in only and "820 of 1000" not in only


def test_different_amounts_of_cement_are_not_told_as_a_better_treatment(sheet: Sheet) -> None:
    assert "More cement is planned with balloon kyphoplasty than with vertebroplasty" in tried(sheet)
    assert "do not show which treatment is better" in tried(sheet)
    alone = tried(personal_sheet(told(compared(plans={**compared().plans, "kyphoplasty": WHY}))))
    assert "More cement is planned" not in alone


def test_a_leak_too_seldom_for_a_whole_per_cent_is_not_told_as_none() -> None:
    made = personal_sheet(told(compared(vertebroplasty={"canal": shares(1, of=400)})))
    (table,) = [b for b in section(made, "tried").blocks if isinstance(b, Rates)]
    assert next(r for r in table.rates if "spinal cord" in r.label).happens == "fewer than 10"


def test_a_strength_is_told_against_the_bone_before_it_broke() -> None:
    for strength, words in (
        (60.0, "less than before."),
        (100.0, "That may be less"),
        (140.0, "more than before."),
    ):
        given = {"restored": restored(strength, 5.0)}
        assert words in tried(personal_sheet(told(compared(given, given))))


def test_a_procedure_without_a_plan_is_named_and_one_plan_is_enough() -> None:
    plans: Any = {**compared().plans, "kyphoplasty": WHY}
    said = tried(personal_sheet(told(compared(plans=plans))))
    assert "could not try out balloon kyphoplasty" in said and "How much height" not in said
    assert not has_part(personal_sheet(told(compared(plans=dict.fromkeys(plans, WHY)))))


def test_a_comparison_of_another_person_or_bone_is_refused() -> None:
    for wrong in ({"case_id": "case 8"}, {"level": Level.L2}):
        with pytest.raises(HouseFault, match="not of this case"):
            personal_sheet(told(compared(**wrong)))


@pytest.mark.parametrize(
    ("mm", "words"),
    [
        *[(-0.4, "nothing"), (0.0, "nothing"), (0.07, "less than ½ a millimetre"), (0.3, "½ a millimetre")],
        *[(1.1, "1 millimetre"), (1.4, "1½ millimetres"), (2.1, "2 millimetres")],
    ],
)
def test_heights_to_half_a_millimetre(mm: float, words: str) -> None:
    assert millimetres(mm) == words

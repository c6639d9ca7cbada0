"""The section on the procedures: what was not done has its reason, parts stand on page and paper alike."""

from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pypdf import PdfReader

from vertebro.guidelines.verdict import Stance
from vertebro.report.assessment import Assessment
from vertebro.report.balloon_part import balloon_part
from vertebro.report.content import content
from vertebro.report.figures import Picture
from vertebro.report.not_done import NOT_ASKED, not_done
from vertebro.report.not_simulated import not_simulated
from vertebro.report.page import html
from vertebro.report.pdf import pdf
from vertebro.report.pictures import Pictures
from vertebro.report.section_part import Part
from vertebro.report.simulation_methods import HowComputed
from vertebro.report.simulation_section import SimulationWords, simulation_words
from vertebro.simulation.augmented import Augmented, Carried, Restored
from vertebro.simulation.compare import Compared, Option, Wanted
from vertebro.simulation.endplate_lift import Union
from vertebro.simulation.height_gain import HeightGain, HeightsAfter, published_series
from vertebro.simulation.inflation import Inflation, Stop
from vertebro.simulation.sampling import Share
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

GONE = Unknown("the reason of this test")
PERCENT = Measured(90.0, "%", "made", 5.0)
NEWTON = Measured(2000.0, "N", "made", 100.0)
STIFF = Measured(9000.0, "N/mm", "made", 400.0)
SHARE = Share.of_answers([True, False, False])


def gain(mm: float, union: Union = Union.LOOSE) -> HeightGain:
    up = Measured(mm, "mm", "made", 0.2)
    return HeightGain(union, up, up, up, Measured(-mm, "deg", "made", 0.2), published_series())


def option(procedure: str, **changes: Any) -> Option:
    next_door = SimpleNamespace(cement=(), alignment=())
    heights = HeightsAfter(*[Measured(20.0, "mm", "made", 0.4)] * 3, *[GONE] * 2, gain=gain(1.2))
    made = Option(
        procedure=procedure,
        volume=Measured(4.0, "mL", "made", 0.0),
        leaked=Measured(0.02, "mL", "made", 0.0),
        canal=SHARE,
        anywhere=SHARE,
        carried=Carried(STIFF, NEWTON, NEWTON),
        restored=Restored(PERCENT, PERCENT, PERCENT),
        heights=heights,
        neighbours=cast(Any, next_door),
        heat={},
    )
    return replace(made, **changes)


def step(name: str) -> Any:
    return SimpleNamespace(name=name)


def compared(changes: dict[str, Any] | None = None, inflation: Any = None, **others: Any) -> Compared:
    """Vertebroplasty and kyphoplasty, all of it known; ``changes`` are those of the kyphoplasty's option."""
    plans: dict[str, Any] = {
        "vertebroplasty": SimpleNamespace(
            has_balloons=False, cement_ml=4.0, cavities_ml=0.0, needles=(), steps=(), notes=()
        ),
        "kyphoplasty": SimpleNamespace(
            has_balloons=True,
            cement_ml=4.0,
            cavities_ml=2.0,
            needles=(),
            steps=(step("inflate"),),
            notes=(),
        ),
    }
    played: dict[str, Any] = {
        name: SimpleNamespace(plan=plan, inflation=inflation, gain=lambda: gain(1.2))
        for name, plan in plans.items()
    }
    load = Carried(STIFF, NEWTON, NEWTON)
    strong = Augmented(Level.L1, load, load, load, {}, {"broken": Restored(PERCENT, PERCENT, PERCENT)}, ())
    options = (option("vertebroplasty", heights=GONE), option("kyphoplasty", **(changes or {})))
    segment: Any = SimpleNamespace()
    made = Compared("made", Level.L1, Wanted(), plans, played, {}, strong, segment, options, ())
    return replace(made, **others)


def test_where_all_is_known_nothing_is_missing() -> None:
    """A vertebroplasty has no balloon: that its gain of height is not known is nothing missing."""
    assert not_simulated(compared()) == ()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"leaked": GONE, "restored": GONE, "heat": GONE}, "injection, kyphoplasty, 4 mL"),
        ({"restored": GONE}, "strength, kyphoplasty, 4 mL"),
        ({"restored": Restored(PERCENT, PERCENT, GONE)}, "strength at the offset, kyphoplasty, 4 mL"),
        ({"anywhere": GONE}, "chance of a leak, kyphoplasty, 4 mL"),
        ({"heights": GONE}, "heights, kyphoplasty, 4 mL"),
        ({"neighbours": GONE}, "load next door, kyphoplasty, 4 mL"),
        ({"heat": GONE}, "heat, kyphoplasty, 4 mL"),
    ],
)
def test_what_is_not_known_of_an_option_is_named_with_its_reason(changes: dict[str, Any], what: str) -> None:
    assert not_simulated(compared(changes)) == ((what, GONE.why),)


def test_a_plan_a_segment_balloons_and_the_intact_bone_are_named() -> None:
    whole = compared()
    plans = {"vertebroplasty": whole.plans["vertebroplasty"], "kyphoplasty": GONE}
    only = {"vertebroplasty": whole.played["vertebroplasty"]}
    no_plan = replace(whole, plans=plans, played=only, options=whole.options[:1])
    assert not_simulated(no_plan) == (("plan of a kyphoplasty", GONE.why),)
    assert not_simulated(compared({"neighbours": GONE}, segment=GONE)) == (
        ("load on the vertebrae next door", GONE.why),
    )
    assert ("balloons of a kyphoplasty", GONE.why) in not_simulated(compared(inflation=GONE))
    without = replace(whole, untreated=replace(whole.untreated, intact=GONE))
    assert not_simulated(without) == (("strength of L1 before it broke", GONE.why),)


def test_one_reason_for_many_things_is_told_once() -> None:
    ((what, why),) = not_simulated(compared({"heat": GONE, "anywhere": GONE}))
    assert why == GONE.why and "heat, kyphoplasty" in what and "chance of a leak, kyphoplasty" in what


def test_not_done_says_who_did_not_ask_and_what_was_refused(block_assessment: Assessment) -> None:
    case, findings = block_assessment.case, block_assessment.findings
    assert not_done(case, findings, None) == (("simulation of the procedures", NOT_ASKED),)
    assert not_done(case, findings, GONE) == (("simulation of the procedures", GONE.why),)


def page_of(assessment: Assessment) -> str:
    return html(content(assessment), Pictures.of(assessment))


def test_a_refused_simulation_is_said_where_a_reader_looks(block_assessment: Assessment) -> None:
    page = page_of(replace(block_assessment, comparison=GONE))
    section = page[page.index('<section id="simulation"') :]
    section = section[: section.index("</section>")]
    assert "could not be simulated" in section and GONE.why in section
    assert "<table" not in section and "<figure" not in section
    assert replace(block_assessment, comparison=GONE).is_partial and not block_assessment.is_partial
    assert '<section id="simulation"' not in page_of(block_assessment)


@pytest.mark.parametrize("stance", list(Stance))
def test_no_number_is_read_as_a_yes_where_the_decision_says_no(
    block_assessment: Assessment, stance: Stance
) -> None:
    """The procedures can be played for anybody (--simulate): what was decided stands above the numbers."""
    decisions = tuple(replace(d, stance=stance) for d in block_assessment.decisions)
    known = replace(compared(), options=(), played={}, plans={})
    words = simulation_words(replace(block_assessment, decisions=decisions, comparison=known))
    assert words is not None
    (line,) = words.decided
    assert f"“{stance.value}”" in line and all(d.procedure.value in line for d in decisions)
    is_open = stance in (Stance.CONSIDER, Stance.DISCUSS)
    assert ("speaks for doing it" in line) is not is_open
    one = (
        replace(decisions[0], stance=Stance.CONTRAINDICATED),
        replace(decisions[1], stance=Stance.CONSIDER),
    )
    words = simulation_words(replace(block_assessment, decisions=one, comparison=known))
    assert words is not None and len(words.decided) == 2 and "contraindicated" in words.decided[0]


def test_gains_never_stand_without_those_of_patients() -> None:
    balloon = SimpleNamespace(balloon=SimpleNamespace(name="15/3"), side="right", volume_ml=2.0)
    filling: Any = SimpleNamespace(
        volume=Measured(2.0, "mL", "made", 0.0), pressure=Measured(1.5, "MPa", "made", 0.3)
    )
    lifted = {u: {"full": gain(2.0, u), "deflated": gain(0.01, u)} for u in Union}
    margin = Measured(1.2, "MPa", "made", 0.3)
    inflation = Inflation(
        cast(Any, None),
        cast(Any, (balloon,)),
        (filling,),
        Stop.VOLUME,
        "the planned volume was reached",
        margin,
        margin,
        {},
        lifted,
        (),
    )
    part = balloon_part(compared(inflation=inflation), GONE)
    assert part is not None and len(part.rows) == 4
    series = published_series()[0]
    assert [row[-1] for row in part.rows] == [
        series.anterior.in_words(),
        series.middle.in_words(),
        series.posterior.in_words(),
        series.angle.in_words(),
    ]
    assert part.rows[0][2] == "less than 0.05 mm" and part.rows[3][3] == "-1.2 ± 0.2°"
    assert not any("bursts" in line for line in part.says)
    near = replace(inflation, pressure_margin=Measured(0.4, "MPa", "made", 0.8))
    warned = balloon_part(compared(inflation=near), GONE)
    assert warned is not None and any("bursts is not ruled out" in line for line in warned.says)
    assert "2.0 of 2 mL" in part.says[0] and "no promise" in part.says[-1]
    told = balloon_part(compared(inflation=GONE), GONE)
    assert told is not None and GONE.why in told.says[0] and not told.rows and not told.pictures
    only = compared()
    assert balloon_part(replace(only, played={"vertebroplasty": only.played["vertebroplasty"]}), GONE) is None


def drawn(name: str) -> Picture:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 5" role="img" aria-label="x"></svg>'
    return Picture(name, f"title of {name}", f"caption of {name}", f"alternative of {name}", svg)


def test_page_and_paper_show_the_same_parts(block_assessment: Assessment) -> None:
    """Headings, tables, pictures, what is missing and the works behind the numbers, in both."""
    words = content(block_assessment)
    parts = (
        Part("First heading", ("It says this.",), ("a", "b"), (("row", "cell 7.5"),), ("one", "not drawn")),
        Part("Second heading", below=("below one", "below two", "below three")),
    )
    how = HowComputed("Strength", ("by cubes",), words.sources[:1])
    said = SimulationWords("", ("mind this",), ("a plan",), ("", "strength"), (("nothing done", "45 %"),))
    said = replace(said, parts=parts, missing=(("heat", GONE.why),), methods=(how,), decided=("decided so",))
    words = replace(words, simulation=said)
    pictures = replace(Pictures.of(block_assessment), procedures=(drawn("one"),))
    page = html(words, pictures)
    reader = PdfReader(BytesIO(pdf(words, pictures, block_assessment.case.on)))
    paper = " ".join(" ".join(sheet.extract_text() for sheet in reader.pages).split())
    for text in (
        "decided so",
        "First heading",
        "It says this.",
        "cell 7.5",
        "caption of one",
        "below three",
        "mind this",
        GONE.why,
        "by cubes",
        words.sources[0].short,
    ):
        assert text in page and text in paper, text
    assert f'href="#source-{words.sources[0].key}"' in page and f'id="source-{words.sources[0].key}"' in page

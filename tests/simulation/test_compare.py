"""Options side by side: which is beaten by none, how much is enough, the table; and a whole small case."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro.errors import BadCase
from vertebro.formats.casefile import read_case
from vertebro.formats.compare_document import comparison_document, comparison_schema
from vertebro.formats.document import as_json
from vertebro.fracture.measure import measure
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.procedures.procedure import Asked, technique
from vertebro.procedures.site import Site, site_of
from vertebro.procedures.steps import Fill
from vertebro.procedures.trajectory import Plan
from vertebro.report.compare_picture import trade_off_picture
from vertebro.report.compare_words import comparison_in_words, rows
from vertebro.simulation.augmented import Augmented, Carried, Restored
from vertebro.simulation.compare import Compared, Option, Wanted, compare, settled, volumes_of
from vertebro.simulation.inflation import Stop
from vertebro.simulation.memory import Memory
from vertebro.simulation.sampling import Share
from vertebro.simulation.stage import planned_ml
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "comparison-1.schema.json"
WHY = Unknown("not computed in this test")


def percent(value: float) -> Measured:
    return Measured(value, "%", "made", 5.0)


def option(procedure: str, ml: float, strength: float | None, leaks: int) -> Option:
    """An option that gives back so much strength and leaked in so many of twenty samples."""
    answers = [True] * leaks + [False] * (20 - leaks)
    restored = WHY if strength is None else Restored(percent(80.0), percent(70.0), percent(strength))
    return Option(
        procedure=procedure,
        volume=Measured(ml, "mL", "made", 0.0),
        leaked=Measured(0.02, "mL", "made", 0.0),
        canal=Share.of_answers([False] * 20),
        anywhere=Share.of_answers(answers),
        carried=WHY,
        restored=restored,
        heights=WHY,
        neighbours=WHY,
        heat=WHY,
    )


def made(*options: Option) -> Compared:
    load = Carried(Measured(9000, "N/mm", "made", 0), Measured(2000, "N", "made", 0), WHY)
    strong = Augmented(Level.L1, load, load, WHY, {}, {}, ())
    plan = SimpleNamespace(has_balloons=True)
    played: Mapping[str, Any] = {o.procedure: SimpleNamespace(done=(), plan=plan) for o in options}
    return Compared(
        "made",
        Level.L1,
        Wanted(),
        dict.fromkeys(played, WHY),
        cast(Any, played),
        {},
        strong,
        WHY,
        options,
        ("read",),
    )


def test_an_option_that_another_beats_in_both_is_not_efficient() -> None:
    weak, good, leaky, worse = (
        option("a", 2, 60, 1),
        option("a", 4, 110, 4),
        option("b", 6, 150, 12),
        option("b", 8, 100, 13),
    )
    assert made(weak, good, leaky, worse).efficient() == (weak, good, leaky)
    assert made(worse, option("a", 3, None, 0)).efficient() == (worse,)


@given(st.lists(st.tuples(st.none() | st.integers(0, 3), st.integers(0, 3)), max_size=8))
def test_the_efficient_options_are_those_that_none_beats(points: list[tuple[int | None, int]]) -> None:
    """Each one left out is beaten by one that stays; of those that stay none beats another; ties all stay."""
    every = [
        option("a", n + 1, None if s is None else 10.0 * s, leaks) for n, (s, leaks) in enumerate(points)
    ]
    known = {id(o): p for o, p in zip(every, points, strict=True) if p[0] is not None}
    stay = {id(o) for o in made(*every).efficient()}

    def beats(one: int, other: int) -> bool:
        (s, c), (t, d) = known[one], known[other]
        assert s is not None and t is not None
        return s >= t and c <= d and (s, c) != (t, d)

    assert stay <= set(known) and bool(stay) is bool(known)
    assert not any(beats(a, b) for a in stay for b in stay)
    assert all(any(beats(a, b) for a in stay) for b in set(known) - stay)


def test_enough_is_the_least_volume_that_reaches_the_intact_estimate() -> None:
    compared = made(
        option("a", 2, 60, 1), option("a", 4, 110, 4), option("a", 6, 150, 6), option("b", 2, 99, 1)
    )
    enough = compared.enough("a")
    assert isinstance(enough, Measured) and enough.value == 4
    assert isinstance(compared.enough("b"), Unknown)


def test_what_is_not_known_is_marked_and_said() -> None:
    compared = made(option("vertebroplasty", 2, None, 1), option("kyphoplasty", 4, 110, 20))
    said = " ".join(comparison_in_words(compared).split())
    assert "·" in said and "not computed in this test (vertebroplasty, 2 mL; kyphoplasty, 4 mL)" in said
    assert "100 % (83–100)" in said and "vertebroplasty: no plan." in said
    jsonschema.validate(json.loads(as_json(comparison_document(compared))), comparison_schema())


def test_injections_that_never_began_are_counted_in_words() -> None:
    """Five of eight drawn tips beside a flat body: 67 % (3-100) needs its reason beside it."""
    answers = [True, True, False, *[Unknown("the tip lay outside")] * 5]
    compared = made(replace(option("a", 2, 60, 1), anywhere=Share.of_answers(answers)))
    assert "in 5 of 8 drawn injections nothing went in" in " ".join(comparison_in_words(compared).split())
    risk: Any = SimpleNamespace(stops={"not_in_bone": 5, "volume": 3})
    said = " ".join(comparison_in_words(replace(compared, risks={"a": risk})).split())
    assert (
        "wide for that. How they ended: 5 tip outside the bone." in said
    )  # beside a needle of which all tries are A or B
    assert "2 mm in each direction and 3° are one standard deviation" in said
    assert "nothing went in" not in comparison_in_words(made(option("a", 2, 60, 1)))


def test_computed_leaks_stand_beside_those_counted_in_people() -> None:
    """164 of 201 and 157 of 214 levels leaked on CT, 26 of 3175 patients into the canal: none is not safe."""
    compared = made(option("vertebroplasty", 2, 98, 0), option("kyphoplasty", 4, 133, 0))
    head, *_, last = rows(compared)
    beside = dict(zip(head, last, strict=True))
    assert beside["chance of a leak"] == "73–82 %" and beside["into the canal"] == "0.8 %"
    assert beside["middle height"] == "+2.1 ± 2.9 mm" and beside["wedge"] == "-1.3 ± 3.3°"
    assert beside["hottest at canal"] == "39–57 °C" and beside["strength"] == "–"
    said = " ".join(comparison_in_words(compared).split())
    assert "82 % of 201 levels after vertebroplasty and 73 % of 214 levels after balloon" in said
    assert "believe these" in said and "Dohm" in said
    assert "comes into question for this person at all is not looked at here" in said
    picture = trade_off_picture(compared)
    assert isinstance(picture, str) and "in people" in picture


def test_an_order_of_leaks_that_samples_do_not_settle_is_not_told_as_one() -> None:
    unsettled = made(option("a", 2, 60, 4), option("b", 4, 110, 7))
    settled_by_far = made(option("a", 2, 60, 0), option("b", 4, 110, 20))
    assert "not settled" in " ".join(comparison_in_words(unsettled).split())
    assert "not settled" not in " ".join(comparison_in_words(settled_by_far).split())


def test_the_trade_off_shows_every_option_of_which_both_are_known() -> None:
    compared = made(option("a", 2, 60, 1), option("a", 4, 310, 4), option("b", 6, None, 1))
    picture = trade_off_picture(compared)
    assert isinstance(picture, str)
    words = [
        "".join(t.itertext())
        for t in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert "2 mL" in words and "4 mL" in words and "6 mL" not in words
    assert isinstance(trade_off_picture(made(option("b", 6, None, 1))), Unknown)


def test_the_schema_of_the_document_is_published() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == as_json(comparison_schema())


def test_less_cement_than_planned_still_fills_the_balloons_cavities() -> None:
    """Half of a kyphoplasty's cement would leave a hole in the bone, which nobody does."""
    plans = [
        cast(Plan, SimpleNamespace(cement_ml=ml, cavities_ml=cavities))
        for ml, cavities in ((4.0, 0.0), (5.0, 4.0))
    ]
    assert [volumes_of(Wanted(), p, p.cavities_ml) for p in plans] == [(2.0, 4.0, 6.0), (4.0, 5.0, 7.0)]
    assert volumes_of(Wanted(), plans[1], 1.0) == (1.0, 2.0, 4.0)  # an inflation that ended early
    assert volumes_of(Wanted(volumes_ml=(3.0, 1.0)), plans[1], 4.0) == (1.0, 3.0)


@pytest.mark.parametrize(("reached", "ended"), [(1.01, Stop.PRESSURE), (4.1, Stop.VOLUME)])
def test_balloons_that_fall_short_get_less_cement_and_a_word_about_it(
    small_patient: SyntheticPatient, reached: float, ended: Stop
) -> None:
    site = site_of(small_patient.spine(), Level.L2)
    assert isinstance(site, Site)
    plan = technique("kyphoplasty").plan(site, Asked())
    assert isinstance(plan, Plan)
    last = SimpleNamespace(volume=Measured(reached, "mL", "made", 0.0))
    inflation = SimpleNamespace(ended_by=ended, last=last)
    told = settled(plan, cast(Any, inflation))
    rim = plan.cement_ml - plan.cavities_ml
    short = ended is not Stop.VOLUME
    assert told.cement_ml == pytest.approx(rim + (1.0 if short else plan.cavities_ml))
    assert (told.notes != plan.notes) is short
    assert told.cavities_ml == pytest.approx(1.0 if short else plan.cavities_ml)
    assert planned_ml(told, cast(Any, inflation)) == pytest.approx(
        told.cement_ml
    )  # nothing is taken off twice

    class SlowFill(Fill):
        """A step of another procedure, built on this one."""

    slow = tuple(SlowFill(*vars(x).values()) if isinstance(x, Fill) else x for x in plan.steps)
    again = settled(replace(plan, steps=slow), cast(Any, inflation))
    assert again.cement_ml == pytest.approx(told.cement_ml)


@pytest.mark.parametrize(
    "volumes", [(), (0.0,), (-1.0,), (float("nan"),), (2.0, float("inf")), (4.0, 4.0000001)]
)
def test_impossible_volumes_are_refused(small_case: Path, volumes: tuple[float, ...]) -> None:
    with pytest.raises(BadCase, match="volumes"):
        compare(read_case(small_case), Level.L1, WHY, Wanted(("vertebroplasty",), volumes, samples=0))


@pytest.mark.slow
def test_a_whole_case(small_case: Path) -> None:
    """Nothing, vertebroplasty and kyphoplasty on the small patient: parts of one story, in one direction."""
    case = read_case(small_case)
    memory, findings, wanted = Memory(), measure(case), Wanted(volumes_ml=(1.0, 2.0), samples=0)
    compared = compare(case, Level.L1, findings, wanted, memory=memory)
    made = memory.made
    same = compare(case, Level.L1, findings, wanted, memory=memory)
    assert memory.made == made  # nothing is done twice
    assert as_json(comparison_document(same)) == as_json(comparison_document(compared))
    thicker = replace(wanted, procedures=("vertebroplasty",), viscosity="high")
    other = compare(case, Level.L1, findings, thicker, memory=memory)
    assert 0 < memory.made - made <= 8  # one injection, and for each volume strength, heat, neighbours
    assert other.options[1].carried != compared.options[1].carried
    assert [o.name for o in compared.options] == [
        "vertebroplasty, 1 mL", "vertebroplasty, 2 mL", "kyphoplasty, 1 mL", "kyphoplasty, 2 mL",
    ]  # fmt: skip
    less, more = compared.of("vertebroplasty")
    assert isinstance(less.carried, Carried) and isinstance(more.carried, Carried)
    assert less.carried.stiffness.value < more.carried.stiffness.value
    assert isinstance(less.leaked, Measured) and isinstance(more.leaked, Measured)
    assert less.leaked.value <= more.leaked.value
    played = compared.played["vertebroplasty"]
    assert isinstance(played.moment(99.0), Unknown) and isinstance(played.gain(), Unknown)
    moment = played.moment(2.0)
    assert not isinstance(moment, Unknown)
    inside = float((np.asarray(moment.share) * played.injection.bone.porosity).sum()) + 1000 * sum(
        moment.leak_ml
    )
    assert inside == pytest.approx(2000, rel=0.01)  # every cubic millimetre lies somewhere
    lifted = compared.played["kyphoplasty"]
    assert not isinstance(lifted.inflation, Unknown)
    cavity = lifted.inflation.last.cavity
    assert cavity.any() and lifted.bone.density[cavity].max() == 0
    poured = lifted.moment(2.0)
    assert not isinstance(poured, Unknown)
    share = lifted.filled(poured).saturation
    assert share[cavity].mean() > 2 * share[lifted.bone.body & ~cavity].mean()  # cement goes where room is
    heights = compared.of("kyphoplasty")[0].heights
    assert not isinstance(heights, Unknown) and heights.gain.patients
    jsonschema.validate(json.loads(as_json(comparison_document(compared))), comparison_schema())
    said = " ".join(comparison_in_words(compared).split())
    assert "2.4 % to 19 %" in said and "Trials have not confirmed" in said  # with the works they come from
    again = replace(compared, options=tuple(reversed(compared.options)))
    assert {id(o) for o in again.efficient()} == {id(o) for o in compared.efficient()}


def test_one_definition_of_strength_is_told_for_all() -> None:
    """Where one option has no load at the offset, none is told by it: the two must not be mixed."""
    whole = made(option("a", 2, 60, 1), option("a", 4, 250, 4))
    assert whole.strength(whole.options[1].restored) == percent(250)
    one = whole.options[1]
    assert isinstance(one.restored, Restored)
    unmet = replace(one, restored=replace(one.restored, offset=WHY))
    mixed = made(whole.options[0], unmet)
    assert {mixed.strength(o.restored) for o in mixed.options} == {percent(70)}
    assert isinstance(mixed.enough("a"), Unknown)
    assert "must not be mixed" in " ".join(comparison_in_words(mixed).split())

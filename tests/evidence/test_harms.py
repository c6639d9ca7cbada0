"""Harms for one person: headings, denominators, what changes them, and what is not known."""

from dataclasses import dataclass
from typing import Any

import pytest

from vertebro.evidence.contested import Question, Speaks, contested
from vertebro.evidence.counts import CountedAs
from vertebro.evidence.course import course_at, natural_course
from vertebro.evidence.harm_types import Applies, Detection, Harm, Heading, NoRate, Symptoms
from vertebro.evidence.harms import harms_for
from vertebro.evidence.remarks import remarks
from vertebro.vocabulary.facts import facts as dictionary
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.library import references
from vertebro.vocabulary.procedures import Procedure

PVP, BKP = Procedure.VERTEBROPLASTY, Procedure.KYPHOPLASTY


def person(**values: Any) -> dict[str, Known[Any]]:
    return {name: Known(dictionary()[name].check(value), "record") for name, value in values.items()}


def by_heading(heading: Heading, procedure: Procedure, **values: Any) -> list[Harm | NoRate]:
    return [h for h in harms_for(person(**values), procedure) if h.heading is heading]


def changed(heading: Heading, **values: Any) -> dict[str, Applies]:
    return {m.factor: m.applies for h in by_heading(heading, PVP, **values) for m in h.modifiers}


@pytest.mark.parametrize("procedure", Procedure)
def test_no_rate_is_said_where_none_is_known(procedure: Procedure) -> None:
    allergy = by_heading(Heading.ALLERGY, procedure)
    assert len(allergy) == 1 and isinstance(allergy[0], NoRate) and allergy[0].why


def test_a_balloon_can_burst_only_where_there_is_one() -> None:
    (pvp,), (bkp,) = by_heading(Heading.BALLOON_RUPTURE, PVP), by_heading(Heading.BALLOON_RUPTURE, BKP)
    assert isinstance(pvp, NoRate) and pvp.does_not_apply
    assert isinstance(bkp, NoRate) and not bkp.does_not_apply and bkp.sources


def test_reports_without_a_denominator_are_no_rate() -> None:
    """33 events in 40 000 to 60 000 is a number of reports, not a rate."""
    (cord,) = by_heading(Heading.CORD_OR_ROOT, BKP)
    assert isinstance(cord, NoRate) and "denominator" in cord.why


def test_every_rate_says_among_whom_how_it_was_looked_for_and_whether_it_was_felt() -> None:
    for procedure in Procedure:
        for harm in harms_for({}, procedure):
            assert all(s in references() for s in harm.sources)
            if isinstance(harm, Harm):
                assert harm.denominator >= harm.numerator
                assert isinstance(harm.counted_as, CountedAs) and isinstance(harm.detection, Detection)
                assert isinstance(harm.symptoms, Symptoms) and harm.follow_up and harm.sources
                assert harm.interval.holds(harm.count.share)
                assert harm.label != harm.key  # every row of ours has its words
                assert harm.without is None or harm.without.counted_as is harm.counted_as


def test_a_study_of_broken_back_walls_speaks_only_for_a_broken_back_wall() -> None:
    keys = [h.key for h in by_heading(Heading.LEAK, BKP) if isinstance(h, Harm)]
    assert "leak_wall_disrupted" not in keys
    broken = by_heading(Heading.LEAK, BKP, posterior_wall="breached")
    selected = next(h for h in broken if isinstance(h, Harm) and h.key == "leak_wall_disrupted")
    assert "wall_broken" not in {m.factor for m in selected.modifiers}  # they all had it
    cord = by_heading(Heading.CORD_OR_ROOT, BKP, posterior_wall="breached")
    assert [type(h) for h in cord] == [Harm, NoRate]  # none of 157 is not a rate for everybody


@pytest.mark.parametrize(
    ("heading", "factor", "yes", "no"),
    [
        (Heading.LEAK, "wall_broken", {"posterior_wall": "retropulsed"}, {"posterior_wall": "intact"}),
        (Heading.LEAK, "cleft", {"intravertebral_cleft": "gas"}, {"intravertebral_cleft": "none"}),
        (Heading.LUNG_EMBOLUS, "three_levels", {"symptomatic_levels": 3}, {"symptomatic_levels": 2}),
        (Heading.LUNG_EMBOLUS, "early", {"weeks_since_fracture": 2.0}, {"weeks_since_fracture": 2.1}),
        (Heading.FRACTURE_NEXT_DOOR, "steroids", {"steroid_mg_day": 5.0}, {"steroid_mg_day": 0.0}),
        (Heading.FRACTURE_NEXT_DOOR, "junction", {"fracture_level": "L1"}, {"fracture_level": "L4"}),
        (
            Heading.FRACTURE_NEXT_DOOR,
            "no_drug",
            {"osteoporosis_drug": "none"},
            {"osteoporosis_drug": "anabolic"},
        ),
        (Heading.FRACTURE_NEXT_DOOR, "female", {"sex": "female"}, {"sex": "male"}),
        (Heading.FRACTURE_NEXT_DOOR, "earlier_fractures", {"prior_vcf_count": 1}, {"prior_vcf_count": 0}),
        (Heading.ANAESTHETIC, "asa_4", {"asa": 4}, {"asa": 3}),
        (Heading.ANAESTHETIC, "creatinine", {"creatinine": 1.3}, {"creatinine": 1.2}),
    ],
)
def test_a_factor_counts_exactly_where_the_persons_facts_meet_it(heading, factor, yes, no) -> None:
    assert changed(heading, **yes)[factor] is Applies.YES
    mine = [m for h in by_heading(heading, PVP, **yes) for m in h.modifiers if m.factor == factor]
    assert {m.because for m in mine} == {tuple(yes)}
    assert factor not in changed(heading, **no)
    assert factor not in changed(heading)
    asked = {name for h in by_heading(heading, PVP) if isinstance(h, Harm) for name in h.asked}
    assert set(yes) <= asked
    still = {n for h in by_heading(heading, PVP, **yes) if isinstance(h, Harm) for n in h.asked}
    assert not set(yes) & still


@dataclass(frozen=True)
class ReadOff(Known[Any]):
    """A reading with every value within its spread, as the measurements give it."""

    possible: tuple[Any, ...] = ()


def test_an_uncertain_reading_makes_a_factor_that_may_apply() -> None:
    unsure = {"posterior_wall": ReadOff("intact", "measured", None, ("intact", "breached"))}
    leaks = [h for h in harms_for(unsure, BKP) if isinstance(h, Harm) and h.heading is Heading.LEAK]
    assert {m.applies for h in leaks for m in h.modifiers if m.factor == "wall_broken"} == {Applies.MAYBE}
    assert "leak_wall_disrupted" in {h.key for h in leaks}


def test_what_the_operator_chooses_is_never_put_down_to_the_person() -> None:
    for harm in harms_for({}, PVP):
        for modifier in harm.modifiers:
            assert modifier.applies is Applies.MAYBE and not modifier.because


def test_a_factor_of_death_stands_beside_death_alone() -> None:
    for harm in by_heading(Heading.ANAESTHETIC, BKP, asa=5):
        assert isinstance(harm, Harm)
        assert ("asa_4" in {m.factor for m in harm.modifiers}) == (harm.key == "death_30_days")


@pytest.mark.parametrize("question", Question)
def test_a_contested_question_shows_both_sides_with_sources(question: Question) -> None:
    shown = contested(question)
    assert {Speaks.FOR, Speaks.AGAINST} <= {s.speaks for s in shown.sides}
    for side in shown.sides:
        assert side.interval.holds(side.estimate) and all(s in references() for s in side.sources)
    assert all(key in references() for key in shown.concluded_by)
    assert shown.asked.endswith("?") and shown.conclusion


def test_the_fracture_next_door_keeps_both_facts() -> None:
    said = contested(Question.NEXT_DOOR).conclusion
    assert "possible risk" in said and "not confirmed" in said


def test_the_course_stands_beside_an_effect_of_the_same_time() -> None:
    def keys(days: int) -> set[str]:
        found = course_at(days)
        return set() if isinstance(found, Unknown) else {p.key for p in found}

    assert keys(365) == {"mild_or_no_pain", "pain_halved_referred"}
    assert keys(180) == {"pain_halved"}
    assert keys(730) == {"pain_halved_late"}  # 23 months
    assert keys(30) == keys(90) == set()


def test_the_course_without_a_procedure() -> None:
    points = {p.key: p for p in natural_course()}
    assert points["mild_or_no_pain"].count.events + points["more_than_mild_pain"].count.events == 95
    assert str(points["pain_halved"].count) == "22 of 35 patients"
    assert [p.time_days for p in natural_course()] == sorted(p.time_days for p in natural_course())
    for point in points.values():
        assert point.sources and point.population and point.interval.holds(point.count.share)
        assert point.label != point.key


@pytest.mark.parametrize("procedure", Procedure)
def test_remarks_carry_their_sources_and_reports_are_called_no_rate(procedure: Procedure) -> None:
    said = remarks(procedure)
    assert said and all(key in references() for r in said for key in r.sources)
    for remark in said:
        if remark.sources == ("nice_ipg166",):
            assert "this is no rate" in remark.sentence
    assert procedure is BKP or not any(r.heading is Heading.BALLOON_RUPTURE for r in said)

"""The one table holds every effect, harm and point of the course, and its frequencies are whole."""

import pytest

from vertebro.errors import HouseFault
from vertebro.evidence.counts import Count, CountedAs
from vertebro.evidence.course import natural_course
from vertebro.evidence.effects import Comparison, Effect, effects
from vertebro.evidence.harm_types import Harm, Heading
from vertebro.evidence.harms import harms_for
from vertebro.evidence.one_table import ONE_DENOMINATOR, Kind, in_thousand, one_table, row
from vertebro.vocabulary.known import Known
from vertebro.vocabulary.procedures import Procedure


def test_every_finding_stands_in_the_table_once() -> None:
    table = one_table({})
    assert [r.course for r in table if r.kind is Kind.COURSE] == list(natural_course())
    harms = [r.harm for r in table if r.kind is Kind.HARM]
    assert harms == [h for p in Procedure for h in harms_for({}, p)]
    found = [r.effect for r in table if isinstance(r.effect, Effect)]
    every = [e for p in Procedure for c in Comparison for e in effects(p, c)]
    assert set(found) == set(every) and len(found) == len(set(every))


def test_every_row_has_a_key_of_its_own_that_does_not_depend_on_the_person() -> None:
    keys = [r.key for r in one_table({})]
    assert len(set(keys)) == len(keys)
    person = {"posterior_wall": Known("breached", "record"), "asa": Known(4, "record")}
    assert set(keys) <= {r.key for r in one_table(person)}
    assert row(one_table({}), "course.mild_or_no_pain").count == Count(57, 95, CountedAs.PATIENTS)
    with pytest.raises(HouseFault, match="no row"):
        row(one_table({}), "course.nothing")


def test_every_row_has_a_source_or_says_why_there_is_no_number() -> None:
    for each in one_table({}):
        assert each.sources or each.why_none, each.label
        assert (each.frequency is None) == (each.count is None)


def test_frequencies_are_whole_and_both_framings_add_up() -> None:
    for each in one_table({}):
        if each.frequency:
            told = each.frequency
            assert told.will + told.will_not == ONE_DENOMINATOR
            assert 0 <= told.low <= told.will <= told.high <= ONE_DENOMINATOR


def test_something_that_happened_is_never_told_as_none() -> None:
    rare = Count(1, 10_000, CountedAs.PATIENTS)
    told = in_thousand(rare, rare.interval())
    assert told.will == 0 and told.fewer_than_one
    never = Count(0, 157, CountedAs.LEVELS)
    assert not in_thousand(never, never.interval()).fewer_than_one
    assert in_thousand(never, never.interval()).high > 0  # none seen is not none possible


def test_the_eight_headings_stand_in_their_order_for_both_procedures() -> None:
    for procedure in Procedure:
        headings = [h.heading for h in harms_for({}, procedure)]
        assert list(dict.fromkeys(headings)) == list(Heading)
        assert any(isinstance(h, Harm) for h in harms_for({}, procedure))

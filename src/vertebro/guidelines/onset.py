"""The weeks since the fracture, and every number they may be where the days that are written disagree."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from vertebro.guidelines.reading import Facts, Reading
from vertebro.guidelines.rule import rules
from vertebro.guidelines.settings import own, own_texts
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known

WEEKS = "weeks_since_fracture"
AGREE_WITHIN_WEEKS = 1.0
"""What ClinicalRecord allows between a date and the weeks since it."""


def weeks_since_fracture(told: Facts, noted_on: date, today: date) -> Known[Any] | None:
    """The weeks up to today; a Reading with every possible number where the days do not settle them.

    A day that is known from the event counts. A day known from images only says that the fracture
    is not younger; a day known from symptoms, or from nothing that is said, is set against the day on
    which the pain began. None: nothing is written from which they could be counted.
    """
    broke, pain = told.get("fracture_date"), told.get("pain_onset_date")
    basis = told["fracture_date_basis"].value if broke is not None and "fracture_date_basis" in told else None
    counted = _counted(told, noted_on, today)
    if counted is None or basis == "event" or (pain is None and basis != "imaging"):
        return counted
    onset = None if pain is None else (today - pain.value).days / 7
    if broke is None and onset is not None and onset - counted.value <= AGREE_WITHIN_WEEKS:
        return counted  # whoever wrote the weeks rounded them
    return _uncertain(counted, onset, basis, today)


def _counted(told: Facts, noted_on: date, today: date) -> Known[Any] | None:
    """From the day of the fracture; else from the weeks that are written; else from the onset of pain."""
    for name, key in (
        ("fracture_date", "weeks"),
        (WEEKS, "weeks_later"),
        ("pain_onset_date", "weeks_of_pain"),
    ):
        if name not in told:
            continue
        known = told[name]
        if name == WEEKS:
            if today <= noted_on:
                return known
            said = own_texts().say("derived.weeks_later", on=noted_on, today=today, source=known.source)
            return Known(known.value + (today - noted_on).days / 7, said, today)
        said = own_texts().say(f"derived.{key}", day=known.value, today=today, source=known.source)
        return Known((today - known.value).days / 7, said, today)
    return None


def _uncertain(counted: Known[Any], onset: float | None, basis: str | None, today: date) -> Known[Any]:
    """The numbers from the earliest onset to the latest; the counted one where they agree."""
    weeks = counted.value
    if basis == "imaging":  # the fracture was there by then; only an earlier pain says since when
        earliest = onset if onset is not None and onset > weeks else fact(WEEKS).high
        latest = weeks
    else:
        assert onset is not None  # without a day of pain nothing disagrees
        earliest, latest = max(weeks, onset), min(weeks, onset)
        if basis != "symptom" and onset - weeks <= 0:
            return counted
    assert earliest is not None  # the weeks have a range
    if earliest - latest <= 0:
        return counted
    key = "weeks_unsure" if earliest < (fact(WEEKS).high or 0) else "weeks_at_least"
    said = own_texts().say(
        f"derived.{key}",
        low=fact(WEEKS).in_words(latest),
        high=fact(WEEKS).in_words(earliest),
        source=counted.source,
    )
    return Reading(latest, said, today, every_number_between(latest, earliest))


def every_number_between(low: float, high: float) -> tuple[float, ...]:
    """Both ends, every limit a rule holds the weeks to, and a number between any two of them."""
    asked = (rule for rule in rules().values() if WEEKS in rule.needs)
    limits = {value.number for rule in asked for value in rule.values if value.unit == "wk"}
    limits |= {own.recent_weeks.number, own.longstanding_weeks.number}
    ends = sorted({low, high, *(limit for limit in limits if low < limit < high)})
    between = {(one + other) / 2 for one, other in pairwise(ends)}
    return tuple(sorted({*ends, *between}))


def first_possible_day(weeks: Known[Any] | None, today: date) -> date | None:
    """The first day on which the bone may have broken, or None if nothing is known of it."""
    if weeks is None:
        return None
    most = max(weeks.possible) if isinstance(weeks, Reading) else weeks.value
    return today - timedelta(days=round(most * 7))


def onset_notes(told: Facts, weeks: Known[Any] | None) -> tuple[str, ...]:
    """Which days disagree, and pain that began long before the fracture."""
    notes: list[str] = []
    if isinstance(weeks, Reading) and len(weeks.possible) > 1:
        notes.append(own_texts().say("note.weeks_unsure", why=weeks.source))
    broke, pain = told.get("fracture_date"), told.get("pain_onset_date")
    if broke is not None and pain is not None and pain.value < broke.value:
        before = (broke.value - pain.value).days / 7
        key = "pain_long_before" if before >= own.longstanding_weeks.number else "pain_before"
        said = {"pain": pain.value, "broke": broke.value, "weeks": fact(WEEKS).in_words(round(before))}
        notes.append(own_texts().say(f"note.{key}", **said))
    return tuple(notes)

"""Many statements become one entry for each fact: the newest counts, conflicts and ages are said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from vertebro.formats.fhir.bundle import say
from vertebro.formats.fhir.statements import NotRead, Refused, Stated
from vertebro.guidelines.ages import age_group, age_limit_days
from vertebro.guidelines.reading import Reading
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known, Maybe, Unknown

NOTHING = "none"
WORST_COUNTS = ("infection",)
"""Facts whose choices can be true together and of which only one can be written: the worse one is."""
DAYS_OF_A_MONTH = 365.25 / 12  # the mean month, for saying how old a value is
AGREE_WITHIN_WEEKS = 1.0
"""What ClinicalRecord allows between a date and the weeks since it."""


@dataclass
class Settled:
    """One entry for each fact, what is to be said about them, and the values that cannot be."""

    entries: dict[str, Maybe[Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def settle(stated: Sequence[Stated], unread: Sequence[NotRead], on: date) -> Settled:
    """The entries of a record from everything that was stated on the day of the record."""
    settled = Settled()
    left_open = {note.fact: note for note in unread if note.fact}
    for name in dict.fromkeys(s.fact for s in stated):
        aged = _Aged(on, settled.notes)
        group = [s for s in stated if s.fact == name]
        lasting = [s for s in group if s.lasting]
        counting = [*aged.of_today(_newest(s for s in group if not s.lasting), lasting), *lasting]
        counting = [_too_old_to_refuse(s, on) for s in counting]
        refused = [s.value for s in counting if isinstance(s.value, Refused)]
        settled.refused += refused
        if not refused:
            make = _list if fact(name).kind == "choices" else _single
            settled.entries[name] = make(name, counting, left_open.get(name), aged)
    for name, note in left_open.items():
        settled.entries.setdefault(name, Unknown(_found_unread(note)))
    _keep_date_or_weeks(settled, on)
    settled.notes += [
        say("notes.unknown", label=fact(name).label, why=entry.why)
        for name, entry in settled.entries.items()
        if isinstance(entry, Unknown) and name not in left_open
    ]
    settled.notes += _unread_notes(unread)
    return settled


def _newest(dated: Iterable[Stated]) -> list[Stated]:
    """The statements of the newest day, or of the newest moment where every one has its moment."""
    found = [s for s in dated if s.when]
    if not found:
        return []
    last = max(s.when.day for s in found if s.when)
    same_day = [s for s in found if s.when and s.when.day == last]
    moments = [s.when.moment for s in same_day if s.when and s.when.moment]
    if len(moments) < len(same_day):
        return same_day
    return [s for s in same_day if s.when and s.when.moment == max(moments)]


@dataclass(frozen=True)
class _Aged:
    """Says how old a value is, and tells what is too old to speak for today."""

    on: date
    notes: list[str]

    def of_today(self, newest: list[Stated], lasting: Sequence[Stated]) -> list[Stated]:
        """The newest statements, less those of the past where something that lasts says how it is now."""
        kept = [s for s in newest if not lasting or not is_past(s, self.on)]
        dropped = [s for s in newest if s not in kept and _is_value(s.value)]
        self.notes.extend(self._past(s.fact, s.value, [s]) for s in dropped)
        return kept

    def known(self, name: str, value: Any, all_from: Sequence[Stated]) -> Maybe[Any]:
        """The value with where it comes from, or Unknown where all of it is of the past."""
        lasts = any(s.lasting for s in all_from)
        newest = _newest_day(all_from)
        if not lasts and all(is_past(s, self.on) for s in all_from):
            return Unknown(self._past(name, value, all_from))
        source = "; ".join(dict.fromkeys(s.source for s in all_from))
        said = age_limit_days("lasting" if lasts else age_group(name), "said")
        if newest is not None and said is not None and (self.on - newest).days > said:
            words = self._words(name, value, all_from)
            self.notes.append(say("notes.old", **words))
            source = say("source.old", source=source, ago=words["ago"])
        return Known(value, source, None if lasts else newest)  # what lasts has no day on which it ends

    def _past(self, name: str, value: Any, all_from: Sequence[Stated]) -> str:
        past = age_limit_days(age_group(name), "past")
        return say("unknown.past", past=f"{past:g}", **self._words(name, value, all_from))

    def _words(self, name: str, value: Any, all_from: Sequence[Stated]) -> dict[str, Any]:
        newest = _newest_day(all_from)
        return {
            "label": fact(name).label,
            "value": fact(name).in_words(value),
            "source": "; ".join(dict.fromkeys(s.source for s in all_from)),
            "ago": _in_words((self.on - newest).days if newest else 0),
        }


def is_past(one: Stated, on: date) -> bool:
    """True of what was measured or answered too long ago to speak for today."""
    past = age_limit_days(age_group(one.fact), "past")
    return not one.lasting and one.when is not None and past is not None and (on - one.when.day).days > past


def _too_old_to_refuse(one: Stated, on: date) -> Stated:
    """A value that cannot be, but would not count today either, is unknown instead of a refusal."""
    if isinstance(one.value, Refused) and is_past(one, on):
        return replace(one, value=Unknown(say("unknown.wrong_and_old", found=one.value.found)))
    return one


def _newest_day(all_from: Iterable[Stated]) -> date | None:
    return max((s.when.day for s in all_from if s.when), default=None)


def _in_words(days: int) -> str:
    """An age as people say it: days, from three months on months, from two years on years."""
    months = int(days / DAYS_OF_A_MONTH)
    if months >= 24:
        return say("age.years", count=months // 12)
    return say("age.months", count=months) if months >= 3 else say("age.days", count=days)


def _is_value(value: Any) -> bool:
    return not isinstance(value, Unknown | Refused)


def _single(name: str, counting: Sequence[Stated], unread: NotRead | None, aged: _Aged) -> Maybe[Any]:
    """One value from the newest statements and those that last; Unknown where they differ.

    A no does not stand against something unread that may be a yes.
    """
    for one in counting:
        if isinstance(one.value, Unknown) and not one.lasting:
            return one.value
    known = [s for s in counting if not isinstance(s.value, Unknown)]
    if not known:
        return next(s.value for s in counting if isinstance(s.value, Unknown))
    values = list(dict.fromkeys(s.value for s in known))
    if unread and values in ([NOTHING], [False]):
        said = _conflict(name, known)
        return Unknown(say("unknown.against", said=said, found=_found_unread(unread)))
    if len(values) == 1:
        return aged.known(name, values[0], known)
    if name in WORST_COUNTS and NOTHING not in values:
        worst = max(values, key=fact(name).choices.index)
        aged.notes.append(_conflict(name, known))
        return aged.known(name, worst, [s for s in known if s.value == worst])
    return Unknown(_conflict(name, known))


def _list(name: str, counting: Sequence[Stated], unread: NotRead | None, aged: _Aged) -> Maybe[Any]:
    """A list of which an answer names all and a resource one; nothing is ever concluded from silence."""
    answers = [s for s in counting if isinstance(s.value, tuple)]
    single = [s for s in counting if isinstance(s.value, str)]
    members = list(dict.fromkeys(s.value for s in single))
    positive = [m for m in members if m != NOTHING]
    if len({s.value for s in answers}) > 1:
        return Unknown(_conflict(name, answers))
    complete = answers[0].value if answers else (NOTHING,) if NOTHING in members else None
    if complete is None:
        return _open_list(name, positive, single, aged) if positive else _first_unknown(counting)
    if NOTHING in complete and (positive or unread):
        conflict = _conflict(name, [*answers, *single])
        return Unknown(conflict if positive or unread is None else _found_unread(unread))
    both = (*complete, *(m for m in positive if m not in complete))
    if both != complete or unread:  # the answer did not name all there is
        return _open_list(name, both, [*answers, *single], aged)
    return aged.known(name, both, [*answers, *single])


def _first_unknown(counting: Sequence[Stated]) -> Unknown:
    return next(s.value for s in counting if isinstance(s.value, Unknown))


def _open_list(name: str, positive: Sequence[str], all_from: Sequence[Stated], aged: _Aged) -> Maybe[Any]:
    """What is surely on the list, while anything else may be on it too: a rule about that stays unknown."""
    sure = tuple(positive)
    more = [c for c in fact(name).choices if c != NOTHING and c not in sure]
    known = aged.known(name, sure, all_from)
    if isinstance(known, Unknown):
        return known
    return Reading(
        sure, say("source.open", source=known.source), known.on, (sure, *((*sure, c) for c in more))
    )


def _conflict(name: str, known: Sequence[Stated]) -> str:
    words = [f"{fact(name).in_words(s.value)} ({s.source})" for s in known]
    return say("unknown.conflict", label=fact(name).label, values="; ".join(dict.fromkeys(words)))


def _found_unread(note: NotRead) -> str:
    return say("notes.not_read", what=note.what, where=note.where, why=note.why)


def _keep_date_or_weeks(settled: Settled, on: date) -> None:
    """A day and a number of weeks that do not agree are both left unknown, and that is said."""
    broke, weeks = (settled.entries.get(n) for n in ("fracture_date", "weeks_since_fracture"))
    if not isinstance(broke, Known) or not isinstance(weeks, Known):
        return
    if abs((on - broke.value).days / 7 - weeks.value) > AGREE_WITHIN_WEEKS:
        why = say("unknown.date_or_weeks", day=broke.value, day_source=broke.source)
        why += " " + say("unknown.weeks", weeks=f"{weeks.value:g}", source=weeks.source)
        settled.entries |= {"fracture_date": Unknown(why), "weeks_since_fracture": Unknown(why)}


def _unread_notes(unread: Sequence[NotRead]) -> Iterator[str]:
    """Each thing once, with how often it was found."""
    alike: dict[tuple[str, str], list[str]] = {}
    for note in unread:
        alike.setdefault((note.what, note.why), []).append(note.where)
    for (what, why), places in alike.items():
        where = (
            places[0] if len(places) == 1 else say("notes.and_more", first=places[0], more=len(places) - 1)
        )
        yield say("notes.not_read", what=what, where=where, why=why)

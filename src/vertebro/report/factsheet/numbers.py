"""The numbers of the factsheet, put into words: every one of them comes from the one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vertebro.evidence.counts import Count, Interval
from vertebro.evidence.course import CoursePoint
from vertebro.evidence.effect_types import Comparison, Effect, Endpoint
from vertebro.evidence.harm_types import Harm, Heading, Modifier, NoRate
from vertebro.evidence.one_table import ONE_DENOMINATOR, TableRow
from vertebro.report.factsheet.words import knows, name_of, say
from vertebro.vocabulary.library import references
from vertebro.vocabulary.procedures import Procedure

COARSE_FROM = 100  # from 100 of 1000 on, the last figure would claim more than any study can tell
PER_CENT = 100
DAYS_PER_MONTH, DAYS_PER_YEAR = 30.4, 365
OVERVIEW = {
    Procedure.VERTEBROPLASTY: (
        "leak_any_ct",
        "infection_after",
        "lung_ct",
        "cord_or_root_operation",
        "new_fracture_films",
        "death_30_days",
    ),
    Procedure.KYPHOPLASTY: (
        "leak_any_ct_levels",
        "infection_after_either",
        "lung_ct",
        "new_fracture_two_procedures",
        "death_30_days",
    ),
}
"""The harms that the overview of one procedure shows, by their keys in the one table."""
OVERVIEW_OF_BOTH = (
    "leak_any_ct_levels",
    "infection_after_either",
    "lung_ct",
    "cord_or_root_operation",
    "new_fracture_films",
    "death_30_days",
)
"""What the overview shows where both procedures stand beside each other."""
CHANGEABLE = (Endpoint.DISABILITY, Endpoint.QUALITY_OF_LIFE)


@dataclass(frozen=True)
class Rate:
    """One frequency as people read it: to how many of 1000 it happens, to how many not, and the range.

    ``key`` is that of its row in the one table, ``after`` says with which procedure. ``will`` is None
    where there is no number: then ``why_none`` says so. ``better`` is true for good news.
    """

    key: str
    label: str
    who: str
    will: int | None
    happens: str
    rest: str
    spread: str
    sources: tuple[str, ...]
    why_none: str = ""
    better: bool = False
    after: str = ""
    time: str = ""

    @property
    def sentence(self) -> str:
        """The whole line as one sentence, for reading aloud and for pictures."""
        if self.why_none:
            return f"{self.label}: {self.why_none}"
        return say(
            "line.sentence",
            label=self.label,
            happens=self.happens,
            people=ONE_DENOMINATOR,
            rest=self.rest,
            who=self.who,
            spread=self.spread,
        )

    @property
    def source(self) -> str:
        """Who counted, in short."""
        return "; ".join(_short_work(key) for key in self.sources)


@dataclass(frozen=True)
class Moment:
    """One time after the start: what is known without cement, and with each procedure."""

    time: str
    cells: tuple[tuple[str, ...], ...]


class Numbers:
    """Everything the factsheet counts, read from the one table for one or both procedures."""

    def __init__(self, table: Sequence[TableRow], procedures: Sequence[Procedure]) -> None:
        self.procedures = tuple(procedures)
        self._table = table

    def course(self, *, better: bool) -> tuple[Rate, ...]:
        """What happens without cement: the good news, or the bad."""
        return tuple(
            _course_rate(p) for p in self._course() if p.better is better and knows(f"course.{p.key}")
        )

    def course_of(self, key: str) -> Rate:
        """One rate of the natural course by its key."""
        return next(_course_rate(p) for p in self._course() if p.key == key)

    def harms(self, heading: Heading) -> tuple[Rate, ...]:
        """The rates of one heading; where none was found, the statement that there is none."""
        found: list[Rate] = []
        for procedure in self.procedures:
            mine = [h for h in self._harms(procedure) if h.heading is heading]
            found += _harm_rates(mine, procedure, len(self.procedures) > 1)
        return _merged(found)

    def main(self) -> tuple[Rate, ...]:
        """The few rates of the overview: mild pain without cement, then one or two of each heading."""
        wanted = OVERVIEW_OF_BOTH if len(self.procedures) > 1 else OVERVIEW[self.procedures[0]]
        harms = (rate for heading in Heading for rate in self.harms(heading))
        first = self.course_of("mild_or_no_pain")
        alone = _with(self.procedures[0]) if len(self.procedures) == 1 else say("with.either")
        return tuple(_brief(rate, alone) for rate in (first, *(r for r in harms if r.key in wanted)))

    def harm(self, key: str) -> Rate:
        """One rate by its key."""
        return next(rate for heading in Heading for rate in self.harms(heading) if rate.key == key)

    def counted(self, key: str, procedure: Procedure | None = None) -> Harm:
        """One harm of the one table by its key, also where the tables leave it out; of one procedure."""
        found = (r.harm for r in self._table if isinstance(r.harm, Harm) and r.harm.key == key)
        return next(h for h in found if procedure in (None, h.procedure))

    def uncounted(self) -> tuple[str, ...]:
        """The headings for which no rate was found, in plain words."""
        none = (
            h
            for p in self.procedures
            for h in self._harms(p)
            if isinstance(h, NoRate) and not h.does_not_apply
        )
        return tuple(dict.fromkeys(say(f"heading.{h.heading.name.lower()}") for h in none))

    def effects(self, procedure: Procedure, *versus: Comparison) -> tuple[Effect, ...]:
        """The effects against one of these comparators, earliest first."""
        rows = (r.effect for r in self._table if isinstance(r.effect, Effect))
        mine = [e for e in rows if e.procedure is procedure and e.comparison in versus]
        return tuple(sorted(mine, key=lambda e: e.time_days))

    def moments(self) -> tuple[Moment, ...]:
        """Every time at which pain was looked at, with and without cement side by side."""
        cells: dict[str, list[list[str]]] = {}
        known = [
            (p.time_days, 0, _course_rate(p).sentence) for p in self._course() if p.better and p.time_days
        ]
        for n, procedure in enumerate(self.procedures, 1):
            found = self.effects(procedure, Comparison.SHAM, Comparison.USUAL_CARE)
            known += [
                (e.time_days, n, capital(effect_in_words(e))) for e in found if is_pain(e) and not e.over_time
            ]
        for days, column, words in sorted(known, key=lambda one: one[0]):
            row = cells.setdefault(time_in_words(days), [[] for _ in range(len(self.procedures) + 1)])
            row[column].append(words)
        none = [say("course.none")]
        return tuple(Moment(time, tuple(tuple(c or none) for c in row)) for time, row in cells.items())

    def modifiers(self) -> tuple[tuple[Heading, Modifier], ...]:
        """What changes a harm, with the heading of the harm."""
        every = (h for p in self.procedures for h in self._harms(p))
        return tuple(dict.fromkeys((h.heading, m) for h in every for m in h.modifiers))

    def sources(self) -> tuple[str, ...]:
        """Every work that stands behind a number of this sheet, as keys, each once."""
        rows = [r for r in self._table if r.procedure is None or r.procedure in self.procedures]
        return tuple(dict.fromkeys(key for row in rows for key in row.sources))

    def _course(self) -> Iterable[CoursePoint]:
        return (row.course for row in self._table if row.course is not None)

    def _harms(self, procedure: Procedure) -> Iterable[Harm | NoRate]:
        return (r.harm for r in self._table if r.harm is not None and r.procedure is procedure)


def told(share: float) -> int:
    """The share as so many of 1000, rounded to tens from 100 on."""
    many = share * ONE_DENOMINATOR
    return round(many / 10) * 10 if many >= COARSE_FROM else round(many)


def time_in_words(days: int) -> str:
    """``2 weeks``, ``6 months``, ``1 year``: the time as people say it."""
    months = round(days / DAYS_PER_MONTH)
    years = round(days / DAYS_PER_YEAR)
    if years and abs(days - years * DAYS_PER_YEAR) <= DAYS_PER_MONTH:
        return _many(years, "year")
    if days < DAYS_PER_MONTH - 1:
        return _many(days, "day") if days < 7 else _many(round(days / 7), "week")
    return _many(months, "month")


def points(difference: float) -> str:
    """A difference of pain to half a point: ``½ a point``, ``1½ points``."""
    halves = round(abs(difference) * 2)
    if halves == 0:
        return say("points.none")
    whole, half = divmod(halves, 2)
    if not whole:
        return say("points.half")
    number = f"{whole}½" if half else str(whole)
    return say("points.one" if number == "1" else "points.many", number=number)


def effect_in_words(effect: Effect) -> str:
    """What a trial or pool found about pain, with its range and how far it can be trusted."""
    values = {
        "points": points(effect.estimate),
        "direction": _direction(effect.estimate),
        "range": _range_of_points(effect.interval),
        "versus": versus_in_words(effect.comparison),
        "trust": say(f"trust.{effect.certainty.grade.name.lower()}"),
    }
    if effect.endpoint is Endpoint.PAIN_RELIEF:
        return _relief_in_words(effect, values)
    key = "unclear" if effect.interval.holds(0.0) else "clear"
    if key == "unclear" and round(abs(effect.estimate) * 2) == 0:
        key = "same"
    between = effect.comparison is Comparison.KYPHOPLASTY_V_VERTEBROPLASTY
    return say(f"between.{key}" if between else f"effect.{key}", **values)


def _relief_in_words(effect: Effect, values: dict[str, str]) -> str:
    """How many more of 1000 had little pain; that there were fewer, or that it is not clear."""
    ends = (effect.interval.low, effect.interval.high)
    low, high = sorted(told(abs(end) / PER_CENT) for end in ends)
    if effect.interval.holds(0.0):
        return say("effect.relief_unclear", **values)
    key = "effect.relief" if effect.estimate > 0 else "effect.relief_fewer"
    many = told(abs(effect.estimate) / PER_CENT)
    return say(key, many=many, people=ONE_DENOMINATOR, low=low, high=high, **values)


def daily_life_in_words(effects: Iterable[Effect]) -> tuple[str, ...]:
    """At which times daily life was better than with the comparator, and at which it was not clear."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for effect in effects:
        if effect.endpoint in CHANGEABLE:
            way = "better" if effect.estimate > 0 else "worse"
            clear = "no_clear" if effect.interval.holds(0.0) else way
            key = f"{clear}_over_time" if effect.over_time else clear
            times = found.setdefault((key, versus_in_words(effect.comparison)), {})
            times[time_in_words(effect.time_days)] = None
    return tuple(
        say(f"daily.{key}", times=listed(times), versus=versus) for (key, versus), times in found.items()
    )


def versus_in_words(comparison: Comparison) -> str:
    """What the procedure was compared with; nothing where the two procedures are compared."""
    key = f"versus.{comparison.name.lower()}"
    return say(key) if knows(key) else ""


def is_pain(effect: Effect) -> bool:
    """True if the effect is about pain."""
    return effect.endpoint in (Endpoint.PAIN, Endpoint.PAIN_RELIEF)


def _course_rate(point: CoursePoint) -> Rate:
    time = time_in_words(point.time_days)
    rate = _rate(point.key, say(f"course.{point.key}", time=time), point.count, point.interval, point.sources)
    return replace(rate, better=point.better, after=say("with.nothing_yet"), time=time)


def dated(rate: Rate) -> Rate:
    """A rate of the natural course with its time in its label, where no column of times stands beside it."""
    key = f"course_dated.{rate.key}"
    return replace(rate, label=say(key, time=rate.time)) if knows(key) else rate


def _short_work(key: str) -> str:
    """Who and when; of a work whose authors were not printed, only when."""
    work = references()[key]
    return say("line.study", year=work.year) if work.by.startswith("Authors as listed") else work.short


def _brief(rate: Rate, alone: str) -> Rate:
    """The rate in the shorter words of the overview; what the whole sheet is about is not said again."""
    what = say(f"brief.{rate.key}", time=rate.time)
    after = rate.after.removesuffix(say("with.same_trial"))
    return replace(rate, label=what if after in ("", alone) else say("brief_line", what=what, after=after))


def _merged(rates: Sequence[Rate]) -> tuple[Rate, ...]:
    """The rates, each once; where one study counted both procedures together it is said of either."""
    kept: dict[tuple[object, ...], Rate] = {}
    names = {p: f", {_with(p)}" for p in Procedure}
    for rate in rates:
        plain = next(
            (rate.label.removesuffix(n) for n in names.values() if rate.label.endswith(n)), rate.label
        )
        same = (plain, rate.happens, rate.rest, rate.spread, rate.sources, rate.why_none)
        if same in kept and kept[same].label != rate.label:
            either = say("with.either")
            rate = replace(rate, label=say("harm_line", what=plain, after=either), after=either)
        kept[same] = rate
    return tuple(kept.values())


def _harm_rates(harms: Sequence[Harm | NoRate], procedure: Procedure, both: bool) -> list[Rate]:
    found: list[Rate] = []
    for harm in harms:
        alone = not both and harm.heading is not Heading.FRACTURE_NEXT_DOOR
        after = "" if alone else _with(procedure)
        if isinstance(harm, NoRate):
            key = "no_balloon" if harm.does_not_apply else "no_rate"
            label = _line(say(f"heading.{harm.heading.name.lower()}"), after)
            found.append(Rate("", label, "", None, "", "", "", harm.sources, say(f"harm_none.{key}")))
            continue
        if not knows(f"harm.{harm.key}"):
            continue
        found.append(_harm_rate(harm, harm.count, harm.interval, after))
        other = _other_arm(harm)
        beside_it = not other or (harm.heading is Heading.FRACTURE_NEXT_DOOR and not both)
        if harm.without is not None and beside_it:
            beside = (
                say("with.other", name=name_of(other))
                if other
                else say(f"with.{harm.versus.replace(' ', '_')}")
            )
            found.append(_harm_rate(harm, harm.without, harm.without.interval(), beside))
    return found


def _line(what: str, after: str) -> str:
    """What was counted, and after what where that is not the one thing the sheet is about."""
    return say("harm_line", what=what, after=after) if after else what


def _harm_rate(harm: Harm, count: Count, interval: Interval, after: str) -> Rate:
    time = harm.follow_up.removesuffix(" (mean)")
    label = _line(say(f"harm.{harm.key}", time=time), after)
    return replace(_rate(harm.key, label, count, interval, harm.sources), after=after, time=time)


def _rate(key: str, label: str, count: Count, interval: Interval, sources: tuple[str, ...]) -> Rate:
    will = told(count.share)
    low, high = told(interval.low), told(interval.high)
    happens = say("line.fewer", one=1) if will == 0 and count.events else str(will)
    if count.events == 0:
        happens = say("line.zero", of=count.of)
    spread = say("line.up_to", high=high) if low == 0 else say("line.range", low=low, high=high)
    who = say(f"who.{count.counted_as.value}")
    rest = str(ONE_DENOMINATOR - will)
    return Rate(key, label, who, will, happens, rest, spread, sources)


def _other_arm(harm: Harm) -> Procedure | None:
    """The other procedure, where that is what the other arm of the trial had."""
    return next((p for p in Procedure if p.value == harm.versus), None)


def _with(procedure: Procedure) -> str:
    return say("with.procedure", name=name_of(procedure))


def _direction(estimate: float) -> str:
    return say("direction.lower" if estimate > 0 else "direction.higher")


def _range_of_points(interval: Interval) -> str:
    ends = []
    for end in (interval.low, interval.high):
        words = points(end)
        ends.append(words if words == say("points.none") else f"{words} {_direction(end)}")
    return say("points.range", low=ends[0], high=ends[1])


def capital(sentence: str) -> str:
    """The sentence with a capital letter at its start, and the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def _many(number: int, unit: str) -> str:
    return say(f"time.{unit}" if number == 1 else f"time.{unit}s", n=number)


def listed(items: Iterable[str]) -> str:
    """``one, two and three``."""
    *first, last = items
    return say("listed", first=", ".join(first), last=last) if first else last

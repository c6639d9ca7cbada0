"""What a computer tried out on this person's scan, in plain words; only what the decision leaves open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vertebro.errors import HouseFault
from vertebro.evidence.one_table import ONE_DENOMINATOR
from vertebro.guidelines.verdict import Stance
from vertebro.report.assessment import Assessment
from vertebro.report.factsheet.blocks import Block, Box, Paragraph, Points, Rates, Section
from vertebro.report.factsheet.numbers import Numbers, Rate, capital, listed, told
from vertebro.report.factsheet.words import name_of, say, sheet_texts, short
from vertebro.report.plain_language import Side
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.procedures import Procedure

if TYPE_CHECKING:
    from vertebro.fracture.findings import Number
    from vertebro.simulation.compare import Compared, Option
    from vertebro.simulation.height_gain import PatientSeries
    from vertebro.simulation.neighbour_results import Band, Neighbours
    from vertebro.simulation.sampling import Share

HUNDRED = 100  # parts that strength and pressure are told in
SPREADS = 2  # the range told to a patient: two standard uncertainties to each side
IN_PEOPLE = {
    "silent": "leak_any_ct_vertebrae",
    "canal": "leak_into_canal",
    "operated": "cord_or_root_operation",
}
"""What studies counted of leaks in people, by its key in the one table."""
SEEN = "leak_any_ct_levels"
"""The leaks that a scan showed after either procedure, by their key in the one table."""
OPEN = {Stance.CONSIDER, Stance.DISCUSS}
"""The stances that leave a procedure open; for every other one its numbers would only advertise it."""


def in_question(assessment: Assessment) -> tuple[Procedure, ...]:
    """The procedures that the decision leaves open; none where anything is urgent."""
    said = {d.stance for d in assessment.decisions} | {p.stance for p in assessment.other_paths}
    if Stance.REFER_URGENTLY in said:
        return ()
    return tuple(d.procedure for d in assessment.decisions if d.stance in OPEN)


def tried_in_short(assessment: Assessment) -> tuple[str, ...]:
    """One sentence beside the scan: where the numbers stand, or why there are none. Not asked: nothing."""
    open_now, compared = in_question(assessment), _compared(assessment)
    if assessment.comparison is None:
        return ()
    if open_now:
        found = compared is not None and _options(compared, open_now)
        return (say("tried.further", heading=say("tried.heading")) if found else say("tried.failed"),)
    if compared is None:
        return ()
    unanswered = all(d.stance is Stance.NOT_ENOUGH_INFORMATION for d in assessment.decisions)
    return (say("tried.left_out.unanswered" if unanswered else "tried.left_out.not_now"),)


def tried(assessment: Assessment, numbers: Numbers) -> tuple[Section, ...]:
    """The section, where something was tried out that the decision leaves open."""
    compared, open_now = _compared(assessment), in_question(assessment)
    options = _options(compared, open_now) if compared is not None else {}
    if compared is None or not options:
        return ()
    blocks: list[Block] = [
        Box(say("tried.estimate"), _under("tried.lines"), tone="open"),
        *_leaks(options, numbers),
        *_strength(compared, options),
        *_height(options),
        *_next_door(options),
        *(Paragraph(line) for line in _last(compared, options, open_now)),
    ]
    return (Section("tried", say("tried.heading"), tuple(blocks), _sources(options)),)


def _compared(assessment: Assessment) -> Compared | None:
    found = assessment.comparison
    if found is None or isinstance(found, Unknown):
        return None
    if (found.case_id, found.level) != (assessment.case.id, assessment.case.level):
        raise HouseFault(f"The comparison is of {found.case_id}, {found.level}: not of this case and level.")
    return found


def _options(compared: Compared, procedures: Iterable[Procedure]) -> dict[Procedure, Option]:
    found = {p: compared.as_planned(short(p)) for p in procedures}
    return {p: option for p, option in found.items() if not isinstance(option, Unknown)}


def _sources(options: dict[Procedure, Option]) -> tuple[str, ...]:
    """The works whose numbers stand beside those of the computer."""
    heights = [o.heights for o in options.values() if not isinstance(o.heights, Unknown)]
    keys = [series.source.source for h in heights for series in h.gain.patients]
    for option in options.values():
        if not isinstance(option.neighbours, Unknown):
            keys += [c.source for band in _bands(option.neighbours) for c in band.sources]
    return tuple(dict.fromkeys(keys))


def _bands(neighbours: Neighbours) -> list[Band]:
    return [band for band in neighbours.bands if band.effect == "cement"]


def _under(key: str) -> tuple[str, ...]:
    return tuple(say(one) for one in sheet_texts().under(key))


def _leaks(options: dict[Procedure, Option], numbers: Numbers) -> list[Block]:
    shares = [share for o in options.values() for share in (o.anywhere, o.canal)]
    known = [share for share in shares if not isinstance(share, Unknown)]
    if not known:
        return [Points((say("tried.leak.none"),), say("tried.leak.heading"), side=Side.BAD)]
    tries = max(share.of for share in known)
    lead = [say("tried.leak.tries", tries=tries, people=ONE_DENOMINATOR)]
    lead += [say("tried.leak.no_answer")] if any(share.unknown for share in known) else []
    rates = [_rate(f"tried.leak.{where}", p, getattr(o, where)) for where in ("anywhere", "canal")
             for p, o in options.items()]  # fmt: skip
    table = Rates(tuple(rates), say("tried.leak.heading"), " ".join(lead), Side.BAD, brief=True)
    after = say("tried.leak.felt", **_counted_in_people(numbers))
    seen = " ".join((say("tried.leak.too_few"), *_seen_in_people(options, numbers)))
    return [table, Paragraph(seen, Side.BAD), Paragraph(after)]


def _seen_in_people(options: Iterable[Procedure], numbers: Numbers) -> list[str]:
    """How many of 1000 treated bones leaked on a scan, in the one trial of both procedures."""
    counted = {p: told(numbers.counted(SEEN, p).count.share) for p in options}
    return [
        say("tried.leak.seen", will=will, people=ONE_DENOMINATOR, name=name_of(p))
        for p, will in counted.items()
    ]


def _counted_in_people(numbers: Numbers) -> dict[str, object]:
    counted = {name: told(numbers.counted(key).count.share) for name, key in IN_PEOPLE.items()}
    return {**counted, "people": ONE_DENOMINATOR}


def _rate(key: str, procedure: Procedure, share: Share | Unknown) -> Rate:
    """A chance of a leak as so many of 1000 tries: ten times the whole per cent of the clinician's table."""
    from vertebro.report.compare_words import chance_pct

    label = say("harm_line", what=say(key), after=say("with.procedure", name=name_of(procedure)))
    found = chance_pct(share)
    if isinstance(found, Unknown) or isinstance(share, Unknown):
        return Rate(key, label, "", None, "", "", "", (), say("tried.unknown"))
    will, low, high = (round(part * ONE_DENOMINATOR / HUNDRED) for part in found)
    happens = str(will) if will else say("line.fewer", one=ONE_DENOMINATOR // HUNDRED)
    if share.events == 0:
        happens = say("tried.leak.no_try", tries=share.of - share.unknown)
    spread = say("line.up_to", high=high) if low == 0 else say("line.range", low=low, high=high)
    rest = (
        str(ONE_DENOMINATOR - will) if share.events else say("tried.leak.all", tries=share.of - share.unknown)
    )
    return Rate(key, label, say("tried.who") if share.events else "", will, happens, rest, spread, ())


@dataclass(frozen=True)
class Parts:
    """A share told in parts of a hundred, with the range of two standard uncertainties."""

    about: int
    low: int
    high: int

    @classmethod
    def of(cls, value: Measured) -> Parts:
        """Rounded as the clinician's table rounds; nothing carries less than nought."""
        from vertebro.report.compare_words import whole

        low, high = (whole(value.value + sign * SPREADS * value.spread) for sign in (-1, 1))
        return cls(whole(value.value), max(0, low), high)

    @property
    def against_before(self) -> str:
        """``less``, ``more``, or ``either`` where the range holds the bone as it was."""
        return "less" if self.high < HUNDRED else "more" if self.low > HUNDRED else "either"


def _strength(compared: Compared, options: dict[Procedure, Option]) -> list[Block]:
    """What the bone could carry, as it is and with cement."""
    broken = compared.untreated.restored.get("broken")
    lines = [say("tried.strength.whole" if broken is None else "tried.strength.before", hundred=HUNDRED)]
    lines += [] if broken is None else [_carries("tried.strength.now", compared.strength(broken))]
    for procedure, option in options.items():
        found = compared.strength(option.restored)
        lines.append(_carries("tried.strength.with", found, name=name_of(procedure)))
    points = Points(tuple(lines), say("tried.strength.heading"), side=Side.GOOD)
    return [points, *map(Paragraph, (*_amounts(options), say("tried.strength.never")))]


def _amounts(options: dict[Procedure, Option]) -> list[str]:
    """That the lines are of different amounts of cement, where they are: more of it seems the better."""
    least, most = (choose(options, key=lambda p: options[p].volume.value) for choose in (min, max))
    if options[least].volume.value == options[most].volume.value:
        return []
    return [say("tried.strength.amounts", most=name_of(most), least=name_of(least))]


def _carries(key: str, found: Number, **values: object) -> str:
    if isinstance(found, Unknown):
        return say(f"{key}_unknown", **values)
    parts = Parts.of(found)
    if key.endswith("with"):
        values["so"] = say(f"tried.strength.so.{parts.against_before}")
    return say(key, about=parts.about, low=parts.low, high=parts.high, **values)


def _height(options: dict[Procedure, Option]) -> list[Block]:
    """The gain in the middle beside what patients gained; nothing where no balloon is in question."""
    if Procedure.KYPHOPLASTY not in options:
        return []
    name, heights = name_of(Procedure.KYPHOPLASTY), options[Procedure.KYPHOPLASTY].heights
    if isinstance(heights, Unknown):
        lines = [say("tried.height.unknown", name=name)]
    else:
        lines = [say("tried.height.gain", name=name, gain=millimetres(heights.gain.middle.value))]
        lines += [_gained(series) for series in heights.gain.patients]
    if Procedure.VERTEBROPLASTY in options:
        lines.append(say("tried.height.no_balloon", name=name_of(Procedure.VERTEBROPLASTY)))
    return [Points(tuple(lines), say("tried.height.heading"), side=Side.GOOD)]


def _gained(series: PatientSeries) -> str:
    mean, spread = series.middle.value, series.middle.spread
    return say(
        "tried.height.patients",
        mean=millimetres(mean),
        low=_way(mean - spread),
        high=_way(mean + spread),
    )


def _way(mm: float) -> str:
    return say("tried.height.gained" if mm > 0 else "tried.height.lost", mm=millimetres(abs(mm)))


def millimetres(mm: float) -> str:
    """A height to half a millimetre: ``less than ½ a millimetre``, ``1½ millimetres``."""
    halves = round(mm * 2)
    if halves < 1:
        return say("tried.mm.none" if mm <= 0 else "tried.mm.least")
    whole, half = divmod(halves, 2)
    if not whole:
        return say("tried.mm.half")
    number = f"{whole}½" if half else str(whole)
    return say("tried.mm.one" if number == "1" else "tried.mm.many", number=number)


def _next_door(options: dict[Procedure, Option]) -> list[Block]:
    from vertebro.report.compare_words import pressure_next_door, whole

    found: dict[int | None, list[str]] = {}
    for procedure, option in options.items():
        change = pressure_next_door(option.neighbours)
        parts = None if isinstance(change, Unknown) else whole(change.value)
        found.setdefault(parts, []).append(say("with.procedure", name=name_of(procedure)))
    lines = [_rise(capital(listed(names)), parts) for parts, names in found.items()]
    modelled = [o.neighbours for o in options.values() if not isinstance(o.neighbours, Unknown)]
    for band in _bands(modelled[0]) if modelled else ():
        lines.append(
            say("tried.next.band", low=round(band.low_pct), high=round(band.high_pct), hundred=HUNDRED)
        )
    return [Points((*lines, say("tried.next.people")), say("tried.next.heading"), side=Side.BAD)]


def _rise(with_what: str, parts: int | None) -> str:
    """How much more pressure the disc next door has, of a hundred parts; None: not known."""
    if parts is None:
        return say("tried.next.unknown", with_what=with_what)
    if parts == 0:
        return say("tried.next.same", with_what=with_what, hundred=HUNDRED)
    way = "more" if parts > 0 else "fewer"
    return say(f"tried.next.{way}", with_what=with_what, parts=abs(parts), hundred=HUNDRED)


def _last(
    compared: Compared, options: dict[Procedure, Option], open_now: tuple[Procedure, ...]
) -> Iterable[str]:
    """What could not be tried out, what is left out, and who has the rest."""
    for procedure in Procedure:
        name = name_of(procedure)
        if procedure in open_now and procedure not in options:
            yield say("tried.not_tried", name=name)
        elif procedure not in open_now and compared.of(short(procedure)):
            yield say("tried.not_open", name=name)
    yield say("tried.team")

"""The load next door as plain text: cement and alignment apart, what is published, what is not known."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from vertebro.evidence.contested import Question, contested
from vertebro.fracture.findings import Number
from vertebro.simulation.neighbour_results import Alignment, Band, Change, Neighbours
from vertebro.simulation.neighbour_results import say as words
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import references
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts
from vertebro.vocabulary.units import read_as

WIDTH = 96

say = texts(beside=__file__, name="neighbours").say


def neighbours_in_words(found: Neighbours) -> str:
    """Cautions, model, the effect of the cement, of the wedge in two postures, and what was not done."""
    parts = [
        say("title", level=found.level, levels=", ".join(map(str, found.levels))),
        _block("cautions", found.cautions),
        _block("model", _model(found)),
        _block("now", (_line(r.quantity, r.place, in_digits(r.value)) for r in found.now)),
        _block("cement", _cement(found)),
        _block("alignment", _alignment(found)),
        _block("methods", _methods(found)),
        _block("not_done", (f"{what}: {why}" for what, why in found.not_done)),
    ]
    return "\n\n".join(parts)


def in_digits(value: Number) -> str:
    """A number with its spread to three digits, or that it is not known and why."""
    if isinstance(value, Unknown):
        return say("unknown", why=value.why)
    unit = read_as(value.unit)
    said = _three(value.value)
    if value.spread:
        said = f"{said} ± {_three(value.spread)}"
    return f"{said}{'' if unit in ('°', '') else ' '}{unit}"


def _three(value: float) -> str:
    """Three digits, and all of them before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _model(found: Neighbours) -> list[str]:
    count = found.model
    discs = found.settings.segment.discs
    said = [
        say("model", elements=f"{count['elements']:,}", voxel=count["voxel_mm"], discs=discs.name),
        say("load", load=in_digits(found.load), method=found.load.method),
        say("calibration", method=found.calibration.method),
    ]
    for place in (key.removeprefix("joint_share ") for key in count if key.startswith("joint_share")):
        area, height = count[f"disc_area_mm2 {place}"], count[f"disc_height_mm {place}"]
        joints = f"{100 * count[f'joint_share {place}']:.0f}"
        said.append(say("disc", place=place, area=f"{area:.0f}", height=f"{height:.1f}", joints=joints))
    return said


def _cement(found: Neighbours) -> list[str]:
    if isinstance(found.cement, Unknown):
        return [say("unknown", why=found.cement.why), *bands_in_words(found.bands, "cement")]
    return [*_changes(found.cement), *bands_in_words(found.bands, "cement"), evidence_in_words(found)]


def _alignment(found: Neighbours) -> list[str]:
    if isinstance(found.alignment, Unknown):
        return [say("unknown", why=found.alignment.why), *bands_in_words(found.bands, "alignment")]
    said = []
    for one in found.alignment:
        said += [
            _posture(one),
            *_changes([c for c in one.changes if c.quantity in ("pressure", "load_to_strength")]),
        ]
    return [*said, *bands_in_words(found.bands, "alignment"), evidence_in_words(found)]


def evidence_in_words(found: Neighbours) -> str:
    """What the trials say about fractures next door, which ranks above any model."""
    known = contested(Question(found.evidence))
    sources = ", ".join(f"[{references()[key].short}]" for key in known.concluded_by)
    return say("evidence", asked=known.asked, conclusion=known.conclusion, sources=sources)


def _posture(one: Alignment) -> str:
    return say(
        f"posture.{one.posture}",
        before=in_digits(one.wedge_before),
        after=in_digits(one.wedge_after),
        load_before=in_digits(one.load_before),
        load_after=in_digits(one.load_after),
        over=in_digits(one.over_straight),
    )


def _changes(changes: Sequence[Change]) -> list[str]:
    said = []
    for c in changes:
        if isinstance(c.change, Measured) and c.change.value == 0 and c.change.spread == 0:
            value = say("same", before=in_digits(c.before))
        else:
            value = say(
                "change", before=in_digits(c.before), after=in_digits(c.after), change=_signed(c.change)
            )
        said.append(_line(c.quantity, c.place, value))
    return said


def _signed(change: Number) -> str:
    if isinstance(change, Unknown):
        return say("unknown", why=change.why)
    sign = "+" if change.value > 0 else ""
    return sign + in_digits(change)


def _line(quantity: str, place: str, value: str) -> str:
    return say("line", quantity=words(f"quantity.{quantity}"), place=place, value=value)


def bands_in_words(bands: Sequence[Band], effect: str) -> list[str]:
    """What published models span for one effect, with their sources."""
    said = []
    for band in bands:
        if band.effect == effect:
            sources = ", ".join(sorted({f"[{cited.reference.short}]" for cited in band.sources}))
            low, high = f"{band.low_pct:g}", f"{band.high_pct:g}"
            said.append(f"{words(f'band.{effect}', low=low, high=high)} {sources}")
    return said


def _methods(found: Neighbours) -> list[str]:
    methods: dict[str, str] = {}
    for reading in found.now:
        if isinstance(reading.value, Measured):
            methods.setdefault(reading.quantity, reading.value.method)
    return [f"{words(f'quantity.{quantity}')}: {method}" for quantity, method in methods.items()]


def _block(heading: str, lines: Iterable[str]) -> str:
    wrapped = (textwrap.fill(line, WIDTH, initial_indent="  - ", subsequent_indent="    ") for line in lines)
    return "\n".join([say(f"heading.{heading}"), *wrapped])

"""Which number of a mask is which vertebra: read from names, said by the user, tested, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from vertebro.errors import BadInput, BadLabels, nearest
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.labelled import label_places, numbers_in
from vertebro.patient.proportions import possible_volume_ml
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.own_yaml import own_yaml
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="labels_values.yaml")
say = texts(__file__, "casefile_text").say

Places: TypeAlias = Mapping[int, tuple[int, Array]]


@dataclass(frozen=True)
class LabelScheme:
    """A published numbering: which number is which vertebra, and which are other structures."""

    key: str
    called: str
    levels: Mapping[int, Level]
    others: Mapping[int, str]
    source: str
    also: str = ""

    def names(self, numbers: Iterable[int]) -> Mapping[int, Level]:
        """The vertebrae among these numbers."""
        return {n: self.levels[n] for n in numbers if n in self.levels}

    def knows(self, number: int) -> bool:
        """True if the scheme gives this number to anything."""
        return number in self.levels or number in self.others

    def calls(self, number: int) -> str:
        """What the scheme calls a number."""
        return str(self.levels.get(number) or self.others.get(number) or "nothing")


@dataclass(frozen=True)
class Naming:
    """Which numbers are which vertebrae, how that came about, and what a person should know of it."""

    levels: Mapping[int, Level]
    by: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundNames:
    """Names of label numbers, and in words where they were found."""

    names: Mapping[int, str]
    where: str


@cache
def label_schemes() -> Mapping[str, LabelScheme]:
    """Every numbering the house knows, by key."""
    entries = own_yaml(Path(__file__).with_name("label_schemes.yaml"))
    return MappingProxyType({key: _scheme(key, entry) for key, entry in entries.items()})


def scheme_named(word: str) -> LabelScheme:
    """The scheme of that key, or a BadLabels with the nearest spelling."""
    schemes = label_schemes()
    for scheme in schemes.values():
        if word.lower() in (scheme.key, scheme.also):
            return scheme
    raise BadLabels(
        f"There is no label scheme called '{word}'.",
        f"one of: {', '.join(schemes)}",
        nearest(word, schemes) or "Choose one of these, or give the levels one by one.",
    )


def read_spine(
    labels: Volume,
    names: FoundNames | None = None,
    scheme: str | None = None,
    levels: Mapping[int, Level] | None = None,
    body: Volume | None = None,
) -> Spine:
    """The vertebrae of a mask.

    ``names`` were found in the file or beside it; ``scheme`` and ``levels`` are the user's word.
    ``levels`` are laid over whatever else names the numbers, and win.
    """
    labels = whole_numbers(labels)
    naming = name_numbers(labels, names or FoundNames({}, ""), scheme, levels or {})
    labels, merged = _merged(labels, naming.levels)
    spine = Spine.from_labels(labels, naming.levels, naming.by, body)
    return replace(spine, notes=(*spine.notes, *naming.notes, *merged))


def whole_numbers(labels: Volume) -> Volume:
    """The mask with integer values, or a BadLabels where they are not whole numbers."""
    values = labels.values
    if values.dtype.kind in "iub":
        return labels
    if not np.isfinite(values).all() or (values != np.rint(values)).any():
        raise BadLabels(
            "The mask holds values that are not whole numbers.",
            "one whole number for each structure and 0 outside",
            "If the mask was resampled, do it again with nearest-neighbour interpolation.",
        )
    return replace(labels, values=values.astype(np.int32))


def name_numbers(
    labels: Volume, names: FoundNames, scheme: str | None, levels: Mapping[int, Level]
) -> Naming:
    """Which number is which vertebra: names, then the user's word, then anatomy, else BadLabels."""
    numbers = numbers_in(labels.values)
    if not numbers:
        raise BadLabels("The mask is empty.", "at least one labelled vertebra", "Give the mask itself.")
    base = _named(numbers, names, scheme)
    if base is None and not levels:
        others = [f"{n} is {names.names[n]}" for n in numbers if _is_other(n, names)]
        if others:
            raise BadLabels(
                f"The names in {names.where} tell of no vertebra: {', '.join(others[:8])}.",
                "a mask with one number for each vertebra",
                "Give the mask of the vertebrae one by one, or name the numbers in `levels`.",
            )
        base = _tested(labels, numbers)
    return _overridden(numbers, base, levels)


def level_named(name: str) -> Level | None:
    """The vertebra a name in a label table means, or None where it means something else."""
    words = name.strip().lower().replace("vertebrae", "vertebra").replace("_", " ").replace("-", " ").split()
    bare = [w for w in words if w != "vertebra"]
    if len(bare) != 1:
        return None
    try:
        return Level.parse(bare[0])
    except BadInput:
        return None


def _named(numbers: tuple[int, ...], names: FoundNames, scheme: str | None) -> Naming | None:
    """The naming by the names found, or by the user's scheme; the two must not contradict each other."""
    read = {n: level for n in numbers if n in names.names and (level := level_named(names.names[n]))}
    _refuse_twins(read)
    if scheme is None:
        return Naming(read, names.where) if read else None
    said = scheme_named(scheme)
    told = said.names(numbers)
    if not told:
        raise _ask(numbers, label_schemes().values(), f"{said.called} has no vertebra among them.")
    clash = [
        n for n in numbers if (n in read and read[n] != told.get(n)) or (n in told and _is_other(n, names))
    ]
    if clash:
        n = clash[0]
        here = read.get(n) or names.names[n]
        raise BadLabels(
            f"The names in {names.where} call number {n} {here}; {said.called} calls it {said.calls(n)}.",
            "one meaning for each number",
            "Leave out `scheme` to use those names, or write `levels` to overrule them.",
        )
    return Naming(told, f"the {said.called} numbering, as the user said")


def _is_other(number: int, names: FoundNames) -> bool:
    """True if the names call this number something that is no vertebra; ``Label 7`` says nothing."""
    name = names.names.get(number, "").strip()
    says_nothing = not name.strip("0123456789 ") or name.lower().startswith("label")
    return not says_nothing and level_named(name) is None


def _overridden(numbers: tuple[int, ...], base: Naming | None, levels: Mapping[int, Level]) -> Naming:
    """The naming with the user's own table laid over it."""
    base = base or Naming({}, "")
    absent = sorted(set(levels) - set(numbers))
    if absent:
        raise BadLabels(
            f"`levels` names number {absent[0]}, which the mask does not hold.",
            f"numbers of the mask: {_listed(numbers)}",
            "Correct `levels`.",
        )
    named = dict(base.levels) | dict(levels)
    _refuse_twins(
        {n: level for n, level in named.items() if n not in levels or level in base.levels.values()}
    )
    if not levels:
        return base
    moved = [f"{n} is {x}, not {base.levels[n]}" for n, x in levels.items() if base.levels.get(n, x) != x]
    notes = (say("labels.renamed", moved="; ".join(moved)),) if moved else ()
    by = f"{base.by}, then the user's own table" if base.by else "the user's own table"
    return Naming(named, by, (*base.notes, *notes))


def _refuse_twins(named: Mapping[int, Level]) -> None:
    for level in named.values():
        twins = [m for m in named if named[m] == level]
        if len(twins) > 1:
            raise BadLabels(
                f"Numbers {_listed(twins)} are all called {level}.",
                "one number for each vertebra",
                "Name each of these numbers in `levels`.",
            )


def _merged(labels: Volume, levels: Mapping[int, Level]) -> tuple[Volume, tuple[str, ...]]:
    """Numbers that the user gave to one vertebra, such as its cortex and its marrow, as one number."""
    values, notes = labels.values, []
    for level in dict.fromkeys(levels.values()):
        first, *rest = [n for n in levels if levels[n] == level]
        if rest:
            values = np.where(np.isin(values, rest), np.asarray(first, dtype=values.dtype), values)
            notes.append(say("labels.merged", numbers=_listed([first, *rest]), level=level))
    return replace(labels, values=values), tuple(notes)


def _tested(labels: Volume, numbers: tuple[int, ...]) -> Naming:
    """The naming by the one scheme under which the mask can be a spine; BadLabels unless just one is left."""
    places = label_places(labels.values)
    edge = _touching_the_border(labels.values)
    survivors: dict[tuple[tuple[int, Level], ...], LabelScheme] = {}
    for scheme in label_schemes().values():
        levels = scheme.names(numbers)
        if all(scheme.knows(n) for n in numbers) and _can_be_a_spine(labels, levels, places, edge):
            survivors.setdefault(tuple(sorted(levels.items())), scheme)
    if len(survivors) != 1:
        raise _ask(numbers, survivors.values() or label_schemes().values())
    (found, scheme) = next(iter(survivors.items()))
    named = ", ".join(f"{n} = {level}" for n, level in found)
    by = f"an anatomical test that leaves only the {scheme.called} numbering"
    return Naming(dict(found), by, (say("labels.tested", scheme=scheme.called, names=named),))


def _can_be_a_spine(
    labels: Volume, levels: Mapping[int, Level], places: Places, edge: frozenset[int]
) -> bool:
    """True unless order, steps, sizes or growth under these names cannot be those of a spine."""
    ordered = sorted(levels, key=lambda n: levels[n].order)
    whole = [n for n in ordered if n not in edge]
    if len(whole) < v.least_vertebrae.value:
        return False
    volume_ml = {n: places[n][0] * labels.voxel_mm3 / 1000 for n in whole}
    for upper, lower in pairwise(ordered):
        step = labels.to_mm(places[upper][1]) - labels.to_mm(places[lower][1])
        apart = _levels_apart(levels[upper], levels[lower])
        near, far = v.least_step_mm.value * apart, v.most_step_mm.value * apart
        if step[2] <= 0 or not near <= float(np.linalg.norm(step)) <= far:
            return False
    if not all(_possible_size(levels[n], volume_ml[n]) for n in whole):
        return False
    half = len(whole) // 2
    growth = np.mean([volume_ml[n] for n in whole[-half:]]) / np.mean([volume_ml[n] for n in whole[:half]])
    return bool(growth >= v.least_growth.value)


def _possible_size(level: Level, volume_ml: float) -> bool:
    least, most = possible_volume_ml(level)
    return least <= volume_ml <= most


def _levels_apart(upper: Level, lower: Level) -> int:
    """How many steps down the spine, not counting the rare T13 and L6 unless one of the two is."""
    between = [x for x in Level if upper.order < x.order < lower.order and not x.is_rare]
    return len(between) + 1


def _touching_the_border(values: AnyArray) -> frozenset[int]:
    faces = [np.take(values, at, axis=axis) for axis in range(3) for at in (0, -1)]
    return frozenset(int(n) for face in faces for n in np.unique(face))


def _ask(numbers: tuple[int, ...], schemes: Iterable[LabelScheme], because: str = "") -> BadLabels:
    possible = [s for s in schemes if s.names(numbers)]
    lines = [f"{s.key}: " + ", ".join(f"{n} = {s.calls(n)}" for n in numbers[:12]) for s in possible]
    return BadLabels(
        f"The mask holds the numbers {_listed(numbers)} and no names, and numbers alone do not say "
        f"which vertebra is which. {because}".strip(),
        "the scheme the mask was made with" + "".join(f"\n            {line}" for line in lines),
        "Add `scheme:` (or a `levels:` table) to the mask in the case file.",
    )


def _listed(numbers: Iterable[int], most: int = 20) -> str:
    numbers = list(numbers)
    more = f" and {len(numbers) - most} more" if len(numbers) > most else ""
    return ", ".join(map(str, numbers[:most])) + more


def _scheme(key: str, entry: Mapping[str, Any]) -> LabelScheme:
    levels = {n: Level(name) for name, n in _spread_levels(entry["vertebrae"])}
    others = {n: name for name, at in entry["others"].items() for n in _run(at)}
    return LabelScheme(
        key,
        entry["called"],
        MappingProxyType(levels),
        MappingProxyType(others),
        entry["source"],
        entry.get("also", ""),
    )


def _spread_levels(runs: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    for name, at in runs.items():
        first, _, last = name.partition("-")
        letter, low, high = first[0], int(first[1:]), int((last or first)[1:])
        yield from zip((f"{letter}{n}" for n in range(low, high + 1)), _run(at), strict=True)


def _run(at: Any) -> range:
    first, last = (at, at) if isinstance(at, int) else at
    return range(first, last + 1) if last >= first else range(first, last - 1, -1)

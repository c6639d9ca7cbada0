"""How each number of the comparison was computed, and the published works it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vertebro.procedures.devices import v as devices
from vertebro.procedures.grades import v as needles
from vertebro.report.judgement import Cited, cited
from vertebro.report.section_part import capital, say
from vertebro.simulation.augmented import Carried
from vertebro.simulation.augmented import v as augmented
from vertebro.simulation.compare import Compared, Option
from vertebro.simulation.discs import v as segment
from vertebro.simulation.endplate_lift import v as inflation
from vertebro.simulation.heating import v as heating
from vertebro.simulation.height_gain import HeightsAfter
from vertebro.simulation.materials import v as materials
from vertebro.simulation.neighbour_results import Neighbours
from vertebro.simulation.permeability import v as flow
from vertebro.simulation.rheology import v as rheology
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValues
from vertebro.vocabulary.measured import Measured


@dataclass(frozen=True)
class HowComputed:
    """One heading: the ways its numbers came about, and the works its values come from."""

    name: str
    ways: tuple[str, ...]
    sources: tuple[Cited, ...]


def methods_of(compared: Compared) -> tuple[HowComputed, ...]:
    """Needles, strength, leaks, heights, the load next door, heat."""
    rests_on: dict[str, tuple[CitedValues, ...]] = {
        "needles": (needles, devices),
        "strength": (materials, augmented),
        "leaks": (flow, rheology),
        "heights": (inflation, devices),
        "next_door": (segment,),
        "heat": (heating,),
    }
    ways = {
        "needles": _needles(compared),
        "strength": _strength(compared),
        "leaks": _leaks(compared),
        "heights": _heights(compared.options),
        "next_door": _next_door(compared.options),
        "heat": (say("methods.heat"),),
    }
    return tuple(
        HowComputed(
            say(f"methods.name.{name}"), tuple(dict.fromkeys(map(capital, ways[name]))), _works(values)
        )
        for name, values in rests_on.items()
    )


def _each_once(ways: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(capital, ways)))


def _works(values: Iterable[CitedValues]) -> tuple[Cited, ...]:
    """The works that values come from, each once; settings of our own have none."""
    keys = {one.source for each in values for one in each if not one.is_setting}
    return tuple(sorted((cited(key) for key in keys), key=lambda work: work.short))


def _methods(found: Iterable[object]) -> Iterator[str]:
    return (one.method for one in found if isinstance(one, Measured))


def _needles(compared: Compared) -> Iterator[str]:
    for plan in compared.plans.values():
        for path in getattr(plan, "needles", ()):
            yield from _methods((path.convergence, *path.margins.values()))


def _strength(compared: Compared) -> Iterator[str]:
    options = [o.carried for o in compared.options if isinstance(o.carried, Carried)]
    states = (compared.untreated.intact, compared.untreated.broken, *options[:1])  # they differ by name alone
    for state in states:
        if isinstance(state, Carried):
            yield from _methods(
                (state.stiffness, state.offset if compared.is_at_offset else state.stiffness_based)
            )


def _leaks(compared: Compared) -> Iterator[str]:
    yield from _methods(option.leaked for option in compared.options)
    wanted, least = compared.wanted, flow.leak_ml.value
    yield say("methods.chance", n=wanted.samples, seed=wanted.seed, least=least)


def _heights(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        if isinstance(option.heights, HeightsAfter):
            yield from _methods((option.heights.gain.middle,))


def _next_door(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        if isinstance(option.neighbours, Neighbours):
            yield from _methods((option.neighbours.load,))
            yield from _methods(one.value for one in option.neighbours.now if one.quantity == "pressure")
            if not isinstance(option.neighbours.cement, Unknown):
                yield from _methods(change.change for change in option.neighbours.cement[:1])
            if not isinstance(option.neighbours.alignment, Unknown):
                yield from _methods(one.over_straight for one in option.neighbours.alignment)

"""The strength of a vertebra as plain text: every number with its method and its source."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from vertebro.simulation.strength import DEFINED, Estimate, Strength
from vertebro.simulation.strength import say as words
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValue
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

WIDTH = 96

say = texts(beside=__file__, name="strength").say


def strength_in_words(strength: Strength) -> str:
    """Model, stiffness, each definition of strength, load to strength, cautions and what was not done."""
    n = strength.numbers
    law = strength.settings.law
    counts = {key: f"{value:,}" if isinstance(value, int) else f"{value:g}" for key, value in n.model.items()}
    parts = [
        say("title", level=strength.level),
        _block("cautions", strength.cautions),
        _block("model", [say("model", **counts), say("calibration", method=strength.calibration.method)]),
        _block("stiffness", [_line("height", n.height), *_stiffness(strength, law.constants)]),
        _block("compression", map(_estimate, n.compression)),
        _block("flexion", map(_estimate, n.flexion)),
        _block(
            "ratio", (say("ratio", value=m.in_words(), method=m.method) for m in n.load_to_strength.values())
        ),
        _block("not_done", (f"{what}: {why}" for what, why in strength.not_done)),
    ]
    return "\n\n".join(parts)


def _stiffness(strength: Strength, law: CitedValue) -> list[str]:
    n = strength.numbers
    return [_line("axial", n.stiffness, law), _line("bending", n.bending_stiffness, law)]


def _line(name: str, value: Measured, source: CitedValue | None = None) -> str:
    by = f" [{source.reference.short}]" if source else ""
    return f"{say(f'name.{name}')}: {value.in_words()} ({value.method}){by}"


def _estimate(estimate: Estimate) -> str:
    name = words(f"definition.{estimate.name}", **DEFINED)
    if isinstance(estimate.value, Unknown):
        return say("unknown", name=name, why=estimate.value.why)
    by = f" [{estimate.source.reference.short}]" if estimate.source else ""
    return f"{name}: {estimate.value.in_words()} ({estimate.value.method}){by}"


def _block(heading: str, lines: Iterable[str]) -> str:
    wrapped = (textwrap.fill(line, WIDTH, initial_indent="  - ", subsequent_indent="    ") for line in lines)
    return "\n".join([say(f"heading.{heading}"), *wrapped])

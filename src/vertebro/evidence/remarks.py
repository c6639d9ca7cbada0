"""What is known about a harm beside its counts: pooled percentages, doses, and reports that are no rate."""

from __future__ import annotations

from dataclasses import dataclass

from vertebro.evidence.harm_types import Heading
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.procedures import Procedure
from vertebro.vocabulary.texts import texts


@dataclass(frozen=True)
class Remark:
    """A sentence under a heading, with the sources of its numbers."""

    heading: Heading
    procedure: Procedure
    sentence: str
    sources: tuple[str, ...]


_SAID = {
    (Heading.LEAK, Procedure.VERTEBROPLASTY): "leak",
    (Heading.LEAK, Procedure.KYPHOPLASTY): "leak",
    (Heading.LUNG_EMBOLUS, Procedure.VERTEBROPLASTY): "lung",
    (Heading.CORD_OR_ROOT, Procedure.KYPHOPLASTY): "cord",
    (Heading.BALLOON_RUPTURE, Procedure.KYPHOPLASTY): "balloon",
}


def remarks(procedure: Procedure) -> tuple[Remark, ...]:
    """The remarks on the harms of a procedure, in the order of the headings."""
    return tuple(
        _remark(heading, procedure, _SAID[heading, procedure])
        for heading in Heading
        if (heading, procedure) in _SAID
    )


def _remark(heading: Heading, procedure: Procedure, key: str) -> Remark:
    words, values = texts(beside=__file__), cited_values(beside=__file__)
    used = {name: getattr(values, name) for name in sorted(words.placeholders(f"remark.{key}"))}
    sentence = words.say(f"remark.{key}", **{name: value.in_words() for name, value in used.items()})
    return Remark(heading, procedure, sentence, tuple(dict.fromkeys(v.source for v in used.values())))

"""The panel's 576 clinical scenarios as facts, to count our approximation against its shares."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product

from vertebro.guidelines.reading import Facts
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

WEEKS = (v.duration_first_week.number, v.duration_third_week.number, v.duration_sixth_week.number)
HEIGHT_LOSS = (0, v.height_loss_moderate_from.number, v.height_loss_severe_above.number, 100)  # of a whole

SAME_IN_ALL: dict[str, object] = {
    "age_years": v.adult_from.value,
    "trauma": "low_energy",
    "malignancy": "none",
    "infection": "none",
    "pain_nrs": v.entry_pain_from.value,
}
"""What every scenario shares: nobody excluded, no contraindication, pain at the entry of the pathway."""


def _inside(*limits: float) -> tuple[float, ...]:
    """One value inside each class between these limits."""
    return tuple((low + high) / 2 for low, high in pairwise(limits))


LEVELS: dict[str, tuple[object, ...]] = {
    "weeks_since_fracture": (*_inside(0, *WEEKS), WEEKS[-1] + WEEKS[0]),
    "mri": ("no_oedema", "oedema"),
    "height_loss_pct": _inside(*HEIGHT_LOSS),
    "kyphotic_deformity": (False, True),
    "height_loss_progressing": (False, True),
    "pain_trend": ("improving", "stable", "worsening"),
    "rmdq": (v.rmdq_moderate_from.value, v.rmdq_severe_above.value + 1),
}
"""The seven findings and one value in each of their classes."""


def scenarios() -> Iterator[Facts]:
    """Every scenario once, as the facts of a patient."""
    for values in product(*LEVELS.values()):
        given = SAME_IN_ALL | dict(zip(LEVELS, values, strict=True))
        yield {name: Known(fact(name).check(value), "scenario") for name, value in given.items()}

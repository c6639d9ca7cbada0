"""Height loss against what the neighbours lead one to expect, Genant's grade, the fracture's shape."""

from __future__ import annotations

from itertools import product

import numpy as np

from vertebro.fracture.expected import Expected, Heights
from vertebro.fracture.shape import PARTS
from vertebro.kernels.arrays import Array
from vertebro.vocabulary.grades import FractureShape, GenantGrade
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Graded, Measured
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="shape_values.yaml")
say = texts(beside=__file__, name="shape").say


def losses_pct(heights: Heights, expected: Expected) -> tuple[Array, Array]:
    """Loss (%) of anterior, middle and posterior height, and the spread of each; negative is a gain."""
    ratio = heights.value_mm / expected.value_mm
    spread = ratio * np.hypot(heights.spread_mm / heights.value_mm, expected.spread_mm / expected.value_mm)
    return 100 * (1 - ratio), 100 * spread


def height_loss(heights: Heights, expected: Expected) -> Measured:
    """The largest of the three losses (%), at least 0."""
    loss, spread = losses_pct(heights, expected)
    worst = int(np.argmax(loss))
    method = say("method.loss", part=PARTS[worst])
    return Measured(max(0.0, float(loss[worst])), "%", method, float(spread[worst]))


def grade_of(loss_pct: float) -> GenantGrade:
    """Genant's grade of a height loss: [20, 25) mild, [25, 40] moderate, above 40 severe (cited)."""
    if loss_pct > v.genant_severe.value:
        return GenantGrade.SEVERE
    if loss_pct >= v.genant_moderate.value:
        return GenantGrade.MODERATE
    return GenantGrade.MILD if loss_pct >= v.genant_mild.value else GenantGrade.NORMAL


def genant(loss: Measured) -> Graded[GenantGrade]:
    """Genant's grade, with every grade within one spread of the loss."""
    low, high = grade_of(loss.value - loss.spread), grade_of(loss.value + loss.spread)
    possible = tuple(g for g in GenantGrade if low <= g <= high)
    return Graded(grade_of(loss.value), say("method.grade"), possible)


def shape_from(loss_pct: Array) -> FractureShape:
    """Crush if the posterior height is lost too, else wedge or biconcave by the greater loss."""
    front, middle, back = loss_pct
    if max(loss_pct) < v.genant_mild.value:
        return FractureShape.NONE
    if back >= v.genant_mild.value:
        return FractureShape.CRUSH
    return FractureShape.WEDGE if front >= middle else FractureShape.BICONCAVE


def shape_of_fracture(heights: Heights, expected: Expected) -> Graded[FractureShape]:
    """The shape of the fracture, with every shape that changing each loss by one spread can make."""
    loss, spread = losses_pct(heights, expected)
    value = shape_from(loss)
    others = [shape_from(loss + np.array(signs) * spread) for signs in product((-1, 0, 1), repeat=3)]
    return Graded(value, say("method.shape"), tuple(dict.fromkeys([value, *others])))

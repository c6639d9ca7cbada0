"""The synthetic patient: her truth follows from the model, and her images agree with the truth."""

from functools import cache

import numpy as np
import pytest

from vertebro.errors import BadCase
from vertebro.patient.synthetic import Fracture, SyntheticPatient, SyntheticSpec, synthetic_patient
from vertebro.vocabulary.grades import FractureShape
from vertebro.vocabulary.levels import Level

SMALL = {"top": Level.T12, "bottom": Level.L2, "spacing_mm": (1.0, 1.0, 1.0)}


@cache
def broken() -> SyntheticPatient:
    fracture = Fracture.wedge(Level.L1, 40.0, retropulsion_mm=4.0, cleft=True)
    return synthetic_patient(SyntheticSpec(fractures=(fracture,), **SMALL))


def test_the_same_spec_gives_the_same_bytes() -> None:
    again = synthetic_patient(broken().spec)
    for name in ("ct", "labels", "tissues", "stir"):
        assert getattr(again, name).values.tobytes() == getattr(broken(), name).values.tobytes()


def test_heights_lose_what_the_fracture_says() -> None:
    assert np.allclose(broken().truth[Level.L1].height_loss_pct, (40, 28, 2), atol=1e-3)
    assert np.allclose(broken().truth[Level.L2].height_loss_pct, 0, atol=1e-9)


def test_the_mask_holds_every_level_whole() -> None:
    spine = broken().spine()
    assert spine.levels == (Level.T12, Level.L1, Level.L2)
    assert not any(vertebra.is_cut_off for vertebra in spine)


def test_a_shape_that_the_losses_do_not_make_is_refused() -> None:
    with pytest.raises(BadCase, match="wedge"):
        Fracture(Level.L1, FractureShape.WEDGE, anterior_loss_pct=10, middle_loss_pct=40)

"""A case holds images that mean what they should, and a level that its mask holds."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from vertebro.errors import BadGeometry, BadLabels
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

DAY = date(2024, 5, 2)
NONE = Unknown("not in this test")


def spine() -> Spine:
    values = np.zeros((9, 9, 9), dtype=np.uint8)
    values[3:6, 3:6, 3:6] = 1
    return Spine.from_labels(Volume(values, np.eye(4), Quantity.LABEL), {1: Level.L1}, "a test")


def test_a_case_needs_no_image() -> None:
    case = Case("a", DAY, ClinicalRecord(DAY, {}), NONE, NONE, NONE)
    assert isinstance(case.phantom, Unknown) and isinstance(case.tissues, Unknown) and case.notes == ()


def test_a_level_must_be_in_the_mask() -> None:
    record = ClinicalRecord(DAY, {})
    assert Case("a", DAY, record, Level.L1, NONE, spine()).level == Level.L1
    assert Case("a", DAY, record, Level.L2, NONE, NONE).level == Level.L2
    with pytest.raises(BadLabels, match="L2 is not in the mask"):
        Case("a", DAY, record, Level.L2, NONE, spine())


def test_a_ct_holds_hounsfield_units() -> None:
    mr = Volume(np.zeros((3, 3, 3)), np.eye(4), Quantity.MR_SIGNAL)
    with pytest.raises(BadGeometry, match="Hounsfield"):
        Case("a", DAY, ClinicalRecord(DAY, {}), NONE, mr, NONE)

"""The picture of a balloon: well-formed, says what patients gained, and has the front on the left."""

import base64
import re
import sys
import zlib
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "simulation"))
from inflated_body import beside, elliptic_body

from vertebro.procedures.trajectory import Side
from vertebro.report.inflation_picture import Cut, inflation_picture
from vertebro.simulation.inflation import Inflation, Patient, Rules, inflate
from vertebro.vocabulary.known import Unknown


@pytest.fixture(scope="module")
def inflation() -> Inflation:
    rules = Rules(Unknown("not asked"), step_ml=2.0)
    done = inflate(Patient(elliptic_body(2.5), True), (beside(Side.RIGHT, 2, off_mm=0),), rules)
    assert isinstance(done, Inflation)
    return done


def test_the_picture_says_what_patients_gained(inflation: Inflation) -> None:
    drawn = inflation_picture(inflation)
    ElementTree.fromstring(drawn)
    assert "1.5 ± 2.9 mm" in drawn and "rated 2.76 MPa" in drawn


def test_the_front_is_on_the_left_and_the_cavity_where_it_is(inflation: Inflation) -> None:
    cut = Cut.of(inflation)
    cavity = cut.fine(inflation.last.cavity) > 0.5
    arch = cut.fine(inflation.grid.bone & ~inflation.grid.body)
    columns = np.argwhere(cut.fine(inflation.grid.body) > 0.5)[:, 1]
    assert not arch.any() or np.argwhere(arch > 0.5)[:, 1].mean() > columns.mean()
    assert np.argwhere(cavity)[:, 1].mean() < columns.mean()  # the balloon lies 3 mm before the middle
    coloured = _pixels(inflation_picture(inflation))[1]
    blue = np.abs(coloured.astype(int) - [0x58, 0xB7, 0xD8]).sum(axis=-1) < 6
    assert 0.7 < blue.sum() / cavity.sum() < 1.6


def _pixels(drawn: str) -> list[np.ndarray]:
    """The pictures in a drawing (8-bit colour, rows without filter)."""
    out = []
    for data in re.findall(r"base64,([^\"]+)", drawn):
        raw = base64.b64decode(data)
        wide, high = (int.from_bytes(raw[n : n + 4], "big") for n in (16, 20))
        body, at = b"", 8
        while at < len(raw):
            size = int.from_bytes(raw[at : at + 4], "big")
            body += raw[at + 8 : at + 8 + size] if raw[at + 4 : at + 8] == b"IDAT" else b""
            at += 12 + size
        rows = np.frombuffer(zlib.decompress(body), np.uint8).reshape(high, 1 + 3 * wide)
        assert not rows[:, 0].any()
        out.append(rows[:, 1:].reshape(high, wide, 3))
    return out

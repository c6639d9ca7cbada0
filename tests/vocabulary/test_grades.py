"""Every grade reads as people say it."""

from enum import Enum

import pytest

from vertebro.vocabulary.grades import (
    ContrastPhase,
    FractureShape,
    GenantGrade,
    OedemaExtent,
    PosteriorWall,
    Quantity,
)


@pytest.mark.parametrize(
    ("grade", "words"),
    [
        (GenantGrade.NORMAL, "grade 0 (normal)"),
        (GenantGrade.SEVERE, "grade 3 (severe)"),
        (FractureShape.BICONCAVE, "biconcave"),
        (PosteriorWall.RETROPULSED, "retropulsed"),
        (ContrastPhase.LIKELY, "contrast likely"),
        (Quantity.HA_MG_CM3, "ha_mg_cm3"),
        (OedemaExtent.NONE, "none"),
        (OedemaExtent.MINOR, "minor (less than a quarter of the body)"),
        (OedemaExtent.SEVERE, "severe (most of the body)"),
    ],
)
def test_a_grade_reads_as_people_say_it(grade: Enum, words: str) -> None:
    assert str(grade) == words


@pytest.mark.parametrize("grades", [GenantGrade, OedemaExtent])
def test_the_grades_rise_from_none_and_read_differently(grades: type[Enum]) -> None:
    assert [grade.value for grade in grades] == [0, 1, 2, 3]
    assert len({str(grade) for grade in grades}) == 4

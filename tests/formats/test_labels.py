"""Numbers become vertebrae by names, by the user's word or by anatomy; never by the numbers alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro.errors import BadFile, BadLabels
from vertebro.formats.label_names import names_of
from vertebro.formats.labels import FoundNames, label_schemes, level_named, read_spine, scheme_named
from vertebro.formats.nifti import read_nifti
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import references


def column(numbers: list[int], sides_mm: list[int] | None = None, step_mm: int = 34) -> Volume:
    """Cubes one above the other, the first number on top, 2 mm voxels."""
    sides = sides_mm or [34] * len(numbers)
    values = np.zeros((30, 30, (len(numbers) * step_mm) // 2 + 8), dtype=np.int16)
    for row, (number, side) in enumerate(zip(numbers, sides, strict=True)):
        top = values.shape[2] - 4 - row * step_mm // 2
        half = side // 4
        values[15 - half : 15 + half, 15 - half : 15 + half, top - min(side, step_mm) // 2 : top] = number
    return Volume(values, np.diag([2.0, 2.0, 2.0, 1.0]), Quantity.LABEL)


LUMBAR = (Level.L1, Level.L2, Level.L3, Level.L4, Level.L5)

PUBLISHED = [  # scheme, number, level: read in the repositories, see data/references.yaml
    ("verse", 1, "C1"), ("verse", 8, "T1"), ("verse", 20, "L1"), ("verse", 24, "L5"), ("verse", 28, "T13"),
    ("tptbox", 20, "L1"), ("tptbox", 25, "L6"),
    ("totalsegmentator", 50, "C1"), ("totalsegmentator", 43, "T1"), ("totalsegmentator", 28, "L4"),
    ("totalsegmentator", 26, "S1"), ("totalsegmentator_v1", 18, "L5"), ("totalsegmentator_v1", 41, "C1"),
    ("totalsegmentator_vertebrae_mr", 2, "L5"), ("totalsegmentator_vertebrae_mr", 25, "C1"),
    ("totalspineseg", 11, "C1"), ("totalspineseg", 32, "T12"), ("totalspineseg", 41, "L1"),
    ("ogo", 24, "T1"), ("ogo", 10, "L1"), ("ogo", 11, "L6"), ("ogo_2022", 11, "T12"), ("ogo_2022", 41, "T1"),
]  # fmt: skip


@pytest.mark.parametrize(("scheme", "number", "level"), PUBLISHED)
def test_the_published_numbers(scheme: str, number: int, level: str) -> None:
    assert label_schemes()[scheme].levels[number] == Level(level)


def test_no_scheme_uses_a_number_or_a_level_twice_and_each_has_a_source() -> None:
    for scheme in label_schemes().values():
        assert not set(scheme.levels) & set(scheme.others), scheme.key
        assert len(set(scheme.levels.values())) == len(scheme.levels) >= 24, scheme.key
        assert scheme.source in references()


def test_totalsegmentator_numbers_agree_with_the_table_in_its_own_file(shared_data: Path) -> None:
    path = shared_data / "ct_dicom_ts" / "seg_total_multilabel.nii.gz"
    found = names_of(path, read_nifti(path, Quantity.LABEL))
    assert found is not None
    named = {n: level for n, name in found.names.items() if (level := level_named(name))}
    assert named == dict(label_schemes()["totalsegmentator"].levels)
    assert [found.names[n] for n in (52, 86, 87)] == ["aorta", "autochthon_left", "autochthon_right"]


def test_a_misspelt_scheme_gets_the_nearest_name() -> None:
    with pytest.raises(BadLabels, match=r"Did you mean 'totalsegmentator'\?"):
        scheme_named("totalsegmentater")


def test_the_same_number_means_what_the_user_says() -> None:
    assert read_spine(column([24]), scheme="verse").levels == (Level.L5,)
    assert read_spine(column([24]), scheme="ogo").levels == (Level.T1,)


def test_a_number_alone_is_never_enough_and_the_question_lists_what_it_could_be() -> None:
    with pytest.raises(BadLabels) as caught:
        read_spine(column([24]))
    assert "24 = L5" in str(caught.value) and "24 = T1" in str(caught.value)
    assert "scheme" in caught.value.do


def test_names_in_the_file_come_first_and_a_contradicting_scheme_is_refused() -> None:
    names = FoundNames({24: "vertebrae_L5", 23: "vertebrae_L4", 90: "liver"}, "the file")
    spine = read_spine(column([23, 24]), names)
    assert spine.levels == (Level.L4, Level.L5) and spine.named_by == "the file"
    with pytest.raises(BadLabels, match="call number 23 L4; Ogo calls it T2"):
        read_spine(column([23, 24]), names, scheme="ogo")


def test_names_that_tell_of_no_vertebra_are_not_overheard(shared_data: Path) -> None:
    path = shared_data / "ct_lumbar_ts" / "totalseg_vertebrae_body.nii.gz"
    labels = read_nifti(path, Quantity.LABEL)
    for scheme in (None, "verse"):
        with pytest.raises(BadLabels, match="vertebrae_body"):
            read_spine(labels, names_of(path, labels), scheme=scheme)
    itk_snap = FoundNames({20: "Label 20"}, "the file")
    assert read_spine(column([20]), itk_snap, scheme="verse").levels == (Level.L1,)


def test_the_users_own_table_overrules_names_with_a_note() -> None:
    names = FoundNames({20: "L1", 21: "L2"}, "the file")
    spine = read_spine(column([20, 21]), names, levels={20: Level.T12, 21: Level.L1})
    assert spine.levels == (Level.T12, Level.L1)
    assert "20 is T12, not L1" in " ".join(spine.notes)


def test_renaming_one_vertebra_into_its_neighbour_is_refused() -> None:
    with pytest.raises(BadLabels, match="are all called L1"):
        read_spine(column([20, 21]), scheme="verse", levels={21: Level.L1})


def test_a_user_may_join_the_parts_of_one_vertebra() -> None:
    parts = column([1, 2])
    spine = read_spine(parts, levels={1: Level.L2, 2: Level.L2})
    assert spine.levels == (Level.L2,)
    assert int(spine[Level.L2].mask.values.sum()) == int((parts.values > 0).sum())
    assert "1, 2 together are L2" in " ".join(spine.notes)


def test_levels_for_a_number_that_is_not_there_are_refused() -> None:
    with pytest.raises(BadLabels, match="names number 7"):
        read_spine(column([20]), levels={7: Level.L1})


def test_empty_and_fractional_masks_are_refused() -> None:
    empty = column([20])
    with pytest.raises(BadLabels, match="empty"):
        read_spine(Volume(np.zeros_like(empty.values), empty.affine_mm, Quantity.LABEL), scheme="verse")
    with pytest.raises(BadLabels, match="whole numbers"):
        read_spine(Volume(empty.values * 0.5 + 0.2, empty.affine_mm, Quantity.LABEL), scheme="verse")


def test_anatomy_decides_only_where_one_scheme_is_left() -> None:
    spine = read_spine(column([19, 20, 21, 22, 23]))  # a lumbar spine as VerSe counts
    assert spine.levels[0] == Level.T12 and spine.levels[-1] == Level.L4
    assert "anatomical test" in spine.named_by and "Confirm the levels" in " ".join(spine.notes)


def test_anatomy_does_not_decide_between_two_schemes_that_both_can_be() -> None:
    small = column([32, 31, 30, 29], [30] * 4)  # lumbar for a small person, or upper thoracic: version 1 or 2
    with pytest.raises(BadLabels) as caught:
        read_spine(small)
    said = str(caught.value)
    assert "totalsegmentator: 29 = L3" in said and "totalsegmentator_v1: 29 = T6" in said
    assert "verse" not in said.split("needed")[1]


def test_numbers_that_run_the_wrong_way_for_every_scheme_are_asked_about() -> None:
    with pytest.raises(BadLabels):
        read_spine(column([24, 22, 23, 21]))


def test_the_real_masks_without_their_names(shared_data: Path) -> None:
    verse = read_nifti(shared_data / "verse004" / "sub-verse004_seg-vert_msk.nii.gz", Quantity.LABEL)
    assert read_spine(verse).levels == read_spine(verse, scheme="verse").levels
    lumbar = read_nifti(shared_data / "ct_lumbar_ts" / "totalseg.nii.gz", Quantity.LABEL)
    assert read_spine(lumbar).levels == (Level.T11, Level.T12, *LUMBAR, Level.S1)
    crop = read_nifti(shared_data / "verse004" / "sub-verse004_0000_vertebra_21_seg.nii.gz", Quantity.LABEL)
    with pytest.raises(BadLabels):
        read_spine(crop)


def test_a_bids_table_beside_the_mask_names_it(tmp_path: Path) -> None:
    mask, labels = tmp_path / "sub-1_seg-vertebrae_dseg.nii.gz", column([1, 2])
    write(labels, mask)
    (tmp_path / "sub-1_seg-vertebrae_dseg.tsv").write_text("index\tname\n1\tL1\n2\tL2\n")
    found = names_of(mask, labels)
    assert found is not None and read_spine(labels, found).levels == (Level.L1, Level.L2)
    assert found.where.endswith("dseg.tsv")


@pytest.mark.parametrize("content", [{"1": "L1"}, {"labels": {"1": "L1"}}, {"LabelMap": {"L1": 1}}])
def test_a_json_side_car_names_it(tmp_path: Path, content: object) -> None:
    mask, labels = tmp_path / "mask.nii.gz", column([1])
    write(labels, mask)
    (tmp_path / "mask.json").write_text(json.dumps(content))
    assert read_spine(labels, names_of(mask, labels)).levels == (Level.L1,)


def test_a_single_mask_may_be_named_by_its_file(tmp_path: Path) -> None:
    mask, labels = tmp_path / "vertebrae_T12.nii.gz", column([1])
    write(labels, mask)
    assert read_spine(labels, names_of(mask, labels)).levels == (Level.T12,)


@pytest.mark.parametrize(("name", "content"), [("mask.tsv", "a\tb\n1\t2\n"), ("mask.json", "{")])
def test_a_broken_side_car_is_said_not_skipped(tmp_path: Path, name: str, content: str) -> None:
    mask, labels = tmp_path / "mask.nii.gz", column([1])
    write(labels, mask)
    (tmp_path / name).write_text(content)
    with pytest.raises(BadFile):
        names_of(mask, labels)


@pytest.mark.parametrize("name", ["L1", "vertebrae_L1", "Vertebra L1", "L1 vertebra", "vertebra-l1"])
def test_names_people_write(name: str) -> None:
    assert level_named(name) == Level.L1


@pytest.mark.parametrize("name", ["", "disc L1-L2", "L1_L2", "rib_left_1", "vertebrae_body", "liver", "L9"])
def test_names_that_are_no_vertebra(name: str) -> None:
    assert level_named(name) is None


@given(st.text(max_size=30))
def test_any_name_is_a_level_or_nothing(name: str) -> None:
    assert level_named(name) is None or isinstance(level_named(name), Level)


def write(labels: Volume, path: Path) -> None:
    from vertebro.formats.nifti import write_nifti

    write_nifti(labels, path)

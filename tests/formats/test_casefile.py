"""A case file becomes a Case, or one message that names every fault, its line and what is allowed."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from vertebro.errors import BadCase, BadFile, BadInput, BadRecord
from vertebro.formats.casefile import read_case, read_record, read_record_case
from vertebro.patient.spine import Spine
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level


def written(folder: Path, text: str, name: str = "case.yaml") -> Path:
    path = folder / name
    path.write_text(dedent(text), encoding="utf-8")
    return path


LUMBAR = """
    id: lumbar
    date: 2024-05-02
    level: L2
    ct: {data}/ct_lumbar_ts/example_ct.nii.gz
    mask: {data}/ct_lumbar_ts/{mask}
    record:
      pain_nrs: 8
      malignancy: none
      mri: {{unknown: not done yet}}
      inr: {{value: 1.1, source: laboratory, on: 2024-05-01}}
    """


@pytest.mark.parametrize("mask", ["totalseg.nii.gz", "totalseg_vertebrae_pp_refined.nii.gz"])
def test_the_lumbar_case_reads_in_either_numbering(shared_data: Path, tmp_path: Path, mask: str) -> None:
    case = read_case(written(tmp_path, LUMBAR.format(data=shared_data, mask=mask)).parent)
    assert case.level == Level.L2 and isinstance(case.spine, Spine)
    assert {Level.L1, Level.L2, Level.L3, Level.L4, Level.L5} <= set(case.spine.levels)
    assert case.record["pain_nrs"] == Known(8, "record", case.on)
    assert case.record["mri"] == Unknown("not done yet")
    inr = case.record["inr"]
    assert isinstance(inr, Known) and (inr.value, inr.source, str(inr.on)) == (
        1.1,
        "laboratory",
        "2024-05-01",
    )


def test_both_numberings_name_the_same_bones(shared_data: Path, tmp_path: Path) -> None:
    centres = []
    for mask in ("totalseg.nii.gz", "totalseg_vertebrae_pp_refined.nii.gz"):
        spine = read_case(written(tmp_path, LUMBAR.format(data=shared_data, mask=mask))).spine
        assert isinstance(spine, Spine)
        centres.append({v.level: v.centre_mm for v in spine})
    for level in (Level.L1, Level.L3, Level.L5):
        apart = centres[0][level] - centres[1][level]
        # the refined mask holds bodies alone, so its centres lie further forward
        assert abs(apart[[0, 2]]).max() < 5  # mm; neighbours are 30 mm apart


def test_all_faults_are_named_at_once_with_their_lines(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """\
        id: one
        date: 02.05.2024
        levl: L1
        record:
          pain_nr: 8
          malignancy: no
          platelets: -3
        """,
    )
    with pytest.raises(BadCase) as caught:
        read_case(path)
    said = str(caught.value)
    assert "line 2, date: found `02.05.2024`" in said
    assert "line 3, levl" in said and "Did you mean 'level'?" in said
    assert "line 5, record.pain_nr" in said and "Did you mean 'pain_nrs'?" in said
    assert "line 6, record.malignancy: found `no`; allowed: one of: none, suspected, known" in said
    assert "line 7, record.platelets: found `-3`" in said
    assert "5 faults" in said


def test_a_bare_record_is_read_without_images(tmp_path: Path) -> None:
    path = written(tmp_path, "date: 2024-05-02\nlevel: L1\npain_nrs: 8\n", "record.yaml")
    assert read_record(path).value("pain_nrs") == 8
    case = read_record_case(path)
    assert case.level == Level.L1 and case.id == "record"
    assert isinstance(case.ct, Unknown) and isinstance(case.spine, Unknown)


def test_a_contradictory_record_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "id: a\ndate: 2024-05-02\nrecord:\n  sex: male\n  pregnant: yes\n")
    with pytest.raises(BadRecord, match="male and pregnant"):
        read_case(path)


def test_a_missing_file_and_an_empty_folder_are_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file"):
        read_case(tmp_path / "nowhere.yaml")
    with pytest.raises(BadFile, match=r"no case\.yaml"):
        read_case(tmp_path)


def test_a_date_in_the_future_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="future"):
        read_case(written(tmp_path, "id: a\ndate: 2999-01-01\n"))

"""A case file becomes a Case, or one message that names every fault, its line and what is allowed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from simple_vertebra import painted, simple_vertebra
from vertebro.errors import BadAnatomy, BadCase, BadFile, BadGeometry, BadInput, BadRecord
from vertebro.formats.case_docs import fields_table, with_fresh_tables
from vertebro.formats.casefile import case_of_mask, read_case, read_record, read_record_case
from vertebro.formats.labels import scheme_named
from vertebro.formats.nifti import read_nifti, write_nifti
from vertebro.patient.case import Phantom
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
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
    assert "line 2, date: found `02.05.2024`" in said and "Did you mean 2024-05-02?" in said
    assert "line 3, levl" in said and "Did you mean 'level'?" in said
    assert "line 5, record.pain_nr" in said and "Did you mean 'pain_nrs'?" in said
    assert "line 6, record.malignancy: found `no`; allowed: one of: none, suspected, known" in said
    assert "line 7, record.platelets: found `-3`" in said
    assert "5 faults" in said


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("age: 76", "Did you mean 'age_years'?"),
        ("mri_date: 2024-05-01", "All facts: vertebro explain facts"),
        ("pain_nrs: 8/10", "Did you mean 8?"),
        ('pain_nrs: "8"', "Write the number without quotation marks"),
        ("inr: 1,1", "Did you mean 1.1?"),
        ("platelets: 220000", "If this is for each microlitre, write 220 (×10⁹/L)"),
        ("fracture_date: 01.04.2024", "Did you mean 2024-04-01?"),
        ("tender_levels: L2", "Write it in brackets: [L2]"),
        ("mri: edema", "Did you mean 'oedema'?"),
        ("anticoagulant: Eliquis", "'Eliquis' is written apixaban"),
        ("anticoagulant: [aspirin, Clexane]", "found `[aspirin, Clexane]`"),
        ("anticoagulant: [aspirin, Clexane]", "enoxaparin_prophylactic or enoxaparin_therapeutic"),
        ("pain_nrs: 80", "If this is on a scale from 0 to 100, write 8"),
        ("tscore_spine: 62", "write it as qct_hu"),
    ],
)
def test_a_usual_slip_is_answered_with_what_was_meant(tmp_path: Path, line: str, hint: str) -> None:
    path = written(tmp_path, f"date: 2024-05-02\nlevel: L1\n{line}\n", "record.yaml")
    with pytest.raises(BadInput, match=re.escape(hint)):
        read_record(path)


@pytest.mark.parametrize("line", ["fracture_date: 32.04.2024", "fracture_date: 04/05/2024", "platelets: 2e9"])
def test_nothing_is_guessed_where_no_meaning_is_likely(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, f"date: 2024-05-02\nlevel: L1\n{line}\n", "record.yaml")
    with pytest.raises(BadInput) as caught:
        read_record(path)
    assert "Did you mean" not in str(caught.value) and "write" not in str(caught.value)


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
    with pytest.raises(BadFile, match="There is no file"):
        read_case(tmp_path / "nowhere.yaml")
    with pytest.raises(BadFile, match=r"no case\.yaml"):
        read_case(tmp_path)


def test_a_date_in_the_future_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="future"):
        read_case(written(tmp_path, "id: a\ndate: 2999-01-01\n"))


def build_example(folder: Path, text: str) -> Path:
    """The images that the example in docs/case.md names, around a vertebra of primitives."""
    mask = simple_vertebra()
    body = replace(mask, values=mask.values * (np.indices(mask.shape)[1] < 22).astype(np.uint8))
    write_nifti(replace(mask, values=mask.values * 21), folder / "mask.nii.gz")
    write_nifti(body, folder / "body.nii.gz")
    write_nifti(painted(mask), folder / "ct.nii.gz")
    tissues = np.zeros(mask.shape, dtype=np.uint8)
    tissues[:4, :4, :4] = 91
    write_nifti(replace(mask, values=tissues), folder / "tissues.nii.gz")
    return written(folder, text)


def example() -> str:
    page = (Path(__file__).parents[2] / "docs" / "case.md").read_text(encoding="utf-8")
    return page.split("```yaml\n")[1].split("```")[0]


def test_the_example_in_the_documentation_reads(tmp_path: Path) -> None:
    case = read_case(build_example(tmp_path, example()))
    assert isinstance(case.spine, Spine) and case.level == Level.L2 and isinstance(case.phantom, Phantom)
    body = case.spine[Level.L2].body
    assert body is not None and 0 < body.values.sum() < case.spine[Level.L2].mask.values.sum()
    assert isinstance(case.tissues, Volume) and int(case.tissues.values.max()) == 91
    assert case.record["mri"] == Unknown("booked for next week")
    said = " ".join(case.notes)
    assert "lies on bone" in said and "confirmed by a radiologist" in said


def test_the_example_shows_every_field_and_the_tables_are_fresh() -> None:
    page = (Path(__file__).parents[2] / "docs" / "case.md").read_text(encoding="utf-8")
    assert with_fresh_tables(page) == page, "run with_fresh_tables over docs/case.md"
    for line in fields_table().splitlines()[2:]:
        field = line.split("`")[1].split(".")[-1]
        assert f"{field}:" in example(), field


def test_the_bare_record_of_the_documentation_reads(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "case.md").read_text(encoding="utf-8")
    path = written(tmp_path, page.split("```yaml\n")[2].split("```")[0], "record.yaml")
    assert read_record(path).value("malignancy") == "none"


def changed(folder: Path, old: str, new: str) -> Path:
    assert old in example()
    return build_example(folder, example().replace(old, new))


REFUSED = [
    ("level: L2 ", "level: L7 ", "line 3, level: found `L7`"),
    ("level: L2 ", "level: L3 ", "L3 is not in the mask"),
    ("file: mask.nii.gz", "file: nowhere.nii.gz", "nowhere.nii.gz"),
    ("scheme: verse ", "scheme: verze ", "Did you mean 'verse'"),
    ("{21: L2}", "{22: L2}", "names number 22"),
    ("numbers: [1]", "numbers: one", "mask.body.numbers: found `one`"),
    ("slope_mg_cm3_per_hu: 0.82", "slope_mg_cm3_per_hu: -0.82", "phantom.slope_mg_cm3_per_hu: found `-0.82`"),
    ("kind: k2hpo4_mg_cm3", "kind: calcium", "one of: k2hpo4_mg_cm3, ha_mg_cm3"),
    ("  # orientation: LPS", "  orientation: LPQ", "orientation: found `LPQ`"),
    ("id: example-1", "id:", "id: found nothing"),
    ("sex: female", "sex: female\n  sex: male", "record.sex: this field is written twice"),
    ("tender_levels: [L2]", "tender_levels: [L9]", "record.tender_levels"),
    ("fracture_date: 2024-03-01", "fracture_date: 2024-06-01", "after the day of the record"),
    ("{unknown: booked for next week}", "{unknown: }", "does not say why it is unknown"),
    ("on: 2024-05-01}", "on: May}", "record.inr.on: found `May`"),
    ("on: 2024-05-01}", "on: 2025-05-01}", "a day up to the day of the record"),
    ("sex: female", "sex: female\n  allergies: []", "record.allergies: found a list"),
    ("pain_nrs: 8", "pain_nrs: 8.5", "a whole number from 0 to 10"),
    ("pain_nrs: 8", "\tpain_nrs: 8", "Use spaces, not tabs"),
    ("osteoporosis: true", "osteoporosis: &x true", "an anchor or alias"),
    ("osteoporosis: true", "osteoporosis_fracture: true", "there is no such fact"),
]


@pytest.mark.parametrize(("old", "new", "said"), REFUSED, ids=[r[1].strip() for r in REFUSED])
def test_a_wrong_field_is_refused_in_words(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_case(changed(tmp_path, old, new))
    assert said in str(caught.value)


def test_digits_of_an_id_stay_as_written(tmp_path: Path) -> None:
    assert read_case(written(tmp_path, "id: 0042\ndate: 2024-05-02\n")).id == "0042"


def test_a_flipped_pair_is_refused_and_read_rightly_where_the_case_file_asks(tmp_path: Path) -> None:
    path = build_example(tmp_path, example())
    for name in ("mask", "body", "tissues", "ct"):
        quantity = Quantity.HOUNSFIELD if name == "ct" else Quantity.LABEL
        image = read_nifti(tmp_path / f"{name}.nii.gz", quantity)
        write_nifti(replace(image, values=image.values[:, ::-1]), tmp_path / f"{name}.nii.gz")
    with pytest.raises(BadAnatomy, match="point forward"):
        read_case(path)
    path.write_text(example().replace("# orientation: LPS ", "orientation: LAS "), encoding="utf-8")
    case = read_case(path)
    said = " ".join(case.notes)
    assert isinstance(case.tissues, Volume) and isinstance(case.ct, Volume)
    assert case.tissues.same_grid(case.ct)  # what lies on the CT turns with it
    assert "read as LAS instead of LPS" in said and "exchanges the two sides" in said


def test_a_mask_mirrored_against_its_ct_is_refused(tmp_path: Path) -> None:
    path = build_example(tmp_path, example())
    image = read_nifti(tmp_path / "mask.nii.gz", Quantity.LABEL)
    shifted = np.roll(image.values, 8, axis=0)  # off the middle, as a spine in its image is
    write_nifti(replace(image, values=shifted[::-1]), tmp_path / "mask.nii.gz")
    write_nifti(painted(replace(image, values=shifted)), tmp_path / "ct.nii.gz")
    with pytest.raises(BadAnatomy, match="mirrored from left to right"):
        read_case(path)


def test_a_body_mask_on_another_grid_is_refused(tmp_path: Path) -> None:
    path = build_example(tmp_path, example())
    write_nifti(simple_vertebra(3.0), tmp_path / "body.nii.gz")
    with pytest.raises(BadGeometry, match="does not lie on the grid"):
        read_case(path)


def test_a_tissue_mask_on_another_grid_is_refused(tmp_path: Path) -> None:
    path = build_example(tmp_path, example())
    write_nifti(simple_vertebra(3.0), tmp_path / "tissues.nii.gz")
    with pytest.raises(BadGeometry, match="tissue mask"):
        read_case(path)


def test_a_level_that_the_image_cuts_off_is_refused(tmp_path: Path) -> None:
    path = build_example(tmp_path, example().replace("body: {file: body.nii.gz, numbers: [1]}", ""))
    image = read_nifti(tmp_path / "mask.nii.gz", Quantity.LABEL)
    write_nifti(image.cropped((slice(None), slice(None), slice(0, 17))), tmp_path / "mask.nii.gz")
    with pytest.raises(BadGeometry, match="touches the border"):
        read_case(path)


def test_totalsegmentator_tissues_become_blood_and_muscle(tmp_path: Path) -> None:
    text = example().replace("scheme: ogo", "scheme: totalsegmentator")
    path = build_example(tmp_path, text)
    mask = read_nifti(tmp_path / "mask.nii.gz", Quantity.LABEL)
    values = np.zeros(mask.shape, dtype=np.uint8)
    values[0, 0, :5] = (52, 86, 87, 5, 31)
    write_nifti(replace(mask, values=values), tmp_path / "tissues.nii.gz")
    tissues = read_case(path).tissues
    assert isinstance(tissues, Volume) and tissues.values[0, 0, :5].tolist() == [93, 95, 95, 0, 0]


def test_a_mask_alone_makes_a_case_without_a_record(shared_data: Path) -> None:
    case = case_of_mask(shared_data / "verse004" / "sub-verse004_seg-vert_msk.nii.gz", scheme="verse")
    assert isinstance(case.spine, Spine) and len(case.spine.levels) == 9
    assert isinstance(case.level, Unknown) and isinstance(case.ct, Unknown)


def test_the_crop_with_the_wrong_header_is_caught_in_a_case(shared_data: Path, tmp_path: Path) -> None:
    crop = shared_data / "verse004" / "sub-verse004_0000_vertebra_21_seg.nii.gz"
    text = f"id: crop\ndate: 2024-05-02\nmask: {{file: {crop}, levels: {{1: L2, 2: L2, 3: L2, 4: L2}}}}\n"
    with pytest.raises(BadAnatomy, match="spinous processes point forward"):
        read_case(written(tmp_path, text))
    spine = read_case(written(tmp_path, text.replace("levels:", "orientation: RAS, levels:"))).spine
    assert isinstance(spine, Spine) and "read as RAS instead of LPS" in " ".join(spine.notes)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_case_file_in_utf_16_is_told_to_become_utf_8(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes("id: a\ndate: 2024-05-02\n".encode(encoding))
    with pytest.raises(BadFile, match="Save the file as UTF-8"):
        read_case(path)


def test_only_the_first_of_very_many_faults_are_listed(tmp_path: Path) -> None:
    path = written(tmp_path, "id: a\ndate: 2024-05-02\n" + "".join(f"x{n}: 1\n" for n in range(500)))
    with pytest.raises(BadCase, match="500 faults") as refusal:
        read_case(path)
    assert len(str(refusal.value).splitlines()) < 30 and "and 480 more" in str(refusal.value)


def test_a_scheme_may_be_called_as_its_own_program_calls_it() -> None:
    assert scheme_named("total").key == "totalsegmentator"
    assert scheme_named("vertebrae_mr").key == "totalsegmentator_vertebrae_mr"

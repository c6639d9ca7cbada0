"""The command line as a person meets it: answers, exit codes, and one clear message for bad input."""

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import nibabel as nib
import numpy as np
import pytest

from vertebro.formats.document import schema
from vertebro.interfaces.cli import main


def leave(*arguments: object) -> int:
    """Exit code of one command."""
    try:
        main([str(a) for a in arguments])
    except SystemExit as left:
        return int(left.code or 0)
    return 0


@pytest.fixture
def case(small_case: Path, tmp_path: Path) -> Path:
    """A copy of the small case that a test may spoil."""
    return Path(shutil.copytree(small_case, tmp_path / "case"))


def replace(folder: Path, old: str, new: str) -> None:
    file = folder / "case.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_assess_writes_the_whole_report(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert leave("assess", case, "--no-simulate", "-o", out) == 0
    assert {"report.html", "report.pdf", "assessment.json", "figures"} <= {p.name for p in out.iterdir()}
    said = capsys.readouterr().out
    assert "vertebroplasty" in said and "balloon kyphoplasty" in said and str(out / "report.html") in said
    document = json.loads((out / "assessment.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema())
    assert document["findings"]["vertebrae"]["L1"]["genant"]["grade"] == 2


def test_measure_a_case_as_json(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("measure", case, "--json", "-") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == "vertebro.findings/1"
    height = document["findings"]["vertebrae"]["T12"]["posterior_height"]
    assert height["unit"] == "mm" and height["spread"] > 0


def test_measure_a_bare_mask(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("measure", case / "mask.nii.gz", "--scheme", "verse") == 0
    said = capsys.readouterr().out
    assert "L1" in said and "±" in said and "grade 2" in said


def test_judge_needs_no_images(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (case / "ct.nii.gz").unlink()
    assert leave("judge", case) == 0
    said = capsys.readouterr().out
    assert "NOT ENOUGH INFORMATION" in said and "posterior wall" in said
    replace(case, "prone_tolerated: true", "prone_tolerated: true\n  posterior_wall: intact")
    assert leave("judge", case) == 0
    said = capsys.readouterr().out
    assert "CONSIDER" in said and "Royal Osteoporosis Society" in said


def test_explain_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("explain", "ros.HasHadTimeToHeal") == 0
    assert leave("--version") == 0
    assert "vertebro 0." in capsys.readouterr().out


def spoil_ct(change: str) -> object:
    def spoil(folder: Path) -> None:
        path = folder / "ct.nii.gz"
        image = nib.load(path)
        values = np.asarray(image.dataobj).astype(np.float32)
        if change == "NaN":
            values[5, 5, 5] = np.nan
        elif change == "one slice":
            values = values[:, :, :1]
        elif change == "not HU":
            values = np.abs(values) / 5000
        nib.save(nib.Nifti1Image(values, image.affine), path)

    return spoil


def spoil_mask(change: str) -> object:
    def spoil(folder: Path) -> None:
        path = folder / "mask.nii.gz"
        image = nib.load(path)
        values, affine = np.asarray(image.dataobj).copy(), image.affine.copy()
        if change == "empty":
            values[:] = 0
        elif change == "another grid":
            affine[:3, 3] += 400
        elif change == "front to back":
            values = values[:, ::-1]
        elif change == "left to right":  # the patient's spine does not lie in the middle of the image
            values = values[::-1]
        elif change == "upside down":
            values = values[:, :, ::-1]
        elif change == "cut off":
            values[:, :, : np.argwhere(values == 20)[:, 2].mean().astype(int)] = 0
        nib.save(nib.Nifti1Image(values, affine), path)

    return spoil


def truncated(name: str) -> object:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:4000])


BAD = {
    "missing CT": (lambda f: (f / "ct.nii.gz").unlink(), "ct.nii.gz"),
    "truncated CT": (truncated("ct.nii.gz"), "ct.nii.gz"),
    "truncated mask": (truncated("mask.nii.gz"), "mask.nii.gz"),
    "text as CT": (lambda f: (f / "ct.nii.gz").write_bytes(gzip.compress(b"hello")), "ct.nii.gz"),
    "NaN voxel": (spoil_ct("NaN"), "without a number"),
    "one slice": (spoil_ct("one slice"), "slice"),
    "not Hounsfield": (spoil_ct("not HU"), "Hounsfield"),
    "empty mask": (spoil_mask("empty"), "mask"),
    "mask of another place": (spoil_mask("another grid"), "CT"),
    "mask front to back": (spoil_mask("front to back"), ""),
    "mask upside down": (spoil_mask("upside down"), ""),
    "unknown level": (lambda f: replace(f, "level: L1", "level: L9"), "L9"),
    "level not in the mask": (lambda f: replace(f, "level: L1", "level: T5"), "T5"),
    "unknown fact": (lambda f: replace(f, "pain_nrs", "pain_nsr"), "pain_nrs"),
    "unknown field": (lambda f: replace(f, "mask:", "musk:"), "mask"),
    "out of range": (lambda f: replace(f, "pain_nrs: 8", "pain_nrs: 80"), "0 to 10"),
    "contradiction": (lambda f: replace(f, "sex: female", "sex: male\n  pregnant: true"), "pregnant"),
    "no YAML": (lambda f: (f / "case.yaml").write_text("a: [", encoding="utf-8"), "line"),
    "unknown scheme": (lambda f: replace(f, "scheme: verse", "scheme: vers"), "verse"),
    "no case file": (lambda f: (f / "case.yaml").unlink(), "case.yaml"),
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_input_ends_in_one_message_and_leaves_nothing(
    fault: str, case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, words = BAD[fault]
    spoil(case)  # type: ignore[operator]
    out = tmp_path / "out"
    assert leave("assess", case, "-o", out) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said and "needed:" in said and "to do:" in said
    assert words in said, said
    assert not out.exists()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".vertebro")]


def test_an_earlier_report_survives_bad_input(case: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("earlier", encoding="utf-8")
    (case / "ct.nii.gz").unlink()
    assert leave("assess", case, "-o", out) == 2
    assert (out / "report.html").read_text(encoding="utf-8") == "earlier"


def test_a_record_alone_is_done_in_part(case: Path, tmp_path: Path) -> None:
    text = (case / "case.yaml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in text if not line.startswith(("ct:", "mask:", "tissues:"))]
    (case / "case.yaml").write_text("\n".join(kept), encoding="utf-8")
    (tmp_path / "out" / "surfaces").mkdir(parents=True)
    (tmp_path / "out" / "comparison.json").write_text("of another run", encoding="utf-8")
    assert leave("assess", case, "-o", tmp_path / "out") == 3
    kept = {path.name for path in (tmp_path / "out").iterdir()}
    assert kept >= {"surfaces-of-an-earlier-run-1", "comparison-of-an-earlier-run-1.json"}
    assert not kept & {"surfaces", "comparison.json"}, "what an earlier run simulated is not this one's"
    assert (tmp_path / "out" / "report.html").exists()


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, vertebro.interfaces.cli as c; print(*(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "scipy", "pydicom", "matplotlib", "pydantic"} & set(loaded.stdout.split())

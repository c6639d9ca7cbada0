"""``vertebro plan`` on a case on disk: words, JSON after the schema, files other programs open, refusals."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from vertebro.formats.document import as_json
from vertebro.formats.plan_document import plan_schema
from vertebro.interfaces.cli import main

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "plan-1.schema.json"


@pytest.fixture(scope="module")
def made(small_case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plan")
    with pytest.raises(SystemExit) as left:
        main(
            [
                "plan",
                str(small_case),
                "--procedure",
                "vertebroplasty",
                "-o",
                str(out),
                "--json",
                str(out / "p.json"),
            ]
        )
    assert left.value.code == 0
    return out


def test_the_schema_is_published() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == as_json(plan_schema()), "publish it again"


def test_json_markups_and_picture_hold_the_same_needles(made: Path) -> None:
    document = json.loads((made / "p.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, plan_schema())
    (plan,) = document["plans"]
    assert plan["procedure"] == "vertebroplasty" and not document["not_done"]
    assert {n["side"] for n in plan["needles"]} == {"right", "left"}
    drawn = json.loads((made / "vertebroplasty-L1.mrk.json").read_text(encoding="utf-8"))["markups"]
    for needle, line in zip(plan["needles"], drawn, strict=True):
        ends = [p["position"] for p in line["controlPoints"]]
        np.testing.assert_allclose(ends, [needle["entry_mm"], needle["target_mm"]], atol=2e-3)
        assert needle["grade"] in "AB" and needle["margins"]["canal"]["value"] > 0
        assert (needle["entry_mm"][0] < 0) == (needle["side"] == "right")  # LPS: right is negative
    svg = (made / "vertebroplasty-L1.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg") and "Right: axial-oblique" in svg and "grade A" in svg
    assert (made / "vertebroplasty-L1.glb").read_bytes()[:4] == b"glTF"


def test_needles_drawn_by_a_person_come_back_with_their_margins(
    made: Path, small_case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made / "vertebroplasty-L1.mrk.json"
    for system in ("LPS", "RAS"):
        document = json.loads(path.read_text(encoding="utf-8"))
        for line in document["markups"]:
            line["coordinateSystem"] = system
            for point in line["controlPoints"]:
                signs = (1, 1, 1) if system == "LPS" else (-1, -1, 1)
                point["position"] = [s * x for s, x in zip(signs, point["position"], strict=True)]
        own = tmp_path / f"{system}.mrk.json"
        own.write_text(json.dumps(document), encoding="utf-8")
        with pytest.raises(SystemExit):
            main(
                [
                    "plan",
                    str(small_case),
                    "--procedure",
                    "vertebroplasty",
                    "--needle",
                    str(own),
                    "--gauge",
                    "13",
                    "--json",
                    "-",
                ]
            )
        told = json.loads(capsys.readouterr().out)["plans"][0]["needles"]
        planned = json.loads((made / "p.json").read_text(encoding="utf-8"))["plans"][0]["needles"]
        for one, other in zip(told, planned, strict=True):
            assert one["side"] == other["side"] and one["needle"]["gauge"] == 13
            np.testing.assert_allclose(one["target_mm"], other["target_mm"], atol=2e-3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--procedure", "spinal fusion"], "no procedure"),
        (["--side", "middle"], "--side"),
        (["--route", "anterior"], "--route"),
        (["--level", "T3"], "T3 is not in the mask"),
        (["--level", ""], "not the name of a vertebra"),
        (["--gauge", "9", "--needle", "none.mrk.json"], "9 gauge"),
        (["--needle", "none.mrk.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_words(
    small_case: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["plan", str(small_case), *arguments])
    assert left.value.code == 2
    assert said in capsys.readouterr().err


LINE = {"type": "Line", "name": "mine", "coordinateSystem": "LPS"}


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (None, "two different points"),
        ([{"position": [float("nan"), 0, 0]}, {"position": [1, 2, 3]}], "two different points"),
        ([{"position": [10**400, 0, 0]}, {"position": [1, 2, 3]}], "two different points"),
        ([{"position": [1e308, 0, 0]}, {"position": [1, 2, 3]}], "further than 5000 mm"),
        ([{"position": [1, 2, 3]}, {"position": [1, 2, 3]}], "two different points"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_a_broken_file_of_needles_is_one_clear_message(
    small_case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], points: object, said: str
) -> None:
    own = tmp_path / "own.mrk.json"
    lines = (
        points if isinstance(points, str) else json.dumps({"markups": [{**LINE, "controlPoints": points}]})
    )
    own.write_text(lines, encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["plan", str(small_case), "--needle", str(own)])
    told = capsys.readouterr().err
    assert left.value.code == 2 and said in told and "Traceback" not in told


def test_a_vertebra_at_the_border_gives_no_plan_and_exit_code_3(
    small_case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from vertebro.formats.nifti import read_nifti, write_nifti
    from vertebro.vocabulary.grades import Quantity

    mask = read_nifti(small_case / "mask.nii.gz", Quantity.LABEL)
    tall = np.argwhere(mask.values == 20)[:, 2]
    cut = mask.cropped((slice(None), slice(None), slice(int(np.median(tall)), None)))
    write_nifti(cut, tmp_path / "mask.nii.gz")
    (tmp_path / "case.yaml").write_text(
        "id: cut\ndate: 2026-11-22\nlevel: L1\nmask: {file: mask.nii.gz, scheme: verse}\n"
        "record: {age_years: 78, sex: female}\n",
        encoding="utf-8",
    )
    with pytest.raises(SystemExit) as left:
        main(["plan", str(tmp_path), "--json", "-"])
    answer = capsys.readouterr()
    assert left.value.code in (2, 3)
    assert "border" in answer.out + answer.err

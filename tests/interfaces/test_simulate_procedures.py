"""A procedure that exists in this file alone is planned, simulated and compared; own needles; refusals."""

import gc
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from vertebro.formats.casefile import read_case
from vertebro.formats.compare_document import comparison_schema
from vertebro.formats.nifti import read_nifti, write_nifti
from vertebro.formats.plan_document import plan_schema
from vertebro.formats.simulation_document import simulation_schema
from vertebro.fracture.measure import measurable
from vertebro.interfaces.cli import main
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.procedures.kyphoplasty import BalloonKyphoplasty
from vertebro.procedures.procedure import Asked, techniques
from vertebro.procedures.site import Site
from vertebro.procedures.trajectory import Plan, Side
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown

NEW = "one-sided kyphoplasty"


@pytest.fixture(scope="module")
def fourth() -> Iterator[str]:
    """A procedure beside the three of the house: one balloon, from the left unless asked otherwise."""

    class OneSidedKyphoplasty(BalloonKyphoplasty):
        name = NEW

        def plan(self, site: Site, asked: Asked) -> Plan | Unknown:
            return super().plan(site, replace(asked, sides=asked.sides or (Side.LEFT,)))

    techniques.cache_clear()
    yield OneSidedKyphoplasty.name
    del OneSidedKyphoplasty
    techniques.cache_clear()
    gc.collect()  # other tests meet the procedures of the house alone


def leave(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    return int(left.value.code or 0)


@pytest.fixture(scope="module")
def folder(fourth: str, small_case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Planned, then simulated with the planned needle given as the user's own."""
    out = tmp_path_factory.mktemp("fourth")
    planned = (
        "plan",
        small_case,
        "--level",
        "L2",
        "--procedure",
        fourth,
        "-o",
        out,
        "--json",
        out / "p.json",
    )
    assert leave(*planned) == 0
    return out


@pytest.fixture(scope="module")
def made(folder: Path, fourth: str, small_case: Path) -> dict[str, Any]:
    own = folder / "one-sided-kyphoplasty-L2.mrk.json"
    gauge = json.loads((folder / "p.json").read_text())["plans"][0]["needles"][0]["needle"]["gauge"]
    needle = ("--needle", own, "--gauge", gauge)
    asked = ("simulate", small_case, "--level", "L2", "--procedure", fourth, "--volume", 1, *needle)
    assert leave(*asked, "-o", folder / "out", "--json", folder / "s.json") == 0
    told: dict[str, Any] = json.loads((folder / "s.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, simulation_schema())
    return told


def test_a_fourth_procedure_is_planned(folder: Path) -> None:
    document = json.loads((folder / "p.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, plan_schema())
    (plan,) = document["plans"]
    assert plan["procedure"] == NEW and [n["side"] for n in plan["needles"]] == ["left"]
    assert [s["step"] for s in plan["steps"]] == ["access", "inflate", "deflate", "fill"]


def test_its_steps_are_played_with_the_needle_as_drawn(made: dict[str, Any], folder: Path) -> None:
    assert made["procedure"] == NEW and made["level"] == "L2"
    (drawn,) = json.loads((folder / "p.json").read_text())["plans"][0]["needles"]
    (own,) = made["plan"]["needles"]
    np.testing.assert_allclose([own["entry_mm"], own["target_mm"]], [drawn["entry_mm"], drawn["target_mm"]])
    assert own["margins"]["canal"]["value"] == pytest.approx(drawn["margins"]["canal"]["value"], abs=1e-6)
    (needle,) = made["needles"]
    np.testing.assert_allclose(needle["tip_mm"], drawn["target_mm"], atol=1e-3)
    assert [word.split()[0] for word in made["done"]] == ["cannula", "balloon", "balloon", "acrylic"]
    assert made["injection"]["injected_ml"] == pytest.approx(1.0, abs=0.01)


def test_the_balloon_s_course_is_told_beside_what_patients_gained(made: dict[str, Any]) -> None:
    found = made["inflation"]
    volumes, pressures = ([s[k]["value"] for s in found["steps"]] for k in ("volume", "pressure"))
    assert volumes == sorted(volumes) and len(volumes) > 1 and pressures == sorted(pressures)
    margin = found["pressure_margin"]["value"]
    assert margin == pytest.approx(2.758 - max(pressures), abs=1e-3) and margin >= 0
    assert all(step["wall"]["value"] >= 2.0 for step in found["steps"])
    for union in ("healed", "loose"):
        full, left = (found["gains"][union][state]["middle"]["value"] for state in ("full", "deflated"))
        assert left <= full  # it springs back
    assert found["patients"][0]["anterior"]["value"] == 1.5 and found["patients"][0]["source"]
    (balloon,) = found["balloons"]
    assert balloon["side"] == "left" and balloon["planned_ml"] > volumes[0]
    assert any("not to the" in note for note in made["notes"]) == (volumes[-1] < balloon["planned_ml"] - 0.1)


def test_files_of_it(made: dict[str, Any], folder: Path) -> None:
    injection = folder / "out" / "injection"
    kept = {p.name for p in injection.rglob("*") if p.is_file()}
    assert {"L2.glb", "L2_cavity.stl", "L2_cement.stl", "needles.mrk.json", "inflation.svg"} <= kept
    assert any("label-balloon_desc-L2cavity_mask.nii.gz" in name for name in kept)
    assert json.loads((folder / "out" / "simulation.json").read_text())["inflation"] == made["inflation"]
    assert "cavity" in (injection / "pictures" / "cement_slices.svg").read_text(encoding="utf-8")


@pytest.mark.slow
def test_it_is_compared_and_its_surfaces_are_written(
    fourth: str, small_case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--procedures", fourth, "--volumes", "1", "--samples", 0, "--level", "L2", "-o", tmp_path / "o")
    assert leave("compare", small_case, *asked, "--json", "-") == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, comparison_schema())
    assert [o["procedure"] for o in document["options"]] == [NEW]
    written = {p.relative_to(tmp_path / "o").as_posix() for p in (tmp_path / "o").rglob("*") if p.is_file()}
    assert written >= {
        "comparison.json",
        *(f"surfaces/one-sided-kyphoplasty-1mL/{n}" for n in ("L2.glb", "L2_cavity.stl", "needles.mrk.json")),
    }


@pytest.mark.slow
def test_a_comparison_without_a_plan_is_done_in_part(
    small_case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mask of bodies alone: nothing can be planned, which is an answer, but not what was asked for."""
    case = read_case(small_case)
    assert isinstance(case.spine, Spine)
    mask = read_nifti(small_case / "mask.nii.gz", Quantity.LABEL)
    values, bone = np.array(mask.values), np.argwhere(mask.values > 0)
    for body in measurable(case.spine, None).bodies.values():
        local = body.frame.local_mm(mask.to_mm(bone))
        values[tuple(bone[(local[:, 1] < -14) & (np.abs(local[:, 2]) < 20)].T)] = 0
    write_nifti(Volume(values, mask.affine_mm, Quantity.LABEL), tmp_path / "mask.nii.gz")
    for name in ("ct.nii.gz", "tissues.nii.gz", "case.yaml"):
        shutil.copy(small_case / name, tmp_path / name)
    assert leave("compare", tmp_path, "--procedures", "vertebroplasty", "--samples", 0) == 3
    told = " ".join(capsys.readouterr().out.split())
    assert "L1, side by side: doing nothing, vertebroplasty. " in told and "no closed ring" in told


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("compare", ("--seed", "-1"), "--seed is -1"),
        ("compare", ("--volumes", "4,4.0000001"), "apart"),
        ("simulate", ("--procedure", "kyphoplasti"), "kyphoplasty"),
        ("simulate", ("--procedure", ""), "no procedure"),
        ("simulate", ("--procedure", "kyphoplasty", "--tip", "1,2,3", "--volume", "1"), "lies along it"),
        ("simulate", ("--volume", "0"), "above 0"),
        ("simulate", ("--volume", "nan"), "above 0"),
        ("simulate", ("--gauge", "13"), "without a needle"),
        ("simulate", ("--level", "T3"), "T3"),
        ("compare", ("--procedures", "vertebroplasty,spinal fusion"), "no procedure"),
        ("compare", ("--procedures", "vertebroplasty,vertebroplasty"), "each of them once"),
        ("compare", ("--volumes", "2,0"), "above 0"),
        ("compare", ("--volumes", "two"), "2,4,6"),
        ("compare", ("--viscosity", "thin"), "thin"),
        ("compare", ("--needle", "left,middle"), "left,right"),
    ],
)
def test_bad_input_gets_one_message_before_the_work(
    small_case: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    assert leave(command, small_case, *arguments, "-o", tmp_path / "out") == 2
    answer = capsys.readouterr().err
    assert said in answer and answer.count("vertebro:") == 1 and "body of the vertebra" not in answer
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [("simulate", "--volume", "1"), ("compare",), ("plan",), ("assess",)])
@pytest.mark.parametrize("place", ["file", "file/sub"])
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    small_case: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    place: str,
) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert leave(command[0], small_case, *command[1:], "-o", tmp_path / place) == 2
    answer = capsys.readouterr().err
    assert str(tmp_path / place) in answer and "reading" not in answer
    assert leave(*command[:1], small_case, *command[1:], "--json", tmp_path) == 2
    assert "reading" not in capsys.readouterr().err
    assert leave("demo", "-o", tmp_path / place) == 2
    assert "making" not in capsys.readouterr().err
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine" and len(list(tmp_path.iterdir())) == 1


def line(name: str, entry: tuple[float, ...], tip: tuple[float, ...]) -> dict[str, Any]:
    points = [{"position": list(at)} for at in (entry, tip)]
    return {"type": "Line", "name": name, "coordinateSystem": "LPS", "controlPoints": points}


@pytest.mark.parametrize(
    ("command", "lines", "said"),
    [
        ("compare", [line("far", (0, 80, 0), (0, 60, 0))], "'far' (LPS 0.0, 60.0, 0.0 mm) does not lie in"),
        ("simulate", [line("far", (0, 80, 0), (0, 60, 0))], "does not lie in the bone of L1"),
        (
            "simulate",
            [line("a", (-20, 40, 2), (-8, 0, 2)), line("b", (-22, 40, 3), (-9, 0, 3))],
            "2 needles of your own lie on the right of L1",
        ),
        ("simulate", [line("near", (9, 9, 9), (9, 9, 9))], "two different points"),
    ],
)
def test_own_needles_that_cannot_be_are_refused(
    small_case: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    lines: list[dict[str, Any]],
    said: str,
) -> None:
    own = tmp_path / "own.mrk.json"
    own.write_text(json.dumps({"markups": lines}), encoding="utf-8")
    assert leave(command, small_case, "--needle", own, "-o", tmp_path / "out") == 2
    answer = capsys.readouterr().err
    assert said in answer and answer.count("vertebro:") == 1 and "body of the vertebra" not in answer
    assert [p.name for p in tmp_path.iterdir()] == ["own.mrk.json"]

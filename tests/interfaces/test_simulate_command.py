"""``vertebro simulate`` as a person meets it: words, JSON, files, samples gone on with, refusals."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vertebro.formats.document import as_json
from vertebro.formats.simulation_document import simulation_schema
from vertebro.interfaces.cli import main

DOCS = Path(__file__).parents[2] / "docs"


def leave(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    return int(left.value.code or 0)


def run(case: Path, capsys: pytest.CaptureFixture[str], *more: object) -> dict[str, Any]:
    assert leave("simulate", case, "--json", "-", *more) == 0
    made: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(made, simulation_schema())
    return made


def test_the_published_schema_is_the_schema() -> None:
    published = (DOCS / "schema" / "simulation-1.schema.json").read_text(encoding="utf-8")
    assert published == as_json(simulation_schema()), "publish it again: docs/schema/simulation-1.schema.json"


@pytest.mark.slow
def test_a_planned_injection_with_samples_that_go_on(
    small_case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    one = run(small_case, capsys, "--volume", 0.5, "--samples", 2, "--seed", 4, "-o", out)
    assert {n["name"] for n in one["needles"]} == {"left", "right"} and one["level"] == "L1"
    assert one["injection"]["injected_ml"] == pytest.approx(0.5) and one["injection"]["most_bone_kpa"] > 0
    assert one["risk"]["samples"] == 2 and one["risk"]["volumes_ml"][-1] == 5
    kept = (out / "simulation.json").read_text(encoding="utf-8")
    assert json.loads(kept)["risk"] == one["risk"]
    assert {p.name for p in (out / "injection").iterdir()} == {"pictures", "surfaces", "volumes"}
    again = ("simulate", small_case, "--volume", 0.5, "--samples", 3, "--seed", 4, "-o", out)
    assert leave(*again) == 2 and "--resume" in capsys.readouterr().err
    assert len((out / "samples.jsonl").read_text(encoding="utf-8").splitlines()) == 3


def test_a_tip_of_ones_own_in_words(small_case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("simulate", small_case, "--volume", 0.5, "--tip", "-6,3,0", "--viscosity", "high") == 0
    said = capsys.readouterr().out
    assert "An estimate from this scan" in said and "factor of seven" in said
    assert "contrast" in said or "tissues" in said, "on what the density stands"
    assert "0.5 of 0.5 mL of high-viscosity cement" in said and "--samples" in said


def test_a_tip_in_the_canal_is_said_first(
    small_case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = tmp_path / "injection" / "pictures"
    earlier.mkdir(parents=True)
    asked = ("--volume", 1, "--tip", "0,-26,0", "--samples", 2, "-o", tmp_path, "--json", "-")
    assert leave("simulate", small_case, *asked) == 3
    made = json.loads(capsys.readouterr().out)
    jsonschema.validate(made, simulation_schema())
    assert "no samples were run" in made["risk"]["unknown"]
    kept = {p.name for p in tmp_path.iterdir()}
    assert kept == {"simulation.json", "injection-of-an-earlier-run-1"}, "pictures of another injection stay"
    assert made["injection"]["stopped"] == "in_canal" and made["injection"]["injected_ml"] == 0
    assert "the tip of a needle lies in the spinal canal" in made["injection"]["why"]
    for name in ("most_bone_kpa", "most_hub_mpa", "share_of_body_pores", "meets_upper_plate"):
        assert made["injection"][name] == {"unknown": made["injection"]["why"]}, "nought is no measurement"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tip", "1,2", "--volume", "2"), "R,A,S"),
        (("--tip", "1,2,3"), "--volume"),
        (("--needle", "left,middle"), "left,right"),
        (("--needle", "left", "--tip", "1,2,3", "--volume", "1"), "one of them"),
        (("--stop-leak", "-1"), "0 or more"),
        (("--resume",), "-o FOLDER"),
        (("--samples", "-1"), "0 or more"),
        (("--volume", "-2"), "above 0"),
        (("--volume", "1e-9"), "at least 0.01"),
        (("--rate", "1e-300"), "at least 0.01"),
        (("--seed", "-1"), "--seed is -1"),
        (("--level", "L7"), "L7"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    small_case: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert leave("simulate", small_case, *arguments) == 2
    assert said in capsys.readouterr().err

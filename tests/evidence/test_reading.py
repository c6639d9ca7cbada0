"""Bad rows are refused with file, line and reason; good rows of a person's own join the pools."""

import contextlib
import tempfile
from pathlib import Path

import pytest
from evidence_tables import BUCHBINDER_1_MONTH, DATA, own_folder, rows
from hypothesis import given
from hypothesis import strategies as st

from vertebro.errors import BadFile
from vertebro.evidence.course import natural_course
from vertebro.evidence.effects import Comparison, Effect, effects
from vertebro.evidence.harms import harms_for
from vertebro.evidence.modifiers import modifier_rows
from vertebro.evidence.reading import Mark
from vertebro.evidence.trials import findings, trials
from vertebro.vocabulary.library import references
from vertebro.vocabulary.procedures import Procedure

PVP = Procedure.VERTEBROPLASTY


def refused(data: Path, *words: str) -> None:
    with pytest.raises(BadFile) as caught:
        findings(data)
    for word in ("effects.csv, line 2", *words):
        assert word in caught.value.found + caught.value.needed + caught.value.do


def at_one_month(data: Path | None = None) -> Effect:
    sham = effects(PVP, Comparison.SHAM, data)
    return next(e for e in sham if e.scale == "pain 0-10" and e.time_days == 30)


def test_a_row_of_ones_own_joins_the_pool(tmp_path: Path) -> None:
    before, after = at_one_month(), at_one_month(own_folder(tmp_path, "effects.csv", BUCHBINDER_1_MONTH))
    assert after.k == before.k + 1
    assert "Buchbinder" in {t.name for t in after.trials}
    assert after.estimate < before.estimate
    assert BUCHBINDER_1_MONTH["source"] in after.sources


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"unit": ""}, "unit is empty"),
        ({"unit": "mm"}, "unit is 'mm'"),
        ({"estimate": "2.0"}, "does not hold its estimate"),
        ({"ci_low": "1.7", "ci_high": "-0.9"}, "lower end below the upper"),
        ({"estimate": "about 1"}, "estimate is 'about 1'"),
        ({"estimate": "nan"}, "estimate is 'nan'"),
        ({"patients": "7.5"}, "patients is 7.5"),
        ({"patients": "79"}, "79 patients, of 78 randomised"),
        ({"patients": "0"}, "0 patients"),
        ({"scale": "RMDQ"}, "scale is 'RMDQ'"),
        ({"endpoint": "disability"}, "endpoint is 'disability'"),
        ({"comparison": "shams"}, "Did you mean 'sham'?"),
        ({"trial": "BUCHBINDER"}, "no trial 'BUCHBINDER'"),
        ({"mark": "?"}, "mark is '?'"),
        ({"source": ""}, "source is empty"),
        ({"direction": "up"}, "direction is 'up'"),
        ({"time_days": "365"}, "the same finding of one trial stands in effects.csv, line 15"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(tmp_path: Path, change: dict[str, str], reason: str) -> None:
    refused(own_folder(tmp_path, "effects.csv", BUCHBINDER_1_MONTH | change), reason)


def test_the_same_trial_twice_in_ones_own_table_is_refused(tmp_path: Path) -> None:
    data = own_folder(tmp_path, "effects.csv", BUCHBINDER_1_MONTH, BUCHBINDER_1_MONTH | {"estimate": "0.5"})
    with pytest.raises(BadFile, match=r"effects.csv, line 3: the same finding .* line 2"):
        findings(data)
    kept = own_folder(tmp_path, "effects.csv", BUCHBINDER_1_MONTH, BUCHBINDER_1_MONTH | {"analysis": "raw"})
    assert at_one_month(kept).k == 3


def test_a_table_with_the_wrong_columns_or_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "effects.csv").write_text("trial,mean\nX,1\n", encoding="utf-8")
    with pytest.raises(BadFile, match="line 1: columns missing"):
        findings(tmp_path)
    (tmp_path / "effects.csv").rename(tmp_path / "effect.csv")
    with pytest.raises(BadFile, match="Did you mean"):
        findings(tmp_path)
    with pytest.raises(BadFile, match="There is no folder"):
        findings(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadFile, match="holds no table"):
        findings(tmp_path / "empty")


def test_a_row_with_too_few_cells_is_refused(tmp_path: Path) -> None:
    own_folder(tmp_path, "effects.csv", BUCHBINDER_1_MONTH)
    path = tmp_path / "effects.csv"
    path.write_text(path.read_text(encoding="utf-8").rsplit(",", 1)[0] + "\n", encoding="utf-8")
    refused(tmp_path, "cells")


TRIAL = {"trial": "NEW", "name": "New", "year": "2026", "procedure": "PVP", "compared_with": "sham"}
TRIAL |= {"control": "sham", "source": "a paper", "mark": "V"}


@pytest.mark.parametrize(
    "change",
    [{"trial": "invest"}, {"name": "INVEST", "year": "2009"}, {"registration": "nct00068822"}],
)
def test_a_trial_that_is_there_already_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    with pytest.raises(BadFile, match=r"trials.csv, line 2: the same trial stands in trials.csv, line 2"):
        trials(own_folder(tmp_path, "trials.csv", TRIAL | change))


def test_arms_that_make_more_than_the_whole_are_refused(tmp_path: Path) -> None:
    sizes = {"n_procedure": "30", "n_control": "31", "n_total": "60"}
    with pytest.raises(BadFile, match="30 and 31 patients make more than 60"):
        trials(own_folder(tmp_path, "trials.csv", TRIAL | sizes))


def test_a_verified_row_takes_the_place_of_a_remembered_trial(tmp_path: Path) -> None:
    assert trials()["CHEN"].mark is Mark.MEMORY
    read = TRIAL | {"trial": "CHEN", "name": "Chen", "year": "2014", "n_total": "89"}
    assert trials(own_folder(tmp_path, "trials.csv", read))["CHEN"].randomised == 89


def test_the_same_result_under_two_trials_is_refused(tmp_path: Path) -> None:
    """INVEST at one month, once more as a trial of its own, would count twice."""
    data = own_folder(tmp_path, "trials.csv", TRIAL)
    again = BUCHBINDER_1_MONTH | {"trial": "NEW", "estimate": "0.70", "ci_low": "-0.30", "ci_high": "1.70"}
    refused(own_folder(data, "effects.csv", again), "the same result under another trial")


def test_values_and_improvements_of_the_same_arms_are_one_finding(tmp_path: Path) -> None:
    arm = {"trial": "VAPOUR", "endpoint": "pain", "scale": "pain 0-10", "unit": "points", "time_days": "30"}
    arm |= {"n": "50", "mean": "4.0", "spread": "2.5", "spread_is": "sd", "source": "a paper", "mark": "V"}
    arms = [
        arm | {"arm": a, "value_is": v} for v in ("value", "improvement") for a in ("vertebroplasty", "sham")
    ]
    with pytest.raises(BadFile, match="both the values and the improvements"):
        findings(own_folder(tmp_path, "arms.csv", *arms))


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode()))
def test_whatever_lies_in_a_table_is_read_or_refused(content: bytes) -> None:
    header = (DATA / "effects.csv").read_bytes().splitlines()[0]
    with tempfile.TemporaryDirectory() as folder:
        for file in (content, header + b"\n" + content):
            (Path(folder) / "effects.csv").write_bytes(file)
            with contextlib.suppress(BadFile):
                findings(Path(folder))


@given(
    st.fixed_dictionaries({c: st.text(max_size=8) for c in ("estimate", "patients", "time_days", "trial")})
)
def test_whatever_stands_in_a_cell_is_read_or_refused(cells: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(BadFile):
        findings(own_folder(Path(folder), "effects.csv", BUCHBINDER_1_MONTH | cells))


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    header = (DATA / "effects.csv").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "effects.csv").write_text(f"{header},trial\n", encoding="utf-8")
    with pytest.raises(BadFile, match="each of the columns once"):
        findings(tmp_path)


def test_cells_apart_by_semicolons_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "effects.csv").write_text("trial;procedure\nX;Y\n", encoding="utf-8")
    with pytest.raises(BadFile, match="Set commas"):
        findings(tmp_path)


HARM = {
    "key": "leak_seen_here",
    "heading": "cement leak",
    "procedure": "vertebroplasty",
    "events": "12",
    "of": "80",
    "counted_as": "patients",
    "detection": "CT",
    "symptoms": "any",
    "follow_up": "after the procedure",
    "source": "our own audit",
    "mark": "V",
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"events": "81"}, "81 events among 80"),
        ({"of": "0"}, "12 events among 0"),
        ({"events": "-1"}, "events is -1"),
        ({"counted_as": ""}, "counted_as is empty"),
        ({"counted_as": "people"}, "counted_as is 'people'"),
        ({"detection": "MRT"}, "detection is 'MRT'"),
        ({"heading": "leak"}, "heading is 'leak'"),
        ({"only_if": "posterior_wal in breached"}, "only_if is 'posterior_wal in breached'"),
        ({"versus": "usual care", "versus_events": "3", "versus_of": "2"}, "3 events among 2"),
    ],
)
def test_a_harm_that_cannot_be_true_is_refused(tmp_path: Path, change: dict[str, str], reason: str) -> None:
    with pytest.raises(BadFile) as caught:
        harms_for({}, PVP, own_folder(tmp_path, "harms.csv", HARM | change))
    assert "harms.csv, line 2" in caught.value.found and reason in caught.value.found


def test_a_harm_of_ones_own_is_listed_under_its_heading(tmp_path: Path) -> None:
    found = harms_for({}, PVP, own_folder(tmp_path, "harms.csv", HARM))
    assert [h.label for h in found if h.sources == ("our own audit",)] == ["leak seen here"]


def test_a_standard_error_written_as_a_standard_deviation_is_noticed(tmp_path: Path) -> None:
    arm = {"trial": "BUCH", "arm": "sham", "endpoint": "pain", "scale": "pain 0-10", "unit": "points"}
    arm |= {"time_days": "30", "n": "40", "mean": "4.1", "spread": "0.33", "spread_is": "sd"}
    arm |= {"value_is": "value", "source": "a paper", "mark": "V"}
    with pytest.raises(BadFile, match=r"arms.csv, line 2: a standard deviation of 0.33 .* too small"):
        findings(own_folder(tmp_path, "arms.csv", arm))
    findings(own_folder(tmp_path, "arms.csv", arm | {"spread_is": "se"}))
    with pytest.raises(BadFile, match="a mean of 41 on the scale"):
        findings(own_folder(tmp_path, "arms.csv", arm | {"spread_is": "se", "mean": "41"}))


def test_arms_of_ones_own_become_a_finding(tmp_path: Path) -> None:
    arm = {"trial": "VAPOUR", "endpoint": "pain", "scale": "pain 0-10", "unit": "points", "time_days": "30"}
    arm |= {"spread_is": "sd", "value_is": "value", "source": "a paper", "mark": "V"}
    treated = arm | {"arm": "vertebroplasty", "n": "55", "mean": "4.0", "spread": "2.5"}
    sham = arm | {"arm": "sham", "n": "57", "mean": "5.0", "spread": "2.7"}
    pooled = at_one_month(own_folder(tmp_path, "arms.csv", treated, sham))
    vapour = next(t for t in pooled.trials if t.name == "VAPOUR")
    assert vapour.estimate == pytest.approx(1.0)  # sham minus vertebroplasty: less pain is better
    half = 1.959964 * (2.5**2 / 55 + 2.7**2 / 57) ** 0.5
    assert vapour.interval.high == pytest.approx(1.0 + half, abs=1e-5)
    assert pooled.k == 3


def test_arms_with_intervals_instead_of_spreads_become_the_same_finding(tmp_path: Path) -> None:
    arm = {"trial": "VAPOUR", "endpoint": "pain", "scale": "pain 0-10", "unit": "points", "time_days": "30"}
    arm |= {"value_is": "improvement", "source": "a paper", "mark": "V", "n": "50"}
    treated = arm | {"arm": "vertebroplasty", "mean": "3.0", "ci_low": "2.2", "ci_high": "3.8"}
    sham = arm | {"arm": "sham", "mean": "2.0", "ci_low": "1.4", "ci_high": "2.6"}
    found = findings(own_folder(tmp_path, "arms.csv", treated, sham))
    vapour = next(f for f in found if f.trial.key == "VAPOUR" and f.from_arms)
    assert vapour.estimate == pytest.approx(1.0)  # more improvement is better
    assert vapour.high - vapour.estimate == pytest.approx((0.8**2 + 0.6**2) ** 0.5)


# What the package itself ships
def test_every_row_of_the_package_has_a_mark_and_a_source_of_the_bibliography() -> None:
    for path in sorted(DATA.glob("*.csv")):
        for row in rows(path.name):
            assert row["mark"] in ("V", "D", "M"), row
            keys = row["source"].split(";")
            assert all(key in references() or key == "from_memory" for key in keys), row
            assert ("from_memory" in keys) == (row["mark"] == "M"), row
            assert row["mark"] != "D" or row["note"], row  # what is derived says how


def test_every_table_of_the_package_reads() -> None:
    assert len(trials()) == 24
    assert len(findings()) > 30
    assert natural_course() and modifier_rows()

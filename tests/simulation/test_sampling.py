"""Samples are the same for any order, number of workers and restart; intervals cover the truth."""

import itertools
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vertebro.errors import BadFile, BadInput, HouseFault, NotConverged
from vertebro.simulation.journal import Journal
from vertebro.simulation.sampling import (
    Draw,
    Quantity,
    Sampling,
    Share,
    content_key,
    convergence,
    run_samples,
)
from vertebro.vocabulary.known import Unknown

SETTINGS = {"patient": "a1", "volume_ml": 4.0, "needles": ["left", "right"]}


def task(draw: Draw) -> Mapping[str, Any]:
    """A cheap model of two inputs and a field; one sample in about seven does not converge."""
    k = draw.stream("permeability").lognormal(0.0, 1.1, size=50)
    if draw.stream("solver").random() < 1 / 7:
        raise NotConverged("The pressure did not settle.", "", "")
    tip = draw.stream("tip").normal(0.0, 2.0, size=3)
    return {"leak_ml": float(k.mean() * 0.1 + abs(tip).max() / 10), "tip_mm": tip.tolist(), "canal": k[0] > 1}


def plain(draw: Draw) -> Mapping[str, Any]:
    return {"x": draw.stream("x").random()}


def test_workers_and_order_change_nothing() -> None:
    one = run_samples(lambda d: task(d) | {"canal": 1}, Sampling(40, seed=7, workers=1))
    assert run_samples(lambda d: task(d) | {"canal": 1}, Sampling(40, seed=7, workers=5)) == one
    assert any(isinstance(r, Unknown) for r in one) and not all(isinstance(r, Unknown) for r in one)
    assert run_samples(plain, Sampling(3, seed=8)) != run_samples(plain, Sampling(3, seed=9))


def test_more_samples_begin_with_the_fewer() -> None:
    assert run_samples(plain, Sampling(30, seed=1))[:12] == run_samples(plain, Sampling(12, seed=1))


def test_streams_are_independent_of_each_other() -> None:
    draws = [Draw(3, k) for k in range(4000)]
    a, b = (np.array([d.stream(name).normal() for d in draws]) for name in ("permeability", "viscosity"))
    assert stats.kstest(a, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(len(draws))
    assert abs(np.corrcoef(a[1:], a[:-1])[0, 1]) < 4 / np.sqrt(len(draws))
    assert Draw(3, 5).stream("permeability").normal() == a[5]


def test_samples_run_side_by_side() -> None:
    meet = threading.Barrier(2, timeout=20)

    def waits_for_another(draw: Draw) -> Mapping[str, Any]:
        meet.wait()
        return {"number": draw.number}

    assert len(run_samples(waits_for_another, Sampling(4, seed=0, workers=2))) == 4


def test_a_stopped_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    journal = tmp_path / "runs" / "samples.jsonl"
    whole = run_samples(plain, Sampling(20, seed=5))
    calls = itertools.count()

    def stopped(draw: Draw) -> Mapping[str, Any]:
        if next(calls) == 8:
            raise KeyboardInterrupt
        return plain(draw)

    with pytest.raises(KeyboardInterrupt):
        run_samples(stopped, Sampling(20, seed=5, settings=SETTINGS, journal=journal, workers=1))
    told: list[tuple[int, int]] = []
    run: list[int] = []
    goes_on = Sampling(20, seed=5, settings=SETTINGS, journal=journal, workers=2)
    again = run_samples(
        lambda d: run.append(d.number) or plain(d), goes_on, lambda done, n: told.append((done, n))
    )
    assert again == whole
    assert sorted(run) == list(range(8, 20))
    assert told == [(k, 20) for k in range(9, 21)]


@pytest.fixture(scope="module")
def journal_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("journal") / "j"
    run_samples(task_of_words, Sampling(6, seed=2, settings=SETTINGS, journal=path, workers=1))
    return path.read_bytes()


def task_of_words(draw: Draw) -> Mapping[str, Any]:
    if draw.number == 3:
        raise NotConverged("Der Druck fand keine Lösung.", "", "")
    return plain(draw) | {"route": "Gefäß"}


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 5000))
def test_a_journal_cut_anywhere_gives_the_same_results(
    journal_bytes: bytes, tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "j"
    path.write_bytes(journal_bytes[: cut % (len(journal_bytes) + 1)])
    results = run_samples(task_of_words, Sampling(6, seed=2, settings=SETTINGS, journal=path, workers=1))
    assert results == run_samples(task_of_words, Sampling(6, seed=2))
    assert path.read_bytes() == journal_bytes


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 5000), put=st.binary(min_size=1, max_size=12), kept=st.booleans())
def test_a_damaged_journal_is_refused_in_words_or_holds_no_other_samples(
    journal_bytes: bytes, tmp_path_factory: pytest.TempPathFactory, at: int, put: bytes, kept: bool
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "j"
    at %= len(journal_bytes)
    path.write_bytes(journal_bytes[:at] + put + journal_bytes[at + (0 if kept else len(put)) :])
    try:
        with Journal(path, 2, SETTINGS).opened() as found:
            assert all(number >= 0 for number in found)
    except BadInput as fault:
        assert fault.found and fault.needed and fault.do


@pytest.mark.parametrize(
    ("seed", "changed", "said"),
    [
        (3, {}, "seed is 2 there, 3 here"),
        (2, {"volume_ml": 4.5}, "settings.volume_ml is 4.0 there, 4.5 here"),
        (2, {"gauge": 13}, "settings.gauge is absent there, 13 here"),
    ],
)
def test_the_journal_of_another_run_is_refused(
    journal_bytes: bytes, tmp_path: Path, seed: int, changed: dict[str, Any], said: str
) -> None:
    path = tmp_path / "j"
    path.write_bytes(journal_bytes)
    with pytest.raises(BadInput, match="belongs to another run") as fault:
        run_samples(plain, Sampling(6, seed=seed, settings=SETTINGS | changed, journal=path))
    assert said in fault.value.found
    assert path.read_bytes() == journal_bytes


@pytest.mark.parametrize(
    "content",
    [
        b"precious notes",
        b"precious\nnotes\n",
        b'{"format": "vertebro.samples/9"}\n',
        b"\xff\xfe\n",
        b"[]\n",
        b"[" * 9999 + b"\n",
    ],
)
def test_what_is_no_journal_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "j"
    path.write_bytes(content)
    with pytest.raises(BadFile):
        run_samples(plain, Sampling(2, seed=1, journal=path))
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "line",
    [
        '{"sample": 1, "result": {"x": NaN}}',
        '{"sample": -1, "result": {}}',
        '{"sample": true, "result": {}}',
        '{"sample": 1}',
        "x",
    ],
)
def test_a_line_that_is_no_sample_is_refused(journal_bytes: bytes, tmp_path: Path, line: str) -> None:
    path = tmp_path / "j"
    path.write_bytes(journal_bytes + line.encode() + b"\n")
    with pytest.raises(BadFile, match="line 8 is not a sample"):
        run_samples(plain, Sampling(6, seed=2, settings=SETTINGS, journal=path))


def test_two_results_for_one_sample_are_refused(journal_bytes: bytes, tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(journal_bytes + b'{"sample": 0, "result": {"x": 2}}\n')
    with pytest.raises(BadFile, match="another result"):
        run_samples(plain, Sampling(6, seed=2, settings=SETTINGS, journal=path))


def test_a_journal_where_none_can_be_written_is_refused(tmp_path: Path) -> None:
    for place in (tmp_path, Path("/dev/null"), Path("/dev/null/journal")):
        with pytest.raises(BadFile):
            run_samples(plain, Sampling(1, seed=1, journal=place))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None)
@given(
    sample=VALUES,
    result=VALUES,
    unknown=VALUES,
    keys=st.sets(st.sampled_from(["sample", "result", "unknown"])),
)
def test_any_line_is_a_sample_or_refused_in_words(
    journal_bytes: bytes,
    tmp_path_factory: pytest.TempPathFactory,
    sample: object,
    result: object,
    unknown: object,
    keys: set[str],
) -> None:
    path = tmp_path_factory.mktemp("any") / "j"
    line = {"sample": sample, "result": result, "unknown": unknown}
    line = {key: value for key, value in line.items() if key in keys}
    path.write_bytes(journal_bytes + json.dumps(line).encode() + b"\n")
    try:
        with Journal(path, 2, SETTINGS).opened() as found:
            assert type(sample) is int and sample in found
            assert isinstance(found[sample], (dict, Unknown))
    except BadFile as fault:
        assert fault.found and fault.needed and fault.do


def test_what_is_not_a_number_is_no_result() -> None:
    with pytest.raises(ValueError):
        run_samples(lambda _: {"leak_ml": float("nan")}, Sampling(1, seed=1))


def test_an_error_ends_the_run() -> None:
    def bad(draw: Draw) -> Mapping[str, Any]:
        raise BadInput(f"sample {draw.number}", "", "")

    with pytest.raises(BadInput):
        run_samples(bad, Sampling(1000, seed=1, workers=2))


def test_the_interval_covers_the_true_probability_nineteen_times_in_twenty() -> None:
    rng, p, covered = np.random.default_rng(1), 0.13, 0
    for _ in range(400):
        share = Share.of_answers([bool(x) for x in rng.random(60) < p])
        covered += share.low <= p <= share.high
    assert covered >= 0.95 * 400 - 3 * np.sqrt(400 * 0.05 * 0.95)


def test_samples_without_an_answer_widen_the_interval() -> None:
    known = Share.of_answers([True] * 10 + [False] * 80)
    some = Share.of_answers([True] * 10 + [False] * 80 + [Unknown("did not settle")] * 10)
    assert some.low < known.low and some.high > known.high
    assert some.probability == known.probability == pytest.approx(10 / 90)
    assert isinstance(Share.of_answers([Unknown("did not settle")]).probability, Unknown)


def test_convergence_shows_the_interval_shrink() -> None:
    rng = np.random.default_rng(3)
    shares = convergence([bool(x) for x in rng.random(400) < 0.3])
    assert [s.of for s in shares] == sorted({s.of for s in shares}) and shares[-1].of == 400
    widths = [s.high - s.low for s in shares]
    assert widths[-1] < 0.1 < widths[0] and widths[-1] == min(widths)


def test_the_median_lies_in_its_interval_nineteen_times_in_twenty() -> None:
    rng, covered = np.random.default_rng(4), 0
    for _ in range(300):
        q = Quantity.of_values(rng.lognormal(0.0, 1.0, 40))
        assert isinstance(q, Quantity)
        covered += q.median_low <= 1.0 <= q.median_high
    assert covered >= 0.95 * 300 - 3 * np.sqrt(300 * 0.05 * 0.95)
    assert isinstance(Quantity.of_values([]), Unknown)


def test_the_content_key_tells_arrays_apart() -> None:
    a = np.arange(12.0).reshape(3, 4)
    assert content_key(a) == content_key(np.asfortranarray(a)) != content_key(a.reshape(4, 3))
    assert content_key(a) != content_key(a.astype(np.float32)) != content_key(a + 1)


def test_impossible_samplings_are_our_fault() -> None:
    for wrong in ({"n": 0, "seed": 1}, {"n": 1, "seed": -1}, {"n": 1, "seed": 1, "workers": 0}):
        with pytest.raises(HouseFault):
            Sampling(**wrong)

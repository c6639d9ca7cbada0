"""Forest plots: every number of the effects stands on them, in place and in words."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from vertebro.errors import HouseFault
from vertebro.evidence.effects import Comparison, Effect, effects
from vertebro.report.evidence_words import estimate_in_words, number, time_in_words
from vertebro.report.forest import forest, forests
from vertebro.vocabulary.procedures import Procedure

SHAM = effects(Procedure.VERTEBROPLASTY, Comparison.SHAM)
PAIN = [e for e in SHAM if e.scale == "pain 0-10"]
SVG = "{http://www.w3.org/2000/svg}"


def drawn(effects: list[Effect]) -> ET.Element:
    return ET.fromstring(forest(effects))


def texts(plot: ET.Element) -> list[str]:
    return [t.text or "" for t in plot.iter(f"{SVG}text")]


def test_every_trial_and_every_interval_has_its_line_of_numbers() -> None:
    said = texts(drawn(PAIN))
    for effect in PAIN:
        assert time_in_words(effect.time_days) in said
        for trial in effect.trials:
            assert estimate_in_words(trial.estimate, trial.interval.low, trial.interval.high) in said
        if effect.k > 1:
            for interval in effect.intervals:
                assert estimate_in_words(effect.estimate, interval.low, interval.high) in said


def test_a_screen_reader_hears_title_and_every_pool() -> None:
    plot = drawn(PAIN)
    title, desc = plot.find(f"{SVG}title"), plot.find(f"{SVG}desc")
    assert plot.get("role") == "img" and title is not None and desc is not None
    assert title.text == plot.get("aria-label") == "Pain after vertebroplasty against sham (pain 0-10)"
    for effect in PAIN:
        assert f"{time_in_words(effect.time_days)}: {number(effect.estimate)}" in (desc.text or "")


def test_squares_and_diamonds_stand_where_their_numbers_are() -> None:
    plot = drawn(PAIN)
    squares = [r for r in plot.iter(f"{SVG}rect") if r.get("class") == "trial"]
    trials = [t for e in PAIN for t in e.trials]
    middles = [float(r.get("x", 0)) + float(r.get("width", 0)) / 2 for r in squares]
    zero, one = _axis(plot)
    for middle, trial in zip(middles, trials, strict=True):
        assert (middle - zero) / (one - zero) == pytest.approx(trial.estimate, abs=0.02)
    diamonds = [p for p in plot.iter(f"{SVG}path") if p.get("class") == "pool"]
    pools = [e for e in PAIN if e.k > 1]
    assert len(diamonds) == len(pools)
    for diamond, effect in zip(diamonds, pools, strict=True):
        xs = [float(x) for x, _ in re.findall(r"([-\d.]+),([-\d.]+)", diamond.get("d", ""))]
        ends = [(x - zero) / (one - zero) for x in (min(xs), max(xs))]
        assert ends == pytest.approx([effect.interval.low, effect.interval.high], abs=0.02)


def _axis(plot: ET.Element) -> tuple[float, float]:
    at = {t.text: float(t.get("x", 0)) for t in plot.iter(f"{SVG}text") if t.get("text-anchor") == "middle"}
    return at["0"], at["1"]


def test_better_is_on_the_right_and_says_with_what() -> None:
    plot = drawn(PAIN)
    zero, one = _axis(plot)
    assert one > zero
    said = texts(plot)
    assert "better with vertebroplasty →" in said and "← better with sham" in said


def test_an_interval_beyond_the_axis_ends_in_an_arrow_inside_the_plot() -> None:
    far = [replace(e, trials=tuple(replace(t, interval=e.interval) for t in e.trials)) for e in PAIN]
    for path in drawn(far).iter(f"{SVG}path"):
        xs = [float(x) for x, _ in re.findall(r"([-\d.]+),([-\d.]+)", path.get("d", ""))]
        assert all(0 <= x <= 186 for x in xs)


def test_different_scales_do_not_share_a_plot() -> None:
    with pytest.raises(HouseFault, match="several"):
        forest(list(SHAM))
    assert len(forests(SHAM)) == len({(e.endpoint, e.scale) for e in SHAM})


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 day"), (3, "3 days"), (7, "1 week"), (14, "2 weeks"), (30, "1 month"), (90, "3 months")],
)
def test_times_in_words(days: int, words: str) -> None:
    assert time_in_words(days) == words


def test_longer_times_and_averages_in_words() -> None:
    assert [time_in_words(d) for d in (180, 365, 730)] == ["6 months", "12 months", "24 months"]
    assert time_in_words(730, over_time=True) == "average over 24 months"


def test_what_rounds_to_nought_has_no_sign() -> None:
    assert (number(-0.001), number(-0.43), number(2.0, 1)) == ("0.00", "−0.43", "2.0")

"""The traps that were found in the published numbers: each stays out of the pools, or is read rightly."""

import math

import numpy as np
import pytest
from evidence_tables import rows
from scipy import stats

from vertebro.errors import HouseFault
from vertebro.evidence import effects as effects_module
from vertebro.evidence.counts import Count, CountedAs, IntervalMethod
from vertebro.evidence.effects import Comparison, effects, left_out
from vertebro.evidence.harms import harms_for
from vertebro.evidence.modifiers import modifier_rows
from vertebro.evidence.reading import Mark
from vertebro.evidence.trials import findings, from_memory
from vertebro.kernels import effect_sizes, pooling
from vertebro.vocabulary.procedures import Procedure

PVP, BKP = Procedure.VERTEBROPLASTY, Procedure.KYPHOPLASTY
EVERY = [e for p in Procedure for c in Comparison for e in effects(p, c)]


def test_blasco_prints_standard_errors_as_standard_deviations() -> None:
    """0.33 among 64 patients is the error of a mean whose patients spread by 2.6 points."""
    printed = [r for r in rows("arms.csv") if r["trial"] == "BLASCO"]
    assert printed and all(r["spread_is"] == "se" for r in printed)
    pain = next(r for r in printed if r["scale"] == "pain 0-10" and r["arm"] == "vertebroplasty")
    assert float(pain["spread"]) * math.sqrt(int(pain["n"])) == pytest.approx(2.64, abs=0.01)
    others = [
        float(r["spread"]) for r in rows("arms.csv") if r["scale"] == "pain 0-10" and r["spread_is"] == "sd"
    ]
    assert min(others) > 1.5  # every true standard deviation of pain here is far from 0.33
    start = next(f for f in findings() if f.trial.key == "BLASCO" and f.scale.name == "pain 0-10")
    assert start.variance == pytest.approx(0.33**2 + 0.35**2)


def test_a_review_that_changes_its_sign_between_times_is_not_used() -> None:
    """Xie 2017 prints +1.56 at one month and -1.59 at six, both in favour of vertebroplasty."""
    assert not any("xie" in s.lower() for e in EVERY for s in e.sources)


def test_farrokhi_whose_numbers_do_not_fit_is_left_out_and_says_why() -> None:
    out = [f for f in left_out(PVP, Comparison.USUAL_CARE) if f.trial.key == "FARROKHI"]
    assert {f.scale.name for f in out} == {"pain 0-10", "Oswestry 0-100"}
    assert all(f.why_not for f in out)
    pain = next(f for f in out if f.scale.name == "pain 0-10")
    assert (pain.low + pain.high) / 2 == pytest.approx(3.0)  # not its estimate of 3.1
    oswestry = next(f for f in out if f.scale.name == "Oswestry 0-100")
    p = 2 * stats.norm.sf(oswestry.estimate / math.sqrt(oswestry.variance))
    assert p < 1e-6  # the source prints p < 0.028
    assert not any("FARROKHI" in {t.trial for t in e.trials} for e in EVERY)
    for n in (40, 42):  # no count of patients gives the printed shares of new fractures
        assert not any(round(100 * k / n, 1) in (2.2, 13.3) for k in range(n + 1))
    assert not any("farrokhi" in s for p in Procedure for h in harms_for({}, p) for s in h.sources)


def test_an_interval_off_its_estimate_keeps_a_finding_out_even_if_nobody_said_so(tmp_path) -> None:
    from evidence_tables import BUCHBINDER_1_MONTH, own_folder

    lopsided = BUCHBINDER_1_MONTH | {"estimate": "0.7"}  # middle 0.4, half width 1.3
    out = left_out(PVP, Comparison.SHAM, own_folder(tmp_path, "effects.csv", lopsided))
    mine = [f for f in out if f.mark is not Mark.MEMORY]
    assert [f.trial.key for f in mine] == ["BUCH"] and "not centred" in mine[0].why_not


def test_the_three_scales_of_the_roland_morris_questionnaire_never_meet() -> None:
    seen = {e.scale for e in EVERY if e.scale.startswith("RMDQ")}
    assert seen == {"RMDQ 0-23", "RMDQ 0-24", "RMDQ 0-100"}
    for effect in EVERY:
        mine = [f for f in findings() if f.trial.key in {t.trial for t in effect.trials} and not f.why_not]
        pooled = [f for f in mine if f.scale.name == effect.scale and f.time_days == effect.time_days]
        assert {f.scale.unit for f in pooled} == {effect.unit}


def test_misprinted_intervals_are_not_used() -> None:
    """High against low viscosity and leaks into the disc: 0.45 (0.45 to 0.80)."""
    for row in modifier_rows():
        low, high, estimate = row.number("ci_low"), row.number("ci_high"), row.number("estimate")
        assert low < estimate < high
        if row.text("measure").startswith(("OR", "RR")):  # symmetric on the log scale, as printed
            middle = math.sqrt(low * high)
            assert middle == pytest.approx(estimate, rel=0.08), row.text("factor")
    assert not any("7.72" in row.cells["estimate"] for row in modifier_rows())  # fracture history 3.09-9.30


def test_printed_percentages_that_do_not_fit_are_recounted() -> None:
    counts = {h.key: h.count for h in harms_for({}, PVP) if hasattr(h, "count")}
    assert counts["infection_after"].share == pytest.approx(0.00313, abs=5e-6)  # 0.32 % is printed
    assert counts["leak_into_canal"].share == pytest.approx(0.0082, abs=5e-5)  # 0.7 % is printed


def test_andersons_late_pain_has_the_p_of_its_interval_not_the_printed_one() -> None:
    se = (0.97 - 0.19) / (2 * stats.norm.ppf(0.975))
    assert 2 * stats.norm.sf(0.58 / se) == pytest.approx(0.0036, abs=5e-5)  # p < 0.001 is printed


def test_evans_counts_those_randomised_and_says_so() -> None:
    evans = [e for e in EVERY if {t.trial for t in e.trials} == {"EVANS"}]
    assert evans
    assert all(any("followed up" in reason for reason in e.certainty.reasons) for e in evans)
    printed = [f for f in findings() if f.trial.key == "EVANS" and f.direction == "not printed"]
    assert printed and all(f.why_not for f in printed)


def test_kaviar_is_counted_by_those_analysed() -> None:
    by_key = {(h.key, h.procedure): h for p in Procedure for h in harms_for({}, p) if hasattr(h, "count")}
    assert str(by_key["lung_reported", BKP].count) == "1 of 191 patients"
    assert str(by_key["lung_reported", PVP].count) == "1 of 190 patients"


def test_patients_vertebrae_and_levels_are_not_compared() -> None:
    patients, vertebrae = Count(149, 181, CountedAs.PATIENTS), Count(64, 80, CountedAs.VERTEBRAE)
    with pytest.raises(HouseFault, match="count different things"):
        patients.difference(vertebrae)
    assert patients.difference(Count(90, 181, CountedAs.PATIENTS)) == pytest.approx(59 / 181)


def test_there_is_no_sum_of_counts() -> None:
    count = Count(1, 2, CountedAs.PATIENTS)
    with pytest.raises(TypeError):
        count + count
    with pytest.raises(TypeError):
        sum([count, count])
    words = ("crude", "total", "sum")
    assert not any(
        w in name for w in words for name in (*dir(effects_module), *dir(pooling), *dir(effect_sizes))
    )


@pytest.mark.parametrize(
    ("counts", "published", "crude"),
    [
        ((46, 440, 36, 444), 1.13, (1.29, 0.85, 1.95)),
        ((20, 421, 25, 359), 0.67, (0.68, 0.39, 1.21)),
        ((48, 418, 31, 422), 1.29, (1.56, 1.02, 2.41)),
        ((16, 408, 23, 413), 0.61, (0.70, 0.38, 1.31)),
    ],
)
def test_crude_totals_are_not_the_published_pools(counts, published: float, crude: tuple[float, ...]) -> None:
    """Three of four crude ratios miss the pool of the same trials, the fourth hits it by chance."""
    y, v = effect_sizes.log_risk_ratio(np.array([counts]))
    found = pooling.pool(y, v, "fixed")
    ours = tuple(np.exp([found.estimate, *found.wald()]))
    assert ours == pytest.approx(crude, abs=0.01)
    assert (abs(ours[0] - published) > 0.02) == (published != 0.67)


def test_vertos_ii_new_fractures_do_not_have_the_printed_p() -> None:
    table = np.array([[15, 91 - 15], [21, 85 - 21]])
    assert stats.chi2_contingency(table, correction=False).pvalue == pytest.approx(0.18, abs=0.01)  # 0.44


def test_raw_and_adjusted_differences_are_kept_apart() -> None:
    """Buchbinder at 12 months: 0.5 from the two arms, 0.3 adjusted; the adjusted one is used."""
    arms = [r for r in rows("arms.csv") if r["trial"] == "BUCH" and r["time_days"] == "365"]
    raw = [float(r["mean"]) for r in sorted(arms, key=lambda r: r["arm"], reverse=True)]
    assert raw[0] - raw[1] == pytest.approx(0.5)
    pooled = next(e for e in EVERY if e.comparison is Comparison.SHAM and e.k == 3)
    assert next(t for t in pooled.trials if t.trial == "BUCH").estimate == 0.3


def test_nothing_from_memory_is_pooled_or_shown() -> None:
    remembered = [r for r in rows("effects.csv") if r["mark"] == "M"]
    assert remembered
    shown = {(t.trial, e.scale, e.time_days, t.estimate) for e in EVERY for t in e.trials}
    for row in remembered:
        key = (row["trial"], row["scale"], int(row["time_days"]), float(row["estimate"]))
        assert key not in shown
    for effect in EVERY:
        assert "from_memory" not in effect.sources
    for procedure in Procedure:
        assert not any("from_memory" in h.sources for h in harms_for({}, procedure))
    assert len(from_memory()) == sum(
        r["mark"] == "M" for table in ("trials.csv", "effects.csv", "arms.csv") for r in rows(table)
    )


def test_remembered_cells_of_a_verified_trial_are_empty() -> None:
    for row in rows("trials.csv"):
        if "left empty because only remembered" in row["note"]:
            names = row["note"].split("remembered: ")[1].split(";")[0].split(", ")
            assert all(not row[name] for name in names), row["trial"]


def test_the_interval_methods_of_published_leak_rates() -> None:
    leak = Count(64, 80, CountedAs.VERTEBRAE).interval(IntervalMethod.WILSON)
    assert (100 * leak.low, 100 * leak.high) == pytest.approx((70, 87), abs=0.5)

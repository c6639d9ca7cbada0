"""Pooling: against statsmodels, against closed forms, and properties every pool must have."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import optimize, stats
from statsmodels.stats import meta_analysis
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import proportion_confint

from vertebro.kernels import effect_sizes as sizes
from vertebro.kernels import proportions
from vertebro.kernels.pooling import (
    METHODS,
    egger,
    leave_one_out,
    mantel_haenszel,
    pool,
    subgroups,
    tau2_interval,
)

RANDOM = [m for m in METHODS if m != "fixed"]
Y = np.array([0.10, 0.95, -0.30, 0.60, 1.40])
V = np.array([0.04, 0.10, 0.06, 0.20, 0.15])
TABLES = np.array([[4, 40, 9, 42], [12, 120, 15, 110], [1, 30, 6, 33], [20, 90, 31, 95]])


def some(k: int) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    y = arrays(float, k, elements=st.floats(-5, 5).map(lambda x: round(x, 3)))
    v = arrays(float, k, elements=st.floats(0.01, 4).map(lambda x: round(x, 3)))
    return st.tuples(y, v)


trials = st.integers(1, 8).flatmap(some)
several = st.integers(2, 8).flatmap(some)
methods = st.sampled_from(sorted(METHODS))


# Cross-check
@pytest.mark.parametrize(("ours", "theirs"), [("DL", "chi2"), ("PM", "iterated")])
def test_random_effects_agree_with_statsmodels(ours: str, theirs: str) -> None:
    other = meta_analysis.combine_effects(Y, V, method_re=theirs, use_t=False, atol=1e-12)
    found = pool(Y, V, ours)
    assert found.tau2 == pytest.approx(other.tau2, abs=1e-6)
    assert found.estimate == pytest.approx(other.mean_effect_re, abs=1e-6)
    assert found.se == pytest.approx(other.sd_eff_w_re, abs=1e-6)
    assert found.knapp_hartung_ratio == pytest.approx(other.scale_hksj_re, abs=1e-6)
    assert found.q == pytest.approx(other.q)
    assert pool(Y, V, "fixed").estimate == pytest.approx(other.mean_effect_fe)


def test_risk_differences_and_ratios_agree_with_statsmodels() -> None:
    for name, ours in (
        ("rd", sizes.risk_difference),
        ("rr", sizes.log_risk_ratio),
        ("or", sizes.log_odds_ratio),
    ):
        statistic = {"rd": "diff", "rr": "risk-ratio", "or": "odds-ratio"}[name]
        y, v = meta_analysis.effectsize_2proportions(*TABLES.T, statistic=statistic)
        np.testing.assert_allclose(ours(TABLES), (y, v), rtol=1e-12)


def test_mantel_haenszel_agrees_with_statsmodels() -> None:
    a, n1, c, n2 = TABLES.T
    stacked = StratifiedTable(
        [np.array([[p, q - p], [r, s - r]]) for p, q, r, s in zip(a, n1, c, n2, strict=True)]
    )
    odds = mantel_haenszel(TABLES, "OR")
    assert odds.estimate == pytest.approx(stacked.logodds_pooled)
    assert odds.se == pytest.approx(stacked.logodds_pooled_se)
    assert mantel_haenszel(TABLES, "RR").estimate == pytest.approx(math.log(stacked.riskratio_pooled))


def test_hedges_g_agrees_with_statsmodels_but_for_its_approximate_factor() -> None:
    one, two = np.array([[25, 52.0, 9.0], [60, 48.0, 11.0]]), np.array([[24, 47.0, 10.0], [55, 49.0, 12.0]])
    y, _ = meta_analysis.effectsize_smd(*(two[:, [1, 2, 0]].T), *(one[:, [1, 2, 0]].T))
    g, _ = sizes.standardised_mean_difference(one, two)
    np.testing.assert_allclose(g, -np.array(y), rtol=1e-3)


def test_hedges_g_by_hand() -> None:
    """Two arms of 10, means 2 apart, sd 2 and 2: d = 1, J with 18 degrees of freedom."""
    g, v = sizes.standardised_mean_difference([[10, 3.0, 2.0]], [[10, 1.0, 2.0]])
    j = math.gamma(9) / (3 * math.gamma(8.5))
    assert g[0] == pytest.approx(j)
    assert v[0] == pytest.approx(0.2 + j * j / 40)


def test_fixed_and_dersimonian_laird_have_the_same_i2() -> None:
    assert pool(Y, V, "fixed").i2_pct == pytest.approx(pool(Y, V, "DL").i2_pct)
    w = 1 / V
    q = (w * (Y - (w * Y).sum() / w.sum()) ** 2).sum()
    assert pool(Y, V, "fixed").i2_pct == pytest.approx(100 * (q - 4) / q)


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
def test_the_standard_error_of_mantel_haenszel_is_the_spread_over_many_trials(measure: str) -> None:
    rng = np.random.default_rng(11)
    n1, n2 = np.array([80, 150, 60, 200]), np.array([90, 140, 70, 160])
    p1, p2 = np.array([0.2, 0.35, 0.15, 0.3]), np.array([0.3, 0.45, 0.25, 0.4])
    found = []
    for _ in range(1500):
        a, c = rng.binomial(n1, p1), rng.binomial(n2, p2)
        found.append(mantel_haenszel(np.column_stack([a, n1, c, n2]), measure))
    spread = np.std([f.estimate for f in found], ddof=1)
    assert np.mean([f.se for f in found]) == pytest.approx(spread, rel=0.06)  # 1500 draws: 2 % each way


def test_satos_variance_by_hand() -> None:
    """3 of 10 against 5 of 20: P = 1/3, Q = 4/3, weight 20/3."""
    found = mantel_haenszel([[3, 10, 5, 20]], "RD")
    assert found.estimate == pytest.approx(0.05)
    assert found.se**2 == pytest.approx((0.05 / 3 + 4 / 3) / (20 / 3) ** 2)


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
def test_the_arms_changed_over_mirror_mantel_haenszel(measure: str) -> None:
    one, two = mantel_haenszel(TABLES, measure), mantel_haenszel(TABLES[:, [2, 3, 0, 1]], measure)
    assert (two.estimate, two.se) == pytest.approx((-one.estimate, one.se))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (proportions.wilson, "wilson"),
        (proportions.exact, "beta"),
        (proportions.agresti_coull, "agresti_coull"),
    ],
)
@pytest.mark.parametrize(("events", "of"), [(0, 20), (1, 20), (7, 31), (31, 31), (18, 5749)])
def test_intervals_of_a_proportion_agree_with_statsmodels(ours, theirs, events: int, of: int) -> None:
    other = np.clip(proportion_confint(events, of, method=theirs), 0, 1)
    np.testing.assert_allclose(ours(events, of), other, atol=1e-12)


# Closed forms
@pytest.mark.parametrize("spread", [0.3, 2.0])
def test_with_equal_variances_tau2_is_the_variance_of_the_estimates_less_their_own(spread: float) -> None:
    y, v = spread * np.array([-1.0, 0.2, 0.5, 1.1]), np.full(4, 0.5)
    between = max(0.0, np.var(y, ddof=1) - 0.5)
    for method in ("DL", "PM", "REML"):
        assert pool(y, v, method).tau2 == pytest.approx(between, abs=1e-9)
    assert pool(y, v, "ML").tau2 == pytest.approx(max(0.0, np.var(y) - 0.5), abs=1e-9)


@pytest.mark.parametrize(("method", "restricted"), [("REML", True), ("ML", False)])
def test_likelihood_estimates_are_where_the_likelihood_is_highest(method: str, restricted: bool) -> None:
    def loss(t: float) -> float:
        w = 1 / (V + t)
        mu = (w * Y).sum() / w.sum()
        ll = 0.5 * np.log(w).sum() - 0.5 * (w * (Y - mu) ** 2).sum()
        return float(-(ll - 0.5 * np.log(w.sum()) if restricted else ll))

    best = optimize.minimize_scalar(loss, bounds=(0, 5), method="bounded", options={"xatol": 1e-10})
    assert pool(Y, V, method).tau2 == pytest.approx(best.x, abs=1e-6)


def test_two_trials_by_hand() -> None:
    found = pool([1.0, 3.0], [1.0, 1.0], "DL")  # Q = 2, C = 1
    assert (found.estimate, found.tau2, found.q) == pytest.approx((2.0, 1.0, 2.0))
    half = stats.t.ppf(0.975, 1) * 1.0  # se² = 1, q = 1
    assert found.knapp_hartung() == pytest.approx((2 - half, 2 + half))


def test_the_interval_of_tau2_is_where_q_meets_the_quantiles() -> None:
    low, high = tau2_interval(Y, V)
    for t, p in ((low, 0.975), (high, 0.025)):
        w = 1 / (V + t)
        q = (w * (Y - (w * Y).sum() / w.sum()) ** 2).sum()
        assert q == pytest.approx(stats.chi2.ppf(p, 4)) or (t == 0 and q < stats.chi2.ppf(p, 4))


def test_an_effect_and_its_interval_give_back_the_variance() -> None:
    fixed = pool(Y, V, "fixed")
    _, v = sizes.from_interval(np.array([fixed.estimate]), *(np.array([e]) for e in fixed.wald()))
    assert v[0] == pytest.approx(fixed.se**2)
    with pytest.raises(ValueError, match="hold its estimate"):
        sizes.from_interval(np.array([5.0]), np.array([0.0]), np.array([1.0]))


def test_arms_taken_together_are_the_patients_taken_together() -> None:
    rng = np.random.default_rng(4)
    groups = [rng.normal(m, s, n) for m, s, n in ((5, 2, 11), (7, 1, 30), (4, 3, 8))]
    n, mean, sd = sizes.combined_arms(*(np.array([f(g) for g in groups]) for f in (len, np.mean, _sd)))
    whole = np.concatenate(groups)
    assert (n, mean, sd) == pytest.approx((len(whole), whole.mean(), _sd(whole)))


def _sd(x: np.ndarray) -> float:
    return float(np.std(x, ddof=1))


def test_egger_by_ordinary_regression() -> None:
    found = egger(Y, V)
    other = stats.linregress(1 / np.sqrt(V), Y / np.sqrt(V))  # slope and intercept change places
    assert found.slope == pytest.approx(other.intercept)
    assert found.limit == pytest.approx(other.slope)
    assert found.slope_se == pytest.approx(other.intercept_stderr)


def test_subgroups_add_up_to_the_whole_where_nothing_varies_between_trials() -> None:
    groups = subgroups(Y, V, ["a", "b", "a", "b", "b"], "fixed")
    inside = sum(p.q for p in groups.pools)
    assert inside + groups.q_between == pytest.approx(pool(Y, V, "fixed").q)
    assert groups.df == 1 and groups.p == pytest.approx(stats.chi2.sf(groups.q_between, 1))


def test_one_subgroup_has_nothing_to_compare() -> None:
    assert math.isnan(subgroups(Y, V, ["a"] * 5).p)


def test_leaving_one_out() -> None:
    without = leave_one_out(Y, V, "REML")
    assert len(without) == 5
    assert without[0].estimate == pool(Y[1:], V[1:], "REML").estimate
    with pytest.raises(ValueError, match="two trials"):
        leave_one_out([1.0], [1.0])


# Zero cells
def test_an_empty_cell_gets_a_half_in_all_four() -> None:
    y, v = sizes.log_odds_ratio([[0, 10, 3, 12]])
    a, b, c, d = 0.5, 10.5, 3.5, 9.5
    assert y[0] == pytest.approx(math.log(a * d / (b * c)))
    assert v[0] == pytest.approx(1 / a + 1 / b + 1 / c + 1 / d)


@pytest.mark.parametrize("table", [[0, 10, 3, 12], [10, 10, 3, 12], [3, 10, 0, 12], [3, 10, 12, 12]])
@pytest.mark.parametrize("size", [sizes.log_risk_ratio, sizes.log_odds_ratio, sizes.risk_difference])
def test_wherever_the_empty_cell_is_the_trial_keeps_a_variance(size, table: list[int]) -> None:
    y, v = size([table])
    assert np.isfinite(y).all() and v[0] > 0
    a, n1, c, n2 = table
    mirrored, same = size([[c, n2, a, n1]])
    assert mirrored[0] == pytest.approx(-y[0]) and same[0] == pytest.approx(v[0])


def test_a_trial_without_any_event_says_nothing_about_a_ratio() -> None:
    empty = [[0, 10, 0, 12]]
    assert np.isnan(sizes.log_risk_ratio(empty)).all() and np.isnan(sizes.peto(empty)).all()
    with_it = np.vstack([TABLES, empty])
    for measure in (sizes.log_risk_ratio, sizes.log_odds_ratio, sizes.peto):
        assert pool(*measure(with_it)).k == 4
        assert pool(*measure(with_it)).estimate == pool(*measure(TABLES)).estimate
    for measure in ("RR", "OR"):
        assert mantel_haenszel(with_it, measure).estimate == pytest.approx(
            mantel_haenszel(TABLES, measure).estimate
        )
    with pytest.raises(ValueError, match="No trial carries information"):
        pool(*sizes.log_risk_ratio(empty))


def test_a_risk_difference_of_nought_to_nought_has_a_variance() -> None:
    y, v = sizes.risk_difference([[0, 10, 0, 12]])
    assert y[0] == 0 and v[0] > 0


def test_mantel_haenszel_without_events_in_one_arm_is_not_a_number() -> None:
    assert math.isnan(mantel_haenszel([[0, 10, 3, 12], [0, 8, 2, 9]], "RR").estimate)


# Properties
@given(several, methods, st.randoms(use_true_random=False))
def test_the_order_of_the_trials_does_not_matter(data, method, random) -> None:
    y, v = data
    shuffled = list(range(len(y)))
    random.shuffle(shuffled)
    one, two = pool(y, v, method), pool(y[shuffled], v[shuffled], method)
    assert one.tau2 == pytest.approx(two.tau2, rel=1e-6, abs=1e-8)
    assert one.estimate == pytest.approx(two.estimate, rel=1e-6, abs=1e-7)


@given(several, methods, st.floats(0.1, 50))
def test_another_unit_scales_everything(data, method, c) -> None:
    y, v = data
    one, two = pool(y, v, method), pool(c * y, c * c * v, method)
    assert two.tau2 == pytest.approx(c * c * one.tau2, rel=1e-5, abs=1e-7 * c * c)
    assert two.estimate == pytest.approx(c * one.estimate, rel=1e-5, abs=1e-6 * c)
    assert two.i2_pct == pytest.approx(one.i2_pct, rel=1e-4, abs=1e-4)


@given(several, methods)
def test_the_other_sign_mirrors_the_pool(data, method) -> None:
    y, v = data
    one, two = pool(y, v, method), pool(-y, v, method)
    assert two.estimate == pytest.approx(-one.estimate, abs=1e-7)
    low, high = one.knapp_hartung(modified=True)
    assert two.knapp_hartung(modified=True) == pytest.approx((-high, -low), abs=1e-6)


@given(trials, methods)
def test_a_pool_lies_among_its_trials_and_its_intervals_hold_it(data, method) -> None:
    y, v = data
    found = pool(y, v, method)
    assert y.min() - 1e-9 <= found.estimate <= y.max() + 1e-9
    assert found.tau2 >= 0 and found.weights.sum() == pytest.approx(1)
    low, high = found.wald()
    assert low <= found.estimate <= high
    if found.k > 1:
        wide = found.knapp_hartung(modified=True)
        plain = found.knapp_hartung()
        assert wide[0] <= min(low, plain[0]) + 1e-9 and wide[1] >= max(high, plain[1]) - 1e-9
        assert found.prediction()[0] <= low + 1e-9


@given(several, methods, st.booleans())
def test_a_knapp_hartung_test_and_its_interval_agree(data, method, modified) -> None:
    found = pool(*data, method)
    low, high = found.knapp_hartung(modified=modified)
    p = found.knapp_hartung_p(modified)
    if abs(p - 0.05) > 1e-6:
        assert (p < 0.05) == (low > 0 or high < 0)


@given(several)
def test_without_a_difference_between_trials_every_method_is_fixed(data) -> None:
    _, v = data
    y = np.full(len(v), 0.7)
    for method in METHODS:
        found = pool(y, v, method)
        assert found.tau2 == 0 and found.i2_pct == 0
        assert found.estimate == pytest.approx(0.7)
    assert tau2_interval(y, v) == (0.0, 0.0)


@given(some(1), methods)
def test_one_trial_is_its_own_pool(data, method) -> None:
    y, v = data
    found = pool(y, v, method)
    assert (found.estimate, found.se, found.tau2, found.q) == pytest.approx((y[0], v[0] ** 0.5, 0, 0))
    assert np.isnan([*found.knapp_hartung(), *found.prediction(), found.i2_pct, found.q_p]).all()


@given(several)
def test_the_estimate_of_tau2_lies_in_its_interval(data) -> None:
    y, v = data
    low, high = tau2_interval(y, v)
    assert low <= high
    assert low - 1e-9 <= pool(y, v, "PM").tau2 <= high + 1e-9


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_of_a_proportion_hold_it_and_the_exact_one_is_the_widest_of_its_kind(counts) -> None:
    events, of = counts
    for method in (proportions.exact, proportions.wilson, proportions.agresti_coull):
        low, high = method(events, of)
        assert 0 <= low <= events / of <= high <= 1
        mirrored = method(of - events, of)
        assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-9)


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="no proportion"):
        proportions.wilson(5, 4)
    with pytest.raises(ValueError, match="Events lie between"):
        sizes.log_risk_ratio([[5, 4, 1, 3]])
    with pytest.raises(ValueError, match="positive"):
        pool([1.0, 2.0], [1.0, 0.0])
    with pytest.raises(ValueError, match="one row each"):
        pool([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="method"):
        pool(Y, V, "best")
    with pytest.raises(ValueError, match="three trials"):
        egger(Y[:2], V[:2])

"""Published numbers of the vertebral fracture trials, worked out anew (A1 to A9 of the evidence notes).

A5, the differences of A7 and A9 are independent checks; in the others a count or a method was
chosen because it fits, so they check the arithmetic alone. A8 waits until its source is re-read.
"""

import math

import numpy as np
import pytest
from scipy import stats

from vertebro.evidence.counts import Count, CountedAs, IntervalMethod
from vertebro.kernels import effect_sizes, proportions
from vertebro.kernels.pooling import pool

PATIENTS = CountedAs.PATIENTS


def test_a1_vapour_responders() -> None:
    """Clark 2016: 23 percentage points (6 to 39), p 0.011; the numbers in each arm are derived."""
    y, v = effect_sizes.risk_difference(np.array([[24, 55, 12, 57]]))
    found = pool(y, v)
    assert 100 * np.array([found.estimate, *found.wald()]) == pytest.approx((23, 6, 39), abs=0.6)
    chi2 = stats.chi2_contingency([[24, 31], [12, 45]], correction=False)
    assert chi2.pvalue == pytest.approx(0.011, abs=0.0006)


def test_a3_persisting_pain_in_vertos_ii_and_iv() -> None:
    """Firanescu 2022: OR 2.57 (1.59 to 4.15), chi² 15.26; counts solved from the percentages."""
    found = pool(*effect_sizes.log_odds_ratio(np.array([[67, 167, 36, 174]])))
    assert np.exp([found.estimate, *found.wald()]) == pytest.approx((2.57, 1.59, 4.15), abs=0.005)
    table = np.array([[67, 100], [36, 138]])
    assert stats.chi2_contingency(table, correction=False).statistic == pytest.approx(15.26, abs=0.005)


@pytest.mark.parametrize(
    ("name", "by_trial", "by_arm", "tolerance"),
    [
        ("pain", ((78, 7.3, 2.2), (131, 7.0, 1.9)), ((106, 7.1, 2.0), (103, 7.1, 2.0)), 0.1),
        ("duration", ((78, 11.7, 11.1), (131, 22.5, 16.3)), ((106, 17.9, 15.1), (103, 19.1, 15.9)), 0.1),
        ("age", ((78, 76.6, 12.1), (131, 73.8, 9.4)), ((106, 73.7, 11.2), (103, 76.1, 9.8)), 0.1),
        ("RMDQ", ((59, 17.3, 2.8), (131, 17.1, 4.0)), ((98, 16.8, 3.5), (92, 17.4, 3.8)), 0.1),
        ("EQ-5D", ((59, 0.5, 0.23), (130, 0.55, 0.2)), ((98, 0.55, 0.19), (91, 0.52, 0.23)), 0.01),
    ],
)
def test_a5_the_same_patients_by_trial_and_by_arm(name: str, by_trial, by_arm, tolerance: float) -> None:
    """Staples 2011, table 1: two trials and two arms are the same patients, so both must combine alike."""
    del name
    one = effect_sizes.combined_arms(*np.array(by_trial).T)
    two = effect_sizes.combined_arms(*np.array(by_arm).T)
    assert one[0] == two[0]
    assert one[1:] == pytest.approx(two[1:], abs=tolerance)


def test_a6_leaks_on_ct() -> None:
    vertebrae = Count(64, 80, CountedAs.VERTEBRAE).interval(IntervalMethod.WILSON)
    patients = Count(149, 181, PATIENTS).interval(IntervalMethod.WILSON)
    assert (100 * vertebrae.low, 100 * vertebrae.high) == pytest.approx((70, 87), abs=0.5)
    assert (100 * patients.low, 100 * patients.high) == pytest.approx((76, 87), abs=0.5)
    lung = 100 * np.array(proportions.agresti_coull(11, 532))
    assert lung == pytest.approx((1.1, 3.7), abs=0.05)


@pytest.mark.parametrize(
    ("bkp", "pvp", "printed"), [((50, 140), (57, 131), -7.8), ((54, 110), (64, 111), -8.6)]
)
def test_a7_kaviar_new_fractures(bkp: tuple[int, int], pvp: tuple[int, int], printed: float) -> None:
    difference = Count(*bkp, PATIENTS).difference(Count(*pvp, PATIENTS))
    assert 100 * difference == pytest.approx(printed, abs=0.05)


def test_a7_kaviar_leaks() -> None:
    table = [[157, 214 - 157], [164, 201 - 164]]
    assert stats.fisher_exact(table).pvalue == pytest.approx(0.047, abs=0.0005)


def test_a9_mortality_after_augmentation() -> None:
    """Hinde 2020: HR 0.78 (0.66 to 0.92), p 0.003, from seven observational studies."""
    y, v = effect_sizes.from_interval(*(np.log([x]) for x in (0.78, 0.66, 0.92)))
    assert pool(y, v).p == pytest.approx(0.003, abs=0.0006)


def test_b6_the_cochrane_pool_cannot_be_made_from_what_is_verified() -> None:
    """An open target: three of five trials (one only remembered) give 0.51, Cochrane prints 0.7."""
    ends = np.array([(0.7, -0.3, 1.7), (0.41, -0.33, 1.15), (0.5, -0.8, 1.7)]).T
    found = pool(*effect_sizes.from_interval(*ends), "DL")
    assert (found.estimate, *found.wald()) == pytest.approx((0.51, -0.03, 1.05), abs=0.01)
    assert abs(found.estimate - 0.7) > 0.05


def test_interaction_of_benefit_and_fracture_age_in_vapour() -> None:
    """At most 3 weeks 21 of 41 v 9 of 45, later 3 of 14 v 3 of 12: no cut-off is established."""
    tables = np.array([[21, 41, 9, 45], [3, 14, 3, 12]])
    y, v = effect_sizes.log_risk_ratio(tables)
    early = np.exp([y[0], *pool(y[:1], v[:1]).wald()])
    assert early == pytest.approx((2.56, 1.33, 4.94), abs=0.01)
    z = (y[0] - y[1]) / math.sqrt(v.sum())
    assert 2 * stats.norm.sf(abs(z)) == pytest.approx(0.17, abs=0.01)

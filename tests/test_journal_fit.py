"""`journal/fit.py` beside statsmodels, and its intervals on counts with a known truth."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from fasciscope.detection.rates import per_minute
from fasciscope.journal import fit

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    sm = pytest.importorskip("statsmodels.api")


def made(seed=0, n=60, excess=0.3, ratio=1.5, rate=4.0):
    rng = np.random.default_rng(seed)
    late = (np.arange(n) >= n // 2).astype(float)
    group = rng.integers(0, 3, n)
    minutes = rng.uniform(5, 20, n)
    design = np.column_stack([group == 0, group == 1, group == 2, late]).astype(float)
    mean = rate * minutes * (1 + group) * ratio**late
    level = rng.gamma(1 / excess, excess, n) if excess else 1.0
    return rng.poisson(mean * level).astype(float), minutes, design


@pytest.mark.parametrize("excess", [0.0, 0.25, 2.0])
def test_the_model_is_the_one_of_statsmodels(excess):
    y, minutes, design = made()
    found = fit.counts(y, minutes, design, excess=excess)
    family = sm.families.NegativeBinomial(alpha=excess) if excess else sm.families.Poisson()
    theirs = sm.GLM(y, design, family=family, offset=np.log(minutes)).fit(tol=1e-12)
    np.testing.assert_allclose(found.coefficients, theirs.params, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found.covariance, theirs.cov_params(), rtol=1e-5, atol=1e-10)
    np.testing.assert_allclose(found.fitted, theirs.fittedvalues, rtol=1e-6)


def test_the_excess_is_where_pearson_meets_its_degrees_of_freedom():
    y, minutes, design = made(3)
    found = fit.counts(y, minutes, design)
    family = sm.families.NegativeBinomial(alpha=found.excess)
    theirs = sm.GLM(y, design, family=family, offset=np.log(minutes)).fit(tol=1e-12)
    assert theirs.pearson_chi2 == pytest.approx(len(y) - design.shape[1], rel=1e-5)
    assert 0.15 < found.excess < 0.5


def test_clusters_give_the_robust_variance_where_it_is_wider():
    y, minutes, design = made(5)
    weeks = np.arange(len(y)) // 5
    found = fit.counts(y, minutes, design, weeks, excess=0.0)
    # Poisson: there, expected information (ours) and observed (theirs) are the same
    model = sm.GLM(y, design, family=sm.families.Poisson(), offset=np.log(minutes))
    robust = model.fit(tol=1e-12, cov_type="cluster", cov_kwds={"groups": weeks})
    plain = model.fit(tol=1e-12)
    wider = np.maximum(np.diag(robust.cov_params()), np.diag(plain.cov_params()))
    np.testing.assert_allclose(np.diag(found.covariance), wider, rtol=1e-5)
    assert set(found.df) == {11}
    assert set(fit.counts(y, minutes, design).df) == {len(y) - design.shape[1]}


def test_least_squares_is_ordinary():
    rng = np.random.default_rng(1)
    design = np.column_stack([np.ones(40), np.arange(40) >= 20]).astype(float)
    y = 1 + 0.3 * design[:, 1] + rng.normal(0, 0.2, 40)
    found = fit.least_squares(y, design)
    theirs = sm.OLS(y, design).fit()
    ratio = found.ratio(1)
    np.testing.assert_allclose(found.covariance, theirs.cov_params(), rtol=1e-9)
    np.testing.assert_allclose(np.log([ratio.low, ratio.high]), theirs.conf_int()[1], rtol=1e-6)
    assert ratio.p == pytest.approx(theirs.pvalues[1], rel=1e-6)
    flat = fit.least_squares(design[:, 1] * 2, design)
    assert flat.ratio(1).low == pytest.approx(math.exp(2))


@pytest.mark.parametrize(
    ("count", "times"), [(0, 1.0), (1, 1.0), (40, 1.0), (40, 3.5), (900, 12.0)]
)
def test_limits_of_a_count_are_the_detectors(count, times):
    _, low, high = per_minute(count, 60.0, times)
    assert fit.count_limits(count, times) == pytest.approx((low, high))


def test_holm_is_holms():
    from statsmodels.stats.multitest import multipletests

    p = [0.04, 0.001, 0.5, 0.011, 0.011]
    np.testing.assert_allclose(fit.holm(p), multipletests(p, method="holm")[1])
    assert fit.holm([]) == []


def test_a_step_is_a_power_of_the_ratio():
    y, minutes, design = made()
    found = fit.counts(y, minutes, design)
    assert found.ratio(3, 2.0).ratio == pytest.approx(found.ratio(3).ratio ** 2)
    assert found.ratio(3, 2.0).p == pytest.approx(found.ratio(3).p)


@pytest.mark.parametrize(
    "design", [np.ones((3, 2)), np.eye(3), np.column_stack([np.ones(9), np.zeros(9)])]
)
def test_a_design_that_says_nothing_is_refused(design):
    n = len(design)
    with pytest.raises(ValueError, match="independent"):
        fit.counts(np.ones(n), np.ones(n), design)
    with pytest.raises(ValueError, match="independent"):
        fit.least_squares(np.ones(n), design)


@pytest.mark.parametrize(
    ("sessions", "rate", "excess", "most"),
    [(6, 5.0, 0.3, 0.984), (25, 5.0, 0.3, 0.984), (25, 0.1, 0.3, 0.984), (25, 5.0, 0.0, 0.995)],
)
def test_intervals_cover_the_truth(sessions, rate, excess, most):
    """400 pairs of periods; exact intervals would cover in 91.7 to 98.3 % (3 sigma).

    Without any excess they are wider than need be, since it is never taken to be below nothing.
    """
    covered = 0
    for seed in range(400):
        rng = np.random.default_rng([seed, sessions])
        days = np.sort(rng.integers(0, 182, 2 * sessions))
        late = np.repeat([0.0, 1.0], sessions)
        minutes = rng.uniform(5, 20, 2 * sessions)
        level = rng.gamma(1 / excess, excess, 2 * sessions) if excess else 1.0
        y = rng.poisson(rate * minutes * 1.6**late * level).astype(float)
        if not (y[late == 0].sum() and y[late == 1].sum()):
            covered += 1
            continue
        design = np.column_stack([np.ones(len(y)), late])
        ratio = fit.counts(y, minutes, design, days // 7).ratio(1)
        covered += ratio.low <= 1.6 <= ratio.high
    assert 0.916 <= covered / 400 <= most


def test_extremes_have_no_infinite_figures():
    y = np.array([0.5, 0, 0, 0, 900, 1200, 800, 1000])
    design = np.column_stack([np.ones(8), np.arange(8) >= 4]).astype(float)
    ratio = fit.counts(y, np.full(8, 5.0), design).ratio(1)
    assert all(math.isfinite(x) for x in (ratio.ratio, ratio.low, ratio.high, ratio.p))
    assert ratio.low < ratio.ratio < ratio.high
    assert fit.ratio_of(0.0, 0.1, 10).p == 1.0

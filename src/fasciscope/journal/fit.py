"""Counts over time compared: a log-linear model that allows for overdispersion between sessions.

Counts, minutes and a design matrix in; coefficients, their covariance and t quantiles out. The
variance of a count is ``mean + excess * mean**2`` (negative binomial, NB2). The excess is found
from the data by moments with the degrees of freedom taken off, so that small numbers of sessions
do not make intervals too narrow; below Poisson's own variance it never goes. Where sessions of one
cluster (a week) are alike beyond that, the cluster-robust variance is taken if it is the wider one.

Written out here rather than taken from statsmodels, whose import alone takes longer than a
trend may; the tests hold it against statsmodels.

References
----------
McCullagh & Nelder, Generalized Linear Models, 2nd ed., sections 2.5 (IRLS), 9 (quasi-likelihood).
Breslow, Applied Statistics 33 (1984) 38 (extra-Poisson variation by moments).
Cameron & Miller, Journal of Human Resources 50 (2015) 317 (clusters; factor for few of them).
Garwood, Biometrika 28 (1936) 437 (exact limits for a Poisson mean).
Holm, Scandinavian Journal of Statistics 6 (1979) 65.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

LEVEL = 0.95
_STEPS = 60
_TOLERANCE = 1e-8
_EXCESS_MAX = 1e4
_STEEPEST = 20.0  # exp(20): no ratio that a person could meet


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with its 95 % interval.

    Parameters
    ----------
    ratio, low, high : float
    p : float
        Two-sided p value of "no change".
    """

    ratio: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted model.

    Parameters
    ----------
    coefficients : ndarray, shape (n_columns,)
    covariance : ndarray, shape (n_columns, n_columns)
    df : ndarray, shape (n_columns,)
        Degrees of freedom of the t quantiles: rows less columns, or clusters less one where the
        clusters made the variance.
    excess : float
        Variance beyond Poisson's, as a share of the squared mean; for `least_squares` the residual
        variance.
    fitted : ndarray, shape (n,)
    """

    coefficients: F64
    covariance: F64
    df: F64
    excess: float
    fitted: F64

    def ratio(self, column: int, step: float = 1.0) -> Ratio:
        """Return the ratio that goes with `step` more of a column."""
        size = float(self.coefficients[column]) * step
        error = math.sqrt(max(0.0, float(self.covariance[column, column]))) * abs(step)
        return ratio_of(size, error, float(self.df[column]))


def ratio_of(size: float, error: float, df: float) -> Ratio:
    """Return the ratio ``exp(size)`` with its interval, from a standard error on the log scale."""
    half = t_quantile(0.5 + LEVEL / 2, df) * error
    p = 1.0 if size == 0 else 0.0 if error == 0 else 2 * t_tail(abs(size) / error, df)
    low, high = (math.exp(max(-700.0, min(700.0, x))) for x in (size - half, size + half))
    return Ratio(math.exp(size), low, high, p)


def counts(
    y: F64, minutes: F64, design: F64, clusters: I64 | None = None, *, excess: float | None = None
) -> Fit:
    """Fit counts over minutes.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Counts; not negative, not all zero.
    minutes : ndarray, shape (n,)
        Analysable time of each, above 0.
    design : ndarray, shape (n, n_columns)
        Of full column rank; at least one row more than columns.
    clusters : ndarray of int or None, default None, shape (n,)
        Rows that may be alike beyond what the model says.
    excess : float or None, default None
        Take this for the excess instead of finding it.

    Raises
    ------
    ValueError
        If there are not more rows than columns, or the columns are not independent.
    """
    n, columns = design.shape
    _must_say_something(design)
    offset = np.log(minutes)
    coefficients = _solved(design, np.log((y + 0.5) / minutes))
    found = 0.0 if excess is None else excess
    for _ in range(25):
        coefficients = _irls(y, offset, design, coefficients, found)
        mean = np.exp(offset + design @ coefficients)
        if excess is not None:
            break
        before, found = found, excess_of(y, mean, n - columns)
        if abs(found - before) <= 1e-7 * (1 + before):
            break
    weights = mean / (1 + found * mean)
    bread = _inverse(design.T * weights @ design)
    scores = (design.T * ((y - mean) / (1 + found * mean))).T
    covariance, df = _wider(bread, scores, clusters, n - columns)
    return Fit(coefficients, covariance, df, found, mean)


def _must_say_something(design: F64) -> None:
    """Raise `ValueError` unless there are more rows than columns, and these are independent."""
    n, columns = design.shape
    square = design.T @ design
    length = np.sqrt(np.diag(square))
    # of columns of length one: an eigenvalue near 0 is a column that others make up
    known = n > columns and bool((length > 0).all())
    if not known or np.linalg.eigvalsh(square / np.outer(length, length))[0] <= 1e-9:
        raise ValueError("more rows than independent columns are needed")


def _solved(design: F64, y: F64) -> F64:
    # columns are few and scaled, so the normal equations do
    return np.asarray(np.linalg.solve(design.T @ design, design.T @ y), dtype=np.float64)


def _inverse(matrix: F64) -> F64:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _irls(y: F64, offset: F64, design: F64, start: F64, excess: float) -> F64:
    """Iterate weighted least squares; steps that would overshoot are held."""
    coefficients = start
    for _ in range(_STEPS):
        linear = np.clip(offset + design @ coefficients, -30, 30)
        mean = np.exp(linear)
        weights = mean / (1 + excess * mean)
        working = linear - offset + (y - mean) / mean
        weighted = design.T * weights
        new = np.linalg.solve(weighted @ design, weighted @ working)
        step = np.clip(new - coefficients, -_STEEPEST, _STEEPEST)
        coefficients = coefficients + step
        if float(np.max(np.abs(step))) < _TOLERANCE:
            break
    return np.asarray(coefficients, dtype=np.float64)


def excess_of(y: F64, mean: F64, df: int) -> float:
    """Return the excess at which Pearson's statistic equals its degrees of freedom; 0 at least."""
    squares = (y - mean) ** 2

    def pearson(excess: float) -> float:
        return float(np.sum(squares / (mean + excess * mean**2)))

    if pearson(0.0) <= df:
        return 0.0
    low, high = 0.0, 1.0
    while pearson(high) > df and high < _EXCESS_MAX:
        low, high = high, 4 * high
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if pearson(middle) > df else (low, middle)
    return 0.5 * (low + high)


def _wider(bread: F64, scores: F64, clusters: I64 | None, df: int) -> tuple[F64, F64]:
    """Return the model's covariance, widened where clusters are alike; and degrees of freedom."""
    n, columns = scores.shape
    every_df = np.full(columns, float(df))
    names, of = np.unique(np.zeros(n) if clusters is None else clusters, return_inverse=True)
    n_clusters = len(names)
    if n_clusters < 3:
        return bread, every_df
    sums = np.stack([np.bincount(of, column, n_clusters) for column in scores.T], axis=1)
    few = n_clusters / (n_clusters - 1) * (n - 1) / max(1, n - columns)
    robust = np.diag(bread @ (sums.T @ sums) @ bread) * few / np.diag(bread)
    widen = np.sqrt(np.maximum(1.0, robust))
    every_df[robust > 1.0] = min(df, n_clusters - 1)
    return bread * np.outer(widen, widen), every_df


def least_squares(y: F64, design: F64, clusters: I64 | None = None) -> Fit:
    """Fit plain numbers (sizes on a log scale); as `counts`, with one variance for all."""
    n, columns = design.shape
    _must_say_something(design)
    coefficients = _solved(design, y)
    fitted = design @ coefficients
    variance = float(np.sum((y - fitted) ** 2)) / (n - columns)
    bread = _inverse(design.T @ design)
    if variance == 0.0:
        return Fit(coefficients, bread * 0.0, np.full(columns, float(n - columns)), 0.0, fitted)
    scores = (design.T * ((y - fitted) / variance)).T
    covariance, df = _wider(bread * variance, scores, clusters, n - columns)
    return Fit(coefficients, covariance, df, variance, fitted)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p values, allowed for that there are several (Holm's step-down)."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    out = [1.0] * len(p_values)
    worst = 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, p_values[i] * (len(p_values) - rank)))
        out[i] = worst
    return out


def count_limits(count: float, times: float = 1.0) -> tuple[float, float]:
    """Return the 95 % limits of a count's mean, its variance `times` Poisson's.

    Garwood's exact limits, on the scale that such a variance leaves; the same as those of
    `detection.rates`, which would bring the whole detector along.
    """
    from scipy.special import gammaincinv

    tail = (1 - LEVEL) / 2
    low = float(gammaincinv(count / times, tail)) * times if count > 0 else 0.0
    return low, float(gammaincinv(count / times + 1.0, 1 - tail)) * times


def t_tail(t: float, df: float) -> float:
    """Return the chance that Student's t exceeds `t` (not negative)."""
    from scipy.special import stdtr  # late: it costs some tenths of a second

    return float(stdtr(df, -t))


def t_quantile(share: float, df: float) -> float:
    """Return the value that Student's t stays below with the chance `share`."""
    from scipy.special import stdtrit

    return float(stdtrit(df, share))

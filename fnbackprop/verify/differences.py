"""Derivatives from values alone: extrapolated finite differences, with an error bar for each number."""

from typing import NamedTuple

import numpy as np

# From a tenth of an entry's own scale downwards: somewhere between, truncation and rounding are both small. No round
# number, lest two steps from 400 lead to whole ones, where a periodic function is the same.
STEPS = 0.0971 * 0.25 ** np.arange(12)
_ROUNDINGS = 4


class Slope(NamedTuple):
    """A derivative, and the half width of the interval that it is believed to lie in: infinite where unknown."""

    value: np.ndarray
    error: np.ndarray


class Slopes(NamedTuple):
    """The derivatives along one direction: from ahead, from behind, and from both sides."""

    ahead: Slope
    behind: Slope
    central: Slope


def slopes(middle: np.ndarray, ahead: np.ndarray, behind: np.ndarray, rounding: np.ndarray) -> Slopes:
    """From the values at x, and at x + h v and x − h v for each h of STEPS (first axis), and what rounds each of them.

    Ridders' method: each column of the table takes one power of h out of the error of the one before, and of all
    entries the one is taken whose neighbours differ from it least. Values that are not finite are left out.
    """
    h = STEPS.reshape(-1, *(1,) * middle.ndim)
    noise = _ROUNDINGS * rounding / h
    return Slopes(
        _extrapolate((ahead - middle) / h, noise, 1),
        _extrapolate((middle - behind) / h, noise, 1),
        _extrapolate((ahead - behind) / (2 * h), noise, 2),
    )


def _extrapolate(column: np.ndarray, noise: np.ndarray, power: int) -> Slope:
    """The best entry of the table whose first column this is, of errors in every `power`-th power of h."""
    best, error = np.full(column.shape[1:], np.nan), np.full(column.shape[1:], np.inf)
    before = column
    for order in range(1, 6):
        ratio = 4.0 ** (power * order)
        after = (ratio * before[1:] - before[:-1]) / (ratio - 1)
        spread = np.maximum(np.abs(after - before[1:]), np.abs(after - before[:-1])) + noise[order:]
        spread = np.where(np.isfinite(spread), spread, np.inf)
        row = spread.argmin(axis=0)[None]
        value, bar = (np.take_along_axis(table, row, 0)[0] for table in (after, spread))
        best, error = np.where(bar < error, value, best), np.minimum(bar, error)
        before = after
    return Slope(best, error)

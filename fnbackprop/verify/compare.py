"""Cotangents against those of the reference, entry by entry."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .magnitude import largest, scale
from .pulled import Arrays, Pulled
from .vectors import as_covector, as_vector, one_covector

# Entries that cancel keep the rounding of those that do not.
_SUMMED = 0.1
_CANCELLED = 8


class Tolerance(NamedTuple):
    """How closely a rule must agree, and what is left open to it."""

    rtol: float  # a share of the entry itself, and a thousandth of that of its array's largest
    rounding: float  # of the function's values, relative
    backward: float  # of its cotangents
    choose: bool = True  # at a kink any valid derivative will do, else only the reference's
    # A composition of valid choices need not be one of the composition: several rules have no bracket at a kink.
    composed: bool = False
    ruled: bool = True  # there is a hand-written rule, which could do better than autodiff where that is NaN


class Comparison(NamedTuple):
    """How far apart each entry of each row is, 0 where it agrees or tells nothing."""

    apart: np.ndarray
    compared: int  # how many rows tell
    worst: float  # the largest difference that is none
    shared: int = 0  # rows in which both are NaN, of numbers

    @property
    def severity(self) -> np.ndarray:
        """How far apart each row is."""
        return self.apart.max(-1, initial=0)


class Difference(NamedTuple):
    """Where two answers that ought to be the same are furthest apart."""

    number: int  # of the array
    got: float
    expected: float


def agree(got: np.ndarray, wanted: np.ndarray, rtol: float, share: float = 1e-3) -> np.ndarray:
    """Entry by entry, of one array's rows, to within a share of its largest; two NaNs agree."""
    top = np.where(np.isfinite(wanted), np.abs(wanted), 0).max(-1, initial=0, keepdims=True)
    close = np.abs(got - wanted) <= rtol * (np.maximum(np.abs(got), np.abs(wanted)) + share * top)
    return close | (got == wanted) | (np.isnan(got) & np.isnan(wanted))


def difference(
    got: Sequence[Any], wanted: Sequence[Any], rtol: float, noise: Callable[[int], float] = lambda number: 0.0
) -> Difference | None:
    """The first array in which two ways to compute the same differ by more than their order of summing makes them.

    `noise`, asked only where they do, is what rounding leaves of an array that cancels, by its number.
    """
    for number, (a, b) in enumerate(zip(got, wanted, strict=True)):
        a, b = one_covector([a]), one_covector([b])
        bad = ~agree(a, b, rtol, _SUMMED)
        if bad.any() and (bad & ~(np.abs(a - b) <= noise(number))).any():
            place = np.argmax(np.where(bad, np.nan_to_num(np.abs(a - b), nan=np.inf), -1))
            return Difference(number, float(a[place]), float(b[place]))
    return None


def disagreements(pulled: Pulled, tolerance: Tolerance, plain: np.ndarray | bool = True) -> np.ndarray:
    """Where the cotangents, as covectors with rows, disagree with the reference's, or are NaN alike in `plain` rows."""
    wanted, parts = pulled.reference or (), []
    sizes = [scale(x)[:, None] for x in pulled.xs]
    # What each argument moves the outputs by: where one's cotangent cancels, rounding is left of what others move.
    moved = [size * largest(as_covector([b]))[:, None] for size, b in zip(sizes, wanted, strict=True)]
    for a, b, size in zip(pulled.dxs, wanted, sizes, strict=True):
        a, b = as_covector([a]), as_covector([b])
        noise = _CANCELLED * tolerance.backward * np.max(moved, axis=0) / size
        apart = ~agree(a, b, tolerance.rtol) & ~(np.abs(a - b) <= noise)
        parts.append(apart | (np.isnan(a) & tolerance.ruled & np.reshape(plain, (-1, 1))))
    return _in_order(parts, pulled.dxs)


def compare(pulled: Pulled, dys: Arrays, tolerance: Tolerance, plain: np.ndarray | bool = True) -> Comparison:
    """Each row of cotangents against the reference's, where all outputs that `dys` looks at are finite.

    In `plain` rows NaN is wrong though it is autodiff's too.
    """
    bad = disagreements(pulled, tolerance, plain)
    got, wanted = as_covector(pulled.dxs), as_covector(pulled.reference or ())
    off = np.abs(got - wanted) / scale(wanted)[:, None]
    off = np.where(np.isfinite(off), off, 1e30)
    looked_at = as_covector(dys) != 0
    usable = (np.isfinite(as_vector(pulled.ys)) | ~looked_at).all(-1)
    apart = np.where(bad & usable[:, None], off + 1e-30, 0)
    agreeing = ~bad & np.isfinite(got) & np.isfinite(wanted) & usable[:, None]
    shared = (np.isnan(got) & np.isnan(wanted)).any(-1) & usable & np.isfinite(as_vector(pulled.xs)).all(-1)
    worst = float(np.where(agreeing, off, 0).max(initial=0))
    return Comparison(apart, int(usable.sum()), worst, int(shared.sum()))


def _in_order(parts: Sequence[np.ndarray], arrays: Arrays) -> np.ndarray:
    """As `as_vector` lays them out: all real parts, then the imaginary ones."""
    real, imaginary = [], []
    for part, a in zip(parts, arrays, strict=True):
        size = part.shape[1] // (2 if np.iscomplexobj(a) else 1)
        real.append(part[:, :size])
        imaginary.append(part[:, size:])
    return np.concatenate([*real, *imaginary], axis=1)

"""The backward pass is linear in the cotangent, exactly zero for zero, and does not hide a NaN."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..case import Case, cotangents
from ..describe import describe
from ..diagnosis import Diagnosis
from ..points import random_points
from ..pulled import Arrays
from ..setting import Setting
from ..vectors import as_covector, locate, stack
from ..verdict import Finding, Outcome, failed, inconclusive, passed

_ITERATED = 1e-3
_FACTORS = (-1.0, 1e-3, 1e3, 1e-12, 1e12)
# An iteration to a fixed tolerance may well not begin with less; the last two are the extremes in both.
_FACTORS_ITERATED = (-1.0, 1e-3, 1e3, 1e-9, 1e12)


def linearity(case: Case) -> Outcome:
    """Sums, multiples of every size, zero, and NaN."""
    setting, rng = case.base, case.rng("linearity")
    if _hides_nan(setting, cotangents(setting, 1, rng)[0]):
        what = "a NaN in the cotangent is lost: a training run would not see that it has gone wrong"
        return failed(Finding(what, describe(setting), diagnosis=Diagnosis("NaN is replaced by a number")))
    # An iteration of the backward pass ends at a tolerance, which a multiple of the cotangent meets elsewhere.
    iterates = setting.program.may_not_end
    share = max(case.tolerance.rtol, _ITERATED if iterates else 0.0)
    factors = _FACTORS_ITERATED if iterates else _FACTORS
    looked = 0
    for point in random_points(setting, 2, rng):
        u, v = cotangents(setting, 2, rng)
        zero = tuple(np.zeros_like(d) for d in u)
        mixed = _sum(_times(2.0, u), _times(-3.0, v))
        dys = [u, v, zero, mixed, *(_times(factor, u) for factor in factors)]
        dxs = setting.pulled(stack([point.xs] * len(dys)), stack(dys)).dxs
        wrong = []
        for number, rows in enumerate(as_covector([dx]) for dx in dxs):
            noise = max(share * np.abs(rows[:2]).max(initial=0), setting.noise([*u, *v], number))
            for words, got, wanted, times in _claims(factors, *rows):
                looked += 1
                off = ~(np.abs(got - wanted) <= times * noise)
                if off.any():
                    wrong.append(_finding(case, words, got, wanted, rows, number, int(off.argmax())))
                    break
        if wrong:
            return failed(replace(wrong[0], also=tuple(wrong[1:])))
    if not looked:
        return inconclusive("no cotangent is finite")
    return passed(factors=f"0, {', '.join(f'{f:g}' for f in factors)}")


def _claims(
    factors: Sequence[float],
    of_u: np.ndarray,
    of_v: np.ndarray,
    of_zero: np.ndarray,
    of_mixed: np.ndarray,
    *scaled: np.ndarray,
) -> Iterator[tuple[str, np.ndarray, np.ndarray, float]]:
    """A multiple in words, its cotangent, what it ought to be, and how many times u and v are in it."""
    if not (np.isfinite(of_u).all() and np.isfinite(of_v).all()):
        return
    yield "zero", of_zero, 0 * of_u, 0.0
    yield "2u − 3v", of_mixed, 2 * of_u - 3 * of_v, 5.0
    for factor, got in zip(factors, scaled, strict=True):
        # A large multiple may well overflow on the way; where it should not, the reference knows better.
        if factor <= 1 or np.isfinite(got).all():
            yield f"{factor:g}u", got, factor * of_u, abs(factor)


def _hides_nan(setting: Setting, dys: Arrays) -> bool:
    """Whether a cotangent of NaN alone leaves no trace in any cotangent, where autodiff has it in one.

    Where an ordinary cotangent leaves none either, as with all units dead, nothing is hidden.
    """
    broken = tuple(np.full_like(dy, np.nan) for dy in dys)
    pulled = setting.pulled(stack([setting.xs] * 2), stack([dys, broken]))
    if pulled.reference is None or not as_covector(pulled.dxs)[0].any():
        return False
    hidden, shown = (not np.isnan(as_covector(part)[1]).any() for part in (pulled.dxs, pulled.reference))
    return hidden and not shown


def _finding(
    case: Case, words: str, got: np.ndarray, wanted: np.ndarray, rows: np.ndarray, number: int, place: int
) -> Finding:
    setting = case.base
    _, index, _ = locate(place, [setting.xs[number]])
    of_u, of_least, of_most = np.abs(rows[[0, -2, -1]])
    if words == "zero":
        diagnosis = Diagnosis("not zero for a zero cotangent")
    elif np.allclose(of_least, of_u):
        diagnosis = Diagnosis("the cotangent's size is ignored")
    elif of_most.max() < 1e-3 * _FACTORS[-1] * of_u.max():
        diagnosis = Diagnosis("large cotangents are clipped", meant=True)
    else:
        diagnosis = None
    return Finding(
        f"not linear in the cotangent: wrong for {words}", describe(setting), setting.names[number], index,
        float(got[place]), float(wanted[place]), diagnosis=diagnosis,
    )  # fmt: skip


def _times(factor: float, dys: Arrays) -> Arrays:
    return tuple(np.asarray(factor * d, d.dtype) for d in dys)


def _sum(a: Arrays, b: Arrays) -> Arrays:
    return tuple(np.asarray(x + y) for x, y in zip(a, b, strict=True))

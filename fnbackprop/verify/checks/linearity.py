"""The backward pass is linear in the cotangent, exactly zero for zero, and does not hide a NaN."""

import numpy as np

from ..case import Case, cotangents
from ..points import random_points
from ..setting import Arrays, Setting, describe
from ..vectors import as_covector, locate, stack
from ..verdict import Finding, Outcome, failed, passed

_FACTORS = (-1.0, 1e-3, 1e3, 1e-12, 1e12)


def linearity(case: Case) -> Outcome:
    """Sums, multiples of every size, zero, and NaN."""
    setting, rng = case.base, case.rng("linearity")
    if _hides_nan(setting, cotangents(setting, 1, rng)[0]):
        what = "a NaN in the cotangent is lost: a training run would not see that it has gone wrong"
        return failed(Finding(what, describe(setting), diagnosis="NaN is replaced by a number"))
    for point in random_points(setting.xs, 2, rng):
        u, v = cotangents(setting, 2, rng)
        zero = tuple(np.zeros_like(d) for d in u)
        mixed = _sum(_times(2.0, u), _times(-3.0, v))
        dys = [u, v, zero, mixed, *(_times(factor, u) for factor in _FACTORS)]
        pulled = setting.pulled(stack([point.xs] * len(dys)), stack(dys))
        if not all(np.isfinite(dx).all() for dx in pulled.dxs):
            continue
        of_u, of_v, of_zero, of_mixed, *scaled = as_covector(pulled.dxs)
        pairs = [("zero", of_zero, 0 * of_u), ("2u − 3v", of_mixed, 2 * of_u - 3 * of_v)]
        pairs += [(f"{factor:g}u", got, factor * of_u) for factor, got in zip(_FACTORS, scaled, strict=True)]
        for words, got, wanted in pairs:
            scale = case.tolerance.rtol * np.abs(wanted).max(initial=0)
            off = np.abs(got - wanted) > (
                scale if words != "2u − 3v" else scale + case.tolerance.rtol * np.abs(of_u).max(initial=0)
            )
            if off.any():
                return failed(_finding(case, words, got, wanted, of_u, int(off.argmax()), point.xs))
    return passed(factors=f"0, {', '.join(f'{f:g}' for f in _FACTORS)}")


def _hides_nan(setting: Setting, dys: Arrays) -> bool:
    """Whether a cotangent of NaN alone leaves no trace in any cotangent, where autodiff has it in one."""
    broken = tuple(np.full_like(dy, np.nan) for dy in dys)
    _, dxs, reference = setting.pulled(stack([setting.xs]), stack([broken]))
    if reference is None:
        return False
    hidden, shown = (not np.isnan(as_covector(part)).any() for part in (dxs, reference))
    return hidden and not shown


def _finding(
    case: Case, words: str, got: np.ndarray, wanted: np.ndarray, of_u: np.ndarray, place: int, xs: Arrays
) -> Finding:
    setting = case.base
    number, index, _ = locate(place, xs)
    if words == "zero":
        diagnosis = "not zero for a zero cotangent"
    elif np.allclose(np.abs(got), np.abs(of_u)):
        diagnosis = "the cotangent's size is ignored"
    elif words in ("1000u", "1e+12u") and np.abs(got).max() < np.abs(wanted).max():
        diagnosis = "large cotangents are clipped"
    else:
        diagnosis = ""
    return Finding(
        f"not linear in the cotangent: wrong for {words}", describe(setting), setting.names[number], index,
        float(got[place]), float(wanted[place]), diagnosis=diagnosis,
    )  # fmt: skip


def _times(factor: float, dys: Arrays) -> Arrays:
    return tuple(np.asarray(factor * d, d.dtype) for d in dys)


def _sum(a: Arrays, b: Arrays) -> Arrays:
    return tuple(np.asarray(x + y) for x, y in zip(a, b, strict=True))

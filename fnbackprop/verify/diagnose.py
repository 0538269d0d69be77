"""What a wrong cotangent has in common with the right one."""

from collections.abc import Iterator

import numpy as np

from .setting import Arrays, Pulled

_CLOSE = 1e-4


def diagnose(pulled: Pulled, dy: Arrays, xs: Arrays) -> str:
    """The first explanation that fits all entries of a wrong array, or nothing; `pulled` has one row."""
    if pulled.reference is None:
        return ""
    both = zip(pulled.dxs, pulled.reference, strict=True)
    pairs = [(np.asarray(got[0]), np.asarray(wanted[0])) for got, wanted in both]
    wrong = [(number, got, wanted) for number, (got, wanted) in enumerate(pairs) if not _same(got, wanted)]
    for number, got, wanted in wrong:
        for words in _explanations(number, got, wanted, pairs, dy, xs[number]):
            return words
    return ""


def _explanations(
    number: int, got: np.ndarray, wanted: np.ndarray, pairs: list, dy: Arrays, x: np.ndarray
) -> Iterator[str]:
    others = [other for place, (_, other) in enumerate(pairs) if place != number and other.shape == got.shape]
    if not np.isfinite(got).all():
        where = "everywhere" if not np.isfinite(got).any() else f"at {np.count_nonzero(~np.isfinite(got))} entries"
        yield f"not finite {where}, where the derivative is"
    elif not got.any():
        yield "no gradient: always 0"
    elif _same(got, -wanted):
        yield "sign"
    elif _same(got, np.conj(wanted)):
        yield "conjugated"
    elif any(_same(got, other) for other in others):
        yield "arguments swapped"
    elif got.ndim >= 2 and got.shape[-1] == got.shape[-2] and _same(got, wanted.swapaxes(-1, -2)):
        yield "transposed"
    elif (ratio := _ratio(got, wanted)) is not None:
        yield _of_ratio(ratio, dy, x)
    elif (offset := _offset(got, wanted)) is not None:
        yield offset
    elif any(y.shape == got.shape and _proportional(got - wanted, y) for y in dy):
        yield "a multiple of dy is missing or too much"
    else:
        share = np.count_nonzero(~np.isclose(got, wanted, rtol=_CLOSE, atol=0)) / got.size
        if share < 0.5:
            yield f"only some entries: {share:.0%} of them"


def _of_ratio(ratio: float, dy: Arrays, x: np.ndarray) -> str:
    lengths = {n for a in (*dy, x) for n in a.shape if n > 1} | {a.size for a in (*dy, x) if a.size > 1}
    for n in sorted(length for length in lengths if length > 2):
        if np.isclose(ratio, n, rtol=_CLOSE):
            return f"sum where mean: exactly {n}×, a length here"
        if np.isclose(ratio, 1 / n, rtol=_CLOSE):
            return f"mean where sum: exactly 1/{n}, a length here"
    return f"exactly {ratio:.4g}×"


def _offset(got: np.ndarray, wanted: np.ndarray) -> str | None:
    """What is missing is the same all along an axis: a reduction was left out or made once too often."""
    for axis in range(got.ndim):
        if got.shape[axis] < 2:
            continue
        if _same(got, np.broadcast_to(wanted.mean(axis, keepdims=True), got.shape)):
            return f"averaged along axis {axis}"
        if _same(got, np.broadcast_to(wanted.sum(axis, keepdims=True), got.shape)):
            return f"summed along axis {axis}"
        missing = wanted - got
        if missing.any() and _same(missing, np.broadcast_to(missing.mean(axis, keepdims=True), got.shape)):
            return f"missing a term that is constant along axis {axis}, as −y Σ dy·y or a mean"
    return None


def _ratio(got: np.ndarray, wanted: np.ndarray) -> float | None:
    inner = np.vdot(wanted, wanted)
    if not np.isfinite(inner) or inner == 0:
        return None
    ratio = np.vdot(wanted, got) / inner
    return float(ratio.real) if abs(ratio.imag) < _CLOSE and _same(got, ratio * wanted) else None


def _proportional(a: np.ndarray, b: np.ndarray) -> bool:
    inner = np.vdot(b, b)
    return bool(inner) and _same(a, np.vdot(b, a) / inner * b)


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    if not np.isfinite(b).all():
        return np.array_equal(a, b, equal_nan=True)
    return np.allclose(a, b, rtol=_CLOSE, atol=_CLOSE * 1e-2 * float(np.abs(b).max(initial=0)))

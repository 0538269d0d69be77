"""A counterexample with as few odd numbers in it as will do."""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from .compare import Tolerance, compare
from .setting import Arrays, Pulled, Setting
from .vectors import stack

_ROUNDS = 8
# Entries that are simplified one by one, and printed.
_ENTRIES = 16
_SHOWN = 64


def shrink(setting: Setting, xs: Arrays, dys: Arrays, tolerance: Tolerance) -> tuple[Arrays, Arrays]:
    """Simpler arguments and cotangents at which rule and reference are still as far apart, to within a tenth."""
    worst = _severity(setting, [(xs, dys)], tolerance)[0]
    for _ in range(_ROUNDS):
        candidates = [simpler for simpler in _simpler(xs, dys) if setting.allows(simpler[0])]
        if not candidates:
            break
        severities = _severity(setting, candidates, tolerance)
        good = [k for k, severity in enumerate(severities) if severity >= 0.1 * min(worst, 1)]
        if not good:
            break
        xs, dys = candidates[good[0]]
    return xs, dys


def example_text(setting: Setting, xs: Arrays, dys: Arrays, got: Arrays, wanted: Arrays) -> str:
    """The call, its cotangent, and both answers, in a line each; empty where they are too long to read."""
    if sum(a.size for a in (*xs, *dys)) > _SHOWN:
        return ""
    places = dict(zip(setting.active, xs, strict=True))
    args = [_text(places.get(i, leaf)) for i, leaf in enumerate(setting.leaves)]
    answers = [" and ".join(map(_text, each)) for each in (dys, got, wanted)]
    return f"({', '.join(args)}) with dy = {answers[0]} gives {answers[1]}, not {answers[2]}"


def _severity(setting: Setting, candidates: list[tuple[Arrays, Arrays]], tolerance: Tolerance) -> np.ndarray:
    points, dys = (stack(part) for part in zip(*candidates, strict=True))
    pulled: Pulled = setting.pulled(points, dys)
    return compare(pulled, dys, tolerance).severity


def _simpler(xs: Arrays, dys: Arrays) -> Iterator[tuple[Arrays, Arrays]]:
    """Simplest first: whole arrays of ones, rounded arrays, then single entries."""
    for k, dy in enumerate(dys):
        for place in range(min(dy.size, _ENTRIES) if np.count_nonzero(dy) > 1 else 0):
            one = np.zeros_like(dy)
            one.reshape(-1)[place] = 1
            yield xs, tuple(one if j == k else np.zeros_like(d) for j, d in enumerate(dys))
    for k, x in enumerate(xs):
        for simple in (np.ones_like(x), _rounded(x, 0), _rounded(x, 1)):
            if x.size and not np.array_equal(simple, x):
                yield (*xs[:k], simple, *xs[k + 1 :]), dys
    for k, x in enumerate(xs):
        for place in range(min(x.size, _ENTRIES)):
            if x.reshape(-1)[place] not in (0, 1):
                simple = x.copy()
                simple.reshape(-1)[place] = 1
                yield (*xs[:k], simple, *xs[k + 1 :]), dys


def _rounded(x: np.ndarray, digits: int) -> np.ndarray:
    # To 0 only what was 0: a kink would be another counterexample.
    rounded = np.round(np.asarray(x, complex if np.iscomplexobj(x) else float), digits)
    return np.asarray(np.where((rounded == 0) & (x != 0), np.sign(np.real(x)), rounded), x.dtype)


def _text(value: Any) -> str:
    if isinstance(value, jax.Array) and jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        return f"key {np.asarray(jax.random.key_data(value)).tolist()}"
    if not hasattr(value, "shape"):
        return repr(value)
    return np.array2string(np.asarray(value), separator=", ", precision=6).replace("\n", "")

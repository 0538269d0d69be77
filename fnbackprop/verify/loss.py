"""What single precision loses by itself, where terms cancel: other programs lose other amounts."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .case import Case, cast, cotangents
from .compare import Difference, difference
from .setting import Setting, pullback

# Two programs of a rule are apart by no more than so many times what one of them loses, and by no more than that share.
_TIMES, _MOST = 10, 0.1


def differ(
    case: Case, setting: Setting, got: Any, wanted: Any, noise: Callable[[int], float] = lambda number: 0.0
) -> Difference | None:
    """The `difference` of two programs' results that neither rounding nor cancellation in them explains."""
    found = difference(got, wanted, setting.rounding, noise)
    lost = min(_MOST, _TIMES * _lost(case)) if found else 0.0
    return difference(got, wanted, lost, noise) if lost > setting.rounding else found


def _lost(case: Case) -> float:
    """The error of the rule's cotangents at the call as given, beside double precision, in shares of the largest."""
    wide = cast(case.given, np.dtype(np.float64))
    if not (case.given.traceable and wide.accepted):
        return 0.0
    (dys,) = cotangents(case.given, 1, case.rng("loss"))
    wide_dys = tuple(np.asarray(dy, y.dtype) for dy, y in zip(dys, wide.outputs, strict=True))
    pairs = ((case.given, dys), (wide, wide_dys))
    narrow, exact = (s.run(s.compiled(partial(pullback, s.rule)), s.xs, d) for s, d in pairs)
    errors = []
    for a, b in zip(narrow, exact, strict=True):
        true = np.asarray(b)
        errors.append(float(np.abs(np.asarray(a) - true).max(initial=0) / (np.abs(true).max(initial=0) or 1)))
    return float(np.nan_to_num(max(errors, default=0.0), nan=0, posinf=0))

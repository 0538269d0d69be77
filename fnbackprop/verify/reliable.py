"""Whether a function's values can be relied on at a point, to tell the derivative by."""

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np

from .points import ORDINARY
from .primal import last_moves, overflows
from .pulled import Arrays
from .setting import Setting

# An iteration has not arrived where the round moves so much more than at the example, and more than rounding does.
_FARTHER, _ROUNDING = 100, 1e-10


def is_sound(setting: Setting, xs: Arrays) -> bool:
    """Whether the function computes nothing infinite on its way from these arrays."""
    return setting.traceable and not bool(_compiled(setting, overflows)(*xs))


def has_arrived(setting: Setting, xs: Arrays) -> bool:
    """Whether what the function iterates is as near its end as at the example; where it has none there, nothing is.

    A rule that differentiates the end of an iteration says nothing of where that is not reached.
    """
    if not setting.iterates:
        return True
    ordinary = all(np.abs(x).max(initial=0) <= ORDINARY for x in xs)  # among larger ones a move is lost in rounding
    return ordinary and moved_last(setting, xs) <= max(_FARTHER * setting.arrives, _ROUNDING)


def moved_last(setting: Setting, xs: Arrays) -> float:
    """By what share one more round would move what the function's loops carry; infinite without loops.

    A share of what they carry at the example, where that is less: among large numbers a drift is a small one.
    """
    if setting.untaken or not (setting.traceable and setting.program.has_rounds):
        return float("inf")
    moves, sizes = _compiled(setting, last_moves)(*xs)
    shares = np.asarray(moves) / np.minimum(sizes, _usual_sizes(setting))
    return float(np.nan_to_num(shares, nan=np.inf, posinf=np.inf).max())


@lru_cache(maxsize=8)
def _usual_sizes(setting: Setting) -> np.ndarray:
    return np.asarray(_compiled(setting, last_moves)(*setting.xs)[1])


@lru_cache(maxsize=8)
def _compiled(setting: Setting, question: Callable) -> Callable:
    return partial(setting.run, setting.compiled(partial(question, setting.rule)))

"""What a narrow type loses of the cotangents, by a rule and by autodiff of its reference."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .describe import describe
from .pulled import Arrays, Traced, pullback
from .reliable import has_arrived
from .setting import Setting
from .verdict import RuleRaised

# A rule may round its residuals a few times more than autodiff does.
_ROUNDINGS = 6
_SHIFTS = 2
# Where autodiff loses so much itself, it is luck in which order a long sum is lost.
_COARSE = 0.05
# From here on autodiff, which is the measure, is none.
_USELESS = 0.25

# For each array the error of the rule, a share of its largest entry, and what is allowed.
Errors = list[tuple[float, float]]
_UNKNOWN = (float("nan"), float("inf"))


class Narrow:
    """The cotangents by the rule and by autodiff of the reference, as they are, and in a wider type at several rows."""

    def __init__(self, setting: Setting, wide: "Wide"):
        self.setting, self.wide = setting, wide
        self._both = setting.compiled(partial(_both, setting))

    def cotangents(self, xs: Arrays, dys: Arrays) -> tuple[Traced, Traced]:
        """By the rule, and by autodiff."""
        try:
            return self.setting.run(self._both, (xs, dys))
        except Exception as error:
            raise RuleRaised("when differentiated", error, describe(self.setting)) from error


class Wide:
    """The same in the widest type that the rule takes, for each row: one program for all narrower types."""

    def __init__(self, setting: Setting):
        self.setting, self.dtype = setting, setting.xs[0].dtype
        self._rows = setting.compiled(partial(jax.lax.map, partial(_both, setting)))

    def truths(self, rows: tuple[Arrays, Arrays]) -> tuple[Traced, Traced]:
        """By the rule, and by autodiff."""
        return self.setting.run(self._rows, rows)


def _both(setting: Setting, at: tuple[Traced, Traced]) -> tuple[Traced, Traced]:
    xs, dys = at
    return pullback(setting.rule, xs, dys), pullback(setting.reference, xs, dys)


def errors_of(programs: Narrow, xs: Arrays, dys: Arrays, rng: np.random.Generator) -> Errors:
    """For each array the rule's error, and what is allowed: twice that of autodiff, and what rounding inputs does."""
    wide, found = programs.wide.dtype, []
    eps = max(map(_eps, xs))

    def rounded(arrays: Arrays) -> Arrays:
        return tuple(np.asarray(a * (1 + _eps(a) * rng.uniform(-1, 1, a.shape)), wide) for a in arrays)

    exact = tuple(tuple(np.asarray(a, wide) for a in arrays) for arrays in (xs, dys))
    if not has_arrived(programs.wide.setting, exact[0]):
        return [_UNKNOWN] * len(xs)  # a rule that differentiates its end, and autodiff its rounds, are apart there
    shifted = jax.tree.map(lambda *a: np.stack(a), exact, *((rounded(xs), rounded(dys)) for _ in range(_SHIFTS)))
    got, own = programs.cotangents(xs, dys)
    # Rounding makes ties, at which a rule may choose otherwise than its reference, but not than itself in a wide type.
    by_rule, by_reference = programs.wide.truths(shifted)
    for number in range(len(xs)):
        rows = [np.asarray(truth[number], float) for truth in (by_reference, by_rule)]
        by_autodiff = _error(own[number], rows[0][0])
        if not by_autodiff <= _USELESS:  # NaN among them
            found.append(_UNKNOWN)
            continue
        room = _ROUNDINGS * eps + 2 * max(_error(moved, row[0]) for row in rows for moved in row[1:])
        error = min(_error(got[number], row[0]) for row in rows)
        found.append((error, (2 if by_autodiff < _COARSE else 4) * by_autodiff + room))
    return found


def _eps(x: np.ndarray) -> float:
    return float(jnp.finfo(x.dtype).eps)


def _error(got: Any, true: Any) -> float:
    """Largest error as a share of the largest entry."""
    got, true = np.asarray(got, float), np.asarray(true, float)
    return float(np.abs(got - true).max(initial=0) / (np.abs(true).max(initial=0) or 1))

"""Half and single precision, also over long rows: no worse than twice the error of the reference's own autodiff."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..case import Case, cast, cotangents
from ..points import random_points
from ..setting import Arrays, Setting, Traced, describe
from ..verdict import Finding, Outcome, RuleRaised, Verdict, failed, not_run

_LONG = 2048
# A call with more entries than this is not made up.
_LARGEST = 1 << 20
# A rule may round its residuals a few times more than autodiff does.
_ROUNDINGS = 6
_SHIFTS = 2
# Where squares leave float16's range, though sums and square roots do not.
_LARGE = 300.0
# There most of a cotangent is lost, at every one of so many draws, and autodiff keeps it.
_LOST, _KEPT, _DRAWS = 0.5, 0.1, 4

Errors = list[tuple[float, float]]


def precision(case: Case) -> Outcome:
    """Errors against the reference in a wider type, at inputs that the narrow type holds exactly."""
    if not case.base.compare or not case.base.traceable:
        return not_run("there is no reference to tell the error by")
    worst: dict[str, float] = {}
    for setting in _settings(case):
        rng, programs = case.rng(f"precision {setting.where}"), _Programs(setting)
        found = {setting.where: _ordinary(programs, rng)}
        if setting.where == "float16":
            found["float16, large"] = _large(programs, rng)
        for where, errors in found.items():
            for name, (error, allowed) in zip(setting.names, errors, strict=True):
                if not error <= allowed:
                    said = f"{describe(replace(setting, where=where))}; errors are shares of the largest entry"
                    return failed(Finding("less precise than autodiff", said, name, None, error, allowed))
                worst[where] = max(worst.get(where, 0.0), error)
    return Outcome(Verdict.PASS, figures=worst) if worst else not_run("it takes no narrower type")


def _settings(case: Case) -> Iterator[Setting]:
    given = {np.dtype(x.dtype) for x in case.given.xs}
    if any(map(np.iscomplexobj, case.given.xs)) or len(given) != 1:
        return
    narrow = (np.dtype(jnp.bfloat16), np.dtype(np.float16), np.dtype(np.float32))
    for group in (None, *case.dimensions.groups):
        lengths = {group: _LONG} if group else {}
        resized = case.dimensions.resized(lengths) if case.dimensions.entries(lengths) <= _LARGEST else None
        if resized is None:
            continue
        for dtype in narrow if case.full else narrow[:1] if group else narrow[1:]:
            setting = replace(cast(resized, dtype), where=f"{dtype}, {_LONG} long" if group else str(dtype))
            if setting.accepted and {y.dtype for y in setting.outputs} == {dtype}:
                yield setting


class _Programs:
    """The cotangents by the rule and by autodiff of the reference, as they are, and in a wider type at several rows."""

    def __init__(self, setting: Setting):
        self.setting = setting
        self.wide = np.dtype(np.float64 if setting.xs[0].dtype == np.float32 else np.float32)
        self._widened = replace(setting, x64=self.wide == np.float64)
        self._narrow, self._rows = setting.compiled(self._both), setting.compiled(partial(jax.lax.map, self._both))

    def _both(self, at: tuple[Traced, Traced]) -> tuple[Traced, Traced]:
        xs, dys = at
        return jax.vjp(self.setting.rule, *xs)[1](dys), jax.vjp(self.setting.reference, *xs)[1](dys)

    def narrow(self, xs: Arrays, dys: Arrays) -> tuple[Traced, Traced]:
        """By the rule, and by autodiff."""
        try:
            return self.setting.run(self._narrow, (xs, dys))
        except Exception as error:
            raise RuleRaised("when differentiated", error, describe(self.setting)) from error

    def truths(self, rows: tuple[Arrays, Arrays]) -> tuple[Traced, Traced]:
        """The same in the wider type, for each row."""
        return self._widened.run(self._rows, rows)


def _ordinary(programs: _Programs, rng: np.random.Generator) -> Errors:
    """For each array the rule's error at random numbers, and what is allowed."""
    return _errors(programs, *_drawn(programs.setting, rng), rng)


def _large(programs: _Programs, rng: np.random.Generator) -> Errors:
    """The same among large numbers, where nothing may be left of a cotangent, or only an infinity.

    The least of several draws counts: entries that cancel leave their rounding, which is no breakdown.
    """
    draws = []
    for _ in range(_DRAWS):
        xs, dys = _drawn(programs.setting, rng)
        draws.append(_errors(programs, tuple(np.asarray(x * np.asarray(_LARGE, x.dtype)) for x in xs), dys, rng))
    each = zip(*draws, strict=True)
    return [(min(error for error, _ in of), _LOST if max(own for _, own in of) < _KEPT else np.inf) for of in each]


def _drawn(setting: Setting, rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    (dys,) = cotangents(setting, 1, rng)
    # All of one sign: only then does a long sum outgrow what is added to it.
    return random_points(setting, 2, rng)[-1].xs, tuple(np.asarray(np.abs(d) + np.asarray(1, d.dtype)) for d in dys)


def _errors(programs: _Programs, xs: Arrays, dys: Arrays, rng: np.random.Generator) -> Errors:
    """For each array the rule's error, and what is allowed: twice that of autodiff, and what rounding inputs does."""
    eps, found = float(jnp.finfo(xs[0].dtype).eps), []

    def rounded(arrays: Arrays) -> Arrays:
        return tuple(np.asarray(a * (1 + eps * rng.uniform(-1, 1, a.shape)), programs.wide) for a in arrays)

    exact = tuple(tuple(np.asarray(a, programs.wide) for a in arrays) for arrays in (xs, dys))
    shifted = jax.tree.map(lambda *a: np.stack(a), exact, *((rounded(xs), rounded(dys)) for _ in range(_SHIFTS)))
    got, own = programs.narrow(xs, dys)
    # Rounding makes ties, at which a rule may choose otherwise than its reference, but not than itself in a wide type.
    by_rule, by_reference = programs.truths(shifted)
    for number in range(len(xs)):
        rows = [np.asarray(truth[number], float) for truth in (by_reference, by_rule)]
        if not all(np.isfinite(np.asarray(by, float)).all() for by in (rows[0][0], own[number])):
            found.append((0.0, 0.0))  # autodiff, which is the measure, breaks down itself
            continue
        room = _ROUNDINGS * eps + 2 * max(_error(moved, row[0]) for row in rows for moved in row[1:])
        error = min(_error(got[number], row[0]) for row in rows)
        found.append((error, 2 * _error(own[number], rows[0][0]) + room))
    return found


def _error(got: Any, true: Any) -> float:
    """Largest error as a share of the largest entry."""
    got, true = np.asarray(got, float), np.asarray(true, float)
    return float(np.abs(got - true).max(initial=0) / (np.abs(true).max(initial=0) or 1))

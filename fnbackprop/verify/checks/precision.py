"""Half and single precision, also over long rows: no worse than twice the error of the reference's own autodiff."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..case import Case, cast, cotangents
from ..points import random_points
from ..setting import Arrays, Setting, Traced, describe
from ..verdict import Finding, Outcome, RuleRaised, Verdict, failed, not_run

_LONG = 2048
# A rule may round its residuals a few times more than autodiff does.
_ROUNDINGS = 6
_SHIFTS = 2
# Where squares leave float16's range, though sums and square roots do not.
_LARGE = 300.0


def precision(case: Case) -> Outcome:
    """Errors against the reference in a wider type, at inputs that the narrow type holds exactly."""
    if not case.base.compare or not case.base.traceable:
        return not_run("there is no reference to tell the error by")
    worst: dict[str, float] = {}
    for setting in _settings(case):
        rng = case.rng(f"precision {setting.where}")
        large = setting.where.endswith("large")
        drawn_xs = random_points(setting.xs, 2, rng)[-1].xs
        xs = tuple(np.asarray(x * np.asarray(_LARGE, x.dtype)) for x in drawn_xs) if large else drawn_xs
        # All of one sign: only then does a long sum outgrow what is added to it.
        (drawn,) = cotangents(setting, 1, rng)
        dys = tuple(np.asarray(np.abs(d) + np.asarray(1, d.dtype)) for d in drawn)
        for name, (error, allowed) in zip(setting.names, _errors(setting, xs, dys, rng), strict=True):
            if not error <= (_breakdown(allowed) if large else allowed):
                where = f"{describe(setting)}; errors are shares of the largest entry"
                return failed(Finding("less precise than autodiff", where, name, None, error, allowed))
            worst[setting.where] = max(worst.get(setting.where, 0.0), error)
    return Outcome(Verdict.PASS, figures=worst) if worst else not_run("it takes no narrower type")


def _breakdown(allowed: float) -> float:
    """Among large numbers nothing is left of a rule's cotangent, or only an infinity, where autodiff gets along."""
    return 0.99 if allowed < 0.1 else np.inf


def _settings(case: Case) -> Iterator[Setting]:
    given = {np.dtype(x.dtype) for x in case.given.xs}
    if any(map(np.iscomplexobj, case.given.xs)) or len(given) != 1:
        return
    narrow = (np.dtype(jnp.bfloat16), np.dtype(np.float16), np.dtype(np.float32))
    for group in (None, *case.dimensions.groups):
        resized = case.dimensions.resized({group: _LONG} if group else {})
        if resized is None or sum(x.size for x in resized.xs) > 1 << 20:
            continue
        for dtype in narrow if case.full else narrow[:1] if group else narrow[1:]:
            setting = replace(cast(resized, dtype), where=f"{dtype}, {_LONG} long" if group else str(dtype))
            if case.allowed(setting) and {y.dtype for y in setting.outputs} == {dtype}:
                yield setting
                if dtype == np.float16 and group is None:
                    yield replace(setting, where="float16, large")


def _errors(setting: Setting, xs: Arrays, dys: Arrays, rng: np.random.Generator) -> Iterator[tuple[float, float]]:
    """For each array the rule's error, and what is allowed: twice that of autodiff, and what rounding inputs does."""
    wide = np.dtype(np.float64 if xs[0].dtype == np.float32 else np.float32)
    eps = float(jnp.finfo(xs[0].dtype).eps)

    def rounded(arrays: Traced) -> Traced:
        return tuple(np.asarray(a * (1 + eps * rng.uniform(-1, 1, a.shape)), wide) for a in arrays)

    exact = tuple(tuple(np.asarray(a, wide) for a in arrays) for arrays in (xs, dys))
    shifted = [exact, *((rounded(xs), rounded(dys)) for _ in range(_SHIFTS))]

    def pullback(function, xs: Traced, dys: Traced) -> Traced:  # type: ignore[no-untyped-def]
        return jax.vjp(function, *xs)[1](dys)

    def narrow(xs: Traced, dys: Traced) -> tuple[Traced, Traced]:
        return pullback(setting.rule, xs, dys), pullback(setting.reference, xs, dys)

    try:
        got, own = setting.run(jax.jit(narrow), xs, dys)
    except Exception as error:
        raise RuleRaised("when differentiated", error, describe(setting)) from error
    widened = replace(setting, x64=wide == np.float64)
    # Rounding makes ties, at which a rule may choose otherwise than its reference, but not than itself in a wide type.
    truths = [
        widened.run(jax.jit(lambda rows, f=f: [pullback(f, *row) for row in rows]), shifted)
        for f in (setting.reference, setting.rule)
    ]
    for number in range(len(xs)):
        rows = [[np.asarray(row[number], float) for row in truth] for truth in truths]
        if np.isfinite(rows[0][0]).all():
            room = _ROUNDINGS * eps + 2 * max(_error(moved, row[0]) for row in rows for moved in row[1:])
            yield min(_error(got[number], row[0]) for row in rows), 2 * _error(own[number], rows[0][0]) + room
        else:
            yield 0.0, 0.0


def _error(got: Any, true: Any) -> float:
    """Largest error as a share of the largest entry."""
    got, true = np.asarray(got, float), np.asarray(true, float)
    return float(np.abs(got - true).max(initial=0) / (np.abs(true).max(initial=0) or 1))

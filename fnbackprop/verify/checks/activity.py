"""Whichever inputs and outputs take part, the cotangents are the same."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..case import Case, cotangents
from ..setting import Traced, describe
from ..vectors import as_covector
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed

_MOST = 14


def activity(case: Case) -> Outcome:
    """Each subset of the inputs differentiated, and each output alone read."""
    setting, rng = case.base, case.rng("activity")
    inputs, outputs = len(setting.xs), len(setting.outputs)
    if inputs < 2 and outputs < 2:
        return not_run("one input and one output")
    (drawn,) = cotangents(setting, 1, rng)
    dys = setting.run(lambda: tuple(map(jnp.asarray, drawn)))
    subsets = [s for count in range(1, inputs) for s in combinations(range(inputs), count)][:_MOST]

    def of_inputs(subset: Sequence[int]) -> Traced:
        def partial(*some: Any) -> tuple:
            places = dict(zip(subset, some, strict=True))
            return setting.rule(*(places.get(i, x) for i, x in enumerate(setting.xs)))

        return jax.vjp(partial, *(setting.xs[i] for i in subset))[1](dys)

    def of_output(j: int) -> Traced:
        return jax.vjp(lambda *xs: setting.rule(*xs)[j], *setting.xs)[1](dys[j])

    def with_zeros(j: int) -> Traced:
        masked = tuple(d if k == j else jnp.zeros_like(d) for k, d in enumerate(dys))
        return jax.vjp(setting.rule, *setting.xs)[1](masked)

    def everything() -> tuple:
        whole = jax.vjp(setting.rule, *setting.xs)[1](dys)
        alone = [(of_output(j), with_zeros(j)) for j in range(outputs)] if outputs > 1 else []
        return whole, [of_inputs(s) for s in subsets], alone

    try:
        whole, parts, alone = setting.run(setting.compiled(everything))
    except Exception as error:
        raise RuleRaised("when only some inputs or outputs take part", error, describe(setting)) from error
    for subset, part in zip(subsets, parts, strict=True):
        names = ", ".join(setting.names[i] for i in subset)
        if not _same(part, [whole[i] for i in subset], case.tolerance.rtol):
            return failed(Finding(f"another cotangent where only {names} is differentiated", describe(setting), names))
    for j, (got, wanted) in enumerate(alone):
        if not _same(got, wanted, case.tolerance.rtol):
            return failed(Finding(f"another cotangent where only output {j} is read", describe(setting)))
    return passed(inputs=len(subsets), outputs=len(alone))


def _same(a: Sequence[Any], b: Sequence[Any], rtol: float) -> bool:
    got, wanted = (as_covector([np.asarray(x)[None] for x in xs])[0] for xs in (a, b))
    largest = np.abs(np.where(np.isfinite(wanted), wanted, 0)).max(initial=0)
    return np.allclose(got, wanted, rtol=rtol, atol=1e-3 * rtol * largest, equal_nan=True)

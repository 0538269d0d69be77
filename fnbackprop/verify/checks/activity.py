"""Whichever inputs and outputs take part, the cotangents are the same."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from ..case import Case, cotangents
from ..compare import difference
from ..describe import describe
from ..pulled import Traced, pullback
from ..selection import subsets
from ..setting import Setting
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
    tried = [subset for subset in subsets(inputs, _MOST) if len(subset) < inputs]

    def of_inputs(subset: Sequence[int]) -> Traced:
        def of_some(*some: Any) -> tuple:
            places = dict(zip(subset, some, strict=True))
            return setting.rule(*(places.get(i, x) for i, x in enumerate(setting.xs)))

        return pullback(of_some, [setting.xs[i] for i in subset], dys)

    def of_output(j: int) -> Traced:
        return jax.vjp(lambda *xs: setting.rule(*xs)[j], *setting.xs)[1](dys[j])

    def everything() -> tuple:
        back = jax.vjp(setting.rule, *setting.xs)[1]

        def with_zeros(j: int) -> Traced:
            return back(tuple(d if k == j else jnp.zeros_like(d) for k, d in enumerate(dys)))

        alone = [(of_output(j), with_zeros(j)) for j in range(outputs)] if outputs > 1 else []
        return back(dys), [of_inputs(subset) for subset in tried], alone

    try:
        whole, parts, alone = setting.run(setting.compiled(everything))
    except Exception as error:
        raise RuleRaised("when only some inputs or outputs take part", error, describe(setting)) from error
    for subset, part in zip(tried, parts, strict=True):
        noise = partial(_noise, setting, drawn, subset)
        if apart := difference(part, [whole[i] for i in subset], case.tolerance.rtol, noise):
            names = ", ".join(setting.names[i] for i in subset)
            words, name = f"another cotangent where only {names} is differentiated", setting.names[subset[apart.number]]
            return failed(Finding(words, describe(setting), name, got=apart.got, expected=apart.expected))
    for j, (got, wanted) in enumerate(alone):
        if apart := difference(got, wanted, case.tolerance.rtol, partial(setting.noise, drawn)):
            words, name = f"another cotangent where only output {j} is read", setting.names[apart.number]
            return failed(Finding(words, describe(setting), name, got=apart.got, expected=apart.expected))
    return passed(inputs=len(tried), outputs=len(alone))


def _noise(setting: Setting, dys: Sequence[Any], subset: Sequence[int], number: int) -> float:
    return setting.noise(dys, subset[number])

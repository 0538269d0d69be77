"""vmap over every subset of the arguments gives what a loop gives."""

from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..case import Case, cotangents
from ..points import random_points
from ..setting import Traced, describe
from ..vectors import as_covector
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed

_MOST = 15


def vmap(case: Case) -> Outcome:
    """Each argument alone and all together; at full level every subset of up to four."""
    setting, rng = case.base, case.rng("vmap")
    if not setting.traceable:
        return not_run("the function cannot be traced")
    places = range(len(setting.xs))
    try:
        stacked = tuple(np.stack([x, x]) for x in setting.xs)
        setting.run(jax.eval_shape, jax.vmap(setting.primal), *stacked)
    except Exception as error:
        return not_run(f"the function itself cannot be mapped: {type(error).__name__}")
    first, second = (p.xs for p in random_points(setting.xs, 2, rng))
    dys = cotangents(setting, 2, rng)
    counts = range(1, len(places) + 1) if case.full else {1, len(places)}
    subsets = [subset for count in counts for subset in combinations(places, count)][:_MOST]

    def pullback(dys: Traced, *xs: Any) -> Traced:
        return jax.vjp(setting.rule, *xs)[1](dys)

    def both() -> list[tuple[Traced, Traced]]:
        results = []
        stacked_dys = tuple(map(jnp.stack, zip(*dys, strict=True)))
        for subset in subsets:
            other = [second[i] if i in subset else first[i] for i in places]
            rows = [jnp.stack([first[i], other[i]]) if i in subset else first[i] for i in places]
            axes = [0 if i in subset else None for i in places]
            mapped = jax.vmap(pullback, (0, *axes))(stacked_dys, *rows)
            looped = [pullback(tuple(d[k] for d in stacked_dys), *xs) for k, xs in enumerate((first, other))]
            results.append((mapped, tuple(map(jnp.stack, zip(*looped, strict=True)))))
        return results

    try:
        results = setting.run(setting.compiled(both))
    except Exception as error:
        raise RuleRaised("under vmap", error, describe(setting)) from error
    for subset, (mapped, looped) in zip(subsets, results, strict=True):
        got, wanted = as_covector(mapped), as_covector(looped)
        largest = np.abs(np.where(np.isfinite(wanted), wanted, 0)).max(initial=0)
        if not np.allclose(
            got, wanted, rtol=case.tolerance.rtol, atol=1e-3 * case.tolerance.rtol * largest, equal_nan=True
        ):
            names = ", ".join(setting.names[i] for i in subset)
            return failed(Finding(f"another cotangent under vmap over {names}", describe(setting), names))
    return passed(subsets=len(subsets))

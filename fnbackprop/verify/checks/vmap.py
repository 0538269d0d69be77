"""vmap over every subset of the arguments gives what a loop gives."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..case import Case, cotangents
from ..compare import difference
from ..describe import describe
from ..points import random_points
from ..pulled import Traced, pullback
from ..selection import subsets
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed

_MOST = 8


def vmap(case: Case) -> Outcome:
    """Each argument alone and all together; at full level other subsets too."""
    setting, rng = case.base, case.rng("vmap")
    if not setting.traceable:
        return not_run("the function cannot be traced")
    if setting.program.unmappable:
        return not_run(f"the function itself cannot be mapped: {setting.program.unmappable}")
    places = range(len(setting.xs))
    first, second = (p.xs for p in random_points(setting, 2, rng))
    dys = cotangents(setting, 2, rng)
    tried = subsets(len(places), max(_MOST, len(places) + 1) if case.full else len(places) + 1)

    def pulled(dys: Traced, *xs: Any) -> Traced:
        return pullback(setting.rule, xs, dys)

    def both() -> list[tuple[Traced, Traced]]:
        others = [[second[i] if i in subset else first[i] for i in places] for subset in tried]
        calls = [(dys[0], *first), *((dys[1], *other) for other in others)]
        alone = jax.lax.map(lambda call: pulled(*call), jax.tree.map(lambda *a: jnp.stack(a), *calls))
        stacked_dys, results = jax.tree.map(lambda *a: jnp.stack(a), *dys), []
        for k, (subset, other) in enumerate(zip(tried, others, strict=True), start=1):
            rows = [jnp.stack([first[i], other[i]]) if i in subset else first[i] for i in places]
            axes = [0 if i in subset else None for i in places]
            mapped = jax.vmap(pulled, (0, *axes))(stacked_dys, *rows)
            results.append((mapped, tuple(dx[np.array([0, k])] for dx in alone)))
        return results

    try:
        results = setting.run(setting.compiled(both))
    except Exception as error:
        raise RuleRaised("under vmap", error, describe(setting)) from error
    for subset, (mapped, looped) in zip(tried, results, strict=True):
        if apart := difference(mapped, looped, case.tolerance.rtol, partial(setting.noise, dys[0] + dys[1])):
            words = f"another cotangent under vmap over {', '.join(setting.names[i] for i in subset)}"
            name = setting.names[apart.number]
            return failed(Finding(words, describe(setting), name, got=apart.got, expected=apart.expected))
    return passed(subsets=len(tried))

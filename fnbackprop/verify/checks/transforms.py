"""jit, scan and checkpoint change nothing."""

from functools import partial

import jax
import jax.numpy as jnp

from ..case import Case, cotangents
from ..describe import describe
from ..loss import differ
from ..pulled import Traced, pullback
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed


def transforms(case: Case) -> Outcome:
    """Cotangents under each against each other; at full level, also against those that are computed step by step."""
    if not case.given.traceable:
        return not_run("the function cannot be traced")
    setting, rng = case.given, case.rng("transforms")
    (dys,) = cotangents(setting, 1, rng)

    def in_scan(xs: Traced, dys: Traced) -> Traced:
        def step(total: Traced, _: None) -> tuple[Traced, None]:
            return tuple(
                (t + dx / 2).astype(t.dtype) for t, dx in zip(total, pullback(setting.rule, xs, dys), strict=True)
            ), None

        return jax.lax.scan(step, tuple(jnp.zeros_like(x) for x in xs), length=2)[0]

    def every_way(xs: Traced, dys: Traced) -> dict[str, Traced]:
        return {
            "jit": pullback(setting.rule, xs, dys),
            "scan": in_scan(xs, dys),
            "checkpoint": pullback(jax.checkpoint(setting.rule), xs, dys),
        }

    try:
        found = setting.run(setting.compiled(every_way), setting.xs, dys)
    except Exception as error:
        raise RuleRaised("under jit, scan or checkpoint", error, describe(setting)) from error
    # Step by step, every operation is compiled alone: thorough, and slow.
    wanted = setting.run(pullback, setting.rule, setting.xs, dys) if case.full else found["jit"]
    for name, dxs in found.items():
        if apart := differ(case, setting, dxs, wanted, partial(setting.noise, dys)):
            words, argument = f"another cotangent under {name}", setting.names[apart.number]
            return failed(Finding(words, describe(setting), argument, got=apart.got, expected=apart.expected))
    return passed(ways=", ".join(found))

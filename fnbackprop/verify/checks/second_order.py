"""The derivative of the backward pass, or the refusal that was declared."""

import jax
import jax.numpy as jnp
import numpy as np

from ..case import Case, cotangents
from ..compare import agree
from ..points import random_points
from ..setting import Arrays, describe
from ..vectors import as_covector, locate, stack
from ..verdict import Finding, Outcome, failed, not_run, passed


def second_order(case: Case) -> Outcome:
    """∂/∂(x, dy) of Σ dx · u, by reverse mode through the rule's backward pass and through the reference's."""
    setting, rng = case.base, case.rng("second order")
    refusal = case.declarations.second_order == "refused"
    if not setting.compare and not refusal:
        return not_run(f"JAX cannot differentiate what to compare with: {case.no_reference}")
    points = random_points(setting.xs, 3 if case.full else 2, rng)
    dys = cotangents(setting, len(points), rng)
    us = [tuple(rng.normal(size=x.shape).astype(x.dtype) for x in setting.xs) for _ in points]

    def of(function, xs: Arrays, dys: Arrays, u: Arrays):  # type: ignore[no-untyped-def]
        def inner(xs: Arrays, dys: Arrays) -> jax.Array:
            pairs = zip(jax.vjp(function, *xs)[1](dys), u, strict=True)
            return sum((jnp.sum(jnp.real(dx * v)) for dx, v in pairs), jnp.zeros(()))

        return jax.grad(inner, (0, 1))(xs, dys)

    def rows(function):  # type: ignore[no-untyped-def]
        return setting.each(lambda at: of(function, *at), (stack([p.xs for p in points]), stack(dys), stack(us)))

    try:
        got = rows(setting.rule)
    except Exception as error:
        if refusal:
            return passed("refused, as declared")
        # The rule's backward pass may well be something that JAX cannot differentiate; its silence would be worse.
        return not_run(f"refused: {type(error).__name__}; declare second_order='refused'")
    if refusal:
        return failed(Finding("a refusal of second derivatives is declared, but they are given", describe(setting)))
    wanted = rows(setting.reference)
    names = [*setting.names, *(f"dy of output {j}" for j in range(len(setting.outputs)))]
    flat_got, flat_wanted = jax.tree.leaves(got), jax.tree.leaves(wanted)
    worst = 0.0
    for name, a, b in zip(names, flat_got, flat_wanted, strict=True):
        a, b = as_covector([a]), as_covector([b])
        with np.errstate(all="ignore"):
            off = ~agree(a, b, 10 * case.tolerance.rtol) & np.isfinite(b)
        # An example may lie on a kink, where second derivatives mean nothing: one wrong point is not enough.
        if off.any(-1).sum() > (1 if len(points) > 1 and not off[1:].any() else 0):
            row, place = np.argwhere(off)[-1]
            _, index, _ = locate(int(place), [jax.tree.leaves(got)[names.index(name)][0]])
            finding = Finding("wrong second derivative", describe(setting), name, index, a[row, place], b[row, place])
            return failed(finding)
        worst = max(worst, float(np.abs(np.where(off, 0, a - b)).max(initial=0)))
    return passed(points=len(points), **{"largest difference": worst})

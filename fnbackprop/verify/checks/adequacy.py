"""How much these inputs could have caught: the backward program is changed, one operation at a time, and run again."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from ..case import Case, cotangents
from ..compare import agree
from ..points import random_points
from ..primal import apply_equation, run_inlined, shape_of
from ..pulled import Traced
from ..vectors import one_covector
from ..verdict import Outcome, not_run, passed

_MOST = {"fast": 12, "full": 40}


def adequacy(case: Case) -> Outcome:
    """Flip a sign, double, drop a term, set to zero, transpose; count the changes that the cotangents show."""
    setting, rng = case.base, case.rng("adequacy")
    if not setting.traceable:
        return not_run("the function cannot be traced")
    xs, (dys,) = random_points(setting, 2, rng)[-1].xs, cotangents(setting, 1, rng)
    names: list[str] = []

    def all_of_them(xs: Traced, dys: Traced) -> list[list[Any]]:
        leaves, tree = jax.tree.flatten((jax.vjp(setting.rule, *xs)[1], dys))
        jaxpr = jax.make_jaxpr(lambda *leaves: _called(*jax.tree.unflatten(tree, leaves)))(*leaves)
        jaxpr = jax.make_jaxpr(lambda *args: run_inlined(jaxpr.jaxpr, jaxpr.consts, args))(*leaves)
        mutations = list(_mutations(jaxpr.jaxpr))
        chosen = [mutations[k] for k in sorted(rng.permutation(len(mutations))[: _MOST[case.level]])]
        names.extend(name for _, name, _ in chosen)
        return [_run(jaxpr, leaves, -1, None), *(_run(jaxpr, leaves, place, change) for place, _, change in chosen)]

    results = setting.run(setting.compiled(all_of_them), xs, dys)
    right, *others = map(one_covector, results)
    caught = [not agree(other, right, case.tolerance.rtol).all() for other in others]
    if not caught:
        return not_run("the backward pass has no operation to change")
    missed = sorted({name for name, seen in zip(names, caught, strict=True) if not seen})
    return passed(f"not seen: {', '.join(missed)}" if missed else "", caught=f"{sum(caught)} of {len(caught)} changes")


def _called(back: Callable, dys: Traced) -> Traced:
    return back(dys)


def _mutations(jaxpr: Jaxpr) -> Iterator[tuple[int, str, Callable]]:
    """The place of an operation, the change's name, and the changed outputs from its inputs and outputs."""
    for place, equation in enumerate(jaxpr.eqns):
        (out, *more) = equation.outvars
        if more or not jnp.issubdtype(getattr(out.aval, "dtype", int), jnp.inexact):
            continue
        name = equation.primitive.name
        yield place, f"{name}: sign", lambda inputs, y: -y
        yield place, f"{name}: doubled", lambda inputs, y: 2 * y
        yield place, f"{name}: zero", lambda inputs, y: jnp.zeros_like(y)
        if name in ("add", "sub", "add_any", "mul", "div"):
            yield place, f"{name}: second operand dropped", lambda inputs, y: jnp.broadcast_to(inputs[0], y.shape)
        if len(shape := shape_of(out).shape) == 2 and shape[0] == shape[1] > 1:
            yield place, f"{name}: transposed", lambda inputs, y: y.T


def _run(jaxpr: ClosedJaxpr, args: Sequence[Any], place: int, change: Callable | None) -> list[Any]:
    values = dict(zip([*jaxpr.jaxpr.constvars, *jaxpr.jaxpr.invars], [*jaxpr.consts, *args], strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else values[atom]

    for number, equation in enumerate(jaxpr.jaxpr.eqns):
        inputs = [read(atom) for atom in equation.invars]
        outputs = apply_equation(equation, inputs)
        if number == place and change is not None:
            outputs = [change(inputs, outputs[0])]
        values |= zip(equation.outvars, outputs, strict=True)
    return [read(atom) for atom in jaxpr.jaxpr.outvars]

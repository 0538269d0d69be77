"""Shapes and dtypes of values and cotangents, for each rule inside the function and each dtype that it takes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import JaxprEqn

from ..arguments import with_defaults
from ..case import Case, cast
from ..describe import array_text, describe
from ..diagnosis import Diagnosis
from ..primal import apply_equation, equations, shape_of
from ..setting import Setting
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed

# What loses no digits.
_WIDER = {"the cotangent has a wider dtype", "a rule's cotangent has a wider dtype"}


def structure(case: Case) -> Outcome:
    """JAX checks a cotangent's shape but not its dtype, and in its classic mode nothing of what fwd returns.

    In dtypes other than the example's, a cotangent of a wider one keeps its digits: the fast level only says so.
    """
    looked: list[str] = []
    for setting in settings(case):
        if not setting.traceable:
            return not_run("the function cannot be traced")
        try:
            found = [*_findings(setting), *_of_integers(case, setting)]
        except RuleRaised as raised:
            if setting is case.given or not (raised.lacks_type or setting.program.refuses):
                raise
            why = "for which JAX lacks an operation" if raised.lacks_type else "which the rule refuses"
            looked.append(f"not {setting.xs[0].dtype}, {why}")
            continue
        dtypes = "/".join(sorted({str(x.dtype) for x in setting.xs}))
        if found and setting is not case.given and not case.full and {f.what for f in found} <= _WIDER:
            looked.append(f"{dtypes} (cotangent: {found[0].got})")
        elif found:
            alike = [finding for finding in found[1:] if finding.what == found[0].what]
            return failed(replace(found[0], also=tuple(alike)))
        else:
            looked.append(dtypes)
    return passed(dtypes=", ".join(looked))


def settings(case: Case) -> Iterator[Setting]:
    """The call as given, and in the dtypes that the function keeps as it keeps the given one."""
    yield case.given
    given = {np.dtype(x.dtype) for x in case.given.xs}
    if len(given) != 1 or {np.dtype(y.dtype) for y in case.given.outputs} != given or np.dtype(complex) in given:
        return
    for dtype in (np.dtype(kind) for kind in (jnp.bfloat16, np.float16, np.float32, np.float64)):
        setting = cast(case.given, dtype)
        if dtype not in given and setting.accepted and {y.dtype for y in setting.outputs} == {dtype}:
            yield setting


def _findings(setting: Setting) -> Iterator[Finding]:
    try:
        values, cotangents = setting.run(jax.eval_shape, lambda *xs: _both(setting.rule, *xs), *setting.xs)
    except Exception as error:
        raise RuleRaised("when differentiated", error, describe(setting)) from error
    names = [f"output {i}" for i in range(len(setting.outputs))]
    yield from _compared("the value", names, values, setting.outputs, setting)
    yield from _compared("the cotangent", setting.names, cotangents, setting.xs, setting)
    for equation in equations(setting.program.jaxpr):
        if equation.primitive.name.startswith("custom_vjp_call"):
            yield from _inside(equation, setting)


def _inside(equation: JaxprEqn, setting: Setting) -> Iterator[Finding]:
    """The same of one rule inside the function, where what is around it may hide a wrong dtype."""
    avals = [shape_of(atom) for atom in equation.invars]
    plain = any(getattr(atom.aval, "weak_type", False) for atom in equation.invars)
    if plain or not all(jnp.issubdtype(aval.dtype, jnp.inexact) for aval in avals):
        return  # keys, integers and plain numbers cannot be made up from their types alone
    try:
        values, cotangents = setting.run(
            jax.eval_shape, lambda *xs: _both(lambda *a: apply_equation(equation, a), *xs), *avals
        )
    except Exception:  # it closes over what cannot be taken out of the function, which was run as a whole above
        return
    wanted = [var.aval for var in equation.outvars]
    yield from _compared("a rule's value", [f"output {i}" for i in range(len(wanted))], values, wanted, setting)
    names = [f"input {i} of it" for i in range(len(avals))]
    yield from _compared("a rule's cotangent", names, cotangents, avals, setting)


def _of_integers(case: Case, setting: Setting) -> Iterator[Finding]:
    """What a rule returns for arguments that have no derivative, which JAX drops unseen: None, or float0."""
    rule = case.rule
    if not isinstance(rule, jax.custom_vjp) or rule.nondiff_argnums or rule.symbolic_zeros or rule.bwd is None:
        return
    shapes = setting.run(jax.eval_shape, lambda: _raw(rule, setting))
    args = with_defaults(rule, setting.args)
    if not isinstance(shapes, tuple | list) or len(shapes) != len(args):
        return
    for k, (arg, dx) in enumerate(zip(args, shapes, strict=True)):
        whole = all(
            jnp.issubdtype(jnp.result_type(a), jnp.integer) for a in jax.tree.leaves(arg) if hasattr(a, "dtype")
        )
        real = [d for d in jax.tree.leaves(dx) if jnp.issubdtype(d.dtype, jnp.inexact)]
        if hasattr(arg, "dtype") and whole and real:
            words = "a cotangent for an argument of integers"
            yield Finding(
                words,
                describe(setting),
                f"argument {k}",
                None,
                str(real[0].dtype),
                "None",
                diagnosis=Diagnosis("wrong dtype"),
            )


def _raw(rule: Any, setting: Setting) -> Any:
    args = setting.at([jnp.asarray(x) for x in setting.xs]).args
    values, kept = rule.fwd(*with_defaults(rule, args))
    dxs = rule.bwd(kept, jax.tree.map(_cotangent, values))
    return tuple(None if dx is None or getattr(dx, "dtype", None) == jax.dtypes.float0 else dx for dx in dxs)


def _both(function: Any, *xs: Any) -> tuple[Any, Any]:
    ys, back = jax.vjp(function, *xs)
    return ys, back(jax.tree.map(_cotangent, ys))


def _cotangent(y: Any) -> Any:
    return y if jnp.issubdtype(y.dtype, jnp.inexact) else np.zeros(y.shape, jax.dtypes.float0)


def _compared(what: str, names: Any, computed: Any, wanted: Any, setting: Setting) -> Iterator[Finding]:
    for name, a, b in zip(names, computed, wanted, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            kind = "dtype" if a.shape == b.shape else "shape"
            real = kind == "dtype" and jnp.issubdtype(a.dtype, jnp.inexact)
            wider = real and jnp.promote_types(a.dtype, b.dtype) == a.dtype
            words, why = f"{what} has {'a wider' if wider else 'the wrong'} {kind}", Diagnosis(f"wrong {kind}")
            yield Finding(words, describe(setting), name, None, array_text(a), array_text(b), diagnosis=why)

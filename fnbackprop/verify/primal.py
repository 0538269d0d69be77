"""A function without its hand-written derivatives, found in its trace."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal, jaxpr_as_fun

from .rounds import written_out

_VJP, _JVP = "custom_vjp_call", "custom_jvp_call"
_CALLS = ("jit", "pjit")
# Where those keep the program they call.
_BODIES = ("call_jaxpr", "fun_jaxpr", "jaxpr")


def undecorated(function: Callable) -> Callable:
    """`function` with the body of each custom_vjp in its place, so that JAX differentiates it.

    Where it has none, custom_jvp is opened instead; otherwise JAX's own of those stay as they are.
    """

    def primal(*args: Any) -> Any:
        jaxpr, shapes = jax.make_jaxpr(function, return_shape=True)(*args)
        return jax.tree.unflatten(jax.tree.structure(shapes), run_undecorated(jaxpr, jax.tree.leaves(args)))

    return primal


def run_undecorated(traced: ClosedJaxpr, args: Sequence[Any]) -> list[Any]:
    """The same of a function that has been traced: its outputs."""
    kinds = (_VJP,) if any(rule_calls(traced.jaxpr)) else (_JVP,)
    return _run(traced.jaxpr, traced.consts, args, kinds)


def overflows(function: Callable, *args: Any) -> jax.Array:
    """Whether anything that `function` computes on the way, without its rules, is infinite or not a number."""
    real = [value for step in steps(function, args) for value in step.outputs if _is_real(value)]
    return ~jnp.stack([jnp.isfinite(value).all() for value in real] or [jnp.array(True)]).all()


def last_moves(function: Callable, *args: Any) -> tuple[jax.Array, jax.Array]:
    """By how much one more round would change what each loop of `function`, without its rules, carries, and its size.

    Where there is no loop but a written-out one: by how much its last round did. Loops that read or write an entry each
    round are left out: the data count their rounds. Infinite without others.
    """
    seen = steps(function, args)
    loops = [step for step in seen if step.equation.primitive.name in ("while", "scan")]
    found = [_move(_next_round(loop), loop.outputs) for loop in loops] or [_written_out_move(seen)]
    moves = [move for move in found if move]
    if not moves:
        return jnp.full(1, jnp.inf), jnp.ones(1)
    return jnp.stack([move for move, _ in moves]), jnp.stack([size for _, size in moves])


def _move(then: Sequence[Any], outputs: Sequence[Any]) -> tuple[jax.Array, jax.Array] | None:
    """How far the real ones are apart at most, and how large they are; None where there are none, as in a search."""
    pairs = [(new, now) for new, now in zip(then, outputs, strict=False) if _is_real(now)]
    if not pairs:
        return None
    # A remainder that it carries along is next to nothing beside the rest.
    return _largest(new - now for new, now in pairs), jnp.maximum(_largest(now for _, now in pairs), 1e-30)


def _written_out_move(seen: Sequence["Step"]) -> tuple[jax.Array, jax.Array] | None:
    """The same of the last rounds of a loop that is written out.

    What follows it may look like the beginning of a round, and would be taken for one: the lesser of two moves counts.
    """
    found = written_out([kind_of(step.equation) for step in seen])
    if not found:
        return None
    ends = [found.stop - k * found.length for k in range(3)]
    last, before, earlier = ([y for step in seen[end - found.length : end] for y in step.outputs] for end in ends)
    move, other = _move(last, before), _move(before, earlier)
    return (jnp.minimum(move[0], other[0]), move[1]) if move and other else None


def _largest(arrays: Iterable[Any]) -> jax.Array:
    return jnp.stack([jnp.abs(x).max(initial=0) for x in arrays]).max()


class Step(NamedTuple):
    """An operation, what it was given, and what it gave."""

    equation: JaxprEqn
    inputs: list[Any]
    outputs: list[Any]


def steps(function: Callable, args: Sequence[Any]) -> list[Step]:
    """All that `function` computes, without its rules."""
    jaxpr = jax.make_jaxpr(undecorated(function))(*args)
    seen: list[Step] = []
    _run(jaxpr.jaxpr, jaxpr.consts, jax.tree.leaves(args), _CALLS, seen)
    return seen


def _next_round(loop: Step) -> Sequence[Any]:
    """What the loop carries after one more round; nothing where it reads or writes an entry each round."""
    params, carry = loop.equation.params, loop.outputs
    body = params.get("body_jaxpr") or params["jaxpr"]
    inputs = loop.inputs[len(loop.inputs) - len(body.jaxpr.invars) :]
    # Such an array has another shape inside.
    inside = [atom.aval.shape for atom in (*body.jaxpr.invars, *body.jaxpr.outvars)]
    if inside != [jnp.shape(value) for value in (*inputs, *carry)]:
        return ()
    return jaxpr_as_fun(body)(*inputs[: len(inputs) - len(carry)], *carry)


def _is_real(value: Any) -> bool:
    return jnp.issubdtype(getattr(value, "dtype", int), jnp.inexact)


def rule_calls(jaxpr: Jaxpr) -> Counter[str]:
    """How often each custom_vjp is called, by name, at any depth."""
    calls: Counter[str] = Counter()
    for equation in equations(jaxpr):
        if equation.primitive.name.startswith(_VJP):
            calls[str(equation.params.get("name", "") or _name(equation))] += 1
    return calls


def equations(jaxpr: Jaxpr) -> Iterator[JaxprEqn]:
    """All operations, those of inner programs behind the one that holds them."""
    for equation in jaxpr.eqns:
        yield equation
        for body in bodies(equation):
            yield from equations(body)


def is_stopped(jaxpr: Jaxpr, var: Any) -> bool:
    """Whether this program uses one of its inputs, and through `stop_gradient` alone."""
    uses = [equation for equation in jaxpr.eqns if any(atom is var for atom in equation.invars)]
    return bool(uses) and not any(atom is var for atom in jaxpr.outvars) and all(_stops(use, var) for use in uses)


def _stops(equation: JaxprEqn, var: Any) -> bool:
    if equation.primitive.name == "stop_gradient":
        return True
    calls = equation.primitive.name in (_VJP, *_CALLS)
    inner = [body for body in bodies(equation) if calls and len(body.invars) == len(equation.invars)]
    places = [k for k, atom in enumerate(equation.invars) if atom is var]
    return bool(inner) and all(is_stopped(body, body.invars[k]) for body in inner for k in places)


def kind_of(equation: JaxprEqn) -> tuple[str, ...]:
    """What it does, and to arrays of which shapes and dtypes."""
    return equation.primitive.name, *(str(atom.aval) for atom in (*equation.invars, *equation.outvars))


def bodies(equation: JaxprEqn) -> list[Jaxpr]:
    """The programs that an operation holds."""
    parts = [part for value in equation.params.values() for part in (value if isinstance(value, tuple) else [value])]
    return [_open(part) for part in parts if isinstance(part, ClosedJaxpr | Jaxpr)]


def shape_of(atom: Any) -> jax.ShapeDtypeStruct:
    """Shape and dtype of a value in a program."""
    return jax.ShapeDtypeStruct(atom.aval.shape, atom.aval.dtype)


def apply_equation(equation: JaxprEqn, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of one operation."""
    prepared = equation.primitive.get_bind_params(equation.params)
    # Functions among the parameters stand apart before JAX 0.11.
    functions, params = prepared if isinstance(prepared, tuple) else ((), prepared)
    outputs = equation.primitive.bind(*functions, *inputs, **params)
    return list(outputs) if equation.primitive.multiple_results else [outputs]


def run_inlined(jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any]) -> list[Any]:
    """The outputs of a program, with the bodies of its calls in their place."""
    return _run(jaxpr, consts, args, _CALLS)


def _run(
    jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any], kinds: tuple[str, ...], seen: list[Step] | None = None
) -> list[Any]:
    """The outputs of a program with its operations of some kinds opened; each that is not is added to `seen`."""
    values: dict[Any, Any] = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *args], strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else values[atom]

    for equation in jaxpr.eqns:
        inputs = [read(atom) for atom in equation.invars]
        if equation.primitive.name.startswith(kinds):
            body = next(equation.params[key] for key in _BODIES if key in equation.params)
            outputs = _run(_open(body), getattr(body, "consts", ()), inputs, kinds, seen)
        elif kinds != _CALLS and any(
            e.primitive.name.startswith(kinds) for body in bodies(equation) for e in equations(body)
        ):
            outputs = apply_equation(equation.replace(params=_opened_params(equation, kinds)), inputs)
        else:
            outputs = apply_equation(equation, inputs)
        values |= zip(equation.outvars, outputs, strict=True)
        if seen is not None:
            seen.append(Step(equation, inputs, outputs))
    return [read(atom) for atom in jaxpr.outvars]


def _opened_params(equation: JaxprEqn, kinds: tuple[str, ...]) -> dict[str, Any]:
    """The operation's parameters, with the rules inside its programs opened too."""

    def opened(part: Any) -> Any:
        if isinstance(part, tuple):
            inner = map(opened, part)
            return type(part)(*inner) if hasattr(part, "_fields") else tuple(inner)
        if not isinstance(part, ClosedJaxpr | Jaxpr):
            return part
        consts = part.consts if isinstance(part, ClosedJaxpr) else ()
        specs = [shape_of(v) for v in _open(part).invars]
        traced = jax.make_jaxpr(lambda *args: _run(_open(part), consts, args, kinds))(*specs)
        return traced if isinstance(part, ClosedJaxpr) else traced.jaxpr

    return {name: opened(value) for name, value in equation.params.items()}


def _open(body: Any) -> Jaxpr:
    return body.jaxpr if isinstance(body, ClosedJaxpr) else body


def _name(equation: JaxprEqn) -> str:
    return getattr(equation.params.get("bwd"), "__name__", "rule")

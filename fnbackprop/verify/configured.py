"""A configured model, node by node at its real shapes, and as a whole."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from inspect import Parameter, Signature
from typing import Any

import jax
from jax import Array

from ..core.module import Context, Module, Variables
from ..graph import Graph
from ..graph.node import Node
from ..modules.function import Function
from .arguments import positional_names
from .case import Level
from .primal import rule_calls, undecorated
from .report import VjpReport
from .verify_vjp import verify_vjp

# A whole graph holds many rules, each checked alone: these show that they are put together rightly.
_OF_THE_WHOLE = ("structure", "value", "reference", "differences", "linearity", "transforms")


def verify_graph(
    graph: Graph,
    variables: Variables,
    *xs: Array,
    cost: Callable | None = None,
    targets: Array | None = None,
    level: Level = "fast",
    seed: int = 0,
    only: Collection[str] = (),
) -> Iterator[VjpReport]:
    """Each node at the arrays that it reads for these inputs, equal ones once; then the graph, under `cost` if given.

    cost: a function of the outputs, the targets and a context.
    only: names of the checks to run; all of the level's by default, of the whole a few.

    The whole is compared with the same graph with every rule replaced by its reference, or where it has none, as in a
    function of somebody's own, by its undecorated function.
    """
    context = Context(key=jax.random.key(seed), train=True)
    seen: set[Any] = set()
    for node, own, read, inner in _nodes(graph, variables, xs, context):
        kind = (node.module, tuple((x.shape, x.dtype) for x in read))
        if kind not in seen:
            seen.add(kind)
            rule, reference = (_of(node.module, own, c) for c in (inner, _reference(inner)))
            args, name = (own.params, *read), f"{node.name}: {node.module}"
            yield verify_vjp(rule, *args, **_compared(reference, args), level=level, seed=seed, name=name, only=only)

    def whole(context: Context) -> Callable:
        apply = _of(graph, variables, context)
        if cost is None:
            return apply
        return lambda params, targets, *xs: cost(apply(params, *xs)[0], targets, context)

    args = (variables.params, *(() if cost is None else (targets,)), *xs)
    if checks := [check for check in _OF_THE_WHOLE if not only or check in only]:
        compared = _compared(whole(_reference(context)), args)
        yield verify_vjp(whole(context), *args, **compared, level=level, seed=seed, name="the whole graph", only=checks)


def _compared(reference: Callable, args: tuple[Any, ...]) -> dict[str, Any]:
    """What a rule is compared with; where rules are left in it, nobody promises what they do at kinks."""
    if any(rule_calls(jax.make_jaxpr(reference)(*args).jaxpr)):
        return {"reference": undecorated(reference)}
    return {"reference": reference, "convention": "reference"}


def _of(module: Module, variables: Variables, context: Context) -> Callable:
    """A module's outputs as a function of its parameters and inputs."""

    def outputs(params: Any, *xs: Array) -> tuple[Array, ...]:
        return module.apply(variables._replace(params=params), *xs, context=context)[0]

    # Its inputs are told of by the names that the module, or the function in it, gives them.
    names = positional_names(module.function) if isinstance(module, Function) else positional_names(module.apply)[1:]
    names = ["params", *(f"{name}_" if name in ("params", "others") else name for name in names)]
    parameters = [Parameter(name, Parameter.POSITIONAL_ONLY) for name in names]
    others = Parameter("others", Parameter.VAR_POSITIONAL)
    outputs.__signature__ = Signature([*parameters, others])  # type: ignore[attr-defined]
    return outputs


def _reference(context: Context) -> Context:
    return replace(context, derivatives="reference")


def _nodes(
    graph: Graph, variables: Variables, xs: tuple[Array, ...], context: Context
) -> list[tuple[Node, Variables, tuple[Array, ...], Context]]:
    found = []

    def run_node(node: Node, own: Variables, *read: Array, context: Context) -> tuple[tuple[Array, ...], Any]:
        found.append((node, own, read, context))
        return node.module.apply(own, *read, context=context)

    graph.walk(run_node, variables, *xs, context=context)
    return found

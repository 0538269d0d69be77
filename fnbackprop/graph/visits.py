"""The nodes of a graph as its two passes meet them, from shapes alone."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax

from ..core.module import Context, Spec, Variables
from .node import Node


class Visit(NamedTuple):
    """A node with the shapes of its variables, inputs and outputs, and which inputs' cotangents it must compute."""

    node: Node
    variables: Variables
    xs: tuple[Spec, ...]
    ys: tuple[Spec, ...]
    wanted: tuple[bool, ...]
    context: Context


def visits(
    walk: Callable, variables: Variables, *specs: Spec, wanted: Iterable[str], context: Context = Context()
) -> list[Visit]:
    """One for each node that `Graph.walk` runs.

    A wire's cotangent is computed where a parameter, or a wire whose cotangent is `wanted`, lies before it.
    """
    differentiated, found = set(wanted), list[Visit]()

    def visit(node: Node, own: Variables, *xs: Spec, context: Context) -> tuple[tuple[Spec, ...], Any]:
        def apply(own: Variables, context: Context, *xs: Any) -> tuple[tuple[Any, ...], Any]:
            return node.module.apply(own, *xs, context=context)

        ys, state = jax.eval_shape(apply, own, context, *xs)
        inputs = tuple(name in differentiated for name in node.inputs)
        if any(inputs) or jax.tree.leaves(own.params):
            differentiated.update(node.outputs)
        found.append(Visit(node, own, xs, ys, inputs, context))
        return ys, state

    walk(visit, variables, *specs, context=context)
    return found

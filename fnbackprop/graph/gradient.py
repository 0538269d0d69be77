"""The gradient graph: a graph reversed, as data and as a program (lecture, A1 to A3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..core.errors import GraphError
from ..core.module import Context, Spec, Variables
from .graph import Graph, require_graph
from .needs import Need, needs
from .node import Node
from .shapes import label


class ReversedNode(NamedTuple):
    """A node of the gradient graph: it reads the cotangents of the outputs, and writes those of inputs and parameters.

    `node` is the forward node that it reverses: ∂C/∂inputs = ∂C/∂outputs · ∂outputs/∂inputs. `owner` names the node
    to whose parameters' cotangent it adds, itself unless it is tied. `needs` are the values of the forward pass that
    this takes; None where the graph was reversed without shapes.
    """

    node: Node
    needs: tuple[Need, ...] | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        return self.node.outputs

    @property
    def writes(self) -> tuple[str, ...]:
        return self.node.inputs

    @property
    def owner(self) -> str:
        return self.node.owner


class Gradients(NamedTuple):
    """What the gradient graph computes: ∂C/∂params as a tree, and ∂C/∂wire by name."""

    params: Any
    wires: dict[str, Array]


@dataclass(frozen=True)
class GradientGraph:
    """The reversal of `graph`: one reversed node for each node, in the opposite order.

    A wire of the forward graph is here the edge that carries its cotangent the other way. Every wire has one reader, so
    that cotangents are summed in two places only: in the reversal of a `Duplicate`, and where parameters are tied.

    The gradients are those of `jax.grad`, bit for bit: a Duplicate's sum is the same rule in both, and tied cotangents
    are added in the same order, the last node's first. One sum has another order: where a tied node reads a parameter
    several times itself (a graph in a graph, with ties inside), its own terms are added up before they are added to the
    other nodes', and the last bits can differ.

    A graph in the graph is reversed as well; the edges in it go by their path, as "block/relu_1".
    """

    graph: Graph
    needs: Mapping[str, tuple[Need, ...]] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        """Its nodes, in the order in which they run: from which edges to which, and what each needs, where known."""
        return "\n".join([f"gradient graph of {len(self.nodes)} nodes", *(f"  {_line(node)}" for node in self.nodes)])

    @property
    def nodes(self) -> tuple[ReversedNode, ...]:
        """The reversed nodes, in the order in which they run."""
        return tuple(ReversedNode(node, self.needs.get(node.name)) for node in reversed(self.graph.nodes))

    def run(
        self, variables: Variables, *xs: Array, edges: Sequence[str] = (), context: Context = Context()
    ) -> tuple[tuple[Array, ...], Any, Gradients]:
        """Forward, then backward from a seed of 1 (lecture, A1: ∂C/∂w = 1 · ∂C/∂ȳ · ∂G/∂w).

        Returns the outputs, the next state, and the gradients of the sum of the outputs: parameters, inputs and the
        wires named in `edges`. Raises GraphError for a name that is no wire, and for a name alone.
        """
        if isinstance(edges, str):
            raise GraphError(f"edges is {edges!r}; it wants names of wires, as [{edges!r}]")
        forward, state, pullback = self.vjp(variables, *xs, context=context)
        outputs = tuple(forward[name] for name in self.graph.outputs)
        params, wires = pullback(*(jnp.ones_like(y) for y in outputs))
        for name in edges:
            if name not in wires:
                near = get_close_matches(name, wires, n=1)
                hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(wires)}"
                raise GraphError(f"there is no edge '{name}' in the gradient graph; {hint}")
        return outputs, state, Gradients(params, {name: wires[name] for name in (*self.graph.inputs, *edges)})

    def vjp(
        self, variables: Variables, *xs: Array, context: Context = Context()
    ) -> tuple[dict[str, Array], Any, Callable[..., Gradients]]:
        """The array on every wire, the next state, and the function from the outputs' cotangents to all gradients."""
        pullbacks: dict[str, Callable] = {}
        inside: dict[str, Array] = {}

        def run_node(node: Node, own: Variables, *xs: Array, context: Context) -> tuple[tuple[Array, ...], Any]:
            if not isinstance(node.module, Graph):
                ys, pullbacks[node.name], state = node_vjp(node, own, *xs, context=context)
                return ys, state
            wires, state, pullbacks[node.name] = reverse(node.module).vjp(own, *xs, context=context)
            inside.update(_inside(node, wires))
            return tuple(wires[name] for name in node.module.outputs), state

        wires, state = self.graph.walk(run_node, variables, *xs, context=context)
        return wires | inside, state, partial(self._reverse, pullbacks)

    def _reverse(self, pullbacks: dict[str, Callable], *dys: Array) -> Gradients:
        wires = dict(zip(self.graph.outputs, dys, strict=True))
        params: dict[str, Any] = {}
        for reversed_node in self.nodes:
            node, dys = reversed_node.node, tuple(wires[name] for name in reversed_node.reads)
            if isinstance(node.module, Graph):
                dparams, inside = pullbacks[node.name](*dys)
                dxs = [inside[name] for name in node.module.inputs]
                wires |= _inside(node, inside)
            else:
                dparams, *dxs = pullbacks[node.name](dys)
            wires |= zip(reversed_node.writes, dxs, strict=True)
            if jax.tree.leaves(dparams):
                other = params.get(reversed_node.owner)
                total = dparams if other is None else jax.tree.map(jnp.add, other, dparams)
                params[reversed_node.owner] = total
        return Gradients(params, wires)


def _line(reversed_node: ReversedNode) -> str:
    read, written = (", ".join(f"∂C/∂{wire}" for wire in w) for w in (reversed_node.reads, reversed_node.writes))
    needed = [label(need.spec) if need.kind == "computed" else need.name for need in reversed_node.needs or ()]
    told = "" if reversed_node.needs is None else f"; needs {', '.join(needed) or 'nothing'}"
    return f"{reversed_node.node.name}: {read} → {written}{told}"


def _inside(node: Node, wires: dict[str, Array]) -> dict[str, Array]:
    return {f"{node.name}/{name}": wire for name, wire in wires.items()}


def node_vjp(
    node: Node, own: Variables, *xs: Array, context: Context
) -> tuple[tuple[Array, ...], Callable[..., tuple[Any, ...]], Any]:
    """One node's outputs, the function from their cotangents to those of its parameters and inputs, and its state."""

    def forward(params: Any, *xs: Array) -> tuple[tuple[Array, ...], Any]:
        return node.module.apply(own._replace(params=params), *xs, context=context)

    return jax.vjp(forward, own.params, *xs, has_aux=True)


def reverse(graph: Graph, *specs: Spec) -> GradientGraph:
    """The gradient graph of `graph`, as frameworks build it when they reverse the forward graph (lecture, A3).

    specs: the graph's inputs, or jax.ShapeDtypeStructs of them, from which it is known what each reversed node `needs`
        in training.

    Raises GraphError for what is no graph.
    """
    require_graph("reverse", graph)
    if not specs:
        return GradientGraph(graph)
    variables = jax.eval_shape(lambda key: graph.init(key, *specs), jax.random.key(0))
    return GradientGraph(graph, needs(graph, variables, *specs, context=Context(jax.random.key(0), train=True)))

"""A directed acyclic graph of modules, which is a module again."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress
from typing import Any, get_args

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import PRNGKeyArray

from ..core.errors import FnbackpropError, GraphError, ShapeError, kind_of, of_own_code
from ..core.module import Context, Derivatives, Meaning, Module, Spec, Variables
from ..core.work import Work
from ..modules.function import Function
from .given import name_inputs, refusing_others, require_key, require_variables
from .node import Node
from .visits import visits
from .wiring import wire


@dataclass(frozen=True)
class Graph(Module):
    """Modules wired by name into a directed acyclic graph (lecture, A5).

    nodes: modules, `Node`s, or plain JAX functions; one without inputs reads the one before it, so that a list of
        modules is a sequence. Held in an order that runs, with a `Duplicate` wherever a wire has several readers.
    inputs: names of the graph's inputs.
    outputs: wires that the graph returns; those of the last node listed where empty.
    derivatives: "reference" runs every rule's reference instead, whose autodiff has forward mode too.

    Its variables are trees keyed by node name. Raises GraphError where the nodes form no such graph (a cycle, an
    unknown, duplicate or unread name), or what it is given is no key or no variables; and ShapeError, from `init`,
    where a node cannot take what it reads.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[str, ...] = ("x",)
    outputs: tuple[str, ...] = ()
    derivatives: Derivatives = "rules"

    def __init__(
        self,
        nodes: Sequence[Node | Module | Callable],
        inputs: Sequence[str] = ("x",),
        outputs: Sequence[str] = (),
        derivatives: Derivatives = "rules",
    ):
        if derivatives not in get_args(Derivatives):
            raise ValueError(
                f"Graph got derivatives={derivatives!r}; it wants one of {', '.join(get_args(Derivatives))}"
            )
        if isinstance(nodes, Module | Node) or callable(nodes):
            raise GraphError(f"Graph got {kind_of(nodes)}; it wants a sequence of modules: Graph([…])")
        wired, wires = wire([_node(n) for n in nodes], inputs, outputs)
        fields = {"nodes": wired, "inputs": tuple(inputs), "outputs": wires, "derivatives": derivatives}
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def output_count(self) -> int:  # type: ignore[override]
        return len(self.outputs)

    @property
    def produces(self) -> Meaning:  # type: ignore[override]
        """What the numbers on its last output mean, seen through modules that hand their input on."""
        writer = {name: node for node in self.nodes for name in node.outputs}
        wire = self.outputs[-1]
        while wire in writer and writer[wire].module.produces == "input":
            wire = writer[wire].inputs[0]
        return writer[wire].module.produces if wire in writer else "input"

    def __str__(self) -> str:
        return f"Graph of {len(self.nodes)} nodes"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        require_key(key)
        wires = name_inputs(self.inputs, specs)
        variables = Variables({}, {}, {})
        for node in self.nodes:
            xs = [wires[name] for name in node.inputs]
            with _naming(node, xs):
                own = node.module.init(jax.random.fold_in(key, node.seed), *xs)
                if node.tied:
                    _check_tied(node, own.params, variables.params.get(node.tied, ()))
                    own = own._replace(params=())
                for tree, part in zip(variables, own, strict=True):
                    if jax.tree.leaves(part):
                        tree[node.name] = part
                ys, _ = jax.eval_shape(node.module.apply, _of(node, variables), *xs)
                wires |= zip(node.outputs, ys, strict=True)
        return variables

    def apply(self, variables: Variables, *xs: Array, context: Context = Context()) -> tuple[tuple[Array, ...], Any]:
        wires, state = self.wires(variables, *xs, context=context)
        return tuple(wires[name] for name in self.outputs), state

    def wires(self, variables: Variables, *xs: Array, context: Context = Context()) -> tuple[dict[str, Array], Any]:
        """The array on every wire, by name, and the next state."""
        return self.walk(_apply, variables, *xs, context=context)

    def memory(self, variables: Variables, *specs: Spec, length: int) -> Any:
        """That of its nodes, by name."""
        wires, state = name_inputs(self.inputs, specs), {}
        for node in self.nodes:
            own, xs = _of(node, variables), [wires[name] for name in node.inputs]
            own = own._replace(state=node.module.memory(own, *xs, length=length))
            if jax.tree.leaves(own.state):
                state[node.name] = own.state
            one_place = partial(node.module.apply, context=Context(position=jnp.int32(0)))
            ys, _ = jax.eval_shape(one_place, own, *xs)
            wires |= zip(node.outputs, ys, strict=True)
        return state

    def work(
        self, variables: Variables, *specs: Spec, wanted: Sequence[bool] | None = None, context: Context = Context()
    ) -> Work:
        """The work of its nodes, summed."""
        inputs = self.inputs if wanted is None else compress(self.inputs, wanted)
        return Work.total(
            visit.node.module.work(visit.variables, *visit.xs, wanted=visit.wanted, context=visit.context)
            for visit in visits(self.walk, variables, *specs, wanted=inputs, context=context)
        )

    def walk(
        self, run_node: Callable[..., tuple[tuple[Any, ...], Any]], variables: Variables, *xs: Any, context: Context
    ) -> tuple[dict[str, Any], Any]:
        """What `run_node(node, variables, *xs, context=…)` puts on every wire, node by node, and the next state."""
        if self.derivatives == "reference":
            context = replace(context, derivatives="reference")
        require_variables(variables)
        wires = name_inputs(self.inputs, xs)
        state = {}
        for node in self.nodes:
            own, read = _of(node, variables), [wires[name] for name in node.inputs]
            with jax.named_scope(node.name), _noting(node, read), refusing_others(node, self.nodes, variables):
                ys, node_state = run_node(node, own, *read, context=context.fold(node.seed))
            wires |= zip(node.outputs, ys, strict=True)
            if node.name in variables.state:
                state[node.name] = node_state
        return wires, state


def _apply(node: Node, own: Variables, *xs: Array, context: Context) -> tuple[tuple[Array, ...], Any]:
    return node.module.apply(own, *xs, context=context)


def _node(part: Node | Module | Callable) -> Node:
    if isinstance(part, Node):
        return part
    if isinstance(part, type) or not (isinstance(part, Module) or callable(part)):
        raise GraphError(f"a graph got {part!r}; it wants modules, as ReLU(), nodes, or functions of arrays")
    return Node(part if isinstance(part, Module) else Function(part))


def _of(node: Node, variables: Variables) -> Variables:
    """The variables of one node; a module without parameters has none to keep."""
    names = Variables(node.owner, node.name, node.name)
    return Variables(*(dict(tree).get(name, ()) for tree, name in zip(variables, names, strict=True)))


def _check_tied(node: Node, own: Any, owners: Any) -> None:
    wanted, got = (jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), tree) for tree in (own, owners))
    if wanted != got:
        raise ShapeError(
            f"it is tied to '{node.tied}', whose parameters are {_texts(owners)}; it wants {_texts(own)}: "
            "give both modules the same options and inputs of the same width"
        )


def _texts(tree: Any) -> str:
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return ", ".join(f"{jax.tree_util.keystr(p, simple=True)} {spec_text(leaf)}" for p, leaf in leaves) or "none"


def require_graph(what: str, graph: object) -> None:
    """Raise GraphError where it is none, as a module or a list of them."""
    if not isinstance(graph, Graph):
        raise GraphError(f"{what} wants a Graph and got {kind_of(graph)}: Graph([…]) makes one of modules")


def spec_text(spec: Spec) -> str:
    """A shape and dtype as people write them: float32[64, 10]."""
    return f"{spec.dtype}[{', '.join(map(str, spec.shape))}]"


@contextmanager
def _noting(node: Node, xs: Sequence[Any]) -> Iterator[None]:
    """Errors while a graph runs stay what they are, and say in a note which node it was and what it was given."""
    try:
        yield
    except Exception as error:
        error.add_note(f"This was {node}, which reads {', '.join(node.inputs)} of {', '.join(map(spec_text, xs))}.")
        raise


@contextmanager
def _naming(node: Node, xs: Sequence[Spec]) -> Iterator[None]:
    """Errors from a module's own code say which node it was and what it was given."""
    try:
        yield
    except Exception as error:
        if isinstance(error, GraphError) and not isinstance(error, ShapeError):
            raise
        if not isinstance(error, FnbackpropError | TypeError | ValueError | KeyError | IndexError):
            raise
        what = str(error) if isinstance(error, FnbackpropError) else of_own_code(error)
        try:
            inspect.signature(node.module.apply).bind(Variables(), *xs)
        except TypeError as misfit:
            what = f"it cannot take {len(xs)} inputs ({misfit}): change its inputs"
        reads, shapes = ", ".join(node.inputs), ", ".join(map(spec_text, xs))
        raise ShapeError(f"{node} reads {reads} of {shapes}: {what}") from error

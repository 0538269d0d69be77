"""Graphs that hypothesis draws: fan-out, diamonds, tied weights, several outputs."""

import jax
import jax.numpy as jnp
from hypothesis import strategies as st

from fnbackprop import Graph, Node
from fnbackprop.modules import Add, Linear, Max, ReLU, Sigmoid, Tanh

X = jax.random.normal(jax.random.key(1), (5, 3))
MODULES = {"linear": Linear(3), "relu": ReLU(), "tanh": Tanh(), "sigmoid": Sigmoid(), "sin": Graph([jnp.sin])}
JOINS = {"add": Add(), "max": Max()}
# Numbers below 1 pick what a node reads among the wires before it.
PICK = st.floats(0, 1, exclude_max=True)
NODES = st.lists(st.tuples(st.sampled_from([*MODULES, *JOINS, "tied"]), PICK, PICK), min_size=1, max_size=30)


def graph_of(drawn: list[tuple[str, float, float]], more_outputs: list[float]) -> Graph:
    """A graph of modules that keep their input's shape: fan-out, diamonds, tied weights, several outputs."""
    nodes: list[Node] = []
    for i, (kind, first, second) in enumerate(drawn):
        wires = ["x", *(node.name for node in nodes)]
        owners = [n.name for n in nodes if n.module == MODULES["linear"] and not n.tied]
        tied = owners[int(second * len(owners))] if kind == "tied" and owners else ""
        picks = [first, second] if kind in JOINS else [first]
        inputs = tuple(wires[int(pick * len(wires))] for pick in picks)
        nodes.append(Node((MODULES | JOINS | {"tied": MODULES["linear"]})[kind], f"n{i}", inputs, tied))
    read = {name for node in nodes for name in node.inputs}
    outputs = {node.name for node in nodes} - read | {nodes[int(pick * len(nodes))].name for pick in more_outputs}
    return Graph(nodes, outputs=sorted(outputs))

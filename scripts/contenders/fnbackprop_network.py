"""The network of a problem as a graph of fnbackprop's modules."""

from typing import Any

import numpy as np

from fnbackprop import modules
from fnbackprop.build import read_plan
from fnbackprop.core.module import Module
from fnbackprop.graph import Graph

from .problem import Problem


def network(problem: Problem) -> tuple[Graph, dict[str, Any]]:
    """The graph and its first parameters."""
    if problem.heads:
        return _gpt(problem)
    layers: list[Module] = []
    for channels in problem.channels:
        layers += [modules.Conv(channels), modules.ReLU(), modules.MaxPool()]
    if problem.channels:
        layers.append(modules.Flatten())
    for width in problem.widths[1:-1]:
        layers += [modules.Linear(width), modules.ReLU()]
    model = Graph([*layers, modules.Linear(problem.widths[-1])])
    names = [node.name for node in model.nodes if isinstance(node.module, modules.Conv | modules.Linear)]
    weights = zip(names, problem.weights, strict=True)
    return model, {n: {"weight": w, "bias": np.zeros(len(w), np.float32)} for n, w in weights}


def _gpt(problem: Problem) -> tuple[Graph, dict[str, Any]]:
    """The graph of the config that comes with the package."""
    tokens, positions, *_, scale = problem.weights
    scale_1, project, back, scale_2, up, down = map(np.stack, zip(*problem.blocks, strict=True))
    repeated = {
        "norm_1": {"scale": scale_1},
        "attention_1": {"input": {"weight": project}, "output": {"weight": back}},
        "norm_2": {"scale": scale_2},
        "linear_1": {"weight": up},
        "linear_2": {"weight": down},
    }
    tables = {"tokens": {"weight": tokens}, "positions_1": {"weight": positions}}
    return read_plan("shakespeare_char").model, {**tables, "repeat_1": repeated, "layernorm_1": {"scale": scale}}

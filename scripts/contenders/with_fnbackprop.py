"""fnbackprop through its own training loop, everything that a run does on the device included."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from fnbackprop import modules, training
from fnbackprop.core.config import DataConfig, PenaltiesConfig
from fnbackprop.core.module import Module
from fnbackprop.costs import CROSS_ENTROPY
from fnbackprop.data import Examples
from fnbackprop.data.normalize import Normalization
from fnbackprop.graph import Graph

from .problem import RATE, Problem, Start, Train


def _network(problem: Problem) -> Graph:
    layers: list[Module] = []
    for channels in problem.channels:
        layers += [modules.Conv(channels), modules.ReLU(), modules.MaxPool()]
    if problem.channels:
        layers.append(modules.Flatten())
    for width in problem.widths[1:-1]:
        layers += [modules.Linear(width), modules.ReLU()]
    return Graph([*layers, modules.Linear(problem.widths[-1])])


def loop(problem: Problem) -> Start:
    """`training.Loop`: gathers from raw bytes, watches for non-finite numbers, and fetches four figures a step."""
    model = _network(problem)
    normalization = None
    if problem.inputs.dtype == np.uint8:
        normalization = Normalization(np.full(1, problem.mean, np.float32), np.full(1, problem.divisor, np.float32))
    schedule = optax.constant_schedule(RATE)
    recipe = training.Recipe(model, CROSS_ENTROPY, PenaltiesConfig(), training.adam(RATE), schedule, normalization)

    def state() -> training.TrainState:
        names = [node.name for node in model.nodes if isinstance(node.module, modules.Conv | modules.Linear)]
        weights = zip(names, problem.weights, strict=True)
        params = {n: {"weight": jnp.array(w), "bias": jnp.zeros(len(w))} for n, w in weights}
        return training.start_state(recipe, training.Variables(params, {}, {}))

    data = DataConfig(batch_size=problem.batch)
    examples = Examples(problem.inputs, problem.targets)
    trainer = training.Loop(recipe, data, examples, len(problem.inputs), jax.random.key(0), state())
    problem.write_order(np.asarray(trainer.order(0)))

    def start() -> Train:
        first = jax.block_until_ready(state())
        return lambda steps: np.concatenate([chunk.figures["loss"] for chunk in trainer.chunks(first, steps)])

    return start

"""fnbackprop through its own training loop, everything that a run does on the device included."""

from typing import Any

import jax
import numpy as np
import optax

from fnbackprop import training
from fnbackprop.core.config import DataConfig, PenaltiesConfig
from fnbackprop.core.process import tune_process
from fnbackprop.costs import CROSS_ENTROPY
from fnbackprop.data import Examples
from fnbackprop.data.normalize import Normalization

from .fnbackprop_network import network
from .problem import RATE, Problem, Start, Train


def loop(problem: Problem) -> Start:
    """`training.Loop`: gathers from raw bytes, watches for non-finite numbers, and fetches four figures a step."""
    tune_process()  # as the command line does
    model, weights = network(problem)
    normalization = None
    if problem.inputs.dtype == np.uint8:
        normalization = Normalization(np.full(1, problem.mean, np.float32), np.full(1, problem.divisor, np.float32))
    schedule = optax.constant_schedule(RATE)
    recipe = training.Recipe(model, CROSS_ENTROPY, PenaltiesConfig(), training.adam(RATE), schedule, normalization)

    @jax.jit
    def initial(params: Any) -> training.TrainState:
        return training.start_state(recipe, training.Variables(params, {}, {}))

    def state() -> training.TrainState:
        return initial(weights)

    data = DataConfig(batch_size=problem.batch)
    examples = Examples(problem.inputs, problem.targets)
    trainer = training.Loop(recipe, data, examples, len(problem.inputs), jax.random.key(0), state())
    problem.write_order(np.asarray(trainer.order(0)))

    def start() -> Train:
        first = jax.block_until_ready(state())
        return lambda steps: np.concatenate([chunk.figures["loss"] for chunk in trainer.chunks(first, steps)])

    return start

"""A run ends at the first step whose loss or gradient is no number, and never saves a model that is none."""

import numpy as np

from ..core.errors import NonFiniteError
from ..core.module import Variables
from ..core.trees import flatten_tree
from .loop import Chunk

_WATCHED = ("loss", "gradient_norm")


def check_finite(chunk: Chunk) -> None:
    """Raises NonFiniteError for the first of a chunk's steps that went wrong; with its node, where they are watched."""
    wrong = {name: ~np.isfinite(chunk.figures[name]) for name in _WATCHED}
    either = np.logical_or(*wrong.values())
    if not either.any():
        return
    # The gradient of one step spoils the loss of the next.
    at = int(np.argmax(either))
    name = next(name for name in _WATCHED if wrong[name][at])
    raise NonFiniteError(
        f"step {chunk.first + at}: the {name.replace('_', ' ')} is {chunk.figures[name][at]}{_where(chunk)}; lower "
        "optimizer.learning_rate, set optimizer.clip_norm, look for extreme inputs, or let training.non_finite skip it"
    )


def check_variables(variables: Variables, when: str) -> None:
    """Raises NonFiniteError where a parameter or a running statistic is no number."""
    for name, values in flatten_tree(variables).items():
        if not np.isfinite(np.asarray(values, np.float32)).all():
            raise NonFiniteError(f"{when}: the model's {name} is not finite; lower optimizer.learning_rate")


def _where(chunk: Chunk) -> str:
    if not chunk.health:
        return " (with [health] in the config you are told at which node)"
    # The last look is at the step that went wrong.
    place = chunk.health[-1].non_finite
    return f", first at {place}" if place else ", though every node's values are finite"

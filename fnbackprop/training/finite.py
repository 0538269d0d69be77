"""A run ends at the first step whose loss or gradient is no number, and never saves a model that is none."""

import numpy as np

from ..core.errors import NonFiniteError
from ..core.module import Module, Variables
from ..records import flatten_tree
from .health import places

_WATCHED = ("loss", "gradient_norm")


def check_finite(figures: dict[str, np.ndarray], first: int, model: Module) -> None:
    """Raises NonFiniteError for the first of the steps from `first` that went wrong; with its node, where watched."""
    wrong = {name: ~np.isfinite(figures[name]) for name in _WATCHED}
    either = np.logical_or(*wrong.values())
    if not either.any():
        return
    # The gradient of one step spoils the loss of the next.
    at = int(np.argmax(either))
    name = next(name for name in _WATCHED if wrong[name][at])
    raise NonFiniteError(
        f"step {first + at}: the {name.replace('_', ' ')} is {figures[name][at]}{_where(figures, at, model)}; lower "
        "optimizer.learning_rate, set optimizer.clip_norm, look for extreme inputs, or let training.non_finite skip it"
    )


def check_variables(variables: Variables, when: str) -> None:
    """Raises NonFiniteError where a parameter or a running statistic is no number."""
    for name, values in flatten_tree(variables).items():
        if not np.isfinite(np.asarray(values, np.float32)).all():
            raise NonFiniteError(f"{when}: the model's {name} is not finite; lower optimizer.learning_rate")


def _where(figures: dict[str, np.ndarray], at: int, model: Module) -> str:
    if "non_finite" not in figures:
        return " (with [health] in the config you are told at which node)"
    place = int(figures["non_finite"][at])
    return f", first at {places(model)[place]}" if place >= 0 else ", though every node's values are finite"

"""Everything that decides what a training step computes."""

from typing import Literal, NamedTuple

import optax

from ..core.config import PenaltiesConfig
from ..core.module import Module
from ..costs import Cost
from ..data.normalize import Normalization


class Recipe(NamedTuple):
    """A model, what it is trained to make small, and how."""

    model: Module
    cost: Cost
    penalties: PenaltiesConfig
    optimizer: optax.GradientTransformation
    learning_rate: optax.Schedule  # of the step, counted from 0
    normalization: Normalization | None
    sizes: tuple[int, ...] = ()  # to which batches are cut: see `data.buckets`
    non_finite: Literal["stop", "skip", "reduce"] = "stop"  # see `spoiled`

"""Everything that decides what a training step computes."""

from typing import Literal, NamedTuple

import optax

from ..core.config import AugmentConfig, PenaltiesConfig
from ..core.module import Module
from ..costs import Cost
from ..data.normalize import Normalization
from ..graph import FusedEnd


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
    accumulate: int = 1  # micro-batches per step: see `micro_batches`
    precision: Literal["float32", "bfloat16"] = "float32"  # what the model computes in: see `forward`
    average: float | None = None  # decay of the parameters' moving average: see `average`
    fused: FusedEnd | None = None  # a last Linear that is run in one with the cost: see `objective`
    augment: AugmentConfig = AugmentConfig()  # how training's images are changed: see `data.augment`

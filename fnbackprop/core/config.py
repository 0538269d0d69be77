"""What an experiment's config may say: the keys of each table, their types, bounds and defaults.

A table that names a thing (a module, a source, a cost, an optimizer, a schedule) also takes that thing's own options
as keys; `fnbackprop.build` checks those against the thing itself.
"""

from typing import Annotated, Literal

from pydantic import Field

from .config_table import NamingTable as NamingTable
from .config_table import NonNegative, Positive
from .config_table import Table as Table
from .run_config import BestConfig as BestConfig
from .run_config import CheckpointConfig as CheckpointConfig
from .training_config import GroupConfig as GroupConfig
from .training_config import OptimizerConfig as OptimizerConfig
from .training_config import ScheduleConfig as ScheduleConfig
from .training_config import TrainingConfig as TrainingConfig


class NodeConfig(NamingTable):
    """One node of the model."""

    module: str = Field(description="a module's name, or 'package.file:name' of your own")
    name: str = Field("", description="what other nodes call it; made from the module's name where empty")
    inputs: tuple[str, ...] = Field((), description="the nodes it reads; the one before it where empty")
    tied: str = Field("", description="the node whose parameters it shares")


class DataConfig(NamingTable):
    """Where examples come from, and how they are split, normalised and dealt out."""

    source: str = Field("digits", description="a data set's name, or 'package.file:function' of your own")
    folder: str | None = Field(None, description="where data files lie; FNBACKPROP_DATA or the user's cache if unset")
    batch_size: Positive = Field(64, description="examples per step")
    shuffle: Literal["every-epoch", "once", "never", "stratified"] = "every-epoch"
    last_batch: Literal["keep", "drop"] = Field(
        "keep", description="an epoch's ragged last batch: averaged over the examples it has, or left out"
    )
    validation: Annotated[float, Field(ge=0)] = Field(0.1, description="share (below 1) or number of examples")
    test: Annotated[float, Field(gt=0)] | None = Field(
        None, description="share or number of examples, where the source has no test part of its own (then 0.2)"
    )
    split_seed: int = Field(0, ge=0, lt=2**32, description="draws the split, whatever the experiment's seed")
    normalize: Literal["feature", "channel", "none"] = Field(
        "feature", description="what shares a mean and a deviation"
    )
    epsilon: Annotated[float, Field(gt=0)] = Field(1e-7, description="least standard deviation that is divided by")
    constant: Literal["unit", "epsilon"] = Field(
        "unit", description="divisor where the deviation is below epsilon: 1, or epsilon itself (the lecture's formula)"
    )
    device_megabytes: Annotated[float, Field(gt=0)] = Field(
        1024.0,
        description="examples that take more stay on the host, or on the disk, and come to the device as they are "
        "needed; a text always lies there",
    )
    sizes: tuple[Positive, ...] = Field(
        (),
        description="for sequences padded with zeros: the lengths to which batches are cut along axis 1, ascending, "
        "the last of them the inputs' own; a batch holds examples of one size",
    )


class AugmentConfig(Table):
    """How images are changed at random before each training step sees them; never in evaluation."""

    shift: Annotated[int, Field(ge=0)] = Field(0, description="most pixels to move along each axis; zeros come in")
    flip: bool = Field(False, description="mirror every other one, left to right")
    cutout: Annotated[int, Field(ge=0)] = Field(0, description="side of the square that is hidden, in pixels")


class CostConfig(NamingTable):
    """What the model is trained to make small."""

    name: str = Field(description="a cost's name, or 'package.file:function' of your own")


class PenaltiesConfig(Table):
    """What is added for large weights: α‖w‖² (no ½: PyTorch's and optax's weight decay is 2α) and αΣ|w|."""

    l2: NonNegative = 0.0
    l2_form: Literal["penalty", "decay"] = Field("penalty", description="part of the cost, or a decay of the weights")
    l1: NonNegative = 0.0
    l1_form: Literal["penalty", "proximal"] = Field(
        "penalty", description="part of the cost, or a soft threshold after the update, which reaches exact zeros"
    )
    biases: bool = Field(False, description="also penalise parameters that are not weights")


class HealthConfig(Table):
    """How closely the nodes' values and gradients are watched while training, and what is worth a warning."""

    every: Positive = Field(100, description="steps from one look to the next, the first at step 0")
    saturation: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.05, description="an activation is saturated where its slope is below this share of its steepest"
    )
    dead: Annotated[float, Field(gt=0, le=1)] = Field(
        0.9, description="warn of a node of whose units (features) this share is saturated for the whole batch"
    )
    vanishing: Annotated[float, Field(gt=0, lt=1)] = Field(
        1e-4, description="warn of a node whose gradient's norm is below this share of the largest node's"
    )


class ExperimentConfig(Table):
    """A whole experiment."""

    seed: int = Field(0, ge=0, lt=2**32, description="draws the initial weights, the order of examples and dropout")
    model: tuple[NodeConfig, ...] = Field(description="the nodes, first to last")
    data: DataConfig = DataConfig()
    augment: AugmentConfig = AugmentConfig()
    cost: CostConfig
    penalties: PenaltiesConfig = PenaltiesConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    training: TrainingConfig = TrainingConfig()
    health: HealthConfig | None = Field(None, description="watch the nodes' health; not watched where unset")
    checkpoint: CheckpointConfig = CheckpointConfig()
    best: BestConfig | None = Field(None, description="keep the best model; the last is the final one where unset")
    trackers: tuple[Literal["tensorboard"], ...] = Field((), description="who else is told of every row of metrics")

"""What a config may say of the optimizer and of training."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from .config_table import NamingTable, NonNegative, Positive, Table


class ScheduleConfig(NamingTable):
    """A learning rate that changes from step to step."""

    schedule: str = Field(description="the name of an optax schedule")


def _kind_of_rate(value: Any) -> str:
    return "schedule" if isinstance(value, dict | ScheduleConfig) else "number"


class GroupConfig(NamingTable):
    """Parameters that the optimizer treats in another way; also takes the optimizer's own options, for them alone."""

    names: tuple[str, ...] = Field(
        (), description="patterns of their names, as in 'linear_1.weight', 'block.*' or '*.bias'; any if empty"
    )
    ranks: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        (), description="how many axes they have (each repetition's, of those in a Repeat); any number if empty"
    )
    rate_scale: NonNegative = Field(1.0, description="multiplies their learning rate; 0: they stay as they begin")


class OptimizerConfig(NamingTable):
    """Which optax optimizer turns gradients into updates."""

    name: str = Field("adam", description="the name of an optax optimizer")
    learning_rate: Annotated[
        Annotated[float, Field(ge=0), Tag("number")] | Annotated[ScheduleConfig, Tag("schedule")],
        Discriminator(_kind_of_rate),
    ] = Field(1e-3, description="a number, or { schedule = NAME, … }")
    clip_norm: Annotated[float, Field(gt=0)] | None = Field(None, description="largest norm of the whole gradient")
    clip_value: Annotated[float, Field(gt=0)] | None = Field(
        None, description="largest magnitude of a gradient's entry"
    )
    groups: tuple[GroupConfig, ...] = Field(
        (), description="parameters with options of their own; each belongs to the first group that it matches"
    )


class TrainingConfig(Table):
    """How long to train, and how often to report."""

    epochs: Positive | None = Field(None, description="passes over the training examples; 10 if steps is unset too")
    steps: Positive | None = Field(None, description="optimizer steps, instead of epochs")
    accumulate: Positive = Field(
        1, description="parts into which a batch is cut, whose gradients are added up: less memory, the same step"
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="what modules compute in; parameters, optimizer, statistics and costs stay float32"
    )
    average: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None, description="decay of a moving average of the parameters, which is then evaluated and kept as the model"
    )
    devices: Positive | Literal["all"] = Field(
        1, description="devices that share each batch: the first so many, or all that JAX has"
    )
    report_every: Positive | None = Field(None, description="steps between reports; an epoch if unset")
    non_finite: Literal["stop", "skip", "reduce"] = Field(
        "stop",
        description="a step with a loss, gradient or parameter that is no number: ends the run, is not taken, or is "
        "taken with 0 for what is not finite in its gradient",
    )

    @model_validator(mode="after")
    def _one_length(self) -> "TrainingConfig":
        if self.epochs is not None and self.steps is not None:
            raise ValueError("got both epochs and steps; give one of them")
        return self

"""What a config may say of saving a run, and of its best model."""

from typing import Annotated

from pydantic import Field

from .config_table import NonNegative, Positive, Table


class CheckpointConfig(Table):
    """How often the run's state is saved, so that a run that was stopped can go on."""

    every_steps: Positive | None = Field(None, description="steps from one save to the next; by time alone if unset")
    every_minutes: Annotated[float, Field(gt=0)] = Field(
        1.0, description="minutes since the last save after which the state is saved whatever the step"
    )
    keep: Positive = Field(2, description="how many of the latest are kept, beside that of the best model")


class BestConfig(Table):
    """Which model is the final one, instead of the last: the best of all reports on the validation part."""

    metric: str = Field("loss", description="the figure to go by: loss, or one that is reported with the cost")
    patience: Positive | None = Field(
        None,
        description="reports in a row that are no better after which training ends; never before its time if unset",
    )
    min_change: NonNegative = Field(0.0, description="by how much a figure must be better to count as better")

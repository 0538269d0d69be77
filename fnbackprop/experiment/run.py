"""What every part of the story needs to know."""

from typing import NamedTuple

from .. import build, records, training
from ..core.stopping import StopWish


class Run(NamedTuple):
    """A run that is being trained: what it is to do, on what data, and where it is written down.

    config_digest, data_digest: what it must have in common with the checkpoints that it goes on from.
    """

    name: str
    plan: build.Plan
    data: build.Data
    folder: records.RunFolder
    log: records.Log
    wish: StopWish
    config_digest: str
    data_digest: str

    @property
    def checkpoints(self) -> records.Checkpoints:
        """The run's checkpoints."""
        return records.Checkpoints(self.folder.checkpoints)

    def trained(self, variables: training.Variables) -> training.Trained:
        """The model with these variables, and all that predicting with it takes."""
        return training.Trained(
            self.plan.model,
            variables,
            self.data.normalization,
            self.data.classes,
            self.data.splits.examples.inputs.shape[1:],
            self.plan.config.data.sizes,
            self.data_digest,
            self.data.example.tokens,
            self.data.features,
        )

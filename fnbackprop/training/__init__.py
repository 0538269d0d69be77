"""Training: the objective, a step, and the compiled loop over many."""

from ..core.module import Variables as Variables
from .batches import steps_per_epoch as steps_per_epoch
from .devices import Devices as Devices
from .evaluate import Evaluate as Evaluate
from .evaluate import compile_evaluate as compile_evaluate
from .finite import check_finite as check_finite
from .finite import check_variables as check_variables
from .look import Health as Health
from .loop import Chunk as Chunk
from .loop import Loop as Loop
from .objective import Batch as Batch
from .objective import objective as objective
from .recipe import Recipe as Recipe
from .spoiled import finite_part as finite_part
from .step import TrainState as TrainState
from .step import initial_state as initial_state
from .step import start_state as start_state
from .step import train_step as train_step
from .trained import Prediction as Prediction
from .trained import Trained as Trained
from .trained import load_trained as load_trained
from .trained import predict as predict
from .trained import raw_outputs as raw_outputs
from .trained import save_trained as save_trained
from .weights import inside_weights as inside_weights
from .weights import outside_weights as outside_weights

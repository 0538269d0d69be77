"""The records of a run: its folder, figures, arrays, log and progress, environment and report."""

from .arrays import load_arrays as load_arrays
from .arrays import save_arrays as save_arrays
from .averages import Averages as Averages
from .checkpoints import Checkpoint as Checkpoint
from .checkpoints import Checkpoints as Checkpoints
from .environment import Environment as Environment
from .environment import describe_device as describe_device
from .environment import environment as environment
from .figures import format_figures as format_figures
from .health_warnings import HealthWarnings as HealthWarnings
from .log import Log as Log
from .manifest import FileRecord as FileRecord
from .manifest import Manifest as Manifest
from .metrics import Mark as Mark
from .metrics import MetricsLog as MetricsLog
from .metrics import holds as holds
from .metrics import read_metrics as read_metrics
from .progress import TrainingProgress as TrainingProgress
from .report import write_report as write_report
from .run_folder import RunFolder as RunFolder
from .run_folder import State as State
from .trees import flatten_tree as flatten_tree
from .trees import restore_tree as restore_tree

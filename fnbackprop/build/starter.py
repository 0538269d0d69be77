"""A commented config to start from, for a named data set or task."""

from pathlib import Path
from typing import NamedTuple

from ..core.errors import ConfigError
from .problems import nearest

_CSV = """\
path = "data.csv"       # its first row names the columns
target = "label"        # the column to predict
# features = ["a", "b"] # the columns to predict it from, where not all others are
"""
_NPY = """\
inputs = "inputs.npy"   # one example a row
targets = "targets.npy" # integers are classes
"""
_TEXT = """\
path = "data.txt"       # any file
level = "bytes"         # or "characters": as many classes as there are different ones
context = 64            # bytes that are read before the next one is guessed
"""
_NPZ = """\
path = "data.npz"       # holds the arrays "inputs" and "targets"
"""


_DENSE = """\
  { module = "Linear", features = 64 },
  { module = "ReLU" },
  { module = "Dropout", rate = 0.2 },
"""
_RECURRENT = """\
  { module = "Embedding", vocabulary = 256, features = 32 },
  { module = "LSTM", features = 64 },
  { module = "Dropout", rate = 0.2 },
"""
_NORMALIZE = """\
normalize = "{per}"   # what gets zero mean and unit variance: each "feature", or a "channel" of images; or "none"
"""


class _Known(NamedTuple):
    outputs: int
    images: bool = False
    regression: bool = False
    tokens: bool = False
    epochs: int = 30
    rate: str = "3e-3"
    options: str = ""


_KNOWN = {
    "adding": _Known(1, images=True, regression=True),
    "breast_cancer": _Known(2),
    "cifar10": _Known(10, images=True, epochs=10),
    "csv": _Known(2, options=_CSV),
    "diabetes": _Known(1, regression=True, epochs=100, rate="3e-2"),  # targets of 25 to 346 are far from 0
    "digits": _Known(10),
    "fashion_mnist": _Known(10, images=True, epochs=10),
    "iris": _Known(3, epochs=100),
    "mnist": _Known(10, images=True, epochs=10),
    "npy": _Known(2, options=_NPY),
    "npz": _Known(2, options=_NPZ),
    "text": _Known(256, tokens=True, epochs=1, options=_TEXT),
    "wine": _Known(3, epochs=100),
}
# Who has no data yet names a task.
_TASKS = {"regression": "diabetes"}


def write_starter_config(name: str, source: str) -> Path:
    """Write `name`.toml with `starter_config(source)`; raises ConfigError as that does, or where the file is there."""
    name, source = name.removesuffix(".toml"), source.removesuffix(".toml")
    if not name:
        raise ConfigError("a config wants a name; NAME.toml is written")
    path, text = Path(f"{name}.toml"), starter_config(source)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(
            f"{path} exists, and is not written over; choose another name, with --data {source}"
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from None
    return path


def starter_config(source: str) -> str:
    """The text of a config that trains a small network on the data set `source`, or on one for this task.

    Raises ConfigError if unknown.
    """
    source = _TASKS.get(source, source)
    if source not in _KNOWN:
        raise ConfigError(f"no starter config for the data set '{source}'; {nearest(source, [*_KNOWN, *_TASKS])}")
    known = _KNOWN[source]
    hidden = _RECURRENT if known.tokens else ('  { module = "Flatten" },\n' if known.images else "") + _DENSE
    per = "channel" if known.images else "feature"
    normalize = "" if known.tokens else _NORMALIZE.format(per=per)
    cost, meaning = ("squared_error", "numbers") if known.regression else ("cross_entropy", "one logit per class")
    return f"""\
# fnbackprop check FILE     finds mistakes without training
# fnbackprop summary FILE   shows the nodes, their shapes and parameters
# fnbackprop train FILE     trains; any key can be set from there too: optimizer.learning_rate=3e-4

seed = 0                # draws the initial weights, the order of examples and dropout

# The nodes, first to last; each reads the one before it, unless it names its inputs.
model = [
{hidden}  {{ module = "Linear", features = {known.outputs} }},  # {meaning}
]

[data]
source = "{source}"
{known.options}batch_size = 32
shuffle = "every-epoch" # or "once", "never", "stratified": every class in every minibatch
validation = 0.1        # share of the training examples that is only watched
{normalize}
[cost]
name = "{cost}"

[penalties]
l2 = 1e-4               # α of α‖w‖²: PyTorch's weight_decay is 2α

[optimizer]
name = "adam"           # any of optax's
learning_rate = {{ schedule = "cosine_decay_schedule", init_value = {known.rate} }}

[training]
epochs = {known.epochs}
"""

"""A trained model as a file, and its outputs for new inputs."""

import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Num, Shaped

from ..core.arrays import load_arrays, save_arrays
from ..core.errors import DataError
from ..core.module import Module, Variables
from ..core.trees import flatten_tree, restore_tree
from ..data.buckets import buckets_of
from ..data.dataset import check_finite
from ..data.normalize import Normalization, normalize
from ..data.source import float32
from ..modules.sigmoid import sigmoid
from ..modules.softmax import softmax
from .finite import check_variables

Prediction = Literal["outputs", "probabilities", "classes"]

_BATCH_SIZE = 500
_SAVED = "normalization."
# What files of earlier versions do not hold.
_ADDED = {"sizes": "[]", "data_digest": '""', "tokens": "false", "features": "[]"}


class Trained(NamedTuple):
    """All that predicting takes: a model and its variables, and how raw inputs become what it was trained on."""

    model: Module
    variables: Variables
    normalization: Normalization | None
    classes: tuple[str, ...] | None  # None: regression
    input_shape: tuple[int, ...]  # of one example
    sizes: tuple[int, ...] = ()  # to which batches were cut: see `data.buckets`
    data_digest: str = ""  # of all data that it was trained and tested on: see `data.digest`
    tokens: bool = False  # whether its inputs are integers, which name the classes
    features: tuple[str, ...] = ()  # names of its inputs' columns, where they have any

    def inputs(self, examples: Any) -> jax.ShapeDtypeStruct:
        """Shape and dtype of so many inputs, as the model is given them."""
        return jax.ShapeDtypeStruct((examples, *self.input_shape), np.int32 if self.tokens else np.float32)


def save_trained(path: Path, trained: Trained) -> None:
    """Write everything but the model itself, which its config describes, to a safetensors file.

    Raises NonFiniteError, and writes nothing, where a parameter or a state is no number.
    """
    check_variables(trained.variables, "at the end")
    arrays = flatten_tree(trained.variables)
    if trained.normalization is not None:
        arrays |= {_SAVED + name: values for name, values in trained.normalization._asdict().items()}
    said = ("classes", "input_shape", *_ADDED)
    metadata = {name: json.dumps(getattr(trained, name)) for name in said}
    save_arrays(path, {name: np.asarray(values) for name, values in arrays.items()}, metadata)


def load_trained(path: Path, model: Module) -> Trained:
    """The trained `model` from a file. Raises DataError where the file is damaged or does not fit the model."""
    arrays, metadata = load_arrays(path, signed=True)
    try:
        classes, shape = (json.loads(metadata[name]) for name in ("classes", "input_shape"))
        sizes, digest, tokens, features = (json.loads(metadata.get(name, none)) for name, none in _ADDED.items())
        classes = classes if classes is None else tuple(map(str, classes))
        shape, sizes, features = tuple(map(int, shape)), tuple(map(int, sizes)), tuple(map(str, features))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: not a trained model: its metadata has no {error}") from None
    found = {name: arrays.pop(_SAVED + name) for name in Normalization._fields if _SAVED + name in arrays}
    normalization = Normalization(**found) if found else None
    trained = Trained(model, Variables(), normalization, classes, shape, sizes, str(digest), bool(tokens), features)
    like = jax.eval_shape(lambda key: model.init(key, trained.inputs(1)), jax.random.key(0))
    return trained._replace(variables=jax.tree.map(jnp.asarray, restore_tree(like, arrays)))


def predict(
    trained: Trained, inputs: Shaped[np.ndarray, "n ..."], kind: Prediction = "outputs"
) -> Num[np.ndarray, "n ..."]:
    """What the model makes of raw inputs, one example a row.

    outputs: as they are, logits or values; probabilities: of each class, or of the second where there is one logit for
    two; classes: the number of the most probable one. Raises DataError for inputs of another shape
    or that are not finite, and for probabilities or classes where there are none.
    """
    return meaning_of(trained, _outputs(trained, inputs), kind)


def meaning_of(trained: Trained, outputs: Num[np.ndarray, "n ..."], kind: Prediction) -> Num[np.ndarray, "n ..."]:
    """What `predict` makes of a model's outputs."""
    if kind == "outputs":
        return outputs
    if trained.classes is None:
        raise DataError(f"this model predicts numbers, not classes: it has outputs, but no {kind}")
    outputs = outputs[:, None] if outputs.ndim == 1 else outputs  # one logit, without an axis of its own
    binary = outputs.shape[-1] == 1
    if kind == "classes" and not binary:
        return outputs.argmax(axis=-1)
    if trained.model.produces == "probabilities":
        probabilities = outputs
    else:
        probabilities = np.asarray((sigmoid if binary else softmax)(jnp.asarray(outputs)))
    return probabilities if kind == "probabilities" else (probabilities[..., 0] > 0.5).astype(np.int64)


def raw_outputs(trained: Trained, variables: Variables, inputs: jax.Array) -> jax.Array:
    """The model's outputs for raw inputs that have the right shape; a pure function of the last two arguments."""

    def outputs_of(inputs: jax.Array) -> jax.Array:
        return trained.model.apply(variables, normalize(inputs, trained.normalization))[0][0]

    if not trained.sizes:
        return outputs_of(inputs)
    each = jnp.stack([outputs_of(inputs[:, :size]) for size in trained.sizes])
    return each[buckets_of(inputs, trained.sizes), jnp.arange(inputs.shape[0])]


def _check_tokens(inputs: Shaped[np.ndarray, "n ..."], names: tuple[str, ...]) -> None:
    if inputs.dtype.kind not in "iu" or inputs.min() < 0 or inputs.max() >= len(names):
        wanted = f"the model wants tokens, whole numbers from 0 to {len(names) - 1}"
        raise DataError(f"the inputs are {inputs.dtype} from {inputs.min()} to {inputs.max()}; {wanted}")


def _outputs(trained: Trained, inputs: Shaped[np.ndarray, "n ..."]) -> Num[np.ndarray, "n ..."]:
    if inputs.shape[1:] != trained.input_shape or not len(inputs) or inputs.dtype.kind not in "biuf":
        wanted = ", ".join(["n", *map(str, trained.input_shape)])
        raise DataError(
            f"the inputs are {inputs.dtype} of shape {inputs.shape}; the model wants numbers of shape ({wanted})"
        )
    if trained.tokens:
        _check_tokens(inputs, trained.classes or ())
        inputs = inputs.astype(np.int32)
    elif inputs.dtype != np.uint8:  # as in training
        inputs = float32(inputs)
        check_finite(inputs, "the inputs")

    run = jax.jit(lambda variables, inputs: raw_outputs(trained, variables, inputs))
    size = min(_BATCH_SIZE, len(inputs))
    # Filled up, so that the last batch does not compile a program of its own.
    padded = np.concatenate([inputs, np.repeat(inputs[-1:], -len(inputs) % size, axis=0)])
    batches = padded.reshape(-1, size, *inputs.shape[1:])
    return np.concatenate([run(trained.variables, batch) for batch in batches])[: len(inputs)]

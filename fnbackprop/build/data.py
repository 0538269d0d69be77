"""A config's data: read, split, and its normalisation fitted."""

import inspect
from typing import Any, NamedTuple

import jax
import numpy as np

from ..core.config import DataConfig
from ..core.errors import ConfigError, DataError, FnbackpropError, of_own_code
from ..data import Dataset, ExampleSpec, Splits, as_dataset, data_folder, known_example, split
from ..data.buckets import buckets_of
from ..data.normalize import Normalization, fit_normalization
from ..data.rows import is_too_large
from .named import Named


class Data(NamedTuple):
    """What an experiment learns from."""

    splits: Splits
    classes: tuple[str, ...] | None  # None: regression
    normalization: Normalization | None
    constant_features: tuple[tuple[int, ...], ...]
    buckets: np.ndarray | None = None  # of each example, where sizes are given
    features: tuple[str, ...] = ()  # their names, where they have any

    @property
    def train_buckets(self) -> np.ndarray | None:
        """The buckets of the training examples."""
        return None if self.buckets is None else self.buckets[: len(self.splits.train)]

    @property
    def example(self) -> ExampleSpec:
        """What each example is."""
        return ExampleSpec.of(self.splits.examples, self.classes)

    def specs(self, batch_size: int) -> tuple[jax.ShapeDtypeStruct, jax.ShapeDtypeStruct]:
        """Shapes and dtypes of a batch."""
        return batch_specs(self.example, batch_size)


def batch_specs(example: ExampleSpec, batch_size: int) -> tuple[jax.ShapeDtypeStruct, jax.ShapeDtypeStruct]:
    """Shapes and dtypes of a batch of such examples: its inputs, as the model sees them, and its targets."""
    return (
        jax.ShapeDtypeStruct((batch_size, *example.inputs), np.int32 if example.tokens else np.float32),
        jax.ShapeDtypeStruct((batch_size, *example.targets), np.float32 if example.classes is None else np.int32),
    )


def find_example(source: Named, config: DataConfig) -> ExampleSpec:
    """What each example of a config is; its data are read only where nothing else tells. Raises DataError."""
    if (known := known_example(config.source, source.options)) is not None:
        return known
    dataset = _read(source, config)
    return ExampleSpec.of(dataset.train, dataset.classes)


def build_data(source: Named, config: DataConfig) -> Data:
    """The data of a config. Raises DataError where it cannot be read, ConfigError where it cannot be split so."""
    dataset = _read(source, config)
    if config.sizes and is_too_large(dataset.train, config.device_megabytes):
        what = "batches are cut to sizes on the device, for which the examples are too large; raise it, or leave"
        raise ConfigError(f"data.device_megabytes: {what} data.sizes out (got {config.device_megabytes:g})")
    splits = split(dataset, config.validation, config.test, config.split_seed)
    normalization: Normalization | None = None
    constant: tuple[tuple[int, ...], ...] = ()
    if config.normalize != "none" and splits.examples.inputs.dtype != np.int32:
        inputs = splits.examples.inputs[: len(splits.train)]
        normalization, constant = fit_normalization(inputs, config.normalize, config.epsilon, config.constant)
    buckets = np.asarray(buckets_of(np.asarray(splits.examples.inputs), config.sizes)) if config.sizes else None
    return Data(splits, dataset.classes, normalization, constant, buckets, dataset.features)


def _read(source: Named, config: DataConfig) -> Dataset:
    function, options = source
    given: dict[str, Any] = {}
    if "folder" in inspect.signature(function).parameters:
        given["folder"] = data_folder(config.folder)
    name = getattr(function, "__name__", str(function))
    try:
        return as_dataset(function(**given, **options), name)
    except FnbackpropError:
        raise
    except (Exception, SystemExit) as error:  # a user's own source may raise anything
        raise DataError(f"the data source '{name}' failed: {of_own_code(error)}") from error

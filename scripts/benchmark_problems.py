"""The problems of the races: each made in a folder of its own, and larger on a GPU."""

import itertools
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from contenders.problem import Problem

from fnbackprop.data import data_folder, mnist, text

# Takes the folder that all problems lie in, and whether to make it for a GPU.
Maker = Callable[[Path, bool], Problem]


def drawn_problem(name: str, widths: tuple[int, ...], batch: int, steps: int) -> Maker:
    """So many steps on normal numbers, in a folder of this name."""

    def make(folder: Path, gpu: bool) -> Problem:
        rng = np.random.default_rng(0)
        inputs = rng.normal(size=(batch * steps, widths[0])).astype(np.float32)
        targets = rng.integers(0, widths[-1], len(inputs)).astype(np.int32)
        return Problem(folder / name, widths, batch, inputs, targets, _weights(widths))

    return make


def digits_problem(name: str, batch: int, steps: int = 256) -> Maker:
    """W2 at this batch size, in a folder of this name; on a GPU wider, at eight times the batch."""

    def make(folder: Path, gpu: bool) -> Problem:
        widths = (784, 4096, 4096, 10) if gpu else (784, 512, 256, 10)
        size = 8 * batch if gpu else batch
        count = max(size, min(60_000, steps * size) // size * size)
        inputs, targets = (array[:count] for array in _images())
        return Problem(folder / name, widths, size, inputs, targets, _weights(widths), 33.3, 78.6)

    return make


def images_problem(name: str, batch: int, steps: int = 64) -> Maker:
    """MNIST's images at this batch size, in a folder of this name; on a GPU at eight times the batch."""

    def make(folder: Path, gpu: bool) -> Problem:
        size, channels, widths = 8 * batch if gpu else batch, (32, 64), (7 * 7 * 64, 256, 10)
        inputs, targets = (array[: min(60_000 // size, steps) * size] for array in _images())
        kernels = _weights((1, *channels), (3, 3))
        weights = (*kernels, *_weights(widths))
        return Problem(
            folder / name, widths, size, inputs.reshape(-1, 28, 28, 1), targets, weights, 33.3, 78.6, channels
        )

    return make


def text_problem(name: str, batch: int = 12, steps: int = 64) -> Maker:
    """The GPT of configs/shakespeare_char.toml, in a folder of this name; on a GPU at eight times the batch."""

    def make(folder: Path, gpu: bool) -> Problem:
        size, features, hidden, vocabulary = 8 * batch if gpu else batch, 128, 512, 65
        inputs, targets = _stretches(size * steps, context=64, vocabulary=vocabulary)
        rng = np.random.default_rng(1)
        block = [(features,), (3 * features, features), (features, features)]
        block += [(features,), (hidden, features), (features, hidden)]
        shapes = [(vocabulary, features), (64, features), *4 * block, (features,)]
        weights = [rng.normal(0, 0.02, shape) if len(shape) > 1 else np.ones(shape) for shape in shapes]
        own = tuple(w.astype(np.float32) for w in weights)
        return Problem(folder / name, (), size, inputs, targets, own, heads=4)

    return make


def _stretches(count: int, context: int, vocabulary: int) -> tuple[np.ndarray, np.ndarray]:
    """Of Shakespeare where FNBACKPROP_DATA has him, otherwise of random tokens; and what comes after each token."""
    rng, file = np.random.default_rng(0), "tinyshakespeare/input.txt"
    if folder := _folder_with(file):
        inputs, targets = text(folder, file, context).train
        starts = rng.integers(0, len(inputs), count)
        return inputs[starts], targets[starts]
    tokens = rng.integers(0, vocabulary, (count, context + 1)).astype(np.int32)
    return tokens[:, :-1], tokens[:, 1:]


def _images() -> tuple[np.ndarray, np.ndarray]:
    """MNIST's where FNBACKPROP_DATA has it, otherwise noise of its shape, which takes the same time."""
    if folder := _folder_with("mnist"):
        inputs, targets = mnist(folder).train
        return inputs.reshape(-1, 784), targets
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (60_000, 784), np.uint8), rng.integers(0, 10, 60_000).astype(np.int32)


def _folder_with(name: str) -> Path | None:
    folder = os.environ.get("FNBACKPROP_DATA")
    return data_folder(folder) if folder and (data_folder(folder) / name).exists() else None


def _weights(sizes: Sequence[int], kernel: tuple[int, ...] = ()) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(1)
    shapes = [(b, *kernel, a) for a, b in itertools.pairwise(sizes)]
    return tuple(rng.normal(0, (2 / math.prod(shape[1:])) ** 0.5, shape).astype(np.float32) for shape in shapes)

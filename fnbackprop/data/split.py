"""One data set, cut into what is learned from, what is watched meanwhile, and what is looked at last."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from ..core.errors import ConfigError
from .dataset import Dataset, Examples
from .rows import join_rows, take_rows
from .windows import Windows

Indices = Int[np.ndarray, " chosen"]


class Splits(NamedTuple):
    """All examples in one pair of arrays, train, then validation, then test; each part is a range of them.

    The training part is the first so many of them.
    """

    examples: Examples
    train: range
    validation: range
    test: range


def split(dataset: Dataset, validation: float | int, test: float | int | None, seed: int) -> Splits:
    """Cut `dataset` in three, by shares (below 1) or numbers of examples; the same for the same seed, everywhere.

    Test, then validation, are drawn from `dataset.train` in proportion from every class, give or take one example; each
    part keeps the source's order. A source with a test part of its own keeps that whole, and `test` must be None;
    otherwise None means 0.2. validation = 0 gives an empty part. What is memory-mapped is not read for it. Windows of a
    text are cut where they stand: the test part is its end, the validation part what comes before; nothing of either is
    in a window that is learned from, and each token of them is predicted once. Raises ConfigError where the parts do
    not fit.
    """
    if dataset.test is not None and test is not None:
        raise ConfigError(f"data.test: got {test}, but this source has a test part of its own; leave data.test out")
    inputs, targets = dataset.train
    if isinstance(inputs, Windows):
        return _cut(dataset.train, inputs, validation, 0.2 if test is None else test)
    n_test = 0 if dataset.test is not None else _number("test", 0.2 if test is None else test, len(inputs))
    n_validation = _number("validation", validation, len(inputs)) if validation else 0
    if n_test + n_validation >= len(inputs):
        raise ConfigError(
            f"data.validation, data.test: {n_validation} + {n_test} of {len(inputs)} examples leave none to train on; "
            "make them smaller"
        )
    labels = None if dataset.classes is None else targets
    random = np.random.Philox(seed)
    remaining = np.arange(len(inputs))
    chosen_test, remaining = _draw(remaining, n_test, labels, random)
    chosen_validation, remaining = _draw(remaining, n_validation, labels, random)
    order = np.concatenate([remaining, chosen_validation, chosen_test])
    examples = Examples(take_rows(inputs, order), take_rows(targets, order))
    if dataset.test is not None:
        examples = Examples(*(join_rows(*arrays) for arrays in zip(examples, dataset.test, strict=True)))
    ends = len(remaining), len(remaining) + n_validation, len(examples.inputs)
    return Splits(examples, range(ends[0]), range(ends[0], ends[1]), range(ends[1], ends[2]))


def _cut(examples: Examples, inputs: Windows, validation: float | int, test: float | int) -> Splits:
    """A text's windows by position: all those of its beginning, and of each later part one after the other."""
    length, tokens = inputs.length, len(inputs.tokens)
    n_test = _number("test", test, tokens)
    n_validation = _number("validation", validation, tokens) if validation else 0
    ends = tokens - n_test - n_validation, tokens - n_test, tokens
    # A window of inputs is followed by one target more.
    later = (range(start, end - length, length) for start, end in pairwise(ends))
    parts = (range(max(0, ends[0] - length)), *later)
    if not parts[0] or not parts[2] or (n_validation and not parts[1]):
        raise ConfigError(
            f"data.validation, data.test: {n_validation} + {n_test} of {tokens} tokens leave a part that is no longer "
            f"than data.context = {length}; make the context smaller, or the parts more even"
        )
    return Splits(examples, *parts)


def _number(part: str, wanted: float | int, count: int) -> int:
    number = round(wanted * count) if wanted < 1 else wanted
    if wanted < 0 or number != int(number) or number < 1:
        raise ConfigError(
            f"data.{part}: got {wanted} of {count} examples; wanted a share below 1 that is at least one example, or a "
            "whole number"
        )
    return int(number)


def _draw(
    candidates: Indices, number: int, labels: Int[np.ndarray, " examples"] | None, random: np.random.Philox
) -> tuple[Int[np.ndarray, " drawn"], Int[np.ndarray, " left"]]:
    # Of a deck that is shuffled, then sorted by class, every k-th card holds each class in proportion. Raw bits, since
    # NumPy promises the same stream from version to version for these only.
    deck = candidates[np.argsort(random.random_raw(len(candidates)), kind="stable")]
    if labels is not None:
        deck = deck[np.argsort(labels[deck], kind="stable")]
    if not number:
        return deck[:0], candidates
    drawn = np.sort(deck[(2 * np.arange(number) + 1) * len(deck) // (2 * number)])
    return drawn, np.setdiff1d(candidates, drawn, assume_unique=True)

"""What every source returns: arrays that have been checked once, so that nothing after them needs to."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..core.errors import DataError
from .rows import Rows, blocks
from .windows import Windows


class Examples(NamedTuple):
    """Inputs and targets of the same examples, which are numbered along the first axis of both.

    Inputs are float32, or uint8 for images: the raw bytes 0 … 255; or int32 for tokens. Targets are int32 of shape (n,)
    for classes, float32 of shape (n, k) for regression. For text both are `Windows`, for memory-mapped
    files they may be `Rows`; these can be indexed like arrays.
    """

    inputs: np.ndarray
    targets: np.ndarray


class ExampleSpec(NamedTuple):
    """What one example is: the shapes of its input and target, and how many classes there are; None for regression.

    tokens: whether its inputs are integers that name something.
    """

    inputs: tuple[int, ...]
    targets: tuple[int, ...]
    classes: int | None
    tokens: bool = False

    @classmethod
    def of(cls, examples: Examples, classes: tuple[str, ...] | None) -> "ExampleSpec":
        """What each of some examples is, of those that have names for classes."""
        inputs, targets = examples
        tokens = inputs.dtype == np.int32
        return cls(inputs.shape[1:], targets.shape[1:], None if classes is None else len(classes), tokens)


@dataclass(frozen=True)
class Dataset:
    """Examples to learn from, a test part where the source has one of its own, and names of classes and features.

    `classes` is None for regression; `features` is empty where they have no names. Raises DataError unless inputs and
    targets have the same length, at least one example, finite numbers, and labels that each name a class.
    """

    train: Examples
    test: Examples | None = None
    classes: tuple[str, ...] | None = None
    features: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.classes is not None and len(self.classes) < 2:
            raise DataError(f"got {len(self.classes)} class(es), {self.classes}; wanted at least two to tell apart")
        _check(self.train, "train", self.classes)
        if self.test is not None:
            _check(self.test, "test", self.classes)
            for what, train, test in zip(Examples._fields, self.train, self.test, strict=True):
                if (train.dtype, train.shape[1:]) != (test.dtype, test.shape[1:]):
                    raise DataError(
                        f"one example of the train {what} is {train.dtype}{train.shape[1:]}, one of the test {what} "
                        f"{test.dtype}{test.shape[1:]}; wanted the same of both"
                    )


def _check(examples: Examples, part: str, classes: tuple[str, ...] | None) -> None:
    inputs, targets = examples
    if isinstance(inputs, Windows) or isinstance(targets, Windows):  # their source has made them right
        return
    if inputs.dtype not in (np.float32, np.uint8) or inputs.ndim < 2 or 0 in inputs.shape[1:]:
        raise DataError(
            f"{part} inputs are {inputs.dtype} of shape {inputs.shape}; wanted float32 or uint8 of shape (examples, "
            "features …), with at least one feature"
        )
    if classes is None and (targets.dtype != np.float32 or targets.ndim != 2 or not targets.shape[1]):
        raise DataError(
            f"{part} targets are {targets.dtype} of shape {targets.shape}; wanted float32 of shape (examples, outputs) "
            "for regression, or class names beside integer labels"
        )
    if classes is not None and (targets.dtype != np.int32 or targets.ndim != 1):
        raise DataError(
            f"{part} targets are {targets.dtype} of shape {targets.shape}; wanted int32 labels of shape (examples,), "
            f"since there are {len(classes)} classes"
        )
    if len(inputs) != len(targets):
        raise DataError(f"{part} part has {len(inputs)} inputs and {len(targets)} targets; wanted one target per input")
    if not len(inputs):
        raise DataError(f"{part} part holds no examples; wanted at least one")
    check_finite(inputs, f"{part} inputs")
    if classes is None:
        check_finite(targets, f"{part} targets")
    else:
        _check_labels(targets, part, classes)


def check_finite(numbers: np.ndarray | Rows, name: str) -> None:
    """Raise DataError for numbers that are not finite, with the place of the first."""
    first = 0
    for block in blocks(numbers):
        finite = np.isfinite(block)
        if not finite.all():
            row, *place = (int(i) for i in np.unravel_index(np.argmin(finite), block.shape))
            column = place[0] if len(place) == 1 else tuple(place)
            raise DataError(
                f"{name}: row {first + row}, column {column} (counted from 0) is {block[row, *place]} as float32; "
                "wanted a finite number: fill it in, or leave the row out"
            )
        first += len(block)


def _check_labels(labels: np.ndarray, part: str, classes: tuple[str, ...]) -> None:
    known = (labels >= 0) & (labels < len(classes))
    if not known.all():
        row = int(np.argmin(known))
        raise DataError(
            f"{part} targets: row {row} (counted from 0) has label {labels[row]}; wanted 0 to {len(classes) - 1}, "
            f"one of the {len(classes)} classes"
        )

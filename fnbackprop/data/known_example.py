"""What each example of the named data sets is, so that shapes are known without their files."""

from collections.abc import Mapping
from typing import Any

from .dataset import ExampleSpec

_KNOWN = {
    "breast_cancer": ExampleSpec((30,), (), 2),
    "cifar10": ExampleSpec((32, 32, 3), (), 10),
    "diabetes": ExampleSpec((10,), (1,), None),
    "fashion_mnist": ExampleSpec((28, 28, 1), (), 10),
    "iris": ExampleSpec((4,), (), 3),
    "mnist": ExampleSpec((28, 28, 1), (), 10),
    "wine": ExampleSpec((13,), (), 3),
}


def known_example(source: str, options: Mapping[str, Any]) -> ExampleSpec | None:
    """What each example of a source is; None where only reading it can tell."""
    if source == "digits":
        return ExampleSpec((8, 8, 1) if options.get("images") else (64,), (), 10)
    return _KNOWN.get(source)

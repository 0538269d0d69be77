"""What is known of examples without reading them is what reading them shows."""

from typing import Any

import pytest

from fnbackprop import data
from fnbackprop.data import Dataset, ExampleSpec, known_example

pytestmark = pytest.mark.quick


def read(dataset: Dataset) -> ExampleSpec:
    return ExampleSpec.of(dataset.train, dataset.classes)


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "digits", "iris", "wine"])
def test_the_data_sets_that_need_no_download(name: str) -> None:
    assert known_example(name, {}) == read(getattr(data, name)())


@pytest.mark.parametrize("options", [{"images": True}, {"by_class": True}])
def test_digits_depend_on_an_option(options: dict[str, Any]) -> None:
    assert known_example("digits", options) == read(data.digits(**options))


# As their publishers say: 28×28 grey pixels, 32×32 pixels of three colours, ten classes each.
@pytest.mark.parametrize(
    ("name", "shape"), [("mnist", (28, 28, 1)), ("fashion_mnist", (28, 28, 1)), ("cifar10", (32, 32, 3))]
)
def test_the_data_sets_that_are_downloaded(name: str, shape: tuple[int, ...]) -> None:
    assert known_example(name, {}) == ExampleSpec(shape, (), 10)


@pytest.mark.parametrize("name", ["adding", "csv", "npy", "npz", "mine.file:moons"])
def test_others_must_be_read(name: str) -> None:
    assert known_example(name, {}) is None

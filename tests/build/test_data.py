"""A config's data: read, split, and normalised by its training part only."""

from collections.abc import Callable

import numpy as np
import pytest

from fnbackprop import ConfigError, DataError
from fnbackprop.build import Data, Plan, build_data

pytestmark = pytest.mark.quick


@pytest.fixture
def data_of(plan_of: Callable[..., Plan]) -> Callable[..., Data]:
    def make(*overrides: str, allow: tuple[str, ...] = ()) -> Data:
        plan = plan_of(*overrides, allow=allow)
        return build_data(plan.source, plan.config.data)

    return make


def test_statistics_are_of_the_training_part(data_of: Callable[..., Data]) -> None:
    data = data_of("data={source='wine', validation=0.25, test=30}")
    training = data.splits.examples.inputs[: len(data.splits.train)].astype(np.float64)
    assert data.normalization is not None
    assert len(training) == 178 - 30 - 44
    np.testing.assert_allclose(data.normalization.mean, training.mean(0), rtol=1e-6)
    np.testing.assert_allclose(data.normalization.divisor, training.std(0), rtol=1e-6)


def test_constant_features_are_told(data_of: Callable[..., Data]) -> None:
    # The first pixel of every digit is blank, and so are some others.
    data = data_of("data={source='digits'}")
    assert (0,) in data.constant_features
    assert data_of("data={source='digits', normalize='none'}").normalization is None


def test_the_split_is_of_its_own_seed(data_of: Callable[..., Data]) -> None:
    inputs = [
        data_of(*overrides).splits.examples.inputs for overrides in (["seed=1"], ["seed=2"], ["data.split_seed=1"])
    ]
    assert np.array_equal(inputs[0], inputs[1])
    assert not np.array_equal(inputs[0], inputs[2])


def test_a_batch_as_the_model_sees_it(data_of: Callable[..., Data]) -> None:
    inputs, targets = data_of("data={source='digits', images=true}").specs(7)
    assert (inputs.shape, inputs.dtype, targets.shape, targets.dtype) == ((7, 8, 8, 1), np.float32, (7,), np.int32)


def test_own_source_gets_its_options_and_the_folder(own: str, data_of: Callable[..., Data]) -> None:
    data = data_of(f"data={{source='{own}.things:line', n=20, noise=1.0}}", allow=(own,))
    examples = data.splits.examples
    assert len(examples.inputs) == 20
    np.testing.assert_allclose(examples.targets, 3 * examples.inputs + 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("override", "error", "message"),
    [
        ("data={source='own_package.things:boom', x=1}", DataError, "'boom' failed: RuntimeError: of its own"),
        ("data={source='own_package.things:rows', x=[1], sizes=[1]}", DataError, "rows returned a list"),
        ("data={source='csv', path='gone.csv', target='t'}", DataError, "gone.csv: is not there"),
        ("data.validation=0.9", ConfigError, "data.validation, data.test: 135 [+] 30 of 150 examples leave none"),
        ("data.validation=1.5", ConfigError, "data.validation: got 1.5 of 150"),
        ("data.test=1e-6", ConfigError, "data.test: got 1e-06"),
    ],
)
def test_what_is_wrong_with_the_data(
    own: str, data_of: Callable[..., Data], override: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        data_of(override, allow=(own,))

"""The adding problem: two of the present numbers are marked, and the target is their sum."""

import numpy as np
import pytest

from fnbackprop import ConfigError
from fnbackprop.data import adding

pytestmark = pytest.mark.quick


def test_the_target_is_the_sum_of_the_two_marked_numbers() -> None:
    (inputs, targets), longest = adding(2000, 20, 1).train, 20
    assert inputs.shape == (2000, longest, 3)
    values, marked, present = np.moveaxis(inputs, -1, 0)
    lengths = present.sum(1).astype(int)
    np.testing.assert_array_equal(present, np.arange(longest) < lengths[:, None])
    np.testing.assert_allclose(targets[:, 0], (values * marked).sum(1), rtol=1e-6)
    assert (values[present == 0] == 0).all()
    for example, length in zip(marked, lengths, strict=True):
        assert example[: length // 2].sum() == 1
        assert example[length // 2 : length].sum() == 1
    assert np.bincount(lengths).nonzero()[0].tolist() == [*range(4, 21)]
    assert abs(targets.var() - 1 / 6) < 0.01
    assert abs(targets.mean() - 1) < 0.05


def test_a_seed_means_the_same_data_everywhere() -> None:
    one, two, other = (adding(10, 8, seed).train.inputs for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


@pytest.mark.parametrize("options", [{"examples": 0}, {"longest": 3}])
def test_too_little_to_add_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="it wants at least 1 and 4"):
        adding(**options)

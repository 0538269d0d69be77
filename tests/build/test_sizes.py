"""Sizes of batches that cannot be are mistakes in the config, and the model is checked at every size."""

from collections.abc import Callable

import pytest

from fnbackprop import ConfigError
from fnbackprop.build import Plan, build_data
from fnbackprop.build.recipe import build_recipe, total_steps

pytestmark = pytest.mark.quick
SEQUENCES = (
    "data={source='adding', examples=100, longest=8, batch_size=10, normalize='none', sizes=[4, 8]}",
    "cost.name=squared_error",
    "model=[{module='Choose', limits=[4, 8], branches=[[{module='Flatten'}, {module='Linear', features=1}], "
    "[{module='Flatten'}, {module='Linear', features=1}]]}]",
    "training={epochs=2}",
)


def test_sizes_reach_the_recipe_and_the_length_of_the_run(checked: Callable[..., Plan]) -> None:
    plan = checked(*SEQUENCES)
    data = build_data(plan.source, plan.config.data)
    assert data.buckets is not None
    # Of all examples; an epoch is made of the training part.
    assert len(data.buckets) == 100
    small, large = (int((data.train_buckets == bucket).sum()) for bucket in (0, 1))
    assert small + large == len(data.splits.train)
    assert total_steps(plan, data) == 2 * (-(-small // 10) + -(-large // 10))
    assert build_recipe(plan, data).sizes == (4, 8)


@pytest.mark.parametrize(
    ("override", "mistake"),
    [
        ("data.sizes=[4, 9]", r"data\.sizes: should ascend, and end with the inputs' own length, 8 \(got \[4, 9\]\)"),
        ("data.sizes=[8, 4]", r"data\.sizes: should ascend"),
        ("data.sizes=[4, 4, 8]", r"data\.sizes: should ascend"),
        ("data.normalize=feature", r"data\.normalize: places along a sequence are no features"),
        ("data.device_megabytes=0.001", r"data\.device_megabytes: batches are cut to sizes on the device"),
        ("data.shuffle=stratified", r"data\.shuffle: batches are dealt out by size"),
        ("data.sizes=[2, 8]", "model: "),  # the branch for up to 4 was made for 4
        ("model.0.limits=[2, 4]", "Choose got size 8 on axis 1; its branches take up to 4"),
    ],
)
def test_sizes_that_do_not_fit(checked: Callable[..., Plan], override: str, mistake: str) -> None:
    with pytest.raises(ConfigError, match=mistake):
        checked(*SEQUENCES, override)

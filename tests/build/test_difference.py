"""What makes two configs different trainings, and what does not."""

import pytest

from fnbackprop.build import config_digest, differences

pytestmark = pytest.mark.quick

BEFORE = {
    "seed": 0,
    "model": [{"module": "Linear", "features": 8}],
    "optimizer": {"learning_rate": 1.0},
    "training": {"epochs": 3},
    "checkpoint": {"keep": 2},
    "trackers": [],
}


@pytest.mark.parametrize(
    ("now", "matters", "harmless"),
    [
        (BEFORE, [], []),
        (BEFORE | {"optimizer": {"learning_rate": 1}}, [], []),
        (
            BEFORE | {"optimizer": {"learning_rate": {"schedule": "cosine"}}},
            ["optimizer.learning_rate: 1.0 before, unset", 'optimizer.learning_rate.schedule: unset before, "cosine"'],
            [],
        ),
        (BEFORE | {"seed": 1}, ["seed: 0 before, 1 now"], []),
        (BEFORE | {"training": {"steps": 9}}, [], ["training.epochs: 3 before, unset now", "training.steps: unset"]),
        (BEFORE | {"checkpoint": {"keep": 3}}, [], ["checkpoint.keep: 2 before, 3 now"]),
        (BEFORE | {"data": {"device_megabytes": 9}}, [], ["data.device_megabytes: unset before, 9 now"]),
        (BEFORE | {"checkpoints": {"keep": 3}}, ["checkpoints.keep: unset before, 3 now"], []),
        (BEFORE | {"trackers": ["tensorboard"]}, [], ['trackers.0: unset before, "tensorboard" now']),
        (BEFORE | {"best": {"metric": "loss"}}, [], ['best.metric: unset before, "loss" now']),
        (
            BEFORE | {"model": [{"module": "Linear", "features": 9}, {"module": "ReLU"}]},
            ["model.0.features: 8 before, 9 now", 'model.1.module: unset before, "ReLU" now'],
            [],
        ),
    ],
)
def test_each_difference_is_a_line(now: dict, matters: list[str], harmless: list[str]) -> None:
    found = differences(BEFORE, now)
    for lines, wanted in zip(found, (matters, harmless), strict=True):
        assert len(lines) == len(wanted)
        assert all(line.startswith(start) for line, start in zip(lines, wanted, strict=True))
    assert (config_digest(now) == config_digest(BEFORE)) == (not matters)

"""What each table may say by itself, and what it says where it is silent."""

import pytest
from pydantic import ValidationError

from fnbackprop.core.config import (
    DataConfig,
    ExperimentConfig,
    NodeConfig,
    OptimizerConfig,
    PenaltiesConfig,
    ScheduleConfig,
    TrainingConfig,
)

pytestmark = pytest.mark.quick


def test_the_least_config_has_the_stated_defaults() -> None:
    config = ExperimentConfig(model=(NodeConfig(module="ReLU"),), cost={"name": "squared_error"})
    assert config.seed == 0
    assert (config.data.source, config.data.batch_size, config.data.shuffle) == ("digits", 64, "every-epoch")
    assert (config.data.validation, config.data.test, config.data.normalize) == (0.1, None, "feature")
    assert (config.penalties.l1, config.penalties.l2, config.penalties.biases) == (0, 0, False)
    assert (config.optimizer.name, config.optimizer.learning_rate) == ("adam", 1e-3)
    assert config.training == TrainingConfig(epochs=None, steps=None, report_every=None)


def test_a_naming_table_keeps_the_options_of_what_it_names() -> None:
    assert NodeConfig(module="Linear", features=3, name="a").options == {"features": 3}
    assert NodeConfig(module="ReLU").options == {}


def test_a_table_of_its_own_refuses_other_keys() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        PenaltiesConfig(l3=1.0)


def test_a_rate_is_a_number_or_a_schedule() -> None:
    assert OptimizerConfig(learning_rate=0.5).learning_rate == 0.5
    schedule = OptimizerConfig(learning_rate={"schedule": "cosine", "init_value": 1}).learning_rate
    assert isinstance(schedule, ScheduleConfig)
    assert schedule.options == {"init_value": 1}
    with pytest.raises(ValidationError):
        OptimizerConfig(learning_rate="fast")


@pytest.mark.parametrize(
    "bad", [{"validation": -0.1}, {"validation": float("nan")}, {"test": 0.0}, {"batch_size": 0}, {"batch_size": 2**31}]
)
def test_bounds_hold(bad: dict) -> None:
    with pytest.raises(ValidationError):
        DataConfig(**bad)


def test_a_run_has_one_length() -> None:
    with pytest.raises(ValidationError, match="got both epochs and steps; give one of them"):
        TrainingConfig(epochs=1, steps=1)


def test_a_config_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        DataConfig().batch_size = 1
    with pytest.raises(ValidationError, match="frozen"):
        PenaltiesConfig().l2 = 1.0

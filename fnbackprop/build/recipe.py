"""A plan and its data, turned into what a training step computes."""

from typing import Any

import jax
import numpy as np
import optax

from ..core.config import TrainingConfig
from ..graph import FusedEnd, fused_end
from ..training import Recipe, steps_per_epoch
from .data import Data
from .optimizer import build_optimizer
from .plan import Plan
from .registry import SCHEDULE, parameters

_DEFAULT_EPOCHS = 10


def build_recipe(plan: Plan, data: Data) -> Recipe:
    """The recipe of a plan: model, cost, penalties, optimizer, learning rate and normalisation."""
    rate = _learning_rate(plan, total_steps(plan, data))
    training = plan.config.training
    return Recipe(
        plan.model,
        plan.cost,
        plan.config.penalties,
        build_optimizer(plan, rate),
        rate,
        data.normalization,
        plan.config.data.sizes,
        training.non_finite,
        training.accumulate,
        training.precision,
        training.average,
        find_fused(plan),
        plan.config.augment,
    )


def find_fused(plan: Plan) -> FusedEnd | None:
    """The model's last Linear and the cost in one, where that pays: see `fused_end`."""
    # Chunks of a batch would each lie on one of several devices, while the others wait.
    return fused_end(plan.model, plan.cost) if plan.config.training.devices == 1 else None


def total_steps(plan: Plan, data: Data) -> int:
    """The length of the run, in steps."""
    training: TrainingConfig = plan.config.training
    if training.steps is not None:
        return training.steps
    return (training.epochs or _DEFAULT_EPOCHS) * _steps_per_epoch(plan, data)


def _steps_per_epoch(plan: Plan, data: Data) -> int:
    return steps_per_epoch(len(data.splits.train), plan.config.data, data.train_buckets)


def schedule_options(plan: Plan, steps: int) -> dict[str, Any]:
    """The options of the learning rate's schedule, which ends with the run where the config does not say when."""
    assert plan.schedule
    return schedule_length(plan, steps) | plan.schedule.options


def schedule_length(plan: Plan, steps: int) -> dict[str, int]:
    """Those of the schedule's options that the config leaves to the run's length."""
    assert plan.schedule
    schedule, options = plan.schedule
    rest = steps - options.get("transition_begin", 0)
    return {n: rest for n in SCHEDULE.left_to_the_run if n in parameters(schedule) and n not in options}


def first_step_at_rest(plan: Plan, data: Data) -> int | None:
    """The step from which a schedule leaves the learning rate 0 to the end, if there is one."""
    steps = total_steps(plan, data)
    if plan.schedule is None or schedule_length(plan, steps):
        return None
    rate = _learning_rate(plan, steps)
    if steps < 2 or rate(steps - 2) or rate(steps - 1):
        return None
    moving = np.flatnonzero(jax.vmap(rate)(np.arange(steps)))
    return int(moving[-1]) + 1 if moving.size else 0


def _learning_rate(plan: Plan, steps: int) -> optax.Schedule:
    if plan.schedule is None:
        return optax.constant_schedule(plan.config.optimizer.learning_rate)
    return plan.schedule.thing(**schedule_options(plan, steps))

"""Mistakes that no single key shows: all that can be known of an experiment before it is trained."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax

from ..core.errors import ConfigError, FnbackpropError, of_own_code
from ..core.module import Variables
from ..core.trees import flatten_tree
from ..training import Batch, Devices, Recipe, steps_per_epoch, train_step
from ..training.health import watched_step
from ..training.step import start_state
from .check_model import check_model
from .data import Data
from .groups import group_of_each
from .plan import Plan
from .problems import Problems, nearest
from .recipe import build_recipe, schedule_options, total_steps

# Options by which a schedule ends with the run where they are left out.
_ENDS = ("decay_steps", "transition_steps")


def check(plan: Plan, data: Data) -> None:
    """Raises ConfigError with everything that would go wrong in training `plan` on `data`, one line each."""
    problems = Problems(plan.file)
    _check_batches(plan, data, problems)
    _check_length(plan, data, problems)
    _check_sizes(plan, data, problems)
    _check_schedule(plan, data, problems)
    _check_best(plan, data, problems)
    variables = check_model(plan, data.example, problems)
    if variables is not None:
        _check_groups(plan, variables, problems)
    if variables is not None and not problems.lines:
        _check_training(plan, data, variables, problems)
    problems.raise_any()


def _check_batches(plan: Plan, data: Data, problems: Problems) -> None:
    config, examples = plan.config.data, len(data.splits.train)
    if config.batch_size > examples:
        problems.add("data.batch_size", f"larger than the {examples} training examples", config.batch_size)
    elif not steps_per_epoch(examples, config, data.train_buckets):
        what = "no size in data.sizes has so many training examples; make it smaller, or keep the last batch"
        problems.add("data.batch_size", what, config.batch_size)
    if config.batch_size % (parts := plan.config.training.accumulate):
        what = f"does not divide data.batch_size, {config.batch_size}: all parts of a batch are equally large"
        problems.add("training.accumulate", what, parts)
    _check_devices(plan, problems)
    if config.shuffle == "stratified" and data.classes is None:
        problems.add("data.shuffle", "there are no classes to stratify by; use every-epoch", config.shuffle)


def _check_devices(plan: Plan, problems: Problems) -> None:
    wanted, batch_size = plan.config.training.devices, plan.config.data.batch_size
    try:
        count = Devices.first(wanted).count
    except ConfigError as error:
        problems.add("training.devices", str(error), wanted)
    else:
        if batch_size % count:
            problems.add("training.devices", f"do not divide data.batch_size, {batch_size}, evenly", count)


def _check_length(plan: Plan, data: Data, problems: Problems) -> None:
    if (steps := total_steps(plan, data)) >= 2**31:
        what = f"come to {steps:,} steps; a run has at most {2**31 - 1:,}, since they are counted in int32"
        problems.add("training.epochs", what, plan.config.training.epochs)


def _check_sizes(plan: Plan, data: Data, problems: Problems) -> None:
    config, length = plan.config.data, data.splits.examples.inputs.shape[1]
    if not config.sizes:
        return
    if sorted({*config.sizes}) != [*config.sizes] or config.sizes[-1] != length:
        problems.add("data.sizes", f"should ascend, and end with the inputs' own length, {length}", [*config.sizes])
    if config.normalize == "feature":
        what = "places along a sequence are no features; use channel, whose statistics count padding too, or none"
        problems.add("data.normalize", what, config.normalize)
    if config.shuffle == "stratified":
        problems.add("data.shuffle", "batches are dealt out by size; use every-epoch", config.shuffle)


def _check_schedule(plan: Plan, data: Data, problems: Problems) -> None:
    steps = total_steps(plan, data)
    # 0: the batch is larger than the data, which has been said.
    if plan.schedule is None or not steps:
        return
    options = schedule_options(plan, steps)
    for name, value in options.items():
        # An exponential decay has no end: its transition_steps say how fast it is.
        endless = name == "transition_steps" and "decay_rate" in options
        if name == "warmup_steps" and value == options.get("decay_steps") == steps:
            problems.add(f"optimizer.learning_rate.{name}", "takes the whole run: make it shorter", value)
        if not endless and _last_step(name, value, options) > steps:
            problems.add(
                f"optimizer.learning_rate.{name}",
                f"longer than the run, which has {steps} steps: the rate would never get there; "
                + ("leave it out to end with the run" if name in _ENDS else "make it shorter"),
                value,
            )


def _last_step(name: str, value: Any, options: dict[str, Any]) -> int | float:
    """The step by which an option of a schedule has taken effect; 0 for what is no number of steps."""
    if isinstance(value, dict):  # by number of steps
        return max(value, default=0)
    if isinstance(value, list):  # cycles
        return sum(cycle.get("decay_steps", 0) for cycle in value)
    if name == "transition_steps":
        return value + options.get("transition_begin", 0)
    return value if name.endswith(("_steps", "_begin")) else 0


def _check_best(plan: Plan, data: Data, problems: Problems) -> None:
    best = plan.config.best
    if best is None:
        return
    if not data.splits.validation:
        problems.add("best", "there are no validation examples to tell which model is best; set data.validation")
    if best.metric not in (known := ["loss", *plan.cost.metrics]):
        problems.add("best.metric", f"is not reported; {nearest(best.metric, known)}", best.metric)


def _check_groups(plan: Plan, variables: Variables, problems: Problems) -> None:
    groups, penalties = plan.config.optimizer.groups, plan.config.penalties
    members = {*jax.tree.leaves(group_of_each(groups, plan.model, variables.params))}
    for i, group in enumerate(groups):
        if i not in members:
            names = ", ".join(flatten_tree(variables.params))
            problems.add(
                f"optimizer.groups.{i}", f"matches no parameter that an earlier group does not; there are {names}"
            )
        outside = [name for name in ("l1", "l2") if getattr(penalties, f"{name}_form") in ("decay", "proximal")]
        if group.rate_scale != 1 and any(getattr(penalties, name) for name in outside):
            what = "does not reach a penalty that acts on the parameters themselves; use the optimizer's weight_decay"
            problems.add(f"optimizer.groups.{i}.rate_scale", what, group.rate_scale)


def _check_training(plan: Plan, data: Data, variables: Variables, problems: Problems) -> None:
    try:
        recipe: Recipe = build_recipe(plan, data)
        state = jax.eval_shape(lambda variables: start_state(recipe, variables), variables)
        jax.eval_shape(recipe.optimizer.update, variables.params, state.optimizer, variables.params)
    except Exception as error:  # optax checks its options by using them
        problems.add("optimizer", f"{plan.config.optimizer.name} cannot be used like this: {error}")
        return
    inputs, targets = data.specs(plan.config.data.batch_size)
    health = plan.config.health
    step: Callable = train_step if health is None else partial(watched_step, config=health)
    try:
        jax.eval_shape(
            lambda state, inputs, targets, key: step(state, Batch(inputs, targets), recipe, key),
            *(state, inputs, targets, jax.random.key(0)),
        )
    except FnbackpropError as error:
        problems.add("cost", str(error))
    except Exception as error:  # a user's own module or cost may raise anything
        problems.add("", f"a training step fails: {of_own_code(error)}")

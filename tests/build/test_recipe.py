"""Every optimizer and schedule of the registry can be used, and does what its options say."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from fnbackprop.build import Plan, build_data, build_recipe, describe, total_steps
from fnbackprop.build.recipe import first_step_at_rest
from fnbackprop.build.registry import OPTIMIZER, SCHEDULE
from fnbackprop.training import Recipe

Recipes = Callable[..., Recipe]

# 105 training examples of iris in batches of 10, twice.
STEPS = 22
OPTIONS = {
    "lars": "weight_decay=0.1, weight_decay_mask=false",
    "noisy_sgd": "eta=0.1",
    "optimistic_adam": "optimism=0.1",
    "rmsprop": "momentum=0.9, centered=true",
    "sgd": "momentum=0.9, nesterov=true, accumulator_dtype='float32'",
}
SCHEDULES = {
    "constant_schedule": "value=0.1",
    "cosine_decay_schedule": "init_value=0.1, alpha=0.1",
    "cosine_onecycle_schedule": "peak_value=0.1",
    "exponential_decay": "init_value=0.1, decay_rate=0.5, staircase=true, end_value=0.01",
    "linear_onecycle_schedule": "peak_value=0.1",
    "linear_schedule": "init_value=0.1, end_value=0",
    "piecewise_constant_schedule": "init_value=0.1, boundaries_and_scales={5=0.1, 10=0.5}",
    "piecewise_interpolate_schedule": "interpolate_type='cosine', init_value=1, boundaries_and_scales={5=0.1}",
    "polynomial_schedule": "init_value=0.1, end_value=0.01, power=2",
    "sgdr_schedule": "cosine_kwargs=[{init_value=0, peak_value=0.1, warmup_steps=2, decay_steps=10},"
    "{init_value=0, peak_value=0.05, warmup_steps=2, decay_steps=10}]",
    "warmup_constant_schedule": "init_value=0, peak_value=0.1, warmup_steps=3",
    "warmup_cosine_decay_schedule": "init_value=0, peak_value=0.1, warmup_steps=3, end_value=0.01",
    "warmup_exponential_decay_schedule": "init_value=0, peak_value=0.1, warmup_steps=3, decay_rate=0.5",
}


@pytest.fixture
def recipe_of(plan_of: Callable[..., Plan]) -> Recipes:
    def make(*overrides: str) -> Recipe:
        plan = plan_of(*overrides)
        return build_recipe(plan, build_data(plan.source, plan.config.data))

    return make


def rates(recipe: Recipe, *steps: int) -> list[float]:
    return [float(recipe.learning_rate(jnp.int32(step))) for step in steps]


@pytest.mark.filterwarnings("ignore:.optimistic_adam. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", OPTIMIZER.names())
def test_every_optimizer_makes_a_step(recipe_of: Recipes, name: str) -> None:
    recipe = recipe_of(f"optimizer={{name='{name}', {OPTIONS.get(name, 'clip_norm=1')}}}")
    params = {"weight": jnp.ones((3, 4)), "bias": jnp.ones(3)}

    def step(params: dict) -> dict:
        return recipe.optimizer.update(params, recipe.optimizer.init(params), params)[0]

    updates = jax.eval_shape(step, params)
    assert jax.tree.map(jnp.shape, updates) == jax.tree.map(jnp.shape, params)


def test_the_usual_optimizers_are_there_and_those_that_want_more_than_gradients_are_not() -> None:
    assert {"sgd", "adam", "adamw", "rmsprop", "adagrad", "lion"} <= OPTIMIZER.names().keys()
    assert "lbfgs" not in OPTIMIZER.names()


def test_every_schedule_is_tried() -> None:
    assert SCHEDULE.names().keys() == SCHEDULES.keys()


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_gives_a_rate(checked: Callable[..., Plan], recipe_of: Recipes, name: str) -> None:
    override = f"optimizer={{name='sgd', learning_rate={{schedule='{name}', {SCHEDULES[name]}}}}}"
    checked(override)
    found = np.array(rates(recipe_of(override), 0, 3, STEPS))
    assert np.all((found >= 0) & (found <= 1))
    assert found.any()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # rate(t) = 0.1 (1 − t / 22), to the end of the run without being told
        ("schedule='linear_schedule', init_value=0.1, end_value=0", {0: 0.1, 11: 0.05, 22: 0.0}),
        ("schedule='linear_schedule', init_value=0.1, end_value=0, transition_steps=10", {5: 0.05, 10: 0.0, 22: 0.0}),
        ("schedule='linear_schedule', init_value=0.1, end_value=0, transition_begin=2", {2: 0.1, 12: 0.05, 22: 0.0}),
        # rate(t) = 0.1 (1 + cos(π t / 22)) / 2
        ("schedule='cosine_decay_schedule', init_value=0.1", {0: 0.1, 11: 0.05, 22: 0.0}),
        ("schedule='piecewise_constant_schedule', init_value=0.1, boundaries_and_scales={5=0.5}", {4: 0.1, 6: 0.05}),
        ("schedule='exponential_decay', init_value=0.1, decay_rate=0.25", {11: 0.05, 22: 0.025}),
    ],
)
def test_a_schedule_ends_with_the_run_unless_it_is_told_when(
    recipe_of: Recipes, options: str, expected: dict[int, float]
) -> None:
    recipe = recipe_of(f"optimizer.learning_rate={{{options}}}")
    assert rates(recipe, *expected) == pytest.approx([*expected.values()], abs=1e-8)


def test_one_number_is_the_rate_throughout(recipe_of: Recipes) -> None:
    assert rates(recipe_of("optimizer.learning_rate=0.25"), 0, STEPS) == [0.25, 0.25]


@pytest.mark.parametrize(
    ("clips", "expected"),
    [
        ("momentum=0", [3.0, 4.0]),
        ("clip_norm=1", [0.6, 0.8]),
        ("clip_value=3.5", [3.0, 3.5]),
        ("clip_norm=1, clip_value=3", [np.sqrt(0.5), np.sqrt(0.5)]),  # (3, 3), and then its direction
    ],
)
def test_gradients_are_clipped_before_the_rate(recipe_of: Recipes, clips: str, expected: list[float]) -> None:
    optimizer = recipe_of(f"optimizer={{name='sgd', learning_rate=0.5, {clips}}}").optimizer
    gradient = jnp.array([3.0, 4.0])
    update = optimizer.update(gradient, optimizer.init(gradient))[0]
    np.testing.assert_allclose(update, -0.5 * np.array(expected), rtol=1e-6)


def test_options_reach_the_optimizer(recipe_of: Recipes) -> None:
    params, gradient = jnp.array([1.0, -2.0]), jnp.array([0.5, 0.25])
    ours = recipe_of("optimizer={name='adamw', learning_rate=0.1, b1=0.5, weight_decay=0.3}").optimizer
    theirs = optax.adamw(0.1, b1=0.5, weight_decay=0.3)
    for a, b in zip(*(o.update(gradient, o.init(params), params)[0] for o in (ours, theirs)), strict=True):
        assert float(a) == pytest.approx(float(b), rel=1e-5)


def test_noise_is_of_the_experiments_seed(recipe_of: Recipes) -> None:
    def update(seed: int) -> list[float]:
        optimizer = recipe_of("optimizer={name='noisy_sgd', learning_rate=0.1}", f"seed={seed}").optimizer
        return optimizer.update(jnp.zeros(2), optimizer.init(jnp.zeros(2)))[0].tolist()

    assert update(1) == update(1) != update(2)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], 22),
        (["training={epochs=3}"], 33),
        (["data.last_batch=drop"], 20),
        (["training={steps=7}"], 7),
        (["training={}"], 110),
        (["data.validation=0"], 24),
        (["data.validation=0", "data.test=30", "data.batch_size=120"], 2),
    ],
)
def test_the_runs_length(plan_of: Callable[..., Plan], overrides: list[str], expected: int) -> None:
    plan = plan_of(*overrides)
    assert total_steps(plan, build_data(plan.source, plan.config.data)) == expected


@pytest.mark.parametrize(
    ("schedule", "rest"),
    [
        ("{schedule='cosine_decay_schedule', init_value=0.1, decay_steps=15}", 15),
        ("{schedule='piecewise_constant_schedule', init_value=0.1, boundaries_and_scales={5=0.0}}", 5),
        ("{schedule='cosine_decay_schedule', init_value=0.1, decay_steps=15, alpha=0.1}", None),
        ("{schedule='cosine_decay_schedule', init_value=0.1}", None),
        ("{schedule='cosine_decay_schedule', init_value=0.1, decay_steps=22}", None),
        ("0.1", None),
    ],
)
def test_a_rate_that_stays_at_0_before_the_end_is_told(
    plan_of: Callable[..., Plan], schedule: str, rest: int | None
) -> None:
    plan = plan_of(f"optimizer.learning_rate={schedule}")
    data = build_data(plan.source, plan.config.data)
    assert total_steps(plan, data) == 22
    assert first_step_at_rest(plan, data) == rest
    told = describe(plan, data, (), jnp.arange(len(data.splits.train)))
    wanted = f"0 from step {rest} to the end, by its schedule"
    assert told.get("learning rate") == (None if rest is None else wanted)


def test_a_last_linear_to_many_classes_is_fused_on_one_device(recipe_of: Recipes) -> None:
    many = "model=[{module='ReLU'}, {module='Linear', features=5000}]"
    fused = recipe_of(many, "cost.label_smoothing=0.1").fused
    assert fused is not None
    assert fused.linear.name == "linear_1"
    assert fused.rule.keywords == {"label_smoothing": 0.1}
    assert recipe_of(many, "training.devices='all'").fused is None
    assert recipe_of("model=[{module='ReLU'}, {module='Linear', features=3}]").fused is None

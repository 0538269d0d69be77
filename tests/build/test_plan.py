"""A config's mistakes, all of them at once; and what a config without any stands for."""

from collections.abc import Callable

import pytest
import tomli_w

from fnbackprop import ConfigError
from fnbackprop.build import Plan, build_plan, read_plan
from fnbackprop.build.config_file import shipped_configs

pytestmark = pytest.mark.quick

Problems = Callable[..., list[str]]


def test_every_mistake_is_found_at_once(problems_of: Problems) -> None:
    found = problems_of(
        "sed=1",
        "data={source='irsi', batch_size='x', shufle='never'}",
        "model=[{module='Lineer'}, {module='Linear', feature=4}, {module='Dropout', rate=1.0}, {features=3}]",
        "cost={name='crossentropy'}",
        "penalties={l2=-1, l3=1}",
        "optimizer={name='adam', beta1=0.9, learning_rate={schedule='cosine', init_value=1}}",
        "training={epochs=0, report_every=1.5}",
    )
    lines = {line.partition(": ")[0]: line for line in found}
    assert len(lines) == len(found)
    hints = {
        "sed": "unknown key; did you mean 'seed'?",
        "data.source": "no source is called 'irsi'; did you mean 'iris'?",
        "data.batch_size": "should be a valid integer (got 'x')",
        "model.0.module": "no module is called 'Lineer'; did you mean 'Linear'?",
        "model.1.features": "missing, and it has no default",
        "model.1.feature": "unknown key; did you mean 'features'? there are bias, features, initializer, inputs,",
        "model.2.rate": "should be less than 1 (got 1.0)",
        "model.3.module": "missing, and it has no default",
        "cost.name": "no cost is called 'crossentropy'; did you mean 'cross_entropy'?",
        "penalties.l2": "should be greater than or equal to 0 (got -1)",
        "penalties.l3": "unknown key; there are biases, l1, l1_form, l2, l2_form (got 1)",
        "optimizer.beta1": "unknown key;",
        "optimizer.learning_rate.schedule": "no schedule is called 'cosine'",
        "training.epochs": "should be greater than 0 (got 0)",
        "training.report_every": "should be a valid integer (got 1.5)",
    }
    assert lines.keys() == hints.keys()
    for place, hint in hints.items():
        assert hint in lines[place]


def test_an_unknown_key_of_a_source_is_found_and_its_own_are_not(problems_of: Problems) -> None:
    (line,) = problems_of("data={source='digits', image=true, batch_size=8}")
    assert line.startswith("data.image: unknown key; did you mean 'images'? there are batch_size, by_class, constant, ")


def test_an_empty_config_says_what_is_needed() -> None:
    with pytest.raises(ConfigError) as caught:
        build_plan({}, "it.toml")
    assert caught.value.problems == (
        "it.toml: model: missing, and it has no default",
        "it.toml: cost: missing, and it has no default",
    )


STRICT = {
    "seed='1'": "seed: should be a valid integer (got '1')",
    "seed=true": "seed: should be a valid integer (got True)",
    "seed=1.0": "seed: should be a valid integer (got 1.0)",
    "seed=-1": "seed: should be greater than or equal to 0 (got -1)",
    f"seed={2**32}": "seed: should be less than 4294967296",
    "seed=0x" + "f" * 5000: "seed: an integer of more than 64 bits",
    "seed=[0]": "seed: should be a valid integer (got [0])",
    "seed.x=1": "seed: should be a valid integer",
    "model.0.features=true": "model.0.features: should be a valid integer (got True)",
    "model.0.features='3'": "model.0.features: should be a valid integer (got '3')",
    "model.0.features=3.0": "model.0.features: should be a valid integer (got 3.0)",
    "model.0.features=0": "model.0.features: should be greater than 0 (got 0)",
    "model.0.bias=1": "model.0.bias: should be a valid boolean (got 1)",
    "model.0.initializer=kaiming": "model.0.initializer: should be 'kaiming_normal', ",
    "model.0.name=3": "model.0.name: should be a valid string (got 3)",
    "model.0.name='a b'": "model: node 'a b' (Linear(features=3)): a name is made of",
    "model.0.inputs=x": "model.0.inputs: should be a list (got 'x')",
    "model.0.inputs=[1]": "model.0.inputs.0: should be a valid string (got 1)",
    "model.0.tied=[]": "model.0.tied: should be a valid string (got [])",
    "model=3": "model: should be a list (got 3)",
    "model={module='ReLU'}": "model: should be a list",
    "model=['ReLU']": "model.0: should be a table (got 'ReLU')",
    "model=[]": "model: a graph got no nodes",
    "data=3": "data: should be a table (got 3)",
    "cost=cross_entropy": "cost: should be a table (got 'cross_entropy')",
    "cost.label_smoothing=true": "cost.label_smoothing: should be a valid number (got True)",
    "data.validation=-0.1": "data.validation: should be greater than or equal to 0",
    "data.shuffle=sometimes": "data.shuffle: should be 'every-epoch', 'once', 'never' or 'stratified'",
    "data.folder=1979-05-27": "data.folder: 1979-05-27 is a date or a time",
    "data.source=07:32:00": "data.source: 07:32:00 is a date or a time",
    "model.0.module=1979-05-27T07:32:00Z": "model.0.module: 1979-05-27 07:32:00+00:00 is a date or a time",
    "optimizer=sgd": "optimizer: should be a table (got 'sgd')",
    "optimizer.learning_rate=nan": "optimizer.learning_rate: should be a finite number (got nan)",
    "optimizer.learning_rate=inf": "optimizer.learning_rate: should be a finite number (got inf)",
    "optimizer.learning_rate=-1": "optimizer.learning_rate: should be greater than or equal to 0 (got -1)",
    "optimizer.learning_rate=fast": "optimizer.learning_rate: should be a valid number (got 'fast')",
    "optimizer.learning_rate=true": "optimizer.learning_rate: should be a valid number (got True)",
    "optimizer.learning_rate={}": "optimizer.learning_rate.schedule: missing, and it has no default",
    "optimizer.learning_rate={schedule=3}": "optimizer.learning_rate.schedule: should be a valid string (got 3)",
    "optimizer.b1=nan": "optimizer.b1: should be a finite number (got nan)",
    "optimizer={name='sgd', momentum=true}": "optimizer.momentum: should be a valid number (got True)",
    "optimizer={name='sgd', learning_rate=1, key=1}": "optimizer.key: unknown key",
    "optimizer.clip_norm=0": "optimizer.clip_norm: should be greater than 0 (got 0)",
    "penalties.l1='small'": "penalties.l1: should be a valid number (got 'small')",
    "training={epochs=1, steps=1}": "training: got both epochs and steps; give one of them",
}


@pytest.mark.parametrize("override", STRICT, ids=lambda override: override[:40])
def test_nothing_is_converted(problems_of: Problems, override: str) -> None:
    (line,) = problems_of(override)
    assert line.startswith(STRICT[override])


def test_names_become_things(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(
        "model.0.name=out",
        "cost={name='cross_entropy', label_smoothing=0.1}",
        "data={source='digits', images=true}",
        "optimizer={name='sgd', momentum=0.9, learning_rate={schedule='linear_schedule', init_value=1, end_value=0}}",
    )
    assert [node.name for node in plan.model.nodes] == ["out"]
    assert plan.cost.rule.keywords == {"label_smoothing": 0.1}
    assert (plan.source.thing.__name__, plan.source.options) == ("digits", {"images": True})
    assert (plan.optimizer.thing.__name__, plan.optimizer.options) == ("sgd", {"momentum": 0.9})
    assert plan.schedule is not None
    assert plan.schedule.options == {"init_value": 1.0, "end_value": 0.0}


def test_a_resolved_config_reads_back_equal(plan_of: Callable[..., Plan], tmp_path) -> None:
    plan = plan_of(
        "model=[{module='Dropout', rate=0.25, exact=true},"
        "{module='Linear', features=3, name='a', inputs=['dropout_1']}]",
        "data={source='csv', path='∂/\"x\".csv', target='t', test=10, folder='f'}",
        "optimizer={learning_rate={schedule='piecewise_constant_schedule', init_value=1e-30,"
        " boundaries_and_scales={5=0.1}}, clip_norm=1}",
        "training={steps=7}",
    )
    path = tmp_path / "config.toml"
    path.write_text(tomli_w.dumps(plan.config.model_dump(mode="json", exclude_none=True)), encoding="utf-8")
    again = read_plan(path)
    assert again.config == plan.config
    assert again.model == plan.model


@pytest.mark.parametrize("name", shipped_configs())
def test_shipped_configs_have_no_mistakes(name: str) -> None:
    assert read_plan(name).config.model

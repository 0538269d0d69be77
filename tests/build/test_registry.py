"""A config runs no code that its reader did not choose; what they did choose works as one plain function."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import jax.numpy as jnp
import pytest

from fnbackprop import ConfigError, verify_vjp
from fnbackprop.build import Plan, build_data
from fnbackprop.build.registry import COST, MODULE, OPTIMIZER, SCHEDULE, SOURCE, Kind, import_named, resolve
from fnbackprop.modules import Function, ReLU

pytestmark = pytest.mark.quick

Problems = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("kind", "place", "override"),
    [
        ("module", "model.0.module", "model.0={{module='{0}:swish'}}"),
        ("cost", "cost.name", "cost.name='{0}:cauchy'"),
        ("source", "data.source", "data.source='{0}:line'"),
        ("optimizer", "optimizer.name", "optimizer.name='{0}:swish'"),
        ("schedule", "optimizer.learning_rate.schedule", "optimizer.learning_rate={{schedule='{0}:swish'}}"),
    ],
)
@pytest.mark.parametrize("allow", [(), ("own",), ("own_package.things",), "own_package_2", ("numpy",)])
def test_own_code_is_refused_and_not_imported(
    own: str, problems_of: Problems, kind: str, place: str, override: str, allow
) -> None:
    (line,) = problems_of(override.format(f"{own}.things"), allow=allow)
    assert line.startswith(f"{place}: '{own}.things:")
    assert line.endswith(f"would run code of '{own}'; if you trust it, add --allow {own}")
    assert not Path("imported").exists()
    assert own not in sys.modules


def test_own_module_is_one_function(own: str, checked: Callable[..., Plan]) -> None:
    plan = checked(f"model.0={{module='{own}.things:swish', beta=2.0}}", "data.source=iris", allow=[own])
    (node,) = plan.model.nodes
    assert node.name == "swish_1"
    assert isinstance(node.module, Function)
    assert node.module.options == (("beta", 2.0),)


def test_own_cost_and_source_are_one_function_each(own: str, checked: Callable[..., Plan]) -> None:
    plan = checked(
        f"cost={{name='{own}.things:cauchy', scale=2.0}}",
        f"data={{source='{own}.things:line', n=30, batch_size=5}}",
        "model.0.features=1",
        allow=[own],
    )
    data = build_data(plan.source, plan.config.data)
    assert data.classes is None
    assert len(data.splits.examples.inputs) == 30
    # Differences of 2 at scale 2 cost log 2 each; weights of 1 and 3 keep the mean.
    assert float(plan.cost.rule(jnp.full((2, 1), 2.0), jnp.zeros((2, 1)), jnp.array([1.0, 3.0]))) == pytest.approx(
        0.6931472
    )


def test_options_of_own_things_are_checked(own: str, problems_of: Problems) -> None:
    path = f"{own}.things"
    found = problems_of(
        f"model.0={{module='{path}:swish', beta='x', gamma=1}}",
        f"cost={{name='{path}:cauchy', scal=1}}",
        f"data={{source='{path}:line', n=1.5, noise=true}}",
        allow=[own],
    )
    assert [line.partition(": ")[0] for line in found] == [
        "model.0.beta",
        "model.0.gamma",
        "cost.scal",
        "data.n",
        "data.noise",
    ]
    assert "did you mean 'scale'?" in found[2]


def test_an_option_without_annotation_is_taken_as_it_is(own: str, plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(f"data={{source='{own}.things:wants_a_path', path='a.csv'}}", allow=[own])
    assert plan.source.options == {"path": "a.csv"}


def test_a_list_is_an_option_and_a_table_is_none(own: str, plan_of: Callable[..., Plan], problems_of: Problems) -> None:
    plan = plan_of(f"model.0={{module='{own}.things:rows', sizes=[1, 2]}}", allow=[own])
    assert plan.model.nodes[0].module.options == (("sizes", (1, 2)),)
    (line,) = problems_of(f"model.0={{module='{own}.things:table', scales={{a=1}}}}", allow=[own])
    assert line == "model.0: unhashable type: 'dict'"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own_package.things:nothing", "'own_package.things' has no 'nothing'; there are "),
        ("own_package.gone:x", "cannot import .* No module named 'own_package.gone'"),
        ("own_package.broken:x", "cannot import .* SyntaxError"),
        ("own_package..things:x", "cannot import"),
        ("own_package.things:number", "is an int; a module of your own is a function or a Module"),
        ("own_package.things:", "no module is called 'own_package.things:'"),
        (":swish", "no module is called ':swish'"),
    ],
)
def test_what_cannot_be_imported_is_named(own: str, problems_of: Problems, name: str, message: str) -> None:
    (line,) = problems_of(f"model.0={{module='{name}'}}", allow=[own, ""])
    assert re.match(f"model.0.module: .*{message}", line)


def test_registered_names_need_no_leave() -> None:
    assert resolve(MODULE, "ReLU") is ReLU


@pytest.mark.parametrize("kind", [MODULE, COST, SOURCE, OPTIMIZER, SCHEDULE], ids=lambda kind: kind.name)
def test_an_unknown_name_is_refused(kind: Kind) -> None:
    assert kind.names()
    with pytest.raises(ConfigError, match=f"no {kind.name} is called 'Frobnicate'; there are "):
        resolve(kind, "Frobnicate")


def test_what_a_package_imports_only_when_asked_is_found() -> None:
    assert import_named("fnbackprop:verify_vjp") is verify_vjp

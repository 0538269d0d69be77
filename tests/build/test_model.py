"""A config's nodes become a graph; every node's mistakes are noted."""

from dataclasses import dataclass

import pytest

from fnbackprop import Branch, Choose, Graph, Module, Node, Repeat, While
from fnbackprop.build import registry
from fnbackprop.build.config_file import apply_overrides
from fnbackprop.build.model import build_model
from fnbackprop.build.problems import Problems
from fnbackprop.modules import Above, Add, Flatten, Linear, ReLU, Tanh

pytestmark = pytest.mark.quick


def test_nodes_take_their_name_inputs_tie_and_options() -> None:
    problems = Problems("it.toml")
    graph = build_model(
        [
            {"module": "Linear", "features": 4, "bias": False, "name": "first"},
            {"module": "ReLU"},
            {"module": "Linear", "features": 4, "bias": False, "tied": "first"},
            {"module": "Add", "inputs": ["relu_1", "linear_1"]},
        ],
        (),
        problems,
    )
    assert not problems.lines
    assert graph is not None
    found = {node.name: node for node in graph.nodes}
    assert list(found) == ["first", "relu_1", "relu_1.duplicate", "linear_1", "add_1"]
    assert found["first"].module == Linear(4, bias=False)
    assert found["relu_1"].module == ReLU()
    assert found["linear_1"].tied == "first"
    assert found["add_1"].module == Add()
    assert found["add_1"].inputs == ("relu_1.duplicate.1", "linear_1")


@pytest.mark.parametrize(
    ("tables", "mistakes"),
    [
        ([{"module": "Linear"}, {"module": "Nope"}], ["model.0.features: missing", "model.1.module: no module"]),
        ([{"module": "ReLU", "name": "a"}, {"module": "ReLU", "name": "a"}], ["model: the name 'a' stands for 2"]),
        ([{"module": "ReLU", "inputs": ["b"]}, {"module": "ReLU", "name": "b"}], ["model: the nodes form a cycle"]),
        ([{"module": "ReLU", "inputs": ["y"]}], ["model: node 'relu_1' (ReLU()) reads 'y'"]),
        # These are mistakes in the table's own keys, which are noted where the whole config is read.
        ([{"module": "ReLU", "inputs": [1]}], []),
        ([{"module": "ReLU", "name": 1}], []),
        ("ReLU", []),
        (["ReLU"], []),
        ([{}], []),
    ],
)
def test_mistakes_are_noted_and_no_graph_is_made(tables: object, mistakes: list[str]) -> None:
    problems = Problems("it.toml")
    assert build_model(tables, (), problems) is None
    assert len(problems.lines) == len(mistakes)
    for line, mistake in zip(problems.lines, mistakes, strict=True):
        assert line.startswith(f"it.toml: {mistake}")


LINEAR, RELU = {"module": "Linear", "features": 3}, {"module": "ReLU"}
ABOVE = {"module": "Above", "threshold": 1.0}


@pytest.mark.parametrize(
    ("table", "module"),
    [
        ({"module": "Repeat", "times": 2, "block": LINEAR}, Repeat(Linear(3), 2)),
        ({"module": "Repeat", "times": 2, "block": [LINEAR, RELU]}, Repeat(Graph([Linear(3), ReLU()]), 2)),
        (
            {"module": "Repeat", "times": 2, "block": {**LINEAR, "name": "a"}},
            Repeat(Graph([Node(Linear(3), "a")]), 2),
        ),
        (
            {"module": "Choose", "limits": [4], "axis": 2, "branches": [RELU, [{"module": "Flatten"}, LINEAR]]},
            Choose((ReLU(), Graph([Flatten(), Linear(3)])), (4,), 2),
        ),
        (
            {"module": "Branch", "select": ABOVE, "branches": [RELU, {"module": "Tanh"}]},
            Branch(Above(1.0), (ReLU(), Tanh())),
        ),
        (
            {
                "module": "While",
                "bound": 3,
                "condition": ABOVE,
                "block": {"module": "Repeat", "times": 2, "block": RELU},
            },
            While(Repeat(ReLU(), 2), Above(1.0), 3),
        ),
        (
            {"module": "Graph", "nodes": [RELU, {"module": "Tanh", "name": "t"}], "outputs": ["relu_1", "t"]},
            Graph([ReLU(), Node(Tanh(), "t")], outputs=("relu_1", "t")),
        ),
    ],
)
def test_what_a_node_holds_is_listed_in_it(table: dict, module: Module) -> None:
    problems = Problems("it.toml")
    graph = build_model([table] if module.output_count == 1 else [table, {"module": "Add"}], (), problems)
    assert not problems.lines
    assert graph is not None
    assert graph.nodes[0].module == module


def test_overrides_reach_inside() -> None:
    tables = {"model": [LINEAR, {"module": "Repeat", "times": 2, "block": [LINEAR, RELU]}]}
    changed = apply_overrides(tables, ["model.1.block.0.features=64", "model.1.times=5"])["model"]
    graph = build_model(changed, (), Problems("it.toml"))
    assert graph is not None
    assert graph.nodes[1].module == Repeat(Graph([Linear(64), ReLU()]), 5)


@dataclass(frozen=True)
class Both(Module):
    """A user's own module that holds others."""

    first: Module
    rest: tuple[Node, ...] = ()
    last: Module | None = None


def test_a_users_own_module_may_hold_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.MODULE.names(), "Both", Both)
    problems = Problems("it.toml")
    table = {"module": "Both", "first": [LINEAR], "rest": [RELU, {**RELU, "inputs": ["x"]}], "last": RELU}
    graph = build_model([table, {"module": "Both", "first": RELU}], (), problems)
    assert not problems.lines
    assert graph is not None
    assert graph.nodes[0].module == Both(Graph([Linear(3)]), (Node(ReLU()), Node(ReLU(), inputs=("x",))), ReLU())
    assert graph.nodes[1].module == Both(ReLU())


@pytest.mark.parametrize(
    ("inside", "mistakes"),
    [
        (
            {"block": [RELU, {"module": "Linear", "featurs": 3}]},
            ["block.1.features: missing", "block.1.featurs: unknown"],
        ),
        (
            {"block": [{"module": "Relu"}, {}, 3]},
            ["block.0.module: no", "block.1.module: missing", "block.2: should be"],
        ),
        ({"block": {"module": "ReLU", "name": 3, "inputs": "x"}}, ["block.name: should be", "block.inputs: should be"]),
        ({"block": "ReLU"}, ["block: should be a table"]),
        ({"block": []}, ["block: a graph got no nodes"]),
        ({"block": [{"module": "ReLU", "inputs": ["y"]}]}, ["block: node 'relu_1' (ReLU()) reads 'y'"]),
        ({"block": {"module": "ReLU", "inputs": ["y"]}}, ["block: node 'relu_1' (ReLU()) reads 'y'"]),
        ({"times": -1, "block": {"module": "Linear"}}, ["times: should be", "block.features: missing"]),
        ({}, ["block: missing"]),
        ({"module": "Choose", "limits": [3], "branches": RELU}, ["branches: should be a list"]),
        ({"module": "Choose", "limits": [3], "branches": [RELU, "x"]}, ["branches.1: should be a table"]),
        ({"module": "Choose", "limits": [3, 2], "branches": [RELU, RELU]}, [" Choose got limits [3, 2]"]),
        ({"module": "Choose", "limits": [], "branches": []}, ["branches: Tuple should have at least 1 item"]),
        ({"module": "Repeat", "block": {"module": "Repeat", "times": 2}}, ["block.block: missing"]),
    ],
)
def test_mistakes_inside_are_noted_with_their_place(inside: dict, mistakes: list[str]) -> None:
    problems = Problems("it.toml")
    table = {"module": "Repeat", "times": 2} | inside
    if table["module"] != "Repeat":
        del table["times"]
    assert build_model([LINEAR, table], (), problems) is None
    assert len(problems.lines) == len(mistakes)
    for line, mistake in zip(problems.lines, mistakes, strict=True):
        assert line.startswith(f"it.toml: model.1{':' if mistake[0] == ' ' else '.'}{mistake}")

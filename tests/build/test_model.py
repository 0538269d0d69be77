"""A config's nodes become a graph; every node's mistakes are noted."""

import pytest

from fnbackprop.build.model import build_model
from fnbackprop.build.problems import Problems
from fnbackprop.modules import Add, Linear, ReLU

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

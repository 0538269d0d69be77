"""Files by their ending, sizes that no one could read, and what a notebook shows."""

from pathlib import Path

import jax
import numpy as np
import pytest

from fnbackprop import ConfigError, Graph, GraphError, Node, draw
from fnbackprop.modules import Add, Linear, ReLU, Tanh

pytestmark = pytest.mark.quick

X = jax.ShapeDtypeStruct((1, 4), np.float32)
PICTURE = draw(Graph([Linear(3), Tanh()]), X, cost="squared_error", title="it")


@pytest.mark.parametrize(("ending", "start"), [("svg", "<svg "), ("dot", 'digraph "it" {'), ("mmd", "flowchart ")])
def test_the_ending_picks_the_language(tmp_path: Path, ending: str, start: str) -> None:
    PICTURE.save(tmp_path / f"graph.{ending}")
    assert (tmp_path / f"graph.{ending}").read_text(encoding="utf-8").startswith(start)


@pytest.mark.parametrize("name", ["graph.png", "graph", "graph.SVG.txt"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"\.svg, \.dot or \.mmd"):
        PICTURE.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_where_it_cannot_be_written() -> None:
    with pytest.raises(ConfigError, match="the folder /nowhere does not exist"):
        PICTURE.save("/nowhere/graph.svg")


def test_too_many_nodes_are_refused_with_the_remedy() -> None:
    large = draw(Graph([Linear(4 + i) for i in range(101)]))
    for language in ("svg", "mermaid"):
        with pytest.raises(GraphError, match=r"101 nodes.*Graph of its own.*\.dot"):
            getattr(large, language)
    assert "linear_101" in large.dot
    # Folded it is small; and Duplicates do not count, which nobody wrote.
    assert "× 300" in draw(Graph([Tanh()] * 300)).svg
    names = [f"linear_{i}" for i in range(1, 101)]
    assert draw(Graph([Linear(4 + i) for i in range(100)], outputs=names[::33])).mermaid


def test_elsewhere_a_picture_says_what_to_do_with_it() -> None:
    picture = draw(Graph([Linear(2), ReLU()]))
    assert repr(picture) == "picture of 2 modules: save('it.svg'), or .svg, .dot and .mermaid as text"


def test_a_notebook_shows_a_graph_and_a_picture() -> None:
    graph = Graph([Node(Linear(3), "layer"), Tanh()])
    assert 'data-node="layer"' in graph._repr_svg_()
    assert PICTURE._repr_svg_() == PICTURE.svg
    assert Graph([Linear(4 + i) for i in range(101)])._repr_svg_() is None


def test_more_wires_than_can_be_told_apart_are_refused_at_once() -> None:
    nodes = [Node(ReLU(), "n0")]
    nodes += [Node(Add(), f"n{i}", tuple(f"n{j}" for j in range(i))) for i in range(1, 40)]
    with pytest.raises(GraphError, match="wires, and more than 400"):
        _ = draw(Graph(nodes)).svg

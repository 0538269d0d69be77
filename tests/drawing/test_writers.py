"""Each language, read back: every node and edge of graphs it was not made for, whatever they are called."""

import re
from collections import Counter
from collections.abc import Callable
from xml.etree import ElementTree

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnbackprop import Graph, Node
from fnbackprop.core.module import Module, configurable
from fnbackprop.drawing.diagram import Diagram, Link, Place
from fnbackprop.drawing.dot import write_dot
from fnbackprop.drawing.mermaid import write_mermaid
from fnbackprop.drawing.svg import write_svg
from fnbackprop.graph.diagram import make_diagram
from fnbackprop.modules import Linear, Tanh

from ..graph.random_graphs import NODES, PICK, graph_of

X = jax.ShapeDtypeStruct((5, 3), np.float32)
SVG = "{http://www.w3.org/2000/svg}"
NASTY = "a \"b\" <c> & 'd' \\e; #f [g] {h} |i| %% `j` </text>"

# (side, name or ends, what is written there)
Found = tuple[Counter[tuple[str, str, str]], Counter[tuple[str, str, str, str]]]


def wanted(diagram: Diagram) -> Found:
    """Every box and every arrow on both sides; in the gradient graph arrows run the other way."""
    nodes = Counter(("forward", p.name, "\n".join(p.forward)) for p in diagram.places)
    nodes += Counter(("backward", p.name, "\n".join(p.backward)) for p in diagram.places if p.backward)
    gone = {place.name for place in diagram.places if not place.backward}
    edges = Counter(("forward", link.tail, link.head, link.forward) for link in diagram.links)
    edges += Counter(("backward", e.head, e.tail, e.backward) for e in diagram.links if not {e.head, e.tail} & gone)
    return nodes, edges


def read_svg(text: str, diagram: Diagram) -> Found:
    nodes: Counter = Counter()
    edges: Counter = Counter()
    for side in ElementTree.fromstring(text).findall(f"{SVG}g"):
        for g in side.findall(f"{SVG}g"):
            if "data-node" in g.attrib:
                nodes[side.get("class"), g.get("data-node"), g.findtext(f"{SVG}title")] += 1
            elif "data-tail" in g.attrib:
                edges[side.get("class"), g.get("data-tail"), g.get("data-head"), g.findtext(f"{SVG}text", "")] += 1
    return nodes, edges


STRING = r'"((?:[^"\\]|\\.)*)"'


def unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text)


def read_dot(text: str, diagram: Diagram) -> Found:
    attribute = rf"\w+=(?:{STRING}|\w+)"
    attributes = rf"\[((?:{attribute}, )*{attribute})\];"
    nodes: Counter = Counter()
    edges: Counter = Counter()
    for line in map(str.strip, text.splitlines()):
        if match := re.fullmatch(rf"{STRING} {attributes}", line):
            side, _, name = unquoted(match[1]).partition(" ")
            nodes[side, name, unquoted(re.search(rf"label={STRING}", match[2])[1])] += 1
        elif match := re.fullmatch(rf"{STRING} -> {STRING} {attributes}", line):
            (side, _, tail), (_, _, head) = (unquoted(end).partition(" ") for end in match.group(1, 2))
            ends = (head, tail) if "dir=back" in match[3] else (tail, head)
            edges[side, *ends, unquoted(re.search(rf"label={STRING}", match[3])[1])] += 1
        else:
            keyword = (
                rf'digraph {STRING} {{|subgraph "\w+" {{|}}|rankdir=BT;|(node|edge) {attributes}|({attribute}; ?)+'
            )
            assert re.fullmatch(keyword, line), line
    return nodes, edges


def unescaped(text: str) -> str:
    assert not re.search(r"[\"<>&;#`|{}\[\]\\]", re.sub(r"#\d+;|<br/>", "", text)), text
    return re.sub(r"#(\d+);", lambda m: chr(int(m[1])), text.replace("<br/>", "\n"))


def read_mermaid(text: str, diagram: Diagram) -> Found:
    nodes: Counter = Counter()
    edges: Counter = Counter()
    names: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        if match := re.fullmatch(r'((forward|backward)(\d+))\["([^"]*)"\](:::\w+)?', line):
            names[match[1]] = diagram.places[int(match[3])].name
            nodes[match[2], names[match[1]], unescaped(match[4])] += 1
        elif match := re.fullmatch(r'((forward|backward)\d+) -->(?:\|"([^"]*)"\|)? (\2\d+)', line):
            edges[match[2], names[match[1]], names[match[4]], unescaped(match[3] or "")] += 1
        else:
            keyword = r'flowchart LR|classDef .*|subgraph \w+ \["[^"]*"\]|direction (BT|TB)|end|forward ~~~ backward'
            assert re.fullmatch(keyword, line), line
    return nodes, edges


LANGUAGES = [(write_svg, read_svg), (write_dot, read_dot), (write_mermaid, read_mermaid)]
each_language = pytest.mark.parametrize(("write", "read"), LANGUAGES, ids=["svg", "dot", "mermaid"])


@each_language
@settings(max_examples=10, deadline=None, derandomize=True)
@given(NODES, st.lists(PICK, max_size=2))
def test_every_node_and_edge_of_any_graph(
    write: Callable, read: Callable, drawn: list[tuple[str, float, float]], more_outputs: list[float]
) -> None:
    graph = graph_of(drawn, more_outputs)
    diagram = make_diagram(graph, X, cost="squared_error", targets=X, fold=False)
    assert {node.name for node in graph.nodes} <= {place.name for place in diagram.places}
    assert read(write(diagram), diagram) == wanted(diagram)


@each_language
@pytest.mark.quick
def test_whatever_something_is_called(write: Callable, read: Callable) -> None:
    places = (Place(NASTY, "module", (NASTY,), (NASTY, NASTY)), Place("名前", "cost", ("名前",), ("é",)))
    diagram = Diagram(places, (Link(NASTY, "名前", NASTY, NASTY),), ())
    assert read(write(diagram), diagram) == wanted(diagram)


@each_language
@pytest.mark.quick
def test_a_group_says_its_count(write: Callable, read: Callable) -> None:
    diagram = make_diagram(Graph([Linear(3), Tanh()] * 8), X)
    text = write(diagram)
    # On both sides; in Mermaid, which can frame nothing here, in every box of the group.
    assert text.count("× 8") == (6 if write is write_mermaid else 2)
    if write is not write_mermaid:
        assert "linear_8, tanh_8" in text
        assert read(text, diagram) == wanted(diagram)


@configurable
class Wordy(Module):
    """A module with more to say than fits in a box."""

    text: str = ""

    def apply(self, variables: object, x: jax.Array, **_: object) -> tuple[tuple[jax.Array], tuple[()]]:
        return (x,), ()


@pytest.mark.quick
def test_a_long_line_is_cut_in_the_svg_and_whole_where_the_pointer_rests() -> None:
    diagram = make_diagram(Graph([Node(Wordy("w" * 100), "wordy")]), X)
    svg = write_svg(diagram)
    (box,) = [g for g in ElementTree.fromstring(svg).iter(f"{SVG}g") if g.get("data-node") == "wordy"][:1]
    shown = [text.text for text in box.findall(f"{SVG}text")]
    assert shown[1].endswith("…")
    assert len(shown[1]) <= 32
    assert "w" * 100 in box.findtext(f"{SVG}title")


@pytest.mark.quick
def test_the_svg_knows_light_and_dark_and_loads_nothing() -> None:
    svg = write_svg(make_diagram(Graph([Tanh()]), X), "digits_mlp")
    assert "prefers-color-scheme: dark" in svg
    assert "currentColor" in svg
    assert not re.search(r"href|url\(|@import|<script", svg)
    assert 'aria-label="digits_mlp: forward graph and gradient graph"' in svg


@pytest.mark.quick
def test_no_text_leaves_the_canvas() -> None:
    root = ElementTree.fromstring(write_svg(make_diagram(Graph([Linear(3), Tanh()] * 8), X, cost="c", targets=X)))
    right, bottom = map(float, root.get("viewBox", "").split()[2:])
    for side in root.findall(f"{SVG}g"):
        left, top = map(float, re.findall(r"[-\d.]+", side.get("transform", "")))
        for text in side.iter(f"{SVG}text"):
            x, y, wide = left + float(text.get("x")), top + float(text.get("y")), 9.2 * len(text.text)
            start = {"label": x, "count": x - 12.2 * len(text.text)}.get(text.get("class"), x - wide / 2)
            assert start > 0
            assert start + wide < right
            assert 15 < y < bottom

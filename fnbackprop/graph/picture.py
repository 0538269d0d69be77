"""The picture of a graph and, beside it, of its gradient graph (lecture, A3)."""

from dataclasses import dataclass
from pathlib import Path

from ..core.errors import ConfigError, GraphError
from ..core.module import Spec
from ..core.output_file import write_output
from ..drawing import Diagram, write_dot, write_mermaid, write_svg
from .diagram import make_diagram
from .graph import Graph, require_graph

_MOST_NODES = 100
_MOST_LINKS = 400


@dataclass(frozen=True)
class Picture:
    """A picture as text in three languages; a notebook shows it. `svg` and `mermaid` refuse what no one could read."""

    diagram: Diagram
    title: str = ""

    def __repr__(self) -> str:
        """What to do with it, where nothing shows it."""
        modules = sum(place.kind == "module" for place in self.diagram.places)
        return f"picture of {modules} modules: save('it.svg'), or .svg, .dot and .mermaid as text"

    @property
    def svg(self) -> str:
        self._check_legible()
        return write_svg(self.diagram, self.title)

    @property
    def dot(self) -> str:
        return write_dot(self.diagram, self.title)

    @property
    def mermaid(self) -> str:
        self._check_legible()
        return write_mermaid(self.diagram)

    def save(self, path: str | Path) -> None:
        """Write the file, in the language that its ending names: .svg, .dot, or .mmd for Mermaid.

        Raises ConfigError for another ending or where it cannot be written, GraphError for a graph too large to read.
        """
        path = Path(path)
        if path.suffix == ".svg":
            text = self.svg
        elif path.suffix == ".dot":
            text = self.dot
        elif path.suffix == ".mmd":
            text = self.mermaid
        else:
            raise ConfigError(f"cannot draw '{path}': a picture's name ends with .svg, .dot or .mmd (Mermaid)")
        write_output(path, text)

    def _repr_svg_(self) -> str:
        return self.svg

    def _check_legible(self) -> None:
        nodes = sum(place.kind == "module" for place in self.diagram.places)
        if nodes > _MOST_NODES:
            raise GraphError(
                f"the picture would hold {nodes} nodes, and more than {_MOST_NODES} cannot be read: put what belongs "
                "together into a Graph of its own, which is drawn as one node, or write a .dot file for Graphviz"
            )
        if len(self.diagram.links) > _MOST_LINKS:
            raise GraphError(
                f"the picture would hold {len(self.diagram.links)} wires, and more than {_MOST_LINKS} cannot be told "
                "apart: put what belongs together into a Graph of its own, or write a .dot file for Graphviz"
            )


def draw(
    graph: Graph, *specs: Spec, cost: str = "", targets: Spec | None = None, title: str = "", fold: bool = True
) -> Picture:
    """Forward graph and gradient graph side by side, from shapes alone; nothing is computed.

    specs: the graph's inputs, or their shapes; without them the picture shows no shapes, and no parameters but tied
        ones.
    cost: the name of what ends the graph; the sum of its outputs where empty.
    targets: what the cost compares the outputs with, or its shape.
    fold: in a graph of more than a dozen nodes, show repeated blocks once, with their count.

    Raises ShapeError where the specs do not fit, GraphError for what is no graph.
    """
    require_graph("draw", graph)
    return Picture(make_diagram(graph, *specs, cost=cost, targets=targets, fold=fold), title)


def _repr_svg_(graph: Graph) -> str | None:
    """What a notebook shows of a graph; its text where the picture could not be read."""
    try:
        return draw(graph).svg
    except GraphError:
        return None


# Set from here, since what draws a graph stands above it.
Graph._repr_svg_ = _repr_svg_  # type: ignore[attr-defined]

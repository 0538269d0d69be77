"""What a picture shows, before it is decided where: boxes, links between them, and blocks that stand for several."""

from typing import Literal, NamedTuple

Kind = Literal["input", "module", "duplicate", "parameters", "targets", "cost"]


def parameters_of(node: str) -> str:
    """What a diagram calls the parameters of a node; no node can be called so."""
    return f"{node}:w"


class Group(NamedTuple):
    """Nodes that are drawn once and stand for `times` blocks like them; the others' names, block after block."""

    nodes: tuple[str, ...]
    times: int
    others: tuple[str, ...]

    @property
    def places(self) -> frozenset[str]:
        """The nodes and their parameters, as a diagram calls them."""
        return frozenset((*self.nodes, *map(parameters_of, self.nodes)))


class Place(NamedTuple):
    """A box of the forward graph and, at the same place, its reversal in the gradient graph: their lines of text.

    Where there is no gradient, `backward` is empty.
    """

    name: str
    kind: Kind
    forward: tuple[str, ...]
    backward: tuple[str, ...]


class Link(NamedTuple):
    """A wire from tail to head, labelled with its shape; its cotangent goes from head to tail."""

    tail: str
    head: str
    forward: str = ""
    backward: str = ""
    of_parameters: bool = False


class Diagram(NamedTuple):
    """All that is drawn, forward and backward at once: one is the other with its arrows turned round."""

    places: tuple[Place, ...]  # each after those it reads
    links: tuple[Link, ...]
    groups: tuple[Group, ...]  # blocks that stand for several

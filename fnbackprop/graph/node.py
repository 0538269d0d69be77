"""A module at its place in a graph."""

from dataclasses import dataclass
from zlib import crc32

from ..core.module import Module


@dataclass(frozen=True)
class Node:
    """A module, the wires it reads, and its name, which also names the wires it writes.

    name: made from the module's type where empty.
    inputs: names of nodes or of graph inputs; the node before it where empty. A node with several outputs is read
        by "name.0", "name.1", …
    tied: the node whose parameters this one uses instead of its own.
    """

    module: Module
    name: str = ""
    inputs: tuple[str, ...] = ()
    tied: str = ""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The wires that this node writes."""
        count = self.module.output_count
        return (self.name,) if count == 1 else tuple(f"{self.name}.{i}" for i in range(count))

    @property
    def owner(self) -> str:
        """The node whose parameters this one uses."""
        return self.tied or self.name

    @property
    def seed(self) -> int:
        """What sets this node's randomness apart: its name, so that adding a node changes no other's."""
        return crc32(self.name.encode())

    def __str__(self) -> str:
        return f"node '{self.name}' ({self.module})"

"""What is said, once for each node, when it dies or its gradient vanishes (lecture, C11)."""

import math
from collections.abc import Mapping, Sequence

from ..core.config import HealthConfig

Nodes = Mapping[str, Mapping[str, float]]


class HealthWarnings:
    """Turns the health of one step after another into lines for the progress; a node is told of once per trouble.

    dead: the share of its units that are saturated for the whole batch reaches `config.dead`.
    vanished: the norm of its gradient is below `config.vanishing` of the largest node's in the same step.
    """

    def __init__(self, config: HealthConfig):
        self._config = config
        self._told: set[tuple[str, str]] = set()

    def lines(self, step: int, nodes: Nodes) -> list[str]:
        """What is new at `step`: at most one line for each trouble, with the nodes that have it."""
        config, norms = self._config, {name: n["gradient_norm"] for name, n in nodes.items() if "gradient_norm" in n}
        # Beside an infinite gradient every other would seem to have vanished.
        norms = {name: norm for name, norm in norms.items() if math.isfinite(norm)}
        largest = max(norms, key=norms.__getitem__, default="")
        dead = self._new("dead", [name for name, node in nodes.items() if node.get("dead", 0) >= config.dead])
        small = [name for name, norm in norms.items() if norm < config.vanishing * norms[largest]]
        vanished = self._new("vanished", small)
        lines = []
        if dead:
            lines.append(f"dead, {100 * config.dead:.4g} % or more of their units idle for the whole batch: {dead}")
        if vanished:
            lines.append(f"vanished gradients, less than {config.vanishing:.4g} of the norm at {largest}: {vanished}")
        return [f"warning at step {step}: {line}" for line in lines]

    def _new(self, trouble: str, names: Sequence[str]) -> str:
        new = [name for name in names if (trouble, name) not in self._told]
        self._told |= {(trouble, name) for name in new}
        return ", ".join(new)

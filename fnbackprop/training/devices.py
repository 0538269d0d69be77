"""Several devices for one batch: each computes its share of the examples, with the same parameters."""

from dataclasses import dataclass
from typing import Any, Literal

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ..core.errors import ConfigError


@dataclass(frozen=True)
class Devices:
    """Where a run computes; `mesh` is None for a single device, whose programs know of no others.

    The compiler cuts the programs and adds what the devices must tell each other: the sum of gradients, and the
    statistics of a whole batch. Order and randomness do not depend on the number of devices; sums are rounded in
    another order.
    """

    mesh: Mesh | None = None

    @classmethod
    def first(cls, count: int | Literal["all"]) -> "Devices":
        """The first `count` devices that JAX has. Raises ConfigError where there are fewer."""
        found = jax.devices()
        if count != "all" and count > len(found):
            raise ConfigError(f"more than the {len(found)} that JAX has here ({found[0].platform})")
        chosen = found if count == "all" else found[:count]
        return cls(Mesh(np.array(chosen), ("examples",)) if len(chosen) > 1 else None)

    @property
    def count(self) -> int:
        """How many there are."""
        return 1 if self.mesh is None else self.mesh.size

    def everywhere(self, tree: Any) -> Any:
        """The arrays of `tree`, whole on each device."""
        return tree if self.mesh is None else jax.device_put(tree, self._sharding())

    def compile(self, function: Any, *args: Any, donate: tuple[int, ...] = ()) -> Any:
        """`function`, compiled for arguments like `args`, with results that are whole on each device."""
        results = None if self.mesh is None else self._sharding()
        return jax.jit(function, donate_argnums=donate, out_shardings=results).lower(*args).compile()

    def spread(self, batch: Any) -> Any:
        """A batch, in a program, of which each device has its share of the examples."""
        return batch if self.mesh is None else jax.lax.with_sharding_constraint(batch, self._sharding("examples"))

    def _sharding(self, *axes: str) -> NamedSharding:
        assert self.mesh
        return NamedSharding(self.mesh, PartitionSpec(*axes))


ONE_DEVICE = Devices()

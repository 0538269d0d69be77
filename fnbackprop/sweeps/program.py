"""The program of a group: the loop and the evaluation of `train`, mapped over points."""

import math
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from .. import training
from .groups import Group, Member


class Program:
    """Trains `at_once` members of a group side by side; compiled once, for all of them.

    Points beyond what a device's memory holds wait for the next turn. `devices` share the points.
    """

    def __init__(self, group: Group, at_once: int | None, devices: training.Devices):
        first = group.members[0]
        self._group, self._data = group, first.data
        self._count = None if devices.mesh is None else devices.count
        self._mesh = None if devices.mesh is None else Mesh(devices.mesh.devices, ("points",))
        self.batches = training.Batches(first.plan.config.data, len(first.data.splits.train), first.data.train_buckets)
        self._examples = self._put(training.on_device(first.data.splits.examples))
        self.at_once = self._padded(min(at_once or len(group.members), len(group.members)))
        while not self._fits(within=math.inf if at_once else _budget()):
            self.at_once = self._padded(self.at_once // 2)

    def start(self, members: Sequence[Member]) -> None:
        """Begin with these members, at most `at_once`; the last one fills up what is left."""
        filled = [*members, *[members[-1]] * (self.at_once - len(members))]
        keys = [jax.random.split(jax.random.key(member.plan.config.seed)) for member in filled]
        inputs = self._data.specs(filled[0].plan.config.data.batch_size)[0]
        fresh = [_initializer(m.plan.model, inputs)(own[0]) for m, own in zip(filled, keys, strict=True)]
        loops = [jax.random.split(own[1]) for own in keys]
        stack = jax.tree.map(lambda *each: jnp.stack(each), *fresh)
        order_keys, step_keys = (jnp.stack([own[i] for own in loops]) for i in (0, 1))
        given = self._group.numbers(filled), stack, order_keys, step_keys
        self._numbers, variables, self._order_keys, self._keys = self._put(given, "points")
        self.state = self._put(self._begin(self._numbers, variables), "points")

    def _begin(self, numbers: Any, variables: Any) -> training.TrainState:
        return jax.jit(jax.vmap(lambda n, v: training.start_state(self._group.recipe(n), v)))(numbers, variables)

    def order(self, epoch: int) -> Any:
        """Each point's order of the examples in an epoch."""
        return self._put(self._orders(self._order_keys, np.int32(epoch), self._examples.targets), "points")

    def run(self, order: Any, first: int, last: int) -> dict[str, np.ndarray]:
        """Take steps `first` to before `last` of an epoch: the figures of each point and step."""
        bounds = np.int32(first), np.int32(last)
        given = self._numbers, self.state, self._empty, self._keys, self._examples, order, *bounds
        self.state, (figures, _) = self._run(*given)
        return {name: values[:, first:last] for name, values in jax.device_get(figures).items()}

    def measure(self, part: range) -> list[dict[str, float]]:
        """The figures of each point on a part of the examples."""
        bounds = np.array([part.start, len(part), part.step], np.int32)
        found = jax.device_get(self._totals(self._numbers, self.state.outcome, self._examples, bounds))
        totals = training.Totals(self._group.recipe({}))
        each = [{name: values[i] for name, values in found.items()} for i in range(self.at_once)]
        return [totals.means(own, self._examples, len(part)) for own in each]

    def seen(self, order: Any, first: int, last: int) -> np.ndarray:
        """How many examples each step sees."""
        return self.batches.seen(jax.tree.map(lambda x: x[0], order), np.int32(first), np.int32(last))

    def _fits(self, within: float) -> bool:
        """Compile the program; whether so many points are within these bytes, or cannot be fewer."""
        fewest = self.at_once <= (self._count or 1)
        try:
            self._compile()
        except jax.errors.JaxRuntimeError as error:
            if fewest or "RESOURCE_EXHAUSTED" not in str(error):
                raise
            return False
        return fewest or self._bytes() <= within

    def _compile(self) -> None:
        recipe, batches, buckets = self._group.recipe, self.batches, self._data.buckets
        self._orders = jax.jit(jax.vmap(batches.order, (0, None, None)))
        self.start(self._group.members[: self.at_once])
        order = self.order(0)

        def steps(numbers: Any, state: Any, empty: Any, keys: Any, examples: Any, order: Any, *bounds: Any) -> Any:
            def one(numbers: Any, state: Any, empty: Any, key: Any, order: Any) -> Any:
                return training.Steps(recipe(numbers), batches).run(state, empty, key, examples, order, *bounds)

            return jax.vmap(one)(numbers, state, empty, keys, order)

        def totals(numbers: Any, variables: Any, examples: Any, part: Any) -> Any:
            def one(numbers: Any, variables: Any) -> Any:
                return training.Totals(recipe(numbers)).of(variables, examples, buckets, part)

            return jax.vmap(one)(numbers, variables)

        def empty(numbers: Any, state: Any, key: Any, order: Any) -> Any:
            return training.Steps(recipe(numbers), batches).empty(key, state, self._examples, order, 0)

        self._empty = self._put(jax.vmap(empty)(self._numbers, self.state, self._keys, order), "points")
        sharding = None if self._mesh is None else NamedSharding(self._mesh, PartitionSpec("points"))
        given = self._numbers, self.state, self._empty, self._keys, self._examples, order, np.int32(0), np.int32(0)
        self._run = jax.jit(steps, donate_argnums=(1,), out_shardings=sharding).lower(*given).compile()
        self._totals = jax.jit(totals)

    def _put(self, tree: Any, *axes: str) -> Any:
        return tree if self._mesh is None else jax.device_put(tree, NamedSharding(self._mesh, PartitionSpec(*axes)))

    def _padded(self, points: int) -> int:
        return -(-points // (self._count or 1)) * (self._count or 1)

    def _bytes(self) -> int:
        found = self._run.memory_analysis()
        return found.temp_size_in_bytes + found.argument_size_in_bytes + found.output_size_in_bytes if found else 0


# The very function that `train` compiles, once for all seeds.
_initializer = lru_cache(training.initializer)


def _budget() -> float:
    """Bytes that a program may take: most of a device's own memory, half of a computer's."""
    stats = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in stats:
        return 0.8 * stats["bytes_limit"]
    return 0.5 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

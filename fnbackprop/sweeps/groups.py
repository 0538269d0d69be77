"""Which points can be trained by one program: those whose steps are the same but for numbers given to them."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from .. import build, training
from .axes import Point
from .numbers import numbers_of, with_numbers


class Member(NamedTuple):
    """A point, checked as a config of its own."""

    point: Point
    plan: build.Plan
    data: build.Data


class Group(NamedTuple):
    """Points that share a program, and the names of the numbers that are its arguments."""

    members: tuple[Member, ...]
    traced: tuple[str, ...]

    def numbers(self, members: Sequence[Member]) -> dict[str, np.ndarray]:
        """The arguments of some members, stacked."""
        each = [numbers_of(member.plan) for member in members]
        return {name: np.array([own[name] for own in each], np.float32) for name in self.traced}

    def recipe(self, numbers: dict[str, Any]) -> training.Recipe:
        """What a point with these numbers computes."""
        first = self.members[0]
        return build.build_recipe(with_numbers(first.plan, numbers), first.data)


def make_groups(members: Iterable[Member]) -> list[Group]:
    """The members in as few groups as can be; what can be traced is found out by trying."""
    alike: dict[Any, list[Member]] = defaultdict(list)
    for member in members:
        config = member.plan.config
        rest = config.data.model_dump_json(), build.total_steps(member.plan, member.data), config.training.report_every
        alike[(id(member.data), tuple(numbers_of(member.plan)), rest)].append(member)
    return [group for each in alike.values() for group in _split(each)]


def _split(members: list[Member]) -> list[Group]:
    values = [numbers_of(member.plan) for member in members]
    varying = [name for name in values[0] if len({own[name] for own in values}) > 1]
    traced = tuple(name for name in varying if _program(members[0], (name,)) is not None)
    programs: dict[str, str | None] = {}
    found: dict[Any, list[Member]] = defaultdict(list)
    for member in members:
        known = _without_seed(member.plan)
        if known not in programs:
            programs[known] = _program(member, traced)
        found[programs[known]].append(member)
    return [Group(tuple(each), traced) for each in found.values()]


def _without_seed(plan: build.Plan) -> str:
    tables = plan.config.model_dump(mode="json")
    # Gradient noise is drawn from the seed inside the program.
    return json.dumps(tables if build.draws_noise(plan.optimizer) else tables | {"seed": 0})


def _program(member: Member, traced: Sequence[str]) -> str | None:
    """A step as JAX writes it down, without the values of `traced`; None where it wants to know them beforehand."""
    plan, data = member.plan, member.data
    inputs, targets = data.specs(plan.config.data.batch_size)
    variables = jax.eval_shape(lambda key: plan.model.init(key, inputs), jax.random.key(0))
    numbers = {name: jax.ShapeDtypeStruct((), np.float32) for name in traced}

    def step(numbers: Any, variables: Any, inputs: Any, targets: Any, key: Any) -> Any:
        recipe = build.build_recipe(with_numbers(plan, numbers), data)
        state = training.start_state(recipe, variables)
        return training.train_step(state, training.Batch(inputs, targets), recipe, key)

    try:
        found = jax.make_jaxpr(step)(numbers, variables, inputs, targets, jax.random.key(0))
        # Arrays that a step holds are no part of its text.
        return str(found) + "".join(hashlib.sha256(np.asarray(each).tobytes()).hexdigest() for each in found.consts)
    except Exception:  # whoever looks at a number may raise anything: all points were checked before
        return None

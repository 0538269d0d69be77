"""The optimizer of a plan: optax's, with clipping before it and groups of parameters inside."""

from functools import partial

import optax

from ..training import finite_part
from .groups import group_of_each
from .named import Named
from .plan import Plan
from .registry import parameters


def build_optimizer(plan: Plan, rate: optax.Schedule) -> optax.GradientTransformation:
    """What turns gradients into updates at the learning rate `rate`; the norm that is clipped is of all groups."""
    config = plan.config.optimizer
    optimizer = _make(plan, plan.optimizer, rate)
    if groups := config.groups:
        made = [_scaled(plan, own, rate, group.rate_scale) for group, own in zip(groups, plan.groups, strict=True)]
        labels = partial(group_of_each, groups, plan.model)
        optimizer = optax.partition(dict(enumerate([*made, optimizer])), labels)
    before = [finite_part()] * (plan.config.training.non_finite == "reduce")
    if config.clip_value is not None:
        before.append(optax.clip(config.clip_value))
    if config.clip_norm is not None:
        before.append(optax.clip_by_global_norm(config.clip_norm))
    return optax.chain(*before, optimizer) if before else optimizer


def draws_noise(optimizer: Named) -> bool:
    """Whether it adds noise to gradients, drawn from the experiment's seed."""
    return "key" in parameters(optimizer.thing)


def _make(plan: Plan, optimizer: Named, rate: optax.Schedule) -> optax.GradientTransformation:
    make, options = optimizer
    if draws_noise(optimizer):
        options = options | {"key": plan.config.seed}
    # Some optimizers take a number only.
    return make(learning_rate=rate if plan.schedule else plan.config.optimizer.learning_rate, **options)


def _scaled(plan: Plan, optimizer: Named, rate: optax.Schedule, scale: float) -> optax.GradientTransformation:
    if scale == 0:
        return optax.set_to_zero()
    # An update is proportional to the learning rate, its decay of the weights too.
    made = _make(plan, optimizer, rate)
    return made if scale == 1 else optax.chain(made, optax.scale(scale))

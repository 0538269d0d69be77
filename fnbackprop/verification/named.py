"""What is named on the command line: a rule of ours, one of yours, a config; and its reports."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from shlex import join
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .. import build
from ..core.errors import ConfigError, kind_of, of_own_code
from ..core.module import Context
from ..data.normalize import normalize
from ..verify import Case, Level, NotTakenError, VjpReport, chosen, own_rules, prepare, report_on, verify_graph


class Request(NamedTuple):
    """What is asked of each name.

    `args` names your rule's arguments: a tuple, or a function that returns one. `only` and `surrogate` are those of
    `verify_vjp`, the latter of your rule. `allow` names packages whose code a config may run, `overrides` change it.
    """

    args: str | None = None
    level: Level = "fast"
    seed: int = 0
    allow: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    surrogate: str | None = None
    overrides: tuple[str, ...] = ()


def is_yours(name: str) -> bool:
    """Whether it is written as a rule of a user's own."""
    return ":" in name and not name.endswith(".toml")


def is_config(name: str) -> bool:
    """Whether it is written as a config, or names one that comes along."""
    return name.endswith(".toml") or (name in build.shipped_configs() and name not in own_rules())


def require(name: str, request: Request) -> None:
    """Raises ConfigError for what is no rule and no config, and for a rule of yours that is not callable."""
    if is_config(name):
        build.read_plan(name, request.overrides, request.allow)
    elif name not in own_rules():
        _case(name, request._replace(only=()))


def forget() -> None:
    """A rule of this name may be another one the next time."""
    _case.cache_clear()


def reports_on(name: str, request: Request) -> Iterator[VjpReport]:
    """A report for a rule, or for every node of a config's model and for the whole. Raises ConfigError."""
    said = {"--args": request.args, "--surrogate": request.surrogate} if is_yours(name) else {}
    options = [*said.items(), *(("--allow", package) for package in request.allow)]
    given = [*request.overrides, *(part for option, value in options if value for part in (option, value))]
    for report in _of_config(name, request) if is_config(name) else _of_rule(name, request):
        yield replace(report, command=join(["fnbackprop", "verify", name, *given]))


def _of_config(config: str, request: Request) -> Iterator[VjpReport]:
    plan, data = build.prepare(config, request.overrides, request.allow)
    raw, labels = (np.asarray(part[: plan.config.data.batch_size]) for part in data.splits.examples)
    inputs, targets = normalize(raw, data.normalization), jnp.asarray(labels)
    variables = plan.model.init(jax.random.key(plan.config.seed), inputs)

    def cost(outputs: jax.Array, targets: jax.Array, context: Context) -> jax.Array:
        return context.pick(plan.cost.rule, plan.cost.reference)(outputs, targets)

    yield from verify_graph(
        plan.model,
        variables,
        inputs,
        cost=cost,
        targets=targets,
        level=request.level,
        seed=request.seed,
        only=request.only,
    )


def _of_rule(name: str, request: Request) -> Iterator[VjpReport]:
    yield report_on(_case(name, request._replace(only=())), chosen(request.level, request.only))


# Checks of one rule that are run one after the other share what is compiled for it.
@lru_cache(maxsize=1)
def _case(name: str, request: Request) -> Case:
    if is_yours(name):
        return _yours(name, request)
    rules = own_rules()
    if name in rules:
        rule, reference, args, options = rules[name]
        level, seed = request.level, request.seed
        return prepare(rule, args, reference, level, seed, convention="reference", options=options)
    if "." in name:
        raise ConfigError(f"no rule or config is called '{name}'; did you mean '{build.spell(name)}'?")
    hint = build.nearest(name, [*rules, *build.shipped_configs()])
    raise ConfigError(f"no rule or config is called '{name}'; {hint}; or 'package.file:rule' of yours")


def _yours(name: str, request: Request) -> Case:
    rule = build.import_named(name)
    if not callable(rule):
        raise ConfigError(f"'{name}' is {kind_of(rule)}; wanted a function")
    args = _arguments(name, request.args)
    try:
        return prepare(rule, args, None, request.level, request.seed, name, surrogate=request.surrogate)
    except NotTakenError as error:
        raise ConfigError(f"{error}; --args wants a tuple of the rule's arguments, or a function of one") from error
    except (TypeError, ValueError) as error:
        raise ConfigError(str(error)) from error


def _arguments(name: str, args: str | None) -> tuple[Any, ...]:
    if args is None:
        raise ConfigError(f"'{name}' needs arguments to be called with: add --args package.file:examples")
    given = build.import_named(args)
    try:
        given = given() if callable(given) else given
    except Exception as error:  # a user's own function may raise anything
        raise ConfigError(f"'{args}' was called without arguments, and raised {of_own_code(error)}") from error
    if not isinstance(given, tuple | list):
        raise ConfigError(f"'{args}' is {kind_of(given)}; --args wants a tuple of arguments, or a function of one")
    return tuple(given)

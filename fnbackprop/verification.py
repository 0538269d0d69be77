"""Verify rules and configured models, as the command line names them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from json import dumps, loads
from shlex import join
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console

from . import build
from .core.errors import ConfigError, kind_of
from .core.module import Context
from .data.normalize import normalize
from .verify import (
    Level,
    NotTakenError,
    Verdict,
    VjpReport,
    chosen,
    declare,
    own_rules,
    report_table,
    verify_graph,
    verify_vjp,
)


def verify(
    names: Sequence[str] = (),
    args: str | None = None,
    level: Level = "fast",
    seed: int = 0,
    allow: Sequence[str] = (),
    only: Sequence[str] = (),
    surrogate: str | None = None,
) -> Iterator[VjpReport]:
    """A report for each rule that is named: ours by name, yours as 'package.file:rule', or all in a config's model.

    Without names all of ours. `args` names your rule's arguments: a tuple, or a function that returns one. `only` and
    `surrogate` are those of `verify_vjp`, the latter of your rule. Raises ConfigError for what cannot be found.
    """
    try:
        chosen(level, only)
        declare({"surrogate": surrogate})
    except ValueError as error:
        raise ConfigError(str(error)) from error
    ours = {*own_rules(), *build.shipped_configs()}
    if (args or surrogate) and all(name in ours or name.endswith(".toml") for name in names):
        raise ConfigError("--args and --surrogate are of a rule of yours, which is named as 'package.file:rule'")
    how = {"level": level, "seed": seed, "only": only}
    for name in names or own_rules():
        said = {"--args": args, "--surrogate": surrogate} if ":" in name else {}
        options = [*said.items(), *(("--allow", package) for package in allow)]
        given = [part for option, value in options if value for part in (option, value)]
        for report in _reports(name, args, surrogate, allow, how):
            yield replace(report, command=join(["fnbackprop", "verify", name, *given]))


def _reports(
    name: str, args: str | None, surrogate: str | None, allow: Sequence[str], how: Mapping[str, Any]
) -> Iterator[VjpReport]:
    rules, configs = own_rules(), build.shipped_configs()
    if name in rules:
        rule, reference, arguments, options = rules[name]
        yield verify_vjp(rule, *arguments, reference=reference, convention="reference", options=options, **how)
    elif ":" in name:
        yield _own(name, args, surrogate, how)
    elif name.endswith(".toml") or name in configs:
        yield from _configured(name, allow, how)
    elif "." in name:
        raise ConfigError(f"no rule or config is called '{name}'; did you mean '{build.spell(name)}'?")
    else:
        hint = build.nearest(name, [*rules, *configs])
        raise ConfigError(f"no rule or config is called '{name}'; {hint}; or 'package.file:rule' of yours")


def _own(name: str, args: str | None, surrogate: str | None, how: Mapping[str, Any]) -> VjpReport:
    rule = build.import_named(name)
    if not callable(rule):
        raise ConfigError(f"'{name}' is {kind_of(rule)}; wanted a function")
    arguments = _arguments(name, args)
    try:
        return verify_vjp(rule, *arguments, surrogate=surrogate, name=name, **how)
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
        raise ConfigError(
            f"'{args}' was called without arguments, and raised {type(error).__name__}: {error}"
        ) from error
    if not isinstance(given, tuple | list):
        raise ConfigError(f"'{args}' is {kind_of(given)}; --args wants a tuple of arguments, or a function of one")
    return tuple(given)


def _configured(config: str, allow: Sequence[str], how: Mapping[str, Any]) -> Iterator[VjpReport]:
    plan, data = build.prepare(config, (), allow)
    raw, labels = (np.asarray(part[: plan.config.data.batch_size]) for part in data.splits.examples)
    inputs, targets = normalize(raw, data.normalization), jnp.asarray(labels)
    variables = plan.model.init(jax.random.key(plan.config.seed), inputs)

    def cost(outputs: jax.Array, targets: jax.Array, context: Context) -> jax.Array:
        return context.pick(plan.cost.rule, plan.cost.reference)(outputs, targets)

    yield from verify_graph(plan.model, variables, inputs, cost=cost, targets=targets, **how)


def show(reports: Iterator[VjpReport], json: bool, strict: bool) -> bool:
    """Print each report as it comes, and whether all rules passed; an inconclusive one does unless `strict`.

    Raises ConfigError where no check ran at all.
    """
    made = []
    for report in reports:
        made.append(report)
        if not json:
            Console().print(report_table(report), crop=False)
    if json:
        print(dumps([loads(report.to_json()) for report in made], indent=2))
    if not any(report.ran for report in made):
        raise ConfigError("no check ran: there is nothing here to be verified")
    bad = {Verdict.FAIL, *([Verdict.INCONCLUSIVE] if strict else [])}
    return all(report.ran and report.verdict not in bad for report in made)

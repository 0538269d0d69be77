"""Every name that a config may use, and what it stands for."""

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import optax

from .. import costs, data, graph, modules, training
from ..core.config import CostConfig, DataConfig, NamingTable, NodeConfig, OptimizerConfig, ScheduleConfig
from ..core.errors import ConfigError, kind_of
from ..core.module import Module
from .problems import nearest


class Kind(NamedTuple):
    """A kind of thing that a config names: in which table, under which key, out of which names."""

    name: str
    table: type[NamingTable]
    key: str
    names: Callable[[], Mapping[str, Any]]
    given: tuple[str, ...] = ()  # parameters that training fills in, and a config cannot
    takes_arrays: bool = False  # parameters without a default are arrays: training fills them in too
    left_to_the_run: tuple[str, ...] = ()  # parameters that are the run's length where the config is silent


def _by_name(*things: Any) -> Callable[[], Mapping[str, Any]]:
    names = {thing.__name__: thing for thing in things}
    return lambda: names


def _listed_modules() -> list[type[Module]]:
    """What `fnbackprop.modules` lists, without `Function`, whose function a config cannot hold."""
    listed = [thing for thing in vars(modules).values() if isinstance(thing, type) and issubclass(thing, Module)]
    return [module for module in listed if module is not modules.Function]


@cache
def _optimizers() -> dict[str, Callable[..., optax.GradientTransformation]]:
    ours = {"adam": training.adam, "adamw": training.adamw}  # optax's, with fewer divisions
    named = {n: f for n, f in {**vars(optax), **ours}.items() if inspect.isfunction(f)}
    named = {n: f for n, f in named.items() if not n.startswith(("_", "scale_by_"))}
    # A line search evaluates the loss anew, where a step does so once.
    return {n: f for n, f in named.items() if "learning_rate" in parameters(f) and "linesearch" not in parameters(f)}


@cache
def _schedules() -> dict[str, Callable[..., optax.Schedule]]:
    named = {n: f for n, f in vars(optax).items() if inspect.isfunction(f) and n.endswith(("_schedule", "_decay"))}
    rates = {"value", "init_value", "peak_value", "cosine_kwargs"}
    return {n: f for n, f in named.items() if not rates.isdisjoint(parameters(f))}


def parameters(function: Callable) -> Mapping[str, inspect.Parameter]:
    """The parameters of a function by name."""
    return inspect.signature(function).parameters


MODULE = Kind(
    "module",
    NodeConfig,
    "module",
    _by_name(
        graph.Branch,
        graph.Choose,
        graph.Graph,
        graph.Repeat,
        graph.While,
        *_listed_modules(),
    ),
    given=("key", "train"),
    takes_arrays=True,
)
COST = Kind(
    "cost",
    CostConfig,
    "name",
    lambda: {
        cost.rule.__name__: cost
        for cost in (
            costs.BINARY_CROSS_ENTROPY,
            costs.CROSS_ENTROPY,
            costs.NEGATIVE_LOG_LIKELIHOOD,
            costs.SQUARED_ERROR,
        )
    },
    given=("weights", "reduction"),
    takes_arrays=True,
)
SOURCE = Kind(
    "source",
    DataConfig,
    "source",
    _by_name(
        data.adding,
        data.breast_cancer,
        data.cifar10,
        data.csv,
        data.diabetes,
        data.digits,
        data.fashion_mnist,
        data.iris,
        data.mnist,
        data.npy,
        data.npz,
        data.text,
        data.wine,
    ),
    given=("folder",),
)
OPTIMIZER = Kind("optimizer", OptimizerConfig, "name", _optimizers, given=("learning_rate", "key", "seed"))
SCHEDULE = Kind("schedule", ScheduleConfig, "schedule", _schedules, left_to_the_run=("decay_steps", "transition_steps"))


def resolve(kind: Kind, name: str, allow: Sequence[str] = ()) -> Any:
    """The thing called `name`: registered, or the user's own as 'package.file:name' from a package in `allow`.

    Raises ConfigError: a config must not run code that its reader did not choose.
    """
    names = kind.names()
    if name in names:
        return names[name]
    path, colon, attribute = name.partition(":")
    if not (path and colon and attribute):
        raise ConfigError(
            f"no {kind.name} is called '{name}'; {nearest(name, names)}; or 'package.file:name' of your own"
        )
    package = path.partition(".")[0]
    if package not in ([allow] if isinstance(allow, str) else allow):
        raise ConfigError(f"'{name}' would run code of '{package}'; if you trust it, add --allow {package}")
    thing = import_named(name)
    if not callable(thing) and not isinstance(thing, Module):
        raise ConfigError(f"'{name}' is {kind_of(thing)}; a {kind.name} of your own is a function or a Module")
    return thing


def import_named(name: str) -> Any:
    """What 'package.file:name' means. Raises ConfigError where it cannot be imported."""
    if name != (spelled := spell(name)):
        raise ConfigError(f"'{name}' does not say what to import: write '{spelled}'")
    path, _, attribute = name.partition(":")
    # As `python -m` does, and the installed command does not: packages in the working folder can be imported.
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        module = import_module(path)
        if hasattr(module, attribute):
            return getattr(module, attribute)
    except (Exception, SystemExit) as error:  # a user's own file may raise anything
        raise ConfigError(f"cannot import '{name}': {type(error).__name__}: {error}") from error
    there = [n for n in dir(module) if n[0] != "_" and not isinstance(vars(module).get(n), ModuleType)]
    raise ConfigError(f"'{path}' has no '{attribute}'; {nearest(attribute, there)}")


def spell(name: str) -> str:
    """'package.file:name' for what was written as a path, or with dots alone."""
    path, _, attribute = name.partition(":")
    module = path.removesuffix(".py").replace("/", ".").strip(".")
    if not attribute and module == path:
        module, _, attribute = path.rpartition(".")
    return f"{module or 'package.file'}:{attribute or 'name'}"

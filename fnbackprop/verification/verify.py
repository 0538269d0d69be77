"""Verify what is named, several rules or checks at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

import jax

from ..core.child import in_children
from ..core.compile_cache import keep_compiled
from ..core.errors import ConfigError
from ..core.processors import processors
from ..verify import VjpReport, chosen, declare, errors_once, own_rules
from .named import Request, forget, is_config, is_yours, reports_on, require

# More gain little: each compiles with several threads, and takes some 400 MB.
_MOST_JOBS = 4


def verify(names: Sequence[str], request: Request, jobs: int | None = 1) -> Iterator[VjpReport]:
    """A report for each rule that is named: ours by name, yours as 'package.file:rule', or all in a config's model.

    Without names all of ours. `jobs` processes share the rules, or at the full level the checks of a single one; None
    is one for each processor, four at most. Raises ConfigError for what cannot be found.
    """
    try:
        chosen(request.level, request.only)
        declare({"surrogate": request.surrogate})
    except ValueError as error:
        raise ConfigError(str(error)) from error
    if request.overrides and not all(map(is_config, names or [""])):
        raise ConfigError(
            f"{request.overrides[0]} is an override, which only a config has: name one, and no rule with it"
        )
    for name in names:
        require(name, request)
    if (request.args or request.surrogate) and not any(map(is_yours, names)):
        raise ConfigError("--args and --surrogate are of a rule of yours, which is named as 'package.file:rule'")
    try:
        yield from _verify(tuple(names) or tuple(own_rules()), request, jobs)
    finally:
        forget()


def _verify(names: Sequence[str], request: Request, jobs: int | None) -> Iterator[VjpReport]:
    pieces = _pieces(names, request)
    jobs = min(len(pieces), jobs or _processors())
    if jobs == 1:
        yield from chain.from_iterable(reports_on(name, request) for name in names)
        return
    # On a GPU each process takes most of the memory in advance, unless it is told not to.
    environment = {"JAX_PLATFORMS": jax.config.jax_platforms or "", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    made = in_children(_listed, pieces, jobs, environment)
    yield from chain.from_iterable(made) if len(names) > 1 else [_joined([report for (report,) in made])]


def _pieces(names: Sequence[str], request: Request) -> list[tuple[str, Request]]:
    """What is done at once: a name, or a check where there is a single rule and checks take long."""
    if len(names) > 1 or request.level == "fast" or is_config(names[0]):
        return [(name, request) for name in names]
    return [(names[0], request._replace(only=(check.name,))) for check in chosen(request.level, request.only)]


def _processors() -> int:
    # The memory of one GPU may be too small for several processes.
    return min(processors(), _MOST_JOBS) if jax.default_backend() == "cpu" else 1


def _listed(name: str, request: Request) -> list[VjpReport]:
    keep_compiled()
    return list(reports_on(name, request))


def _joined(parts: Sequence[VjpReport]) -> VjpReport:
    return replace(parts[0], checks=errors_once(check for part in parts for check in part.checks))

"""Read what is to be verified, and refuse what cannot be."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import Any

import jax
import numpy as np

from ..core.errors import kind_of
from .arguments import named_parameters, read_arguments
from .case import Case, Level, cotangents
from .checks import CHECKS
from .declarations import Declarations
from .describe import array_text
from .pulled import pullback
from .verdict import in_a_line

# What else than declarations `verify_vjp` takes by name.
_KEYWORDS = ("reference", "level", "seed", "only", "name")


class NotTakenError(ValueError):
    """A function does not take the arguments that it is to be verified at."""


def prepare(
    f: Callable,
    args: tuple[Any, ...],
    reference: Callable | None = None,
    level: Level = "fast",
    seed: int = 0,
    name: str = "",
    **declarations: Any,
) -> Case:
    """A rule and its arguments, ready for any check. Raises what `verify_vjp` does."""
    if not callable(f):
        raise TypeError(f"{name or 'the rule'} is {kind_of(f)}; verify_vjp wants a function, and its arguments")
    if reference is not None and not callable(reference):
        raise TypeError(f"reference is {kind_of(reference)}; it wants a function of the rule's arguments")
    said = declare(declarations)
    known = name or str(getattr(f, "__name__", "") or getattr(getattr(f, "func", None), "__name__", "rule"))
    if parameters := named_parameters(f):
        require_known(f"option of {known}", said.options, parameters)
    case = Case(f, known, args, reference, level, seed, said, read_arguments(f, args))
    if why := case.given.untaken:
        if "defvjp" in why:
            raise NotTakenError(f"{known} has no backward pass yet, which defvjp(fwd, bwd) gives it: {why}")
        raise NotTakenError(f"{known} does not take these arguments: it raised {why}")
    if stopped := _stopped(case):
        case = replace(case, arguments=case.arguments.without(stopped))
    if said.domain and not _allowed(said.domain, args, known):
        raise ValueError(f"domain does not allow the arguments that {known} is verified at; give others")
    if why := _unlike(case):
        raise ValueError(f"reference {why}")
    return case


def _stopped(case: Case) -> list[int]:
    """The arguments that are nothing to differentiate: the function stops their gradients, and the rule has none.

    Some of them only, of a rule whose author says nothing else: otherwise it is compared like any other.
    """
    given = case.given
    places = [] if case.explicit or case.declarations.surrogate else given.program.stopped
    if not 0 < len(places) < len(given.active):
        return []
    dys = cotangents(given, 1, case.rng("stopped"))[0]
    try:
        dxs = given.run(pullback, given.rule, given.xs, dys)
    except Exception:  # for the checks to tell
        return []
    return [k for k in places if not np.any(dxs[k])]


def declare(declarations: Mapping[str, Any]) -> Declarations:
    """What is said of a rule, read. Raises TypeError for a name that means nothing, ValueError for such a value."""
    declarable = [field.name for field in fields(Declarations)]
    if unknown := sorted(set(declarations) - set(declarable)):
        others = {name: get_close_matches(name, [*declarable, *_KEYWORDS], n=1) for name in unknown}
        hints = [f"{name} (did you mean '{near[0]}'?)" if near else name for name, near in others.items()]
        raise TypeError(f"no declaration is called {', '.join(hints)}; there are {', '.join(declarable)}")
    said = Declarations(**declarations)
    require_known("check", said.declared, [check.name for check in CHECKS])
    return said


def require_known(what: str, names: Collection[str], there: Collection[str]) -> None:
    """Raise ValueError where a name is none of those that are there."""
    if unknown := sorted(set(names) - set(there)):
        raise ValueError(f"no {what} is called {', '.join(unknown)}; there are {', '.join(there)}")


def _allowed(domain: Callable[..., bool], args: tuple[Any, ...], known: str) -> bool:
    try:
        return bool(domain(*args))
    except Exception as error:  # a user's function may raise anything
        raise ValueError(f"domain raised {in_a_line(error)}; it wants the arguments of {known}") from error


def _unlike(case: Case) -> str:
    """How a reference that was given answers otherwise than the rule; empty where it does not."""
    given = case.given
    if case.explicit is None or not given.traceable:
        return ""
    try:
        answers = given.run(jax.eval_shape, given.reference, *given.xs)
    except Exception as error:  # a user's function may raise anything
        return f"raised {in_a_line(error)}; it wants the arguments of {case.name}, and JAX's operations"
    got, wanted = (", ".join(map(array_text, ys)) for ys in (answers, given.outputs))
    return "" if got == wanted else f"gives {got}, {case.name} gives {wanted}; it wants the same outputs"

"""The module contract: what a graph holds, and all that a graph needs to know of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial, wraps
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar, dataclass_transform

import jax
import numpy as np
from jax import Array
from jaxtyping import Bool, Int, PRNGKeyArray
from pydantic import BeforeValidator, ConfigDict, ValidationError
from pydantic.dataclasses import dataclass as validated_dataclass
from pydantic_core import ArgsKwargs

from .errors import OptionError, short
from .invalid import alternatives
from .work import Work, trace_passes

T = TypeVar("T")
Derivatives = Literal["rules", "reference"]
# An input known by its shape and dtype: an example of it will do.
Spec = jax.ShapeDtypeStruct | Array | np.ndarray
# Of an option that is a tuple: a list does as well.
ListsToo = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)
# What the numbers that a module returns mean; "input": whatever its input's do.
Meaning = Literal["values", "probabilities", "log-probabilities", "input"]


class Variables(NamedTuple):
    """The arrays of a module, as three trees with one meaning each."""

    params: Any = ()  # differentiated, optimised
    state: Any = ()  # carried from step to step, never differentiated: running statistics
    options: Any = ()  # traced numbers that a sweep can vmap over: a dropout rate


@partial(
    jax.tree_util.register_dataclass, data_fields=["key", "counted", "position"], meta_fields=["train", "derivatives"]
)
@dataclass(frozen=True)
class Context:
    """How a module is run: its randomness, training or evaluation, hand-written rules or their references.

    `counted` is False at the examples that only fill up a batch, for modules that look at examples together; all count
    where it is None. `position` is set where a sequence is run one place at a time: the number of the only place that
    is given (see `Module.memory`).
    """

    key: PRNGKeyArray | None = None
    train: bool = False
    derivatives: Derivatives = "rules"
    counted: Bool[Array, " examples"] | None = None
    position: Int[Array, ""] | None = None

    def fold(self, data: int | Array) -> "Context":
        """The same context with a key of its own for the part named by `data`."""
        return self if self.key is None else replace(self, key=jax.random.fold_in(self.key, data))

    def pick(self, rule: T, reference: Callable) -> T:
        """The rule, or the reference whose autodiff also has forward mode."""
        return rule if self.derivatives == "rules" else reference  # type: ignore[return-value]


class Module:
    """A pure function with parameters. A subclass is a frozen dataclass of static options (see `configurable`).

    `init` makes the arrays, `apply` maps inputs to outputs; both are pure, so that a module can be compared, drawn,
    transformed and held by another module. Output shapes come from `jax.eval_shape` of `apply`: nobody states them.
    """

    # How many arrays `apply` returns, where it is not one.
    output_count: int = 1
    # What they mean, so that a cost can refuse what it cannot use.
    produces: ClassVar[Meaning] = "values"

    def __str__(self) -> str:
        """The options that are not the defaults, as in Linear(features=128)."""
        options: dict[str, Any] = {f.name: f.default for f in fields(self)} if is_dataclass(self) else {}
        given = [f"{name}={getattr(self, name)!r}" for name, value in options.items() if getattr(self, name) != value]
        return f"{type(self).__name__}({', '.join(given)})"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        """Fresh variables for inputs of these shapes and dtypes."""
        return Variables()

    def apply(self, variables: Variables, *xs: Array, context: Context = Context()) -> tuple[tuple[Array, ...], Any]:
        """The outputs, and the next state, which has the structure of `variables.state`."""
        raise NotImplementedError(f"{type(self).__name__} must define apply(self, variables, *xs, context)")

    def memory(self, variables: Variables, *specs: Spec, length: int) -> Any:
        """The state to begin with where a sequence of up to `length` places is run one by one.

        What a module must know of earlier places is its state then; one that looks at each place by itself needs none.
        `specs` are of inputs with one place.
        """
        return variables.state

    def slope(self, y: Array) -> Array | None:
        """How steep an activation is where it returned `y`, as a share of its steepest; None for other modules."""
        return None

    def work(
        self, variables: Variables, *specs: Spec, wanted: Sequence[bool] | None = None, context: Context = Context()
    ) -> Work:
        """What both passes cost, given the inputs whose cotangents are wanted (all by default); nothing is computed.

        Counted in the program that JAX traces, a scan's body as often as it runs. A module whose work JAX cannot see (a
        loop that ends when the data says so, a kernel) defines its own: `self.block.work(…).times(trips)`.
        """
        return trace_passes(self.apply, variables, *specs, wanted=wanted, context=context).work


@dataclass_transform(frozen_default=True)
def configurable(cls: type[T]) -> type[T]:
    """Class decorator: a frozen dataclass whose fields are checked strictly, from Python and from a config alike.

    Making one raises OptionError, which names each option that is wrong.
    """
    strict = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    made: Any = validated_dataclass(frozen=True, config=strict)(cls)
    validate = made.__init__

    @wraps(validate)
    def init(self: T, *args: Any, **options: Any) -> None:
        try:
            validate(self, *args, **options)
        except ValidationError as error:
            told = OptionError(_said_of_options(type(self), error))
            told.invalid = error
            raise told from None

    made.__init__ = init
    return made


def _said_of_options(made: type, error: ValidationError) -> str:
    """A line for each option that is wrong, and what there is."""
    names = [field.name for field in fields(made)]
    words = {"missing": "is missing, and has no default", "unexpected_keyword_argument": "is no option"}
    lines = []
    for location, said, each in alternatives(error):
        first, *inner = location or ("",)
        if isinstance(first, int) and first >= len(names):
            what = "too many options by position"
        else:
            place = ".".join(map(str, [names[first] if isinstance(first, int) else first, *inner]))
            what = f"{place} {words.get(each['type']) or said}".strip()
        got = "" if isinstance(each["input"], ArgsKwargs | dict) else f" (got {short(each['input'])})"
        lines.append(f"{made.__name__}: {what}{got}")
    there = f"its options are, in this order: {', '.join(names)}" if names else "it has no options"
    return "\n".join([*lines, f"{made.__name__}: {there}"])

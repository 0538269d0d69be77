"""A traced function as one flat list of operations on numbered values."""

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any, NamedTuple

from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

from .flops import flops

# Calls whose body takes the call's own inputs and returns its outputs.
_CALLS = frozenset(("checkpoint", "closed_call", "core_call", "jit", "pjit", "remat2"))
_RULES = frozenset(("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr"))
# The same array under another type: no compiled program copies it.
_SAME = frozenset(("reshape", "squeeze", "stop_gradient", "optimization_barrier"))


class Operation(NamedTuple):
    """One primitive: how many arithmetic operations it has, and which values it reads and writes."""

    flops: int
    reads: tuple[int, ...]
    writes: tuple[int, ...]


class Program(NamedTuple):
    """What a function computes, with calls opened, and every value computed once, as a compiler leaves it.

    A value is a number: an input that is handed on or reshaped keeps its own. `bytes` holds the size of each, constants
    none.
    """

    operations: tuple[Operation, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    bytes: dict[int, int]

    def needed(self, outputs: Iterable[int]) -> tuple[int, set[int]]:
        """The arithmetic operations that these outputs take, and all values that are read for them."""
        wanted, read, total = set(outputs), set[int](), 0
        for operation in reversed(self.operations):
            if wanted.intersection(operation.writes):
                total += operation.flops
                read.update(operation.reads)
                wanted.update(operation.reads)
        return total, read

    def traffic(self, outputs: Sequence[int]) -> int:
        """Bytes of the inputs that these outputs take, and of the outputs: each array once, those handed on not."""
        _, read = self.needed(outputs)
        moved = read.intersection(self.inputs) | set(outputs).difference(self.inputs)
        return sum(self.bytes.get(value, 0) for value in moved)


def read_program(jaxpr: ClosedJaxpr) -> Program:
    """The program of a jaxpr, as `jax.make_jaxpr` returns it."""
    reader = _Reader()
    inputs = [reader.new(var) for var in jaxpr.jaxpr.invars]
    outputs = reader.run(jaxpr, inputs)
    return Program(tuple(reader.operations), tuple(inputs), tuple(outputs), reader.bytes)


class _Reader:
    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.bytes: dict[int, int] = {}
        self._known: dict[Any, list[int]] = {}
        self._numbers = count()

    def new(self, atom: Any) -> int:
        value = next(self._numbers)
        if hasattr(atom.aval, "dtype"):
            self.bytes[value] = atom.aval.size * atom.aval.dtype.itemsize
        return value

    def run(self, jaxpr: ClosedJaxpr | Jaxpr, inputs: Sequence[int]) -> list[int]:
        jaxpr = jaxpr if isinstance(jaxpr, Jaxpr) else jaxpr.jaxpr
        values = dict(zip(jaxpr.invars, inputs, strict=True)) | {var: next(self._numbers) for var in jaxpr.constvars}

        def of(atom: Any) -> int:
            return self._literal(atom) if isinstance(atom, Literal) else values[atom]

        for equation in jaxpr.eqns:
            reads = [of(atom) for atom in equation.invars]
            values |= zip(equation.outvars, self._operation(equation, reads), strict=True)
        return [of(atom) for atom in jaxpr.outvars]

    def _operation(self, equation: JaxprEqn, reads: list[int]) -> list[int]:
        name, bodies = equation.primitive.name, _bodies(equation)
        if name in _SAME:
            return reads[: len(equation.outvars)]
        if name in _CALLS | _RULES and len(bodies) == 1:
            return self.run(bodies[0], reads)
        # Two loops are taken for different: their bodies would have to be compared.
        key = object() if bodies else (name, tuple(reads), str(equation.params))
        if key not in self._known:
            self._known[key] = [self.new(var) for var in equation.outvars]
            total = _loop_flops(equation, bodies) if bodies else flops(equation)
            self.operations.append(Operation(total, tuple(reads), tuple(self._known[key])))
        return self._known[key]

    def _literal(self, atom: Any) -> int:
        key = (str(atom.aval), id(atom.val) if atom.aval.shape else str(atom.val))
        return self._known.setdefault(key, [next(self._numbers)])[0]


def _bodies(equation: JaxprEqn) -> list[ClosedJaxpr | Jaxpr]:
    """The programs inside an operation; one number combined with another is none."""
    if equation.primitive.name.startswith(("reduce", "scatter", "select_and_")):
        return []
    parts = [part for value in equation.params.values() for part in (value if isinstance(value, tuple) else [value])]
    return [part for part in parts if isinstance(part, ClosedJaxpr | Jaxpr)]


def _loop_flops(equation: JaxprEqn, bodies: Sequence[ClosedJaxpr | Jaxpr]) -> int:
    """A scan's body as often as it runs, the dearest branch of a choice, and one trip of a loop without known end."""
    totals = []
    for body in bodies:
        reader = _Reader()
        inner = body if isinstance(body, Jaxpr) else body.jaxpr
        outputs = reader.run(body, [reader.new(var) for var in inner.invars])
        totals.append(Program(tuple(reader.operations), (), (), {}).needed(outputs)[0])
    if equation.primitive.name == "cond":
        return max(totals)
    return equation.params.get("length", 1) * sum(totals)

"""What every rule must keep, whoever wrote it: one suite over `rule_cases.CASES`.

jit, scan, checkpoint and vmap over arrays are the verifier's: tests/verify/test_catalogue.py sets it upon every rule.
"""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, PartitionSpec

from .rule_cases import CASES, Case

# These programs run once: compiling them is what takes time.
compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
# Agreement to expect: some roundings to this type, of numbers that were computed in it or in a wider one.
TOLERANCES = {"float64": 1e-12, "float32": 1e-5, "bfloat16": 2e-2, "float16": 2e-3}


def is_floating(a: Any) -> bool:
    return hasattr(a, "dtype") and jnp.issubdtype(a.dtype, jnp.floating)


def arguments(case: Case, shape: tuple[int, ...], dtype: str = "float32", seed: int = 0) -> tuple:
    """The case's arguments as JAX arrays, floating ones in `dtype`; options stay Python numbers."""
    made = case.make(np.random.default_rng(seed), shape)
    return jax.tree.map(
        lambda a: jnp.asarray(a, dtype) if is_floating(a) else jnp.asarray(a) if hasattr(a, "dtype") else a, made
    )


def is_array(a: Any) -> bool:
    return hasattr(a, "dtype") and not jnp.issubdtype(a.dtype, jax.dtypes.prng_key)


def random_like(tree: Any, seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda a: jnp.asarray(rng.normal(size=a.shape), a.dtype), tree)


def exact(tree: Any) -> Any:
    """Floating arrays as NumPy float64; keys, integers and options as they are."""
    return jax.tree.map(lambda a: np.asarray(a, float) if is_floating(a) else a, tree)


def of_floating(function: Callable, args: tuple) -> tuple[Callable, tuple]:
    """`function` of its floating arrays alone, and those arrays."""
    places = floating_places(args)
    return partial(call_with, function, args, places), tuple(jax.tree.leaves(args)[i] for i in places)


def floating_places(args: tuple) -> list[int]:
    return [i for i, a in enumerate(jax.tree.leaves(args)) if is_floating(a)]


def call_with(function: Callable, args: tuple, places: list[int], *xs: Any) -> Any:
    leaves, structure = jax.tree.flatten(args)
    return function(*structure.unflatten((dict(enumerate(leaves)) | dict(zip(places, xs, strict=True))).values()))


def value_and_gradients(function: Callable, xs: tuple, dy: Any) -> tuple[Any, tuple]:
    y, back = jax.vjp(function, *xs)
    return y, back(dy)


def assert_close(actual: Any, wanted: Any, tolerance: float, what: str = "") -> None:
    """Equal structure and shapes; numbers within `tolerance` of themselves or of their array's largest."""
    assert jax.tree.structure(actual) == jax.tree.structure(wanted)
    for a, w in zip(jax.tree.leaves(actual), jax.tree.leaves(wanted), strict=True):
        a, w = np.asarray(a, float), np.asarray(w, float)
        assert a.shape == w.shape
        np.testing.assert_allclose(a, w, rtol=tolerance, atol=tolerance * np.abs(w).max(initial=1e-3), err_msg=what)


def check_formulas(case: Case, kinds: list[tuple[tuple[int, ...], str]]) -> None:
    """Values and gradients for these shapes and dtypes, all in one program: compiling is what takes time."""
    args = [arguments(case, shape, dtype) for shape, dtype in kinds]
    functions, xs = zip(*(of_floating(case.rule, a) for a in args), strict=True)
    dys = [random_like(jax.eval_shape(f, *x)) for f, x in zip(functions, xs, strict=True)]
    results = compiled(lambda xs, dys: list(map(value_and_gradients, functions, xs, dys)))(xs, dys)
    for (y, dxs), dy, a, x, (shape, dtype) in zip(results, dys, args, xs, kinds, strict=True):
        assert_close(y, case.forward(*exact(a)), TOLERANCES[dtype], f"value, {shape}, {dtype}")
        assert_close(dxs, case.backward(exact(dy), *exact(a)), TOLERANCES[dtype], f"gradient, {shape}, {dtype}")
        assert [dx.dtype for dx in dxs] == [x.dtype for x in x]


@every_case
@pytest.mark.quick
def test_value_and_gradient_follow_the_formulas(case):
    with jax.enable_x64(True):
        check_formulas(case, [(shape, "float64") for shape in case.shapes])


@every_case
def test_narrow_types_follow_them_to_their_precision_and_promote_nothing_silently(case):
    with jax.numpy_dtype_promotion("strict"):
        check_formulas(case, [(case.shapes[0], dtype) for dtype in ("float32", "bfloat16", "float16")])


@every_case
def test_reference_has_the_same_value_and_first_and_second_derivatives(case):
    with jax.enable_x64(True):
        args = arguments(case, case.shapes[0], "float64")
        (rule, xs), (reference, _) = of_floating(case.rule, args), of_floating(case.reference, args)
        dy, ddxs = random_like(jax.eval_shape(rule, *xs)), random_like(xs, seed=2)

        def derivatives(function, dy, ddxs, xs):
            dxs, back = jax.vjp(lambda dy, *xs: jax.vjp(function, *xs)[1](dy), dy, *xs)
            return function(*xs), dxs, back(ddxs)

        both = compiled(lambda *given: (derivatives(rule, *given), derivatives(reference, *given)))
        assert_close(*both(dy, ddxs, xs), 1e-9)


def test_arrays_of_numpy_are_taken_as_they_are_of_a_saved_model():
    # In a process of its own: here the types of arguments are checked.
    program = """
import jax, numpy as np
from fnbackprop.verify import own_rules
for name, (rule, reference, args, _) in own_rules().items():
    fixed = [a for a in args if getattr(a, "dtype", None) == np.float32]
    args = [np.asarray(a) if any(a is b for b in fixed) else a for a in args]
    rule(*args), reference(*args) if reference else None
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@every_case
def test_reference_has_forward_mode(case):
    # JAX refuses it while tracing: its numbers are its own.
    restricted, xs = of_floating(case.reference, arguments(case, case.shapes[0]))

    def total(*xs):
        return sum(jnp.sum(y) for y in jax.tree.leaves(restricted(*xs)))

    (hessian,) = jax.eval_shape(jax.hessian(total, argnums=(0,)), *xs)[0]
    assert hessian.shape == 2 * xs[0].shape


def options_of(case: Case) -> list[int]:
    return [i for i, a in enumerate(arguments(case, case.shapes[0])) if isinstance(a, float)]


@pytest.mark.parametrize("case", [*filter(options_of, CASES)], ids=lambda case: case.name)
def test_vmap_over_options(case):
    # As a sweep does.
    args, options, pullback = arguments(case, case.shapes[0]), options_of(case), pullback_of(case)

    @compiled
    def mapped_and_one_by_one(args):
        other = [a / 2 if i in options else a for i, a in enumerate(args)]
        stacked = [jnp.stack([a, b]) if i in options else a for i, (a, b) in enumerate(zip(args, other, strict=True))]
        mapped = jax.vmap(pullback, [0 if i in options else None for i in range(len(args))])(*stacked)
        return mapped, jax.tree.map(lambda a, b: jnp.stack([a, b]), pullback(*args), pullback(*other))

    assert_close(*mapped_and_one_by_one(args), 1e-5)


def pullback_of(case: Case) -> Callable:
    """A function of all the case's arguments: the value y, and the gradients of y²/2."""
    places = floating_places(arguments(case, case.shapes[0]))

    def pullback(*args):
        leaves = jax.tree.leaves(args)
        y, back = jax.vjp(partial(call_with, case.rule, args, places), *(leaves[i] for i in places))
        return y, back(y)

    return pullback


@every_case
def test_replicated_arguments_inside_shard_map(case):
    # One device is enough: shard_map's types tell what differs along an axis, whatever its length.
    args = arguments(case, case.shapes[0])
    specs = by_example(case, args)
    floating = tuple(s for s, a in zip(*map(jax.tree.leaves, (specs, args)), strict=True) if is_floating(a))
    mesh = jax.make_mesh((1,), ("data",), axis_types=(AxisType.Auto,))
    pullback = pullback_of(case)
    sharded = jax.shard_map(lambda *args: pullback(*args)[1], mesh=mesh, in_specs=specs, out_specs=floating)
    y = case.forward(*exact(args))
    assert_close(compiled(sharded)(*args), case.backward(y, *exact(args)), 1e-5)


def by_example(case: Case, args: tuple) -> Any:
    """The examples of each argument that has some, split over the mesh."""
    examples = case.shapes[0][:1]
    return jax.tree.map(lambda a: PartitionSpec("data") if jnp.shape(a)[:1] == examples else PartitionSpec(), args)


@every_case
def test_examples_that_are_split_over_an_explicit_mesh(case):
    # The kind that jax.make_mesh makes. How arrays lie is part of their types, so tracing tells, on one device too.
    args = arguments(case, case.shapes[0])
    with jax.set_mesh(jax.make_mesh((1,), ("data",), axis_types=(AxisType.Explicit,))):
        placed = jax.tree.map(
            lambda a, spec: jax.device_put(a, spec) if is_array(a) else a, args, by_example(case, args)
        )
        restricted, xs = of_floating(case.rule, placed)
        _, dxs = jax.eval_shape(lambda *xs: value_and_gradients(restricted, xs, restricted(*xs)), *xs)
        assert [dx.sharding.spec for dx in dxs] == [jax.typeof(x).sharding.spec for x in xs]


@every_case
def test_the_newer_custom_vjp_agrees(case):
    args = arguments(case, case.shapes[0])
    restricted, xs = of_floating(case.rule, args)
    jax.config.update("jax_custom_vjp3", True)
    try:
        y, dxs = compiled(lambda *xs: value_and_gradients(restricted, xs, restricted(*xs)))(*xs)
    finally:
        jax.config.update("jax_custom_vjp3", False)
    assert_close(y, case.forward(*exact(args)), 1e-5)
    assert_close(dxs, case.backward(exact(y), *exact(args)), 1e-5)


@every_case
def test_keywords_are_the_same_call(case):
    args = arguments(case, case.shapes[0])
    names = list(inspect.signature(case.rule).parameters)[: len(args)]
    if names == ["xs"]:
        pytest.skip("it takes any number of arrays")
    by_keyword = case._replace(rule=lambda *args: case.rule(**dict(zip(names, args, strict=True))))
    programs = [str(jax.make_jaxpr(pullback_of(c))(*args)) for c in (case, by_keyword)]
    assert programs[0] == programs[1]


@every_case
def test_keeps_no_more_than_its_arguments_nor_than_the_autodiff_of_its_reference(case):
    args = arguments(case, case.shapes[0])

    def kept(function):
        restricted, xs = of_floating(function, args)
        residuals = []
        jax.eval_shape(lambda *xs: residuals.extend(jax.tree.leaves(jax.vjp(restricted, *xs)[1])), *xs)
        return sum(a.size * a.dtype.itemsize for a in {id(a): a for a in residuals}.values())

    sizes = [a.nbytes for a in jax.tree.leaves(args) if isinstance(a, jax.Array)]
    output = jax.eval_shape(case.rule, *args) if case.keeps_output else ()
    sizes += [y.size * y.dtype.itemsize for y in jax.tree.leaves(output)]
    # A few numbers per row may come on top, but not another array.
    assert kept(case.rule) <= min(sum(sizes), kept(case.reference)) + max(sizes) * 3 / 4


@every_case
def test_reference_is_called_like_the_rule(case):
    rule, reference = (inspect.signature(f).parameters.values() for f in (case.rule, case.reference))
    assert [(p.name, p.kind, p.default) for p in rule] == [(p.name, p.kind, p.default) for p in reference]


def all_rules() -> set:
    """Every custom_vjp of the package."""
    found = set()
    for folder in ("modules", "costs", "penalties"):
        package = importlib.import_module(f"fnbackprop.{folder}")
        for file in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            found |= {f for f in vars(importlib.import_module(file.name)).values() if isinstance(f, jax.custom_vjp)}
    return found


def test_no_rule_is_left_out():
    assert all_rules() == {getattr(case.rule, "func", case.rule) for case in CASES}

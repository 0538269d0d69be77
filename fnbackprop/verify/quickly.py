"""Compile what runs for milliseconds: compiling is what a verification takes its time for."""

import re
from collections.abc import Callable
from typing import Any

import jax
from jax.experimental.xla_metadata import set_xla_metadata
from jax.extend.core import jaxpr_as_fun

from ..core.program import read_program
from .primal import equations

# YNN's fusions of a recurrence are a third of the time.
_QUICK = {"xla_backend_optimization_level": 0, "xla_cpu_experimental_ynn_fusion_type": ""}
# XLA makes one function of such a call, where otherwise each operation in it is one: up to three times as quickly.
_ONE_FUNCTION = {"xla_cpu_small_call": "true", "inlineable": "false"}
# Of a loop that is written out, where each round reads the one before several times, XLA is slow to see what to fuse:
# 7,600 operations took 41 s, and take 4 s so. Of fewer than these, fusing saves more kernels than it costs.
_UNFUSED, _LONG = {"xla_disable_hlo_passes": "fusion"}, 1000
# What must not be in it: all that XLA has a library for, or other processes.
_APART = re.compile(r"stablehlo\.(custom_call|fft|\w*scatter|sort|triangular_solve|cholesky|all_|collective_)|top_k")
# Matrix products are plain loops in it: so many operations are a tenth of a second.
_MOST_FLOPS = 10**7


def quickly_compiled(function: Callable) -> Callable:
    """`function`, compiled to be ready soon, not to be fast."""
    plain, programs = jax.jit(function, compiler_options=_QUICK), dict[Any, Callable]()
    unfused = jax.jit(function, compiler_options={**_QUICK, **_UNFUSED})

    def call(*args: Any) -> Any:
        leaves, tree = jax.tree.flatten(args)
        types = tree, tuple(map(jax.typeof, leaves))
        if types not in programs:
            traced = plain.trace(*args)
            long = sum(1 for _ in equations(traced.jaxpr.jaxpr)) > _LONG
            programs[types] = unfused if long else _one_function(traced, args) or plain
        return programs[types](*args)

    return call if jax.default_backend() == "cpu" else plain


def _one_function(traced: Any, args: tuple[Any, ...]) -> Callable | None:
    """The same as one function of XLA's; None where that cannot be, or is slow."""
    program = read_program(traced.jaxpr)
    if program.needed(program.outputs)[0] > _MOST_FLOPS:
        return None
    of_leaves, tree = jaxpr_as_fun(traced.jaxpr), jax.tree.structure(traced.out_info)

    @jax.jit
    def inside(*leaves: Any) -> tuple[Any, Any]:
        # XLA aborts over an argument that turns out to be unused.
        return of_leaves(*leaves), [x.ravel()[0] != 0 for x in leaves if x.size]

    def whole(*args: Any) -> tuple[Any, Any]:
        results, used = inside(*jax.tree.leaves(args))
        return jax.tree.unflatten(tree, results), set_xla_metadata(used, **_ONE_FUNCTION)  # of the call

    compiled = jax.jit(whole, compiler_options=_QUICK)
    return None if _APART.search(compiled.lower(*args).as_text()) else lambda *args: compiled(*args)[0]

"""What modules cost, against formulas by hand and XLA's own count."""

import subprocess
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import Context, Module, Variables
from fnbackprop.core.work import Work, trace_passes
from fnbackprop.modules import (
    Add,
    Dropout,
    Duplicate,
    Flatten,
    Function,
    Linear,
    LogSoftmax,
    Max,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)

B, IN, OUT = 64, 48, 32
X = jax.ShapeDtypeStruct((B, IN), np.float32)
N = B * IN
CONTEXT = Context(jax.random.key(0), train=True)


def variables_of(module: Module, *specs: Any) -> Any:
    return jax.eval_shape(lambda key: module.init(key, *specs), jax.random.key(0))


def work(module: Module, *specs: Any, wanted: list[bool] | None = None) -> Work:
    return module.work(variables_of(module, *specs), *specs, wanted=wanted, context=CONTEXT)


@pytest.mark.quick
def test_linear_by_hand() -> None:
    x, weight, y, bias = 4 * B * IN, 4 * OUT * IN, 4 * B * OUT, 4 * OUT
    # A product and the bias; two products of the same size and the sum over the batch.
    assert work(Linear(OUT), X) == Work(
        2 * B * IN * OUT + B * OUT,
        4 * B * IN * OUT + (B - 1) * OUT,
        x + weight + bias + y,
        (x + weight + y) + (x + weight + bias),
    )
    no_bias = work(Linear(OUT, bias=False), X)
    assert no_bias == Work(2 * B * IN * OUT, 4 * B * IN * OUT, x + weight + y, (x + weight + y) + (x + weight))


@pytest.mark.quick
def test_the_cotangent_of_the_data_costs_nothing_where_nobody_wants_it() -> None:
    first = work(Linear(OUT, bias=False), X, wanted=[False])
    assert first.backward_flops == 2 * B * IN * OUT
    assert first.backward_bytes == 4 * (B * IN + B * OUT + OUT * IN)
    assert work(Tanh(), X, wanted=[False])[1::2] == (0, 0)
    assert work(Max(), X, X, wanted=[True, False]).backward_flops == N


@pytest.mark.quick
def test_elementwise_by_hand() -> None:
    # A comparison and a selection; a selection. x is read, y and one byte a number kept are written.
    assert work(ReLU(), X) == Work(2 * N, N, 4 * N + 4 * N + N, N + 4 * N + 4 * N)
    assert work(Add(), X, X) == Work(N, 0, 12 * N, 0)
    assert work(Duplicate(copies=3), X) == Work(0, 2 * N, 0, 16 * N)
    assert work(Flatten(), jax.ShapeDtypeStruct((4, 3, 5), np.float32)) == Work()


@pytest.mark.quick
def test_dropout_by_hand() -> None:
    # 17 integer operations make and compare a number's bits, a selection and a product mask it; twice, for only the key
    # is kept; and a few dozen operations on the key itself.
    done = work(Dropout(), X)
    assert done.forward_flops == pytest.approx(19 * N, abs=60)
    assert done.backward_flops == pytest.approx(19 * N, abs=60)


@pytest.mark.quick
def test_a_gather_costs_its_sum_back_and_tokens_have_no_cotangent() -> None:
    tokens = jax.ShapeDtypeStruct((B,), np.int32)
    gather = Function(lambda table, tokens: table[tokens])
    assert work(gather, X, tokens).backward_flops == B * IN
    assert work(gather, X, tokens, wanted=[False, True]).backward_flops == 0


@pytest.mark.quick
def test_times_and_total() -> None:
    once = Work(1, 2, 3, 4)
    assert once.times(5) == Work(5, 10, 15, 20)
    assert Work.total([once, once.times(2)]) == once.times(3)
    assert Work.total([]) == Work(0, 0, 0, 0)


@pytest.mark.quick
def test_plain_jax_keeps_what_its_derivative_needs() -> None:
    kept = trace_passes(Function(jnp.sin).apply, variables_of(Function(jnp.sin), X), X, context=CONTEXT).kept
    assert [(spec.shape, spec.dtype) for spec in kept.values()] == [((B, IN), np.float32)]


# XLA counts the x − max that LogSoftmax writes twice two times, and leaves out a few operations on places.
AGREES = {Linear(OUT): 1e-6, Softmax(): 0.01, ReLU(): 0.01, Sigmoid(): 0.01, Tanh(): 0.01, LogSoftmax(): 0.2}
AGREES |= {Dropout(): 0.06}


@pytest.mark.parametrize("module", AGREES, ids=str)
def test_agrees_with_xla(module: Module) -> None:
    """With its count of the program as written: fused loops repeat operations, and count these again."""
    variables = module.init(jax.random.key(0), X)

    def forward(params: Any, x: Any) -> Any:
        return module.apply(variables._replace(params=params), x, context=CONTEXT)[0][0]

    y, pullback = jax.eval_shape(lambda *args: jax.vjp(forward, *args), variables.params, X)
    done, tolerance = work(module, X), AGREES[module]
    assert done.forward_flops == pytest.approx(xla_flops(jax.jit(forward).lower(variables.params, X)), rel=tolerance)
    backward = jax.jit(lambda pullback, dy: pullback(dy)).lower(pullback, y)
    assert done.backward_flops == pytest.approx(xla_flops(backward), rel=tolerance)


def test_linear_agrees_with_what_xla_compiles() -> None:
    params = variables_of(Linear(OUT), X).params

    def gradient(params: Any, x: Any, dy: Any) -> Any:
        y, pullback = jax.vjp(lambda params, x: Linear(OUT).apply(Variables(params), x)[0][0], params, x)
        return y, pullback(dy)

    y = jax.ShapeDtypeStruct((B, OUT), np.float32)
    done = work(Linear(OUT), X)
    compiled = jax.jit(gradient).lower(params, X, y).compile()
    assert done.forward_flops + done.backward_flops == pytest.approx(xla_flops(compiled), rel=0.001)


def xla_flops(program: Any) -> float:
    counts = program.cost_analysis()
    return counts.get("flops", 0) + counts.get("transcendentals", 0)


def test_what_training_loads_does_not_bring_pallas() -> None:
    code = "import sys, fnbackprop.experiment; sys.exit('jax._src.pallas.core' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

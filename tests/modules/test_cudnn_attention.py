"""cuDNN's attention, as far as it can be looked at without a GPU: when it is chosen, and for what program."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax._src.cudnn import fused_attention_stablehlo  # there is no public way to tell JAX that cuDNN will be there

from fnbackprop import attention
from fnbackprop.modules import Attention, cudnn_attention

Q = jax.random.normal(jax.random.key(0), (2, 16, 4, 8), jnp.bfloat16)
K, V = (jax.random.normal(jax.random.key(i), (2, 16, 2, 8), jnp.bfloat16) for i in (1, 2))


@pytest.fixture
def on_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cudnn_attention, "_on_cuda", lambda: True)
    monkeypatch.setattr(fused_attention_stablehlo, "check_cudnn_version", lambda: 91000)


def test_the_arguments_mean_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = partial(jax.nn.dot_product_attention)

    def by_xla(*args: Any, implementation: str, **options: Any) -> jax.Array:
        assert implementation == "cudnn"
        return plain(*args, implementation="xla", **options)

    monkeypatch.setattr(jax.nn, "dot_product_attention", by_xla)
    for causal in (False, True):
        got, wanted = cudnn_attention.cudnn_attention(Q, K, V, causal), attention(Q, K, V, None, causal)
        np.testing.assert_allclose(*(np.asarray(y, np.float32) for y in (got, wanted)), rtol=2e-2, atol=2e-2)


@pytest.mark.usefixtures("on_cuda")
@pytest.mark.parametrize(("dtype", "masked", "chosen"), [
    (jnp.bfloat16, False, True), (jnp.float16, False, True), (jnp.float32, False, False), (jnp.bfloat16, True, False)
])  # fmt: skip
def test_the_module_takes_it_in_half_precision_without_a_mask(dtype: Any, masked: bool, chosen: bool) -> None:
    module, x = Attention(heads=4, causal=True), jnp.ones((2, 16, 32), dtype)
    mask = [jnp.ones((16, 16), bool)] * masked
    variables = module.init(jax.random.key(0), x)

    def total(params: Any) -> jax.Array:
        return module.apply(variables._replace(params=params), x, *mask)[0][0].astype(jnp.float32).sum()

    text = jax.jit(jax.grad(total)).trace(variables.params).lower(lowering_platforms=("cuda",)).as_text()
    assert ("fmhaSoftmaxBackward" in text) == chosen


def test_without_a_gpu_it_serves_nobody() -> None:
    assert not cudnn_attention.cudnn_serves(Q, K, V)

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import Graph, Node, Repeat, ShapeError
from fnbackprop.modules import GELU, Add, Attention, Embedding, LayerNorm, Linear, Positions
from fnbackprop.modules.attention import attention, attention_reference

pytestmark = pytest.mark.quick

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (2, 6, 8))


def heads(seed: int, *shape: int) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), shape)


def test_a_query_that_sees_nothing_gets_nothing_and_gives_nothing() -> None:
    q, k, v = (heads(i, 3, 1, 2) for i in range(3))
    mask = jnp.array([[True, False, True], [False, False, False], [True, True, True]])
    y, back = jax.vjp(lambda q, k, v: attention(q, k, v, mask), q, k, v)
    assert not y[1].any()
    for dx in back(jnp.zeros_like(y).at[1].set(1.0)):
        assert not dx.any()


def test_half_precision_is_summed_in_float32() -> None:
    q, k, v = (heads(i, 300, 1, 4) for i in range(3))
    wide = attention(q, k, v)
    half = attention(*(x.astype(jnp.bfloat16) for x in (q, k, v)))
    assert half.dtype == jnp.bfloat16
    np.testing.assert_allclose(half.astype(jnp.float32), wide, atol=3 * 2**-8 * float(jnp.abs(v).max()))


def test_memory_grows_with_the_context_not_with_its_square() -> None:
    def bytes_of(function, time: int) -> int:
        x = jax.ShapeDtypeStruct((time, 2, 8), jnp.float32)
        gradient = jax.grad(lambda q, k, v: function(q, k, v, causal=True, block=64).sum(), argnums=(0, 1, 2))
        return jax.jit(gradient).lower(x, x, x).compile().memory_analysis().temp_size_in_bytes

    assert bytes_of(attention, 1024) < 2.5 * bytes_of(attention, 512)
    assert bytes_of(attention_reference, 1024) > 3.5 * bytes_of(attention_reference, 512)
    assert bytes_of(attention, 1024) < bytes_of(attention_reference, 1024) / 8


def test_shapes_that_do_not_meet_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"attention got q of shape \(3, 3, 2\), .* where kv divides heads"):
        attention(heads(0, 3, 3, 2), heads(1, 3, 2, 2), heads(2, 3, 2, 2))
    with pytest.raises(ShapeError, match=r"Attention got an input of shape .* for 3 heads"):
        Attention(3).init(KEY, X)


@pytest.mark.parametrize("options", [{}, {"rotary": True, "key_value_heads": 2, "bias": False}])
def test_a_causal_module_looks_at_nothing_that_comes_later(options: dict) -> None:
    module = Attention(4, causal=True, **options)
    variables = module.init(KEY, X)
    (y,), _ = module.apply(variables, X)
    (other,), _ = module.apply(variables, X.at[:, 4:].set(3.0))
    np.testing.assert_allclose(y[:, :4], other[:, :4], atol=1e-6)
    assert (jnp.abs(y[:, 4:] - other[:, 4:]).max(-1) > 1e-3).all()


def test_a_mask_is_a_second_input() -> None:
    variables = Attention(2).init(KEY, X)
    (masked,), _ = Attention(2).apply(variables, X, jnp.tril(jnp.ones((6, 6), bool)))
    (causal,), _ = Attention(2, causal=True).apply(variables, X)
    np.testing.assert_allclose(masked, causal, atol=1e-6)


def test_a_language_model_is_an_ordinary_graph_with_one_table_for_both_ends() -> None:
    block = [
        Node(LayerNorm(), name="norm_1", inputs=("x",)),
        Attention(2, causal=True),
        Node(Add(), name="middle", inputs=("x", "attention_1")),
        LayerNorm(),
        Linear(16),
        GELU(),
        Linear(8),
        Node(Add(), inputs=("middle", "linear_2")),
    ]
    parts = [Node(Embedding(5, 8), name="tokens"), Positions(6), Repeat(block=block, times=2), LayerNorm()]
    model = Graph([*parts, Node(Linear(5, bias=False), tied="tokens")])
    tokens = jnp.array([[0, 4, 1, 1, 2, 3]])
    variables = model.init(KEY, tokens)
    assert "linear_1" not in variables.params

    def first_logit(params: dict, derivatives: str) -> jax.Array:
        graph = model if derivatives == "rules" else Graph(model.nodes, derivatives="reference")
        (y,), _ = graph.apply(variables._replace(params=params), tokens)
        return jnp.sum(y[0, -1] * jnp.arange(5))

    rules, reference = (
        jax.jit(jax.grad(partial(first_logit, derivatives=way)))(variables.params) for way in ("rules", "reference")
    )
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5), rules, reference)
    # Both ends: even a token that is not in the text has a row that the logits are made of.
    assert (jnp.abs(rules["tokens"]["weight"]).sum(1) > 0).all()

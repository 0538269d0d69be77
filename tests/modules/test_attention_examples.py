import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import attention_examples
from fnbackprop.modules.attention import attention, attention_reference

pytestmark = pytest.mark.quick

BATCH, QUERIES, KEYS = (2, 3), 5, 7


def drawn(seed: int, *shape: int) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), shape)


def arrays() -> tuple[jax.Array, jax.Array, jax.Array]:
    """With two heads to each of two of keys and values."""
    return drawn(0, *BATCH, QUERIES, 4, 3), drawn(1, *BATCH, KEYS, 2, 3), drawn(2, *BATCH, KEYS, 2, 6)


@pytest.fixture
def loops(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Six examples, one too many to go without, loop by fours, which leaves two; says how many came at a time."""
    seen: list[int] = []
    loop = attention_examples.lax.map

    def counted(function, xs, *, batch_size: int):
        seen.append(batch_size)
        return loop(function, xs, batch_size=batch_size)

    one = 4 * 4 * QUERIES * KEYS
    monkeypatch.setattr(attention_examples, "_CACHE", 4 * one)
    monkeypatch.setattr(attention_examples, "_WITHOUT_LOOP", 5 * one)
    monkeypatch.setattr(attention_examples.lax, "map", counted)
    return seen


MASKS = [
    None,
    (QUERIES, KEYS),
    (4, QUERIES, KEYS),
    (3, 1, QUERIES, KEYS),
    (*BATCH, 4, QUERIES, KEYS),
    (2, 1, 1, 1, KEYS),
]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("shape", MASKS)
def test_a_few_examples_at_a_time_come_to_the_same(loops, shape: tuple[int, ...] | None, causal: bool) -> None:
    mask = None if shape is None else jax.random.bernoulli(jax.random.key(3), 0.7, shape)
    got, back = jax.vjp(lambda *xs: attention(*xs, mask, causal), *arrays())
    wanted, back_reference = jax.vjp(lambda *xs: attention_reference(*xs, mask, causal), *arrays())
    dy = drawn(4, *got.shape)
    for one, other in zip((got, *back(dy)), (wanted, *back_reference(dy)), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)
    assert loops == [4, 4]


def test_what_is_small_is_done_at_once(loops) -> None:
    attention(*(x.reshape(6, *x.shape[2:])[:5] for x in arrays()))
    assert loops == []


def test_several_blocks_keep_their_loop(loops) -> None:
    attention(*arrays(), None, False, 2)
    assert loops


def test_it_can_be_mapped(loops) -> None:
    mapped = jax.vmap(attention)(*(jnp.stack([x, 2 * x]) for x in arrays()))
    for one, factor in zip(mapped, (1, 2), strict=True):
        np.testing.assert_allclose(one, attention(*(factor * x for x in arrays())), atol=1e-6)


def test_a_program_may_have_batches_of_any_size() -> None:
    # In a process of its own: here types are checked, by which a size is a number.
    program = """
import jax, jax.numpy as jnp, numpy as np
from jax import export
from fnbackprop import Graph, modules as m

model = Graph([m.Embedding(7, 8), m.Attention(2, causal=True)])
variables = model.init(jax.random.key(0), jnp.zeros((1, 6), jnp.int32))
apply = jax.jit(lambda tokens: model.apply(variables, tokens)[0][0])
(n,) = export.symbolic_shape("n")
made = export.export(apply)(jax.ShapeDtypeStruct((n, 6), jnp.int32))
tokens = jax.random.randint(jax.random.key(1), (5, 6), 0, 7)
np.testing.assert_allclose(made.call(tokens), apply(tokens), rtol=1e-5, atol=1e-6)
"""
    subprocess.run([sys.executable, "-c", program], check=True)

"""What language models are made of, against PyTorch."""

import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules.attention import attention
from fnbackprop.modules.embedding import embedding

from .comparison import assert_agree, torch

F = torch.nn.functional
pytestmark = pytest.mark.torch

rng = np.random.default_rng(0)


def theirs(q, k, v, mask=None, causal=False):
    q, k, v = (x.transpose(-3, -2) for x in (q, k, v))
    mask = None if mask is None else torch.tensor(mask)
    y = F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal, enable_gqa=True)
    return y.transpose(-3, -2)


@pytest.mark.parametrize("block", [512, 3])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("kv", [1, 2, 4])
def test_attention(kv, causal, block):
    q, k, v = rng.normal(size=(2, 7, 4, 3)), rng.normal(size=(2, 7, kv, 3)), rng.normal(size=(2, 7, kv, 3))
    assert_agree(
        lambda q, k, v: attention(q, k, v, None, causal, block), lambda q, k, v: theirs(q, k, v, causal=causal), q, k, v
    )


@pytest.mark.parametrize("block", [512, 2])
def test_a_mask_of_each_head(block):
    q, k, v = (rng.normal(size=(2, 5, 4, 3)) for _ in range(3))
    mask = (rng.random((2, 4, 5, 5)) < 0.5) | np.eye(5, dtype=bool)
    assert_agree(lambda *x: attention(*x, jnp.asarray(mask), False, block), lambda *x: theirs(*x, mask), q, k, v)


def test_embedding():
    assert_agree(embedding, F.embedding, rng.integers(0, 5, (3, 4)), rng.normal(size=(5, 2)))

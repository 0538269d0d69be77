"""Costs and penalties against PyTorch, where its semantics are ours."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.costs import binary_cross_entropy, cross_entropy, negative_log_likelihood, squared_error
from fnbackprop.penalties import l1, l2, l2_decay

from .comparison import assert_agree, torch

F = torch.nn.functional
pytestmark = pytest.mark.torch

rng = np.random.default_rng(0)
X = 3 * rng.normal(size=(4, 5))
W, B = rng.normal(size=(2, 5)), rng.normal(size=2)
CLASSES = rng.integers(5, size=4)
PROBABILITIES = rng.dirichlet(np.ones(5), 4)
OUTCOMES = rng.integers(2, size=(4, 5)).astype(float)
WEIGHTS = rng.uniform(0.5, 2, 4)
CLASS_WEIGHTS = rng.uniform(0.5, 2, 5)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("targets", [CLASSES, PROBABILITIES], ids=["classes", "probabilities"])
def test_cross_entropy(targets, smoothing, reduction):
    assert_agree(
        lambda x, t: cross_entropy(x, t, None, smoothing, reduction),
        lambda x, t: F.cross_entropy(x, t, label_smoothing=smoothing, reduction=reduction),
        X,
        targets,
    )


def test_weights_of_classes_are_weights_of_their_examples():
    assert_agree(
        lambda x, t: cross_entropy(x, t, jnp.asarray(CLASS_WEIGHTS)[t]),
        lambda x, t: F.cross_entropy(x, t, weight=torch.tensor(CLASS_WEIGHTS)),
        X,
        CLASSES,
    )


def test_weights_of_examples():
    assert_agree(
        lambda x, t, w: cross_entropy(x, t, w, 0.1),
        lambda x, t, w: (w * F.cross_entropy(x, t, label_smoothing=0.1, reduction="none")).sum() / w.sum(),
        X,
        CLASSES,
        WEIGHTS,
    )


def test_positions_of_a_sequence_stand_on_the_axes_before_the_classes():
    x, t = X.reshape(2, 2, 5), CLASSES.reshape(2, 2)
    assert_agree(cross_entropy, lambda x, t: F.cross_entropy(x.movedim(-1, 1), t), x, t)


def test_negative_log_likelihood():
    assert_agree(negative_log_likelihood, F.nll_loss, np.log(PROBABILITIES), CLASSES)


def test_binary_cross_entropy():
    assert_agree(binary_cross_entropy, F.binary_cross_entropy_with_logits, X, OUTCOMES)


def test_squared_error_sums_where_mse_averages():
    assert_agree(squared_error, lambda x, t: 5 * F.mse_loss(x, t), X, PROBABILITIES)


def test_penalties():
    assert_agree(lambda w: l2(w, 0.3), lambda w: 0.3 * (w**2).sum(), X)
    assert_agree(lambda w: l1(w, 0.3), lambda w: 0.3 * w.abs().sum(), X)


def test_weight_decay_of_torch_is_twice_alpha():
    alpha, rate = 0.03, 0.1
    weight = torch.nn.Parameter(torch.tensor(W))
    weight.grad = torch.tensor(2 * W[::-1].copy())
    torch.optim.SGD([weight], lr=rate, weight_decay=2 * alpha).step()
    with jax.enable_x64(True):
        w, dw = jnp.asarray(W), jnp.asarray(2 * W[::-1])
        decayed = l2_decay(w, alpha, rate) - rate * dw
        penalised = w - rate * (dw + jax.grad(l2)(w, alpha))
    np.testing.assert_allclose(decayed, weight.detach(), rtol=1e-14)
    np.testing.assert_allclose(penalised, weight.detach(), rtol=1e-14)

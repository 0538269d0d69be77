"""Values and gradients against PyTorch, where its semantics are ours: away from kinks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.costs import binary_cross_entropy, cross_entropy, negative_log_likelihood, squared_error
from fnbackprop.modules.add import add
from fnbackprop.modules.flatten import flatten
from fnbackprop.modules.linear import linear
from fnbackprop.modules.log_sigmoid import log_sigmoid
from fnbackprop.modules.log_softmax import log_softmax
from fnbackprop.modules.maximum import maximum
from fnbackprop.modules.relu import relu
from fnbackprop.modules.sigmoid import sigmoid
from fnbackprop.modules.softmax import softmax
from fnbackprop.modules.softplus import softplus
from fnbackprop.modules.tanh import tanh
from fnbackprop.penalties import l1, l2, l2_decay

torch = pytest.importorskip("torch")
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


def tensor(a):
    return torch.tensor(a, requires_grad=a.dtype == float)


def value_and_gradients(function, torch_function, *arrays):
    """Ours and PyTorch's, each for the same random cotangent."""
    places = [i for i, a in enumerate(arrays) if a.dtype == float]
    with jax.enable_x64(True):
        ours = [jnp.asarray(a) for a in arrays]
        y, back = jax.vjp(
            lambda *xs: function(*(dict(enumerate(ours)) | dict(zip(places, xs, strict=True))).values()),
            *(ours[i] for i in places),
        )
        dy = np.random.default_rng(1).normal(size=y.shape)
        dxs = back(jnp.asarray(dy))
    theirs = [tensor(a) for a in arrays]
    torch_y = torch_function(*theirs)
    torch_y.backward(torch.tensor(dy))
    return (y, *dxs), (torch_y.detach(), *(theirs[i].grad for i in places))


def assert_agree(function, torch_function, *arrays):
    for ours, torchs in zip(*value_and_gradients(function, torch_function, *arrays), strict=True):
        np.testing.assert_allclose(ours, torchs.numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("function", "torch_function", "arrays"),
    [
        (relu, torch.relu, (X,)),
        (sigmoid, torch.sigmoid, (X,)),
        (log_sigmoid, F.logsigmoid, (X,)),
        (softplus, F.softplus, (X,)),
        (tanh, torch.tanh, (X,)),
        (softmax, lambda x: F.softmax(x, -1), (X,)),
        (log_softmax, lambda x: F.log_softmax(x, -1), (X,)),
        (linear, F.linear, (X, W, B)),
        (maximum, torch.maximum, (X, PROBABILITIES)),
        (add, torch.add, (X, B[:1])),
        (flatten, lambda x: torch.flatten(x, 1), (X.reshape(2, 2, 5),)),
    ],
)
def test_modules(function, torch_function, arrays):
    assert_agree(function, torch_function, *arrays)


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

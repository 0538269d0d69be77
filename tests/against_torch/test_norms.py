"""Normalisations against PyTorch: values, gradients, and running statistics."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import Context
from fnbackprop.modules import BatchNorm
from fnbackprop.modules.layer_norm import layer_norm
from fnbackprop.modules.rms_norm import rms_norm

from .comparison import assert_agree, torch

F = torch.nn.functional
pytestmark = pytest.mark.torch

rng = np.random.default_rng(0)
X = 1 + 3 * rng.normal(size=(6, 4, 5))


@pytest.mark.parametrize("epsilon", [1e-5, 0.1])
@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("params", [0, 1, 2])
def test_layer_norm(params, axes, epsilon):
    shape = X.shape[-axes:]
    assert_agree(
        lambda x, *p: layer_norm(x, *p, *[None] * (2 - params), epsilon, axes),
        lambda x, *p: F.layer_norm(x, shape, *p, eps=epsilon),
        X,
        *rng.normal(size=(params, *shape)),
    )


@pytest.mark.parametrize("epsilon", [1e-6, 0.1])
@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("params", [0, 1])
def test_rms_norm(params, axes, epsilon):
    shape = X.shape[-axes:]
    assert_agree(
        lambda x, *p: rms_norm(x, *p, *[None] * (1 - params), epsilon, axes),
        lambda x, *p: F.rms_norm(x, shape, *p, eps=epsilon),
        X,
        *rng.normal(size=(params, *shape)),
    )


@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("momentum", [0.1, 0.5])
@pytest.mark.parametrize("shape", [(6, 3), (4, 5, 3), (2, 3, 4, 3)])
def test_batch_norm_in_training_and_then_at_evaluation(shape, momentum, affine):
    kind = {2: torch.nn.BatchNorm1d, 3: torch.nn.BatchNorm1d, 4: torch.nn.BatchNorm2d}[len(shape)]
    theirs = kind(3, momentum=momentum, eps=1e-3, affine=affine, dtype=torch.float64)
    scale, bias = rng.normal(size=(2, 3))
    if affine:
        theirs.weight.data, theirs.bias.data = torch.tensor(scale), torch.tensor(bias)
    ours = BatchNorm(momentum=momentum, epsilon=1e-3, scale=affine, bias=affine)
    with jax.enable_x64(True):
        variables = ours.init(jax.random.key(0), jnp.zeros(shape))
        variables = variables._replace(options={"momentum": jnp.asarray(momentum)})
        if affine:
            variables = variables._replace(params={"scale": jnp.asarray(scale), "bias": jnp.asarray(bias)})
        for train in (True, True, True, False):
            x, dy = 1 + 2 * rng.normal(size=shape), rng.normal(size=shape)
            compare(ours, theirs, variables, x, dy, train)
            _, state = ours.apply(variables, jnp.asarray(x), context=Context(train=train))
            variables = variables._replace(state=state)
            agree(state["mean"], theirs.running_mean)
            agree(state["variance"], theirs.running_var)


def compare(ours, theirs, variables, x, dy, train):
    def forward(params, x):
        return ours.apply(variables._replace(params=params), x, context=Context(train=train))[0][0]

    y, pullback = jax.vjp(forward, variables.params, jnp.asarray(x))
    dparams, dx = pullback(jnp.asarray(dy))
    theirs.train(train).zero_grad()
    tensor = torch.tensor(x, requires_grad=True)
    # PyTorch's features stand on the second axis.
    torch_y = theirs(tensor.movedim(-1, 1)).movedim(1, -1)
    torch_y.backward(torch.tensor(dy))
    agree(y, torch_y.detach())
    agree(dx, tensor.grad)
    if dparams:
        agree(dparams["scale"], theirs.weight.grad)
        agree(dparams["bias"], theirs.bias.grad)


def agree(ours, theirs):
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-11, atol=1e-12)

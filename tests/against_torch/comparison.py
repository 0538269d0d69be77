"""One function of ours and one of PyTorch's, for the same numbers and the same random cotangent."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

torch = pytest.importorskip("torch")


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

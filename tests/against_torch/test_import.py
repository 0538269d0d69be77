"""Weights of PyTorch's modules in the same model of ours, and the other way round."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rich.console import Console
from safetensors.numpy import load_file, save_file

from fnbackprop import build, exchange, experiment, training
from fnbackprop.core.module import Context

from .comparison import torch

pytestmark = pytest.mark.torch
nn = torch.nn
rng = np.random.default_rng(0)

STACK = """[{ module = "Conv", features = 6, stride = 2, padding = [[1, 1], [1, 1]] },
  { module = "BatchNorm" }, { module = "ReLU" },
  { module = "Conv", features = 4, kernel = 2, padding = "valid", groups = 2, bias = false },
  { module = "GlobalAvgPool" }, { module = "LayerNorm" }, { module = "Linear", features = 3 }]"""
FLAT = """[{ module = "Conv", features = 3, padding = "valid" }, { module = "ReLU" },
  { module = "MaxPool", window = 2 }, { module = "Flatten" }, { module = "BatchNorm" },
  { module = "Linear", features = 12 }, { module = "ReLU" }, { module = "Linear", features = 2 }]"""
BLOCK = """[{ module = "LayerNorm", name = "norm1", inputs = ["x"] },
  { module = "Attention", heads = 2, name = "self_attn" },
  { module = "Add", inputs = ["x", "self_attn"], name = "mid" },
  { module = "LayerNorm", name = "norm2" }, { module = "Linear", features = 10, name = "linear1" }, { module = "ReLU" },
  { module = "Linear", features = 6, name = "linear2" }, { module = "Add", inputs = ["mid", "linear2"] },
  { module = "GlobalAvgPool" }]"""


class Pool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def stack():
    conv, last = nn.Conv2d(2, 6, 3, 2, 1), nn.Conv2d(6, 4, 2, groups=2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(6), nn.ReLU(), last, Pool(), nn.LayerNorm(4), nn.Linear(4, 3))


def flat():
    pooled = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    return pooled.extend([nn.BatchNorm1d(12), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 2)])


def block():
    return nn.TransformerEncoderLayer(6, 2, 10, dropout=0.0, batch_first=True, norm_first=True)


def of_images(module, x):
    return module(torch.tensor(x.transpose(0, 3, 1, 2)))


def mean_of_sequences(module, x):
    return module(torch.tensor(x)).mean(1)


CASES = {
    "stack": (STACK, stack, rng.normal(size=(8, 7, 7, 2)), of_images),
    "flattened image": (FLAT, flat, rng.normal(size=(8, 7, 7, 2)), of_images),
    "block": (BLOCK, block, rng.normal(size=(8, 5, 6)), mean_of_sequences),
}


def config(path, model, inputs, targets):
    np.save(path / "x.npy", inputs)
    np.save(path / "y.npy", targets)
    (path / "it.toml").write_text(
        f"model = {model}\n[data]\nsource = 'npy'\ninputs = '{path}/x.npy'\ntargets = '{path}/y.npy'\nbatch_size = 2\n"
        "normalize = 'none'\nvalidation = 0\ntest = 2\n[cost]\nname = 'squared_error'\n[training]\nsteps = 1\n"
    )
    return path / "it.toml"


@pytest.fixture(params=CASES)
def imported(request, tmp_path):
    """PyTorch's module, ours with its weights, the folder of the run, inputs, and how theirs is called."""
    model, make, x, call = CASES[request.param]
    torch.manual_seed(0)
    theirs = make()
    with torch.no_grad():
        for values in theirs.state_dict().values():  # biases and statistics begin as 0 and 1, which would hide much
            if values.is_floating_point():
                values.add_(0.2 * torch.rand_like(values))
    save_file({name: values.numpy() for name, values in theirs.state_dict().items()}, tmp_path / "it.safetensors")
    x = x.astype(np.float32)
    y = np.zeros((8, call(make(), x).shape[-1]), np.float32)
    path = config(tmp_path, model, x, y)
    run = experiment.begin_with(path, tmp_path / "it.safetensors", run=tmp_path / "run", console=Console(quiet=True))
    ours = training.load_trained(run / "model.safetensors", build.read_plan(run / "config.toml").model)
    return theirs, ours, run, x, call


@pytest.mark.parametrize("train", [False, True])
def test_outputs_and_gradients_agree(imported, train):
    theirs, ours, _, x, call = imported
    theirs.train(train)
    theirs_y = call(theirs, x)
    dy = np.random.default_rng(1).normal(size=theirs_y.shape).astype(np.float32)
    theirs_y.backward(torch.tensor(dy))

    variables = jax.tree.map(jnp.array, ours.variables)

    def outputs(params):
        moved = variables._replace(params=params)
        return ours.model.apply(moved, jnp.asarray(x), context=Context(train=train))[0][0]

    y, back = jax.vjp(outputs, variables.params)
    np.testing.assert_allclose(y, theirs_y.detach().numpy(), rtol=1e-4, atol=1e-5)
    (gradients,) = back(jnp.asarray(dy))
    named = training.outside_weights(ours.variables._replace(params=gradients), ours.model, ours.inputs(1))
    for name, values in theirs.named_parameters():
        np.testing.assert_allclose(named[name], values.grad.numpy(), rtol=1e-3, atol=2e-5, err_msg=name)


def test_what_is_exported_loads_strictly_and_agrees(imported, tmp_path):
    theirs, ours, run, x, call = imported
    exchange.export_weights(run, tmp_path / "out.safetensors")
    with torch.no_grad():
        for values in theirs.state_dict().values():
            values.zero_()
        exported = {name: torch.from_numpy(w.copy()) for name, w in load_file(tmp_path / "out.safetensors").items()}
        theirs.load_state_dict(exported, strict=True)
        y = call(theirs.eval(), x).numpy()
    np.testing.assert_allclose(training.predict(ours, x), y, rtol=1e-4, atol=1e-5)

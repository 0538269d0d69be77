"""Modules against PyTorch, where its semantics are ours: away from kinks."""

import numpy as np
import pytest

from fnbackprop.modules.add import add
from fnbackprop.modules.concatenate import concatenate
from fnbackprop.modules.elu import elu
from fnbackprop.modules.flatten import flatten
from fnbackprop.modules.gelu import gelu
from fnbackprop.modules.leaky_relu import leaky_relu
from fnbackprop.modules.linear import linear
from fnbackprop.modules.log_sigmoid import log_sigmoid
from fnbackprop.modules.log_softmax import log_softmax
from fnbackprop.modules.maximum import maximum
from fnbackprop.modules.multiply import multiply
from fnbackprop.modules.relu import relu
from fnbackprop.modules.reshape import reshape
from fnbackprop.modules.scaled_tanh import scaled_tanh
from fnbackprop.modules.sigmoid import sigmoid
from fnbackprop.modules.silu import silu
from fnbackprop.modules.softmax import softmax
from fnbackprop.modules.softplus import softplus
from fnbackprop.modules.split import split
from fnbackprop.modules.tanh import tanh

from .comparison import assert_agree, torch

F = torch.nn.functional
pytestmark = pytest.mark.torch

rng = np.random.default_rng(0)
X, Y = 3 * rng.normal(size=(2, 4, 5))
W, B = rng.normal(size=(2, 5)), rng.normal(size=2)


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
        (maximum, torch.maximum, (X, Y)),
        (add, torch.add, (X, B[:1])),
        (flatten, lambda x: torch.flatten(x, 1), (X.reshape(2, 2, 5),)),
        (gelu, F.gelu, (X,)),
        (lambda x: gelu(x, "tanh"), lambda x: F.gelu(x, approximate="tanh"), (X,)),
        (silu, F.silu, (X,)),
        (lambda x: leaky_relu(x, 0.2), lambda x: F.leaky_relu(x, 0.2), (X,)),
        (lambda x: elu(x, 0.7), lambda x: F.elu(x, 0.7), (X,)),
        (scaled_tanh, lambda x: 1.7159 * torch.tanh(2 * x / 3), (X,)),
        (multiply, lambda a, b, c: a * b * c, (X, Y, B[:1])),
        (lambda a, b: concatenate((a, b), 0), lambda a, b: torch.cat((a, b), 0), (X, W)),
        (lambda x: split(x, (2, 3))[1], lambda x: torch.split(x, (2, 3), -1)[1], (X,)),
        (lambda x: split(x, 2, 0)[0], lambda x: torch.chunk(x, 2, 0)[0], (X,)),
        (lambda x: reshape(x, (5, -1)), lambda x: x.reshape(2, 5, 2), (X.reshape(2, 10),)),
    ],
)
def test_modules(function, torch_function, arrays):
    assert_agree(function, torch_function, *arrays)

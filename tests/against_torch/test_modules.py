"""Modules against PyTorch, where its semantics are ours: away from kinks."""

import numpy as np
import pytest

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
    ],
)
def test_modules(function, torch_function, arrays):
    assert_agree(function, torch_function, *arrays)

"""Recurrences against PyTorch's, with the same weights under their other names."""

import numpy as np
import pytest

from fnbackprop.modules.gru import gru
from fnbackprop.modules.linear import linear
from fnbackprop.modules.lstm import lstm

from .comparison import assert_agree, torch

pytestmark = pytest.mark.torch

rng = np.random.default_rng(0)
X = rng.normal(size=(4, 6, 3))


def parameters(gates, features):
    rows = gates * features
    return rng.normal(size=(rows, 3)), rng.normal(size=(rows, features)), rng.normal(size=rows), rng.normal(size=rows)


def run(cell, x, *weights):
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    y, _ = torch.func.functional_call(cell, dict(zip(names, weights, strict=True)), (x,))
    return y


def test_lstm():
    cell = torch.nn.LSTM(3, 5, batch_first=True, dtype=torch.float64)
    assert_agree(
        # PyTorch's two biases are only ever added.
        lambda x, w, hidden, b, hidden_b: lstm(linear(x, w, b + hidden_b), hidden),
        lambda x, *weights: run(cell, x, *weights),
        X,
        *parameters(4, 5),
    )


def test_gru():
    def ours(x, w, hidden, b, hidden_b):
        # Of its second biases only the last gate's is more than an addition to the first.
        return gru(linear(x, w, b.at[:10].add(hidden_b[:10])), hidden, hidden_b[10:])

    cell = torch.nn.GRU(3, 5, batch_first=True, dtype=torch.float64)
    assert_agree(ours, lambda x, *weights: run(cell, x, *weights), X, *parameters(3, 5))

"""Recurrences, time by time, differentiated by complex steps: ∂f = Im f(x + i h)/h, in which nothing cancels."""

import numpy as np

from fnbackprop.modules.gru import gru, gru_reference
from fnbackprop.modules.lstm import lstm, lstm_reference

from .case import Case, h

N = 2


def lstm_forward(z, W):
    y, c, ys = 0 * z[..., 0, :N], 0 * z[..., 0, :N], []
    for t in range(z.shape[-2]):
        i, f, g, o = np.split(z[..., t, :] + y @ W.T, 4, axis=-1)
        c = h(f) * c + h(i) * np.tanh(g)
        y = h(o) * np.tanh(c)
        ys.append(y)
    return np.stack(ys, axis=-2)


def gru_forward(z, W, b):
    y, ys = 0 * z[..., 0, :N], []
    for t in range(z.shape[-2]):
        r, u, n = np.split(z[..., t, :], 3, axis=-1)
        of_r, of_u, of_n = np.split(y @ W.T, 3, axis=-1)
        u = h(u + of_u)
        y = (1 - u) * np.tanh(n + h(r + of_r) * (of_n + b)) + u * y
        ys.append(y)
    return np.stack(ys, axis=-2)


def by_complex_steps(forward):
    def backward(dy, *xs):
        found = []
        for k, x in enumerate(xs):
            dx = np.zeros_like(x)
            for place in np.ndindex(x.shape):
                moved = x.astype(complex)
                moved[place] += 1e-30j
                dx[place] = (dy * forward(*xs[:k], moved, *xs[k + 1 :])).imag.sum() / 1e-30
            found.append(dx)
        return tuple(found)

    return backward


CASES = (
    Case(
        "lstm",
        lstm,
        lstm_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 4 * N)), rng.normal(size=(4 * N, N))),
        lstm_forward,
        by_complex_steps(lstm_forward),
        ((4, 3), (3,), (0, 2), (2, 1, 1)),
    ),
    Case(
        "gru",
        gru,
        gru_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3 * N)), rng.normal(size=(3 * N, N)), rng.normal(size=N)),
        gru_forward,
        by_complex_steps(gru_forward),
        ((4, 3), (3,), (0, 2), (2, 1, 1)),
    ),
)

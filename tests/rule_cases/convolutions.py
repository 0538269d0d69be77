"""Convolution and pooling, place by place: what one output reads, its derivative gives back."""

from functools import partial
from itertools import product

import numpy as np

from fnbackprop.modules.avg_pool import avg_pool, avg_pool_reference
from fnbackprop.modules.conv import conv, conv_reference
from fnbackprop.modules.global_average_pool import global_average_pool, global_average_pool_reference
from fnbackprop.modules.max_pool import max_pool, max_pool_reference

from .case import Case

STRIDE, DILATION, GROUPS = (2, 1), (1, 2), 2
AROUND = ((1, 0), (2, 1))
BATCHES = ((3,), (0,))


def reads(shape, size, stride, padding, dilation=(1, 1)):
    """For each output: its place, and pairs of (place of the window, place of x), those in the padding left out."""
    outputs = [
        (n + sum(pair) - d * (k - 1) - 1) // s + 1
        for n, pair, d, k, s in zip(shape[1:-1], padding, dilation, size, stride, strict=True)
    ]
    for p in product(*map(range, outputs)):
        pairs = []
        for k in product(*map(range, size)):
            q = tuple(s * a + d * b - pair[0] for s, a, d, b, pair in zip(stride, p, dilation, k, padding, strict=True))
            if all(0 <= a < n for a, n in zip(q, shape[1:-1], strict=True)):
                pairs.append((k, q))
        yield p, pairs


def blocks(channels):
    return [slice(i * channels // GROUPS, (i + 1) * channels // GROUPS) for i in range(GROUPS)]


def conv_reads(x, weight):
    """(output's place and channels, weight's channels and place, input's place and channels) of each product."""
    for p, pairs in reads(x.shape, weight.shape[1:-1], STRIDE, AROUND, DILATION):
        for k, q in pairs:
            for out, of in zip(blocks(weight.shape[0]), blocks(x.shape[-1]), strict=True):
                yield (slice(None), *p, out), (out, *k), (slice(None), *q, of)


def conv_forward(x, weight, bias):
    y = np.zeros((len(x), *output_sizes(x, weight), len(bias))) + bias
    for at, w, q in conv_reads(x, weight):
        y[at] += x[q] @ weight[w].T
    return y


def output_sizes(x, weight):
    places = [p for p, _ in reads(x.shape, weight.shape[1:-1], STRIDE, AROUND, DILATION)]
    return tuple(n + 1 for n in places[-1])


def conv_backward(dy, x, weight, bias):
    dx, dweight = np.zeros_like(x), np.zeros_like(weight)
    for at, w, q in conv_reads(x, weight):
        dx[q] += dy[at] @ weight[w]
        dweight[w] += dy[at].T @ x[q]
    return dx, dweight, dy.sum((0, 1, 2))


def pool_reads(x):
    return reads(x.shape, (2, 3), STRIDE, AROUND)


def pooled(x, of_window):
    places = list(pool_reads(x))
    y = np.zeros((len(x), *(n + 1 for n in places[-1][0]), x.shape[-1]))
    for p, pairs in places:
        y[(slice(None), *p)] = of_window(np.stack([x[(slice(None), *q)] for _, q in pairs]))
    return y


def max_pool_backward(dy, x):
    dx = np.zeros_like(x)
    for p, pairs in pool_reads(x):
        for n, c in product(range(len(x)), range(x.shape[-1])):
            # The last of equal ones.
            winner = max(range(len(pairs)), key=lambda i: (x[(n, *pairs[i][1], c)], i))
            dx[(n, *pairs[winner][1], c)] += dy[(n, *p, c)]
    return (dx,)


def avg_pool_backward(dy, x):
    dx = np.zeros_like(x)
    for p, pairs in pool_reads(x):
        for _, q in pairs:
            dx[(slice(None), *q)] += dy[(slice(None), *p)] / len(pairs)
    return (dx,)


def make_conv(rng, batch):
    return rng.normal(size=(*batch, 4, 5, 2)), rng.normal(size=(4, 3, 2, 1)), rng.normal(size=4)


def rounded(rng, batch):
    """With many ties."""
    return (np.round(rng.normal(size=(*batch, 4, 5, 2))),)


CASES = (
    Case(
        "conv",
        partial(conv, stride=STRIDE, padding=AROUND, dilation=DILATION, groups=GROUPS),
        partial(conv_reference, stride=STRIDE, padding=AROUND, dilation=DILATION, groups=GROUPS),
        make_conv,
        conv_forward,
        conv_backward,
        BATCHES,
    ),
    Case(
        "max_pool",
        partial(max_pool, window=(2, 3), stride=STRIDE, padding=AROUND),
        partial(max_pool_reference, window=(2, 3), stride=STRIDE, padding=AROUND),
        rounded,
        lambda x: pooled(x, lambda seen: seen.max(0)),
        max_pool_backward,
        BATCHES,
    ),
    Case(
        "avg_pool",
        partial(avg_pool, window=(2, 3), stride=STRIDE, padding=AROUND),
        partial(avg_pool_reference, window=(2, 3), stride=STRIDE, padding=AROUND),
        rounded,
        lambda x: pooled(x, lambda seen: seen.mean(0)),
        avg_pool_backward,
        BATCHES,
    ),
    Case(
        "global_average_pool",
        global_average_pool,
        global_average_pool_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 2, 3, 2)),),
        lambda x: x.mean((1, 2)),
        lambda dy, x: (np.broadcast_to(dy[:, None, None] / 6, x.shape),),
        BATCHES,
    ),
)

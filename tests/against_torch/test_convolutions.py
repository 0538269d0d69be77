"""Convolutions and poolings against PyTorch, over a grid of options, away from ties."""

import numpy as np
import pytest

from fnbackprop.modules.avg_pool import avg_pool
from fnbackprop.modules.conv import conv
from fnbackprop.modules.global_average_pool import global_average_pool
from fnbackprop.modules.max_pool import max_pool

from .comparison import assert_agree, torch

F = torch.nn.functional
pytestmark = pytest.mark.torch

rng = np.random.default_rng(0)
LINES, IMAGES = rng.normal(size=(2, 11, 4)), rng.normal(size=(2, 9, 8, 4))
CONVS = {1: F.conv1d, 2: F.conv2d}


def channels_first(function):
    """A function of PyTorch's, for arrays that have their channels last."""
    return lambda x, *rest: function(x.movedim(-1, 1), *rest).movedim(1, -1)


@pytest.mark.parametrize(("groups", "bias"), [(1, True), (2, False), (4, True)])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("padding", [0, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize(("x", "kernel"), [(LINES, (3,)), (IMAGES, (3, 2))], ids=["line", "image"])
def test_conv(x, kernel, stride, padding, dilation, groups, bias):
    arrays = [x, rng.normal(size=(8, *kernel, 4 // groups)), *([rng.normal(size=8)] if bias else [])]
    torch_conv = CONVS[len(kernel)]
    pairs = ((padding, padding),) * len(kernel)
    assert_agree(
        lambda x, w, b=None: conv(x, w, b, stride, pairs, dilation, groups),
        channels_first(lambda x, w, b=None: torch_conv(x, w.movedim(-1, 1), b, stride, padding, dilation, groups)),
        *arrays,
    )


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (4, 5)])
def test_conv_that_keeps_the_size(kernel, dilation):
    assert_agree(
        lambda x, w: conv(x, w, None, 1, "same", dilation),
        channels_first(lambda x, w: F.conv2d(x, w.movedim(-1, 1), padding="same", dilation=dilation)),
        IMAGES,
        rng.normal(size=(3, *kernel, 4)),
    )


@pytest.mark.parametrize("stride", [(2, 1), (1, 3)])
@pytest.mark.parametrize("dilation", [(1, 2), (2, 1)])
def test_conv_with_options_for_each_axis(stride, dilation):
    assert_agree(
        lambda x, w: conv(x, w, None, stride, ((1, 1), (2, 2)), dilation),
        channels_first(lambda x, w: F.conv2d(x, w.movedim(-1, 1), None, stride, (1, 2), dilation)),
        IMAGES,
        rng.normal(size=(3, 3, 2, 4)),
    )


POOLS = pytest.mark.parametrize(
    ("window", "stride", "padding"), [(2, 2, 0), (2, 2, 1), (3, 1, 1), (3, 2, 1), (2, 3, 0), (3, 3, 0)]
)


@POOLS
@pytest.mark.parametrize("x", [LINES, IMAGES], ids=["line", "image"])
def test_max_pool(x, window, stride, padding):
    pool = {3: F.max_pool1d, 4: F.max_pool2d}[x.ndim]
    assert_agree(
        lambda x: max_pool(x, window, stride, ((padding, padding),) * (x.ndim - 2)),
        channels_first(lambda x: pool(x, window, stride, padding)),
        x,
    )


@POOLS
@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("x", [LINES, IMAGES], ids=["line", "image"])
def test_avg_pool(x, counted, window, stride, padding):
    pool = {3: F.avg_pool1d, 4: F.avg_pool2d}[x.ndim]
    assert_agree(
        lambda x: avg_pool(x, window, stride, ((padding, padding),) * (x.ndim - 2), counted),
        channels_first(lambda x: pool(x, window, stride, padding, count_include_pad=counted)),
        x,
    )


@pytest.mark.parametrize("x", [LINES, IMAGES], ids=["line", "image"])
def test_global_average_pool(x):
    assert_agree(global_average_pool, lambda x: x.mean(tuple(range(1, x.ndim - 1))), x)

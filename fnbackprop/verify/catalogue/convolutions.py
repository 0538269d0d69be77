"""Convolution and pooling."""

from ...modules import avg_pool, conv, global_average_pool, max_pool
from .example import Example, normal


def examples() -> list[Example]:
    image, weight, bias = normal(2, 4, 5, 2), normal(4, 3, 2, 1, seed=1), normal(4, seed=2)
    around = ((1, 1), (1, 0))
    paddings = {"padding": ("valid", "same", around)}
    return [
        Example(
            conv.conv,
            conv.conv_reference,
            (image, weight, bias, 1, "same", 1, 2),
            {"stride": (1, (2, 1)), "dilation": (1, (1, 2)), **paddings},
        ),
        Example(max_pool.max_pool, max_pool.max_pool_reference, (image, 2), {"stride": (None, 1), **paddings}),
        Example(
            avg_pool.avg_pool,
            avg_pool.avg_pool_reference,
            (image, 2),
            {"stride": (None, 1), "count_padding": (False, True), **paddings},
        ),
        Example(global_average_pool.global_average_pool, global_average_pool.global_average_pool_reference, (image,)),
    ]

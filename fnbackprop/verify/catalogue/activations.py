"""Functions of one number."""

from ...modules import elu, gelu, leaky_relu, log_sigmoid, relu, scaled_tanh, sigmoid, silu, softplus, tanh
from .example import Example, normal


def examples() -> list[Example]:
    x = normal(4, 3)
    return [
        Example(elu.elu, elu.elu_reference, (x, 0.7)),
        Example(gelu.gelu, gelu.gelu_reference, (x,), {"form": ("exact", "tanh")}),
        Example(leaky_relu.leaky_relu, leaky_relu.leaky_relu_reference, (x, 0.2)),
        Example(log_sigmoid.log_sigmoid, log_sigmoid.log_sigmoid_reference, (x,)),
        Example(relu.relu, relu.relu_reference, (x,)),
        Example(sigmoid.sigmoid, sigmoid.sigmoid_reference, (x,)),
        Example(scaled_tanh.scaled_tanh, scaled_tanh.scaled_tanh_reference, (x,)),
        Example(silu.silu, silu.silu_reference, (x,)),
        Example(softplus.softplus, softplus.softplus_reference, (x,)),
        Example(tanh.tanh, tanh.tanh_reference, (x,)),
    ]

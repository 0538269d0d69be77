"""Functions of one number."""

from ...modules import log_sigmoid, relu, sigmoid, softplus, tanh
from .example import Example, normal


def examples() -> list[Example]:
    x = normal(4, 3)
    return [
        Example(log_sigmoid.log_sigmoid, log_sigmoid.log_sigmoid_reference, (x,)),
        Example(relu.relu, relu.relu_reference, (x,)),
        Example(sigmoid.sigmoid, sigmoid.sigmoid_reference, (x,)),
        Example(softplus.softplus, softplus.softplus_reference, (x,)),
        Example(tanh.tanh, tanh.tanh_reference, (x,)),
    ]

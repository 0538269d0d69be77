"""The modules: each a rule, a function with a hand-written derivative, made to stand in a graph."""

from .above import Above as Above
from .add import Add as Add
from .concatenate import Concatenate as Concatenate
from .dropout import Dropout as Dropout
from .duplicate import Duplicate as Duplicate
from .elu import ELU as ELU
from .flatten import Flatten as Flatten
from .function import Function as Function
from .gelu import GELU as GELU
from .leaky_relu import LeakyReLU as LeakyReLU
from .linear import Linear as Linear
from .log_sigmoid import LogSigmoid as LogSigmoid
from .log_softmax import LogSoftmax as LogSoftmax
from .maximum import Max as Max
from .multiply import Multiply as Multiply
from .relu import ReLU as ReLU
from .reshape import Reshape as Reshape
from .scaled_tanh import ScaledTanh as ScaledTanh
from .sigmoid import Sigmoid as Sigmoid
from .silu import SiLU as SiLU
from .softmax import Softmax as Softmax
from .softplus import Softplus as Softplus
from .split import Split as Split
from .tanh import Tanh as Tanh

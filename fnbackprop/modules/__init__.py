"""The modules: each a rule, a function with a hand-written derivative, made to stand in a graph."""

from .above import Above as Above
from .add import Add as Add
from .dropout import Dropout as Dropout
from .duplicate import Duplicate as Duplicate
from .flatten import Flatten as Flatten
from .function import Function as Function
from .linear import Linear as Linear
from .log_sigmoid import LogSigmoid as LogSigmoid
from .log_softmax import LogSoftmax as LogSoftmax
from .maximum import Max as Max
from .relu import ReLU as ReLU
from .sigmoid import Sigmoid as Sigmoid
from .softmax import Softmax as Softmax
from .softplus import Softplus as Softplus
from .tanh import Tanh as Tanh

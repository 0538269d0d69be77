"""The modules: each a rule, a function with a hand-written derivative, made to stand in a graph."""

from functools import partial
from typing import TYPE_CHECKING

from ..core.missing_name import refuse_name
from .above import Above as Above
from .add import Add as Add
from .avg_pool import AvgPool as AvgPool
from .batch_norm_module import BatchNorm as BatchNorm
from .concatenate import Concatenate as Concatenate
from .conv_module import Conv as Conv
from .dropout import Dropout as Dropout
from .duplicate import Duplicate as Duplicate
from .elu import ELU as ELU
from .embedding import Embedding as Embedding
from .flatten import Flatten as Flatten
from .function import Function as Function
from .gelu import GELU as GELU
from .global_average_pool import GlobalAvgPool as GlobalAvgPool
from .gru import GRU as GRU
from .layer_norm import LayerNorm as LayerNorm
from .leaky_relu import LeakyReLU as LeakyReLU
from .linear import Linear as Linear
from .log_sigmoid import LogSigmoid as LogSigmoid
from .log_softmax import LogSoftmax as LogSoftmax
from .lstm import LSTM as LSTM
from .max_pool import MaxPool as MaxPool
from .maximum import Max as Max
from .multiply import Multiply as Multiply
from .positions import Positions as Positions
from .relu import ReLU as ReLU
from .reshape import Reshape as Reshape
from .rms_norm import RMSNorm as RMSNorm
from .scaled_tanh import ScaledTanh as ScaledTanh
from .self_attention import Attention as Attention
from .sigmoid import Sigmoid as Sigmoid
from .silu import SiLU as SiLU
from .softmax import Softmax as Softmax
from .softplus import Softplus as Softplus
from .split import Split as Split
from .tanh import Tanh as Tanh

if not TYPE_CHECKING:  # to a type checker every name would be there
    __getattr__ = partial(refuse_name, __name__)

"""The rules' names, differentiated by JAX: for forward mode, and to be compared with."""

from .costs import binary_cross_entropy_reference as binary_cross_entropy
from .costs import cross_entropy_reference as cross_entropy
from .costs import negative_log_likelihood_reference as negative_log_likelihood
from .costs import squared_error_reference as squared_error
from .modules.add import add_reference as add
from .modules.dropout import dropout_reference as dropout
from .modules.duplicate import duplicate_reference as duplicate
from .modules.flatten import flatten_reference as flatten
from .modules.linear import linear_reference as linear
from .modules.log_sigmoid import log_sigmoid_reference as log_sigmoid
from .modules.log_softmax import log_softmax_reference as log_softmax
from .modules.maximum import maximum_reference as maximum
from .modules.relu import relu_reference as relu
from .modules.sigmoid import sigmoid_reference as sigmoid
from .modules.softmax import softmax_reference as softmax
from .modules.softplus import softplus_reference as softplus
from .modules.tanh import tanh_reference as tanh
from .penalties import l1_reference as l1
from .penalties import l2_reference as l2

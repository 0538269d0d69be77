"""Costs: what turns a model's outputs and the targets into one number per example, and those into one number.

A cost's rule is called as `rule(x, targets, weights=None, …, reduction="mean")`. Each file ends with the cost's
constant, which says what the rule can take and what is reported beside it.
"""

from .absolute_error import absolute_error as absolute_error
from .accuracy import accuracy as accuracy
from .accuracy import binary_accuracy as binary_accuracy
from .binary_cross_entropy import BINARY_CROSS_ENTROPY as BINARY_CROSS_ENTROPY
from .binary_cross_entropy import binary_cross_entropy as binary_cross_entropy
from .binary_cross_entropy import binary_cross_entropy_reference as binary_cross_entropy_reference
from .cost import Cost as Cost
from .cross_entropy import cross_entropy as cross_entropy
from .cross_entropy import cross_entropy_reference as cross_entropy_reference
from .linear_cross_entropy import CROSS_ENTROPY as CROSS_ENTROPY
from .linear_cross_entropy import linear_cross_entropy as linear_cross_entropy
from .linear_cross_entropy import linear_cross_entropy_reference as linear_cross_entropy_reference
from .negative_log_likelihood import NEGATIVE_LOG_LIKELIHOOD as NEGATIVE_LOG_LIKELIHOOD
from .negative_log_likelihood import negative_log_likelihood as negative_log_likelihood
from .negative_log_likelihood import negative_log_likelihood_reference as negative_log_likelihood_reference
from .per_example import per_example as per_example
from .reduction import Reduction as Reduction
from .squared_error import SQUARED_ERROR as SQUARED_ERROR
from .squared_error import squared_error as squared_error
from .squared_error import squared_error_reference as squared_error_reference

"""Penalties: what is added to the cost, or done to the weights at each step, so that they stay small or few.

`l2` and `l1` are rules on one array, to be added to the cost; `l2_decay` acts on a weight before the optimizer's update
is added, `l1_proximal` after it. The rest carries them over a whole tree of parameters.
"""

from .acts import acts as acts
from .l1 import l1 as l1
from .l1 import l1_proximal as l1_proximal
from .l1 import l1_reference as l1_reference
from .l2 import l2 as l2
from .l2 import l2_decay as l2_decay
from .l2 import l2_reference as l2_reference
from .sparsity import sparsity as sparsity
from .weights import map_penalised as map_penalised
from .weights import penalised as penalised
from .weights import penalty_sum as penalty_sum

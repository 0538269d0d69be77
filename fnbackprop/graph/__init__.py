"""Modules wired by name into directed acyclic graphs."""

from .branch import Branch as Branch
from .choose import Choose as Choose
from .fused import FusedEnd as FusedEnd
from .fused import fused_end as fused_end
from .gradient import GradientGraph as GradientGraph
from .gradient import Gradients as Gradients
from .gradient import reverse as reverse
from .graph import Graph as Graph
from .jacobians import jacobians as jacobians
from .jacobians import paths as paths
from .jacobians import sum_over_paths as sum_over_paths
from .needs import Need as Need
from .needs import kept_bytes as kept_bytes
from .needs import needs as needs
from .nested import Nested as Nested
from .nested import nested as nested
from .node import Node as Node
from .picture import Picture as Picture
from .picture import draw as draw
from .repeat import Repeat as Repeat
from .scopes import place_of as place_of
from .summary import Summary as Summary
from .summary import count_params as count_params
from .summary import summarize as summarize
from .visits import visits as visits
from .while_loop import While as While

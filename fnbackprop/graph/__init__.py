"""Modules wired by name into directed acyclic graphs."""

from .gradient import GradientGraph as GradientGraph
from .gradient import Gradients as Gradients
from .gradient import reverse as reverse
from .graph import Graph as Graph
from .node import Node as Node
from .summary import Summary as Summary
from .summary import count_params as count_params
from .summary import summarize as summarize
from .summary import summary_table as summary_table

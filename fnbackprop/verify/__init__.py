"""Whether a derivative is right: checks of a rule, of a module, of a configured model."""

from .case import Case as Case
from .case import Level as Level
from .catalogue import own_rules as own_rules
from .configured import verify_graph as verify_graph
from .prepare import NotTakenError as NotTakenError
from .prepare import declare as declare
from .prepare import prepare as prepare
from .report import VjpReport as VjpReport
from .report import errors_once as errors_once
from .report_table import report_table as report_table
from .verdict import Verdict as Verdict
from .verify_vjp import chosen as chosen
from .verify_vjp import report_on as report_on
from .verify_vjp import verify_vjp as verify_vjp

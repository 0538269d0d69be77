"""From a config to live objects: the only place that turns a name into a thing."""

from .check import check as check
from .comparable import comparable_tables as comparable_tables
from .config_file import shipped_configs as shipped_configs
from .data import Data as Data
from .data import batch_specs as batch_specs
from .data import build_data as build_data
from .describe import describe as describe
from .difference import config_digest as config_digest
from .difference import differences as differences
from .optimizer import draws_noise as draws_noise
from .plan import Plan as Plan
from .plan import build_plan as build_plan
from .plan import read_plan as read_plan
from .prepare import config_tables as config_tables
from .prepare import config_text as config_text
from .prepare import outline as outline
from .prepare import prepare as prepare
from .problems import nearest as nearest
from .recipe import build_recipe as build_recipe
from .recipe import find_fused as find_fused
from .recipe import total_steps as total_steps
from .registry import import_named as import_named
from .registry import spell as spell
from .schema import json_schema as json_schema
from .starter import starter_config as starter_config
from .starter import write_starter_config as write_starter_config

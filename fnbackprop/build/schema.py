"""JSON Schema of a config, for editors: every named thing with its own options."""

from types import NoneType
from typing import Annotated, Any, ForwardRef, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, RootModel, create_model

from ..core.config import ExperimentConfig, OptimizerConfig
from ..graph import Node
from .options import module_fields, options_model
from .registry import COST, MODULE, OPTIMIZER, SCHEDULE, SOURCE, Kind


def json_schema() -> dict[str, Any]:
    """The schema of a whole config; what a thing of the user's own takes is left open."""
    model = tuple[_node(), ...]  # type: ignore[misc, valid-type]
    rate = float | _union(SCHEDULE)
    optimizer = _union(OPTIMIZER, learning_rate=(rate, OptimizerConfig.model_fields["learning_rate"].default))
    tables: Any = {"model": (model, ...), "data": (_union(SOURCE), None), "cost": (_union(COST), ...)}
    config = create_model("Experiment", __base__=ExperimentConfig, optimizer=(optimizer, None), **tables)
    return config.model_json_schema()


def _node() -> Any:
    """Any node, whose options may be nodes in turn."""
    tables = get_args(_union(MODULE))
    node = create_model("AnyNode", __base__=RootModel[Union[tables]])  # type: ignore[valid-type]  # noqa: UP007
    for each in (*tables, node):
        each.model_rebuild(force=True, _types_namespace={"AnyNode": node})
    return node


def _held(kind: Any) -> Any:
    """What a config writes for a module's option of the type `kind`: a module, a node, or a tuple of either."""
    if get_origin(kind) is tuple:
        return list[_held(get_args(kind)[0])]  # type: ignore[misc]
    if arguments := [each for each in get_args(kind) if each is not NoneType]:  # a union with None
        return _held(arguments[0])
    node: Any = ForwardRef("AnyNode")
    return node if kind is Node else node | list[node]


def _union(kind: Kind, **overrides: Any) -> Any:
    """Any table that names a thing of this kind."""
    tables = [_table(kind, name, thing, overrides) for name, thing in kind.names().items()]
    return Union[(*tables, _own(kind))]


def _table(kind: Kind, name: str, thing: Any, overrides: dict[str, Any]) -> type[BaseModel]:
    own = {key: (field.annotation, field) for key, field in kind.table.model_fields.items()}
    options = {key: (field.annotation, field) for key, field in options_model(kind, thing).model_fields.items()}
    held = {key: (_held(each), options[key][1].default) for key, each in module_fields(thing).items()}
    default = kind.table.model_fields[kind.key].default
    naming = {kind.key: (Literal[name], name if name == default else ...)}
    fields: Any = options | held | own | overrides | naming
    return create_model(f"{kind.name} {name}", __config__=ConfigDict(extra="forbid"), **fields)


def _own(kind: Kind) -> type[BaseModel]:
    naming: Any = {kind.key: (Annotated[str, Field(pattern=":")], ...)}
    return create_model(f"{kind.name} of your own", __config__=ConfigDict(extra="allow"), **naming)

"""JSON Schema of a config, for editors: every named thing with its own options."""

from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, create_model

from ..core.config import ExperimentConfig, OptimizerConfig
from .options import options_model
from .registry import COST, MODULE, OPTIMIZER, SCHEDULE, SOURCE, Kind


def json_schema() -> dict[str, Any]:
    """The schema of a whole config; what a thing of the user's own takes is left open."""
    model = tuple[_union(MODULE), ...]  # type: ignore[misc, valid-type]
    rate = float | _union(SCHEDULE)
    optimizer = _union(OPTIMIZER, learning_rate=(rate, OptimizerConfig.model_fields["learning_rate"].default))
    tables: Any = {"model": (model, ...), "data": (_union(SOURCE), None), "cost": (_union(COST), ...)}
    config = create_model("Experiment", __base__=ExperimentConfig, optimizer=(optimizer, None), **tables)
    return config.model_json_schema()


def _union(kind: Kind, **overrides: Any) -> Any:
    """Any table that names a thing of this kind."""
    tables = [_table(kind, name, thing, overrides) for name, thing in kind.names().items()]
    return Union[(*tables, _own(kind))]


def _table(kind: Kind, name: str, thing: Any, overrides: dict[str, Any]) -> type[BaseModel]:
    own = {key: (field.annotation, field) for key, field in kind.table.model_fields.items()}
    options = {key: (field.annotation, field) for key, field in options_model(kind, thing).model_fields.items()}
    default = kind.table.model_fields[kind.key].default
    naming = {kind.key: (Literal[name], name if name == default else ...)}
    fields: Any = own | overrides | options | naming
    return create_model(f"{kind.name} {name}", __config__=ConfigDict(extra="forbid"), **fields)


def _own(kind: Kind) -> type[BaseModel]:
    naming: Any = {kind.key: (Annotated[str, Field(pattern=":")], ...)}
    return create_model(f"{kind.name} of your own", __config__=ConfigDict(extra="allow"), **naming)

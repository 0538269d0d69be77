"""The options of a named thing are its class's fields, or its function's parameters: there is no second schema."""

import inspect
import json
import types
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from ..core.module import Module
from ..costs import Cost
from ..graph import Node
from .problems import Problems
from .registry import Kind

M = TypeVar("M", bound=BaseModel)


def options_model(kind: Kind, thing: Any) -> type[BaseModel]:
    """A pydantic model of what a config can give `thing`."""
    if isinstance(thing, Cost):
        found = _parameters(kind, thing.rule)
    elif isinstance(thing, Module):  # a user's own, with its options given already
        found = {}
    elif is_dataclass(thing):
        found = _fields(thing)
    else:
        found = _parameters(kind, thing)
    strict = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())
    definitions: Any = found
    return create_model(getattr(thing, "__name__", "Options"), __config__=strict, **definitions)


def module_fields(thing: Any) -> dict[str, Any]:
    """The options that are modules or nodes themselves, with their types: a config gives tables for them."""
    if not is_dataclass(thing) or isinstance(thing, Module | Cost):
        return {}
    try:
        hints = get_type_hints(thing)
    except Exception:  # a user's own signature may be anything: noted where the other options are read
        return {}
    return {f.name: hints[f.name] for f in fields(thing) if f.init and _holds_modules(hints[f.name])}


def read_options(
    kind: Kind, thing: Any, options: dict[str, Any], path: str, problems: Problems, siblings: Iterable[str]
) -> dict[str, Any] | None:
    """The options that were given, as Python values; or None, with every mistake noted.

    siblings: keys of the same table that are no options.
    """
    try:
        model = options_model(kind, thing)
    except Exception as error:  # a user's own signature may be anything
        problems.add(path, f"the options of {thing!r} cannot be told: {error}")
        return None
    try:
        values = validate(model, options)
    except ValidationError as error:
        problems.add_invalid(error, path, model, siblings)
        return None
    return {name: getattr(values, name) for name in values.model_fields_set}


def validate(model: type[M], tables: dict[str, Any]) -> M:
    """The parsed TOML as `model`; in JSON mode, where lists may be tuples and nothing else is converted."""
    return model.model_validate_json(json.dumps(tables))


def _fields(cls: Any) -> dict[str, tuple[Any, Any]]:
    hints, held = get_type_hints(cls, include_extras=True), module_fields(cls)
    found = {f.name: (hints[f.name], ... if f.default is MISSING else f.default) for f in fields(cls) if f.init}
    # Tables are read as modules where the model is built.
    return found | {name: (Any, ... if found[name][1] is ... else None) for name in held}


def _holds_modules(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Module | Node):
        return True
    return get_origin(annotation) is not Literal and any(map(_holds_modules, get_args(annotation)))


def _parameters(kind: Kind, function: Callable) -> dict[str, tuple[Any, Any]]:
    try:
        signature = inspect.signature(function, eval_str=True)
    except (NameError, AttributeError):  # an annotation that exists for type checkers only
        signature = inspect.signature(function)
    definitions = {}
    for name, parameter in signature.parameters.items():
        required = parameter.default is parameter.empty
        spread = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        array = required and kind.takes_arrays and parameter.kind is not parameter.KEYWORD_ONLY
        if spread or array or name in kind.given:
            continue
        annotation = _spelled(parameter.annotation) or _spelled_like(parameter)
        if name in kind.left_to_the_run:
            definitions[name] = (annotation | None, None if required else parameter.default)
        elif annotation is not None:
            definitions[name] = (annotation, ... if required else parameter.default)
    return definitions


def _spelled(annotation: Any) -> Any:
    """What a config can write where a function wants this type: a number where it is array-like; None for nothing."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in (str, int, float, bool, types.NoneType, list, tuple, dict) or origin is Literal:
        return annotation
    if origin is Annotated:
        return annotation if _spelled(arguments[0]) else None
    inner = [_spelled(a) for a in arguments if a is not Ellipsis]
    if origin in (Union, types.UnionType) and None in inner:
        number = next((a for a in arguments if a is float or get_args(a)[:1] == (float,)), None)
        return number | None if number and types.NoneType in arguments else number
    if origin is Iterable and all(inner):
        return list[inner[0]]  # type: ignore[valid-type]
    if origin is dict and all(inner):
        return dict[inner[0], inner[1]]  # type: ignore[valid-type]
    return annotation if origin in (Union, types.UnionType, list, tuple) and all(inner) else None


def _spelled_like(parameter: inspect.Parameter) -> Any:
    """A type for what is not annotated, or in no way that a config knows; None for what no config can write."""
    default = parameter.default
    if default is parameter.empty or (default is None and "Callable" not in str(parameter.annotation)):
        return Any
    return type(default) if type(default) in (bool, int, float, str, list, tuple, dict) else None

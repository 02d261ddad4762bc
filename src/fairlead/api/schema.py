"""From a model to the structural OpenAPI v3 schema of its CRD.

Source of the rules: apiextensions v1 (structural schemas) and controller-gen's conventions: int32/int64 formats,
`additionalProperties` for maps, required fields sorted, list and map types as extensions.
"""

import types
from datetime import datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from fairlead.api.model import Meta, Model, ObjectMeta, Resource
from fairlead.base.objects import Json

_BOUNDS = {
    "ge": "minimum",
    "le": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}
_API_VERSION = "The version of the schema this object is written in."
_KIND = "What kind of object this is."


def schema_of(model: type[Resource], description: str = "") -> Json:
    """The schema of a whole object: apiVersion, kind, metadata and what *model* adds."""
    schema = _struct(model)
    properties = schema["properties"]
    properties["apiVersion"] = {"type": "string", "description": _API_VERSION}
    properties["kind"] = {"type": "string", "description": _KIND}
    properties["metadata"] = {"type": "object"}
    required = [name for name in schema.get("required", ()) if name not in ("apiVersion", "kind", "metadata")]
    schema.pop("required", None)
    if required:
        schema["required"] = required
    return {"description": description or _first_line(model), **schema}


def _first_line(model: type) -> str:
    return (model.__doc__ or "").strip().split("\n")[0]


def _struct(model: type[Model]) -> Json:
    properties: Json = {}
    required: list[str] = []
    for item in msgspec.structs.fields(model):
        properties[item.encode_name] = type_schema(item.type)
        if item.required:
            required.append(item.encode_name)
    schema: Json = {"type": "object", "properties": properties}
    if required:
        schema["required"] = sorted(required)
    extensions = getattr(model, "SCHEMA", None)  # keywords that hold for the whole struct, such as validations
    if extensions:
        schema.update(extensions)
    return schema


def type_schema(type_: Any) -> Json:
    """The schema of a field's type. Raises: TypeError for a type that has no JSON form here."""
    origin, args = get_origin(type_), get_args(type_)
    if origin is Annotated:
        schema = type_schema(args[0])
        for note in args[1:]:
            if isinstance(note, Meta):
                schema = _with_meta(schema, note)
        return schema
    if origin in (Union, types.UnionType):
        return _union(args)
    if origin is Literal:
        return {"type": "string", "enum": list(args)}
    if origin in (list, tuple):
        return {"type": "array", "items": type_schema(args[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": type_schema(args[1])}
    return _plain(type_)


def _union(args: tuple[Any, ...]) -> Json:
    present = [arg for arg in args if arg is not type(None)]
    if set(present) == {int, str}:
        return {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    if len(present) != 1:
        raise TypeError(f"a field may be one type or null, not {args}")
    return type_schema(present[0])


def _plain(type_: Any) -> Json:
    scalars: dict[Any, Json] = {
        str: {"type": "string"},
        int: {"type": "integer"},
        bool: {"type": "boolean"},
        float: {"type": "number"},
        datetime: {"type": "string", "format": "date-time"},
        Any: {},
    }
    if type_ in scalars:
        return dict(scalars[type_])
    if type_ is ObjectMeta:
        return {"type": "object"}
    if isinstance(type_, type) and issubclass(type_, Model):
        return _struct(type_)
    raise TypeError(f"no schema for {type_!r}")


def _with_meta(schema: Json, note: Meta) -> Json:
    merged = dict(schema)
    if note.description:
        merged = {"description": note.description, **merged}
    for attribute, keyword in _BOUNDS.items():
        value = getattr(note, attribute)
        if value is not None:
            merged[_sized(keyword, schema.get("type"))] = value
    for keyword, value in (note.extra_json_schema or {}).items():
        merged[keyword] = value
    return merged


def _sized(keyword: str, type_: Any) -> str:
    """minLength counts characters of strings, items of lists and properties of maps."""
    if type_ == "array":
        return keyword.replace("Length", "Items")
    if type_ == "object":
        return keyword.replace("Length", "Properties")
    return keyword

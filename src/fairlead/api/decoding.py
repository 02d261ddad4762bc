"""What a webhook that reads typed objects says of a value of the wrong JSON type.

Source: Go's encoding/json UnmarshalTypeError (go1.26), as controller-runtime's webhooks answer with it:
`json: cannot unmarshal string into Go struct field MachineDeploymentSpec.spec.replicas of type int32`. The struct is the
one that has the field; fields of an embedded struct carry its name in their path.

A Python class has the name of its Go type, or says it in `GO`; a base class is an embedded struct.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from fairlead.api.model import Meta, Model, ObjectMeta, Resource
from fairlead.base.objects import Json

PACKAGE = "v1beta2"


def decoding_problem(model: type[Model], obj: Json) -> str:
    """The decoder's complaint about the first value of the wrong type in *obj*; empty when there is none."""
    return next(_struct(model, obj, ""), "")


def misread(model: type[Model]) -> Callable[[Json], str]:
    """`Kind.misread` for a kind whose upstream has a defaulting webhook."""
    return lambda obj: decoding_problem(model, {"spec": obj.get("spec")})


def _struct(model: type[Model], value: Mapping[str, Any], path: str) -> Iterator[str]:
    for item in msgspec.structs.fields(model):
        if item.encode_name in value and item.type is not ObjectMeta:
            embedded = _embedded_in(model, item.name)
            place = ".".join(filter(None, (path, embedded, item.encode_name)))
            yield from _value(item.type, value[item.encode_name], place, go_name(model), "")


def _value(type_: Any, value: Any, place: str, struct: str, form: str) -> Iterator[str]:
    origin, args = get_origin(type_), get_args(type_)
    if origin is Annotated:
        for note in args[1:]:
            if isinstance(note, Meta) and note.extra_json_schema:
                form = str(note.extra_json_schema.get("format", form))
        yield from _value(args[0], value, place, struct, form)
    elif origin in (Union, types.UnionType):
        present = [arg for arg in args if arg is not types.NoneType]
        if len(present) == 1 and value is not None:
            yield from _value(present[0], value, place, struct, form)
    elif value is not None and not _fits(type_, value):
        yield f"json: cannot unmarshal {_said(value)} into Go struct field {struct}.{place} of type {_go(type_, form)}"
    elif origin in (list, tuple):
        for each in value or ():
            yield from _value(args[0], each, place, struct, "")
    elif isinstance(type_, type) and issubclass(type_, Model) and type_ is not ObjectMeta:
        yield from _struct(type_, value or {}, place)


def _fits(type_: Any, value: Any) -> bool:
    origin = get_origin(type_)
    if type_ is Any:
        return True
    if origin in (list, tuple):
        return isinstance(value, list)
    if origin is dict or (isinstance(type_, type) and issubclass(type_, Model)):
        return isinstance(value, dict)
    if type_ is bool:
        return isinstance(value, bool)
    if type_ is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if type_ is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, float):
        return f"number {value}"
    if isinstance(value, int):
        return "number"
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, dict) else "string"


def _go(type_: Any, form: str) -> str:
    """The Go type, as the decoder names it."""
    origin, args = get_origin(type_), get_args(type_)
    if origin is Annotated:
        return _go(args[0], form)
    if origin in (list, tuple):
        return f"[]{_go(args[0], '')}"
    if origin is dict:
        return f"map[string]{_go(args[1], '')}"
    if origin is Literal or type_ is str:
        return "string"
    if isinstance(type_, type) and issubclass(type_, Model):
        return f"{PACKAGE}.{go_name(type_)}"
    return {bool: "bool", int: form or "int64", float: "float64"}.get(type_, "string")


def go_name(model: type[Model]) -> str:
    """The name of the Go struct that a class stands for."""
    return str(model.__dict__.get("GO", model.__name__))


def _embedded_in(model: type[Model], name: str) -> str:
    """The Go struct, embedded in *model*, that has the field; empty for a field of its own."""
    if name in model.__annotations__:
        return ""
    for base in model.__mro__[1:]:
        if name in getattr(base, "__annotations__", {}):
            return "" if base in (Model, Resource) or not issubclass(base, Model) else go_name(base)
    return ""

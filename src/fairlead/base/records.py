"""Tuples with named fields, made as `typing.NamedTuple` makes them but without loading `typing` and `collections`.

    if TYPE_CHECKING:
        from typing import NamedTuple as Record
    else:
        from fairlead.base.records import Record

Those two take longer to load than a small overlay takes to build. For type checkers a Record is a NamedTuple.
"""

from __future__ import annotations

try:  # what collections makes fields of, where this Python has it
    from _collections import _tuplegetter  # type: ignore[import-not-found]
except ImportError:

    def _tuplegetter(at: int, doc: str) -> Any:
        return property(lambda record: record[at], doc=doc)


TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any, Self


class _RecordType(type):
    def __new__(mcs, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> Any:
        fields = tuple(space.get("__annotations__", ()))
        if bases == (tuple,):
            return super().__new__(mcs, name, bases, space)
        values = ", ".join(f"{field}=_{field}" if field in space else field for field in fields)
        known = {f"_{field}": space.pop(field) for field in fields if field in space}
        make = eval(  # as collections does: a call of a function with these parameters
            f"lambda _type, {values}: _new(_type, ({', '.join(fields)},))", {"_new": tuple.__new__, **known}
        )
        getters = {field: _tuplegetter(at, "") for at, field in enumerate(fields)}
        return super().__new__(
            mcs, name, bases, {**space, **getters, "__slots__": (), "__new__": make, "_fields": fields}
        )


class Record(tuple, metaclass=_RecordType):  # type: ignore[type-arg]
    """A base of classes whose annotations are fields, in order; a value given there is the field's default."""

    __slots__ = ()
    _fields: tuple[str, ...]

    def _replace(self, **changes: Any) -> Self:
        """Return a copy with other values in some fields."""
        return self.__class__(**{**dict(zip(self._fields, self, strict=True)), **changes})

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        listed = ", ".join(f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
        return f"{self.__class__.__name__}({listed})"

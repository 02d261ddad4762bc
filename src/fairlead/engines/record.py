"""Classes of fields, for modules that a short command loads.

The standard dataclass writes and compiles source for each class, and loads
``inspect``; for a command that lives a tenth of a second that is a sixth of
its time. This one takes the fields from the annotations and has one
``__init__`` for all. Type checkers treat it as a dataclass.
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

    T = TypeVar("T")
else:

    def dataclass_transform(**_):
        return lambda cls: cls


class _Made:
    """A default that is made anew for each instance."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def made(*, factory: Callable[[], T]) -> T:
    """Return a default that calls *factory* for each instance."""
    return _Made(factory)  # type: ignore[return-value]


@dataclass_transform(field_specifiers=(made,))
class Record:
    """Base of classes whose fields are their annotations, in order, with defaults where they have values."""

    _names: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, **_: Any) -> None:
        own = [name for name, kind in cls.__annotations__.items() if "ClassVar" not in str(kind)]
        cls._names = (*cls._names, *own)
        cls._defaults = {**cls._defaults, **{name: cls.__dict__[name] for name in own if name in cls.__dict__}}

    def __init__(self, *args: Any, **given: Any) -> None:
        names = self._names
        if len(args) > len(names):
            raise TypeError(f"{type(self).__name__} takes {len(names)} values, not {len(args)}")
        values = self.__dict__
        values.update(zip(names, args, strict=False))
        for name in names[len(args) :]:
            if name in given:
                values[name] = given.pop(name)
            elif name in self._defaults:
                default = self._defaults[name]
                values[name] = default.make() if type(default) is _Made else default
            else:
                raise TypeError(f"{type(self).__name__} needs {name}")
        if given:
            raise TypeError(f"{type(self).__name__} has no {', '.join(given)}")

    def copied(self) -> Self:
        """Return a copy that shares what the fields hold."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def replace(self, **changes: Any) -> Self:
        """Return a copy with other values in some fields."""
        return type(self)(**{**{name: getattr(self, name) for name in self._names}, **changes})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._names)})"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._names)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self._names))

"""Properties of managed objects: who provides which, and how a path like `config.hardware.device` is walked.

A provider makes one top-level property. Providers are found by managed object type, then by its base types; a property
that pyVmomi's type has but nobody provides is unset, one that it does not have is InvalidProperty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyVmomi import VmomiSupport

from fairlead.vcenter.faults import VimFault, no_object
from fairlead.vcenter.inventory import Inventory
from fairlead.vcenter.model import Entity
from fairlead.vcenter.sessions import UserSession
from fairlead.vcenter.simulator import VCenter
from fairlead.vcenter.soap.wire import Ref, Refs, managed_type, ref_of

Provider = Callable[["Sight", str], Any]
PROVIDERS: dict[str, dict[str, Provider]] = {}
LEAVES: dict[tuple[str, str], Provider] = {}
EXISTS: dict[str, Callable[[Sight, str], bool]] = {}
_PART = re.compile(r"^(\w+)(?:\[(.+)\])?$")


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader may look at: the vCenter, the caller's session, and its own objects (views, filters …)."""

    vcenter: VCenter
    session: UserSession | None
    own: Mapping[str, Any]

    @property
    def inventory(self) -> Inventory:
        return self.vcenter.inventory


def leaf(type_: str, path: str) -> Callable[[Provider], Provider]:
    """Register a provider of one nested property that is read often, so that its whole is not built for it."""

    def register(provider: Provider) -> Provider:
        LEAVES[type_, path] = provider
        return provider

    return register


def provides(type_: str, *names: str) -> Callable[[Provider], Provider]:
    """Register a provider of a property (by default the one of the function's name)."""

    def register(provider: Provider) -> Provider:
        for name in names or (provider.__name__,):
            PROVIDERS.setdefault(type_, {})[name] = provider
        return provider

    return register


def exists(type_: str) -> Callable[[Callable[[Sight, str], bool]], Callable[[Sight, str], bool]]:
    """Register how to tell whether an object of a type that is not in the inventory exists."""

    def register(check: Callable[[Sight, str], bool]) -> Callable[[Sight, str], bool]:
        EXISTS[type_] = check
        return check

    return register


def has_object(sight: Sight, ref: Ref) -> bool:
    check = EXISTS.get(ref.type)
    if check is not None:
        return check(sight, ref.id)
    entity = sight.inventory.get(ref.id)
    return entity.type == ref.type if isinstance(entity, Entity) else ref.id in sight.own


def lineage(type_: str) -> tuple[str, ...]:
    """Return a managed object type's name and those of its bases, nearest first."""
    found = _LINEAGES.get(type_)
    if found is None:
        bases = [c for c in managed_type(type_).__mro__ if isinstance(c, type)]
        found = tuple(VmomiSupport.GetWsdlName(c) for c in bases if issubclass(c, VmomiSupport.ManagedObject))
        _LINEAGES[type_] = found
    return found


_LINEAGES: dict[str, tuple[str, ...]] = {}


def is_a(type_: str, wanted: str) -> bool:
    return wanted in lineage(type_)


def known_names(type_: str) -> tuple[str, ...]:
    """Return the names of all properties somebody provides for a type."""
    names: dict[str, None] = {}
    declared = {p.name for p in managed_type(type_)._GetPropertyList()}
    for base in lineage(type_):
        names.update(dict.fromkeys(n for n in PROVIDERS.get(base, ()) if n in declared))
    return tuple(sorted(names))


def read(sight: Sight, ref: Ref, path: str, made: dict[str, Any] | None = None) -> Any:
    """Return a property's value, None when it is unset. *made* keeps top-level values of one object between calls.

    Raises: VimFault ManagedObjectNotFound, InvalidProperty.
    """
    if not has_object(sight, ref):
        raise no_object(ref.type, ref.id)
    quick = LEAVES.get((ref.type, path))
    if quick:
        return quick(sight, ref.id)
    name, _, rest = path.partition(".")
    match = _PART.match(name)
    if not match:
        raise _invalid(path)
    declared = managed_type(ref.type)._GetPropertyInfo  # raises AttributeError for a name it lacks
    try:
        info = declared(match[1])
    except (AttributeError, KeyError):
        raise _invalid(path) from None
    if made is not None and match[1] in made:
        value = made[match[1]]
    else:
        value = _provided(sight, ref, match[1])
        if made is not None:
            made[match[1]] = value
    if match[2]:
        value, kind = _element(value, match[2]), getattr(info.type, "Item", object)
    else:
        kind = info.type
    return _descend(value, kind, rest, path) if rest else typed(value, kind)


def _provided(sight: Sight, ref: Ref, name: str) -> Any:
    for base in lineage(ref.type):
        provider = PROVIDERS.get(base, {}).get(name)
        if provider:
            return provider(sight, ref.id)
    return None


def _descend(value: Any, kind: Any, path: str, whole: str) -> Any:
    for part in path.split("."):
        match = _PART.match(part)
        if not match:
            raise _invalid(whole)
        if isinstance(value, Ref | VmomiSupport.ManagedObject):
            raise _invalid(whole)
        try:
            info = (type(value) if value is not None else kind)._GetPropertyInfo(match[1])
        except (AttributeError, KeyError):
            if value is None:
                return None
            raise _invalid(whole) from None
        kind = info.type
        value = getattr(value, match[1], None) if value is not None else None
        if match[2]:
            value, kind = _element(value, match[2]), getattr(kind, "Item", object)
    return typed(value, kind)


def _element(values: Any, key: str) -> Any:
    """Return the element of an array whose key is `4000` or `"name"`."""
    wanted = key.strip("\"'")
    return next((v for v in values or () if str(getattr(v, "key", "")) == wanted), None)


def typed(value: Any, kind: Any) -> Any:
    """Return a value in a form that `wire.value_xml` types rightly."""
    if value is None or isinstance(value, Ref | Refs):
        return value
    if isinstance(value, VmomiSupport.ManagedObject):
        return ref_of(value)
    if isinstance(value, list):
        item = getattr(kind, "Item", object)
        if isinstance(item, type) and issubclass(item, VmomiSupport.ManagedObject):
            return Refs(ref_of(v) for v in value)
        return value if isinstance(value, VmomiSupport.Array) else kind(value)
    if isinstance(kind, type) and issubclass(kind, list):
        return value
    if isinstance(value, bool | str) and kind in (bool, str):
        return value
    if isinstance(kind, type) and kind is not object and not isinstance(value, kind) and issubclass(kind, int | str):
        return kind(value)
    return value


def _invalid(path: str) -> VimFault:
    return VimFault("InvalidProperty", f"The property '{path}' is invalid.", name=path)

"""How a kind's fields are written down: msgspec structs, from which schemas are generated and views are made.

    class MachineSpec(Model):
        cluster_name: Annotated[str, Doc("The cluster the machine belongs to."), Meta(min_length=1, max_length=63)]
        version: Annotated[str, Doc("Kubernetes version, with a leading v.")] = ""

A field without a default is required. Names are camelCase on the wire. Views are frozen and drop what they do not know:
they are for reading, the JSON object stays the truth.
"""

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from fairlead.base.objects import Json

__all__ = [
    "Doc",
    "Extra",
    "IntOrString",
    "Meta",
    "Model",
    "ObjectMeta",
    "OwnerReference",
    "RawJson",
    "Resource",
    "view",
]

M = TypeVar("M")


if TYPE_CHECKING:  # mypy wants `frozen=True` again on every subclass; msgspec inherits it

    class Model(msgspec.Struct, rename="camel", omit_defaults=True):
        """A JSON object with known fields."""

else:

    class Model(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
        """A JSON object with known fields."""


def Doc(text: str) -> Meta:  # noqa: N802  # reads as a type in annotations
    """What `kubectl explain` says of the field."""
    return Meta(description=text)


def Extra(**extensions: Any) -> Meta:  # noqa: N802  # reads as a type in annotations
    """Schema keywords beyond the type: `Extra(format="int32", list_type="map", list_map_keys=["type"])`.

    Names with a Kubernetes meaning (list_type, list_map_keys, map_type, validations, preserve_unknown_fields,
    int_or_string, embedded_resource) become `x-kubernetes-…`; others are used as they are (`default`, `nullable`, …).
    """
    return Meta(extra_json_schema={_keyword(name): value for name, value in extensions.items()})


_KUBERNETES_KEYWORDS = frozenset(
    {
        "list_type",
        "list_map_keys",
        "map_type",
        "validations",
        "preserve_unknown_fields",
        "int_or_string",
        "embedded_resource",
    }
)


def _keyword(name: str) -> str:
    if name in _KUBERNETES_KEYWORDS:
        return "x-kubernetes-" + name.replace("_", "-")
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


IntOrString = Annotated[int | str, Extra(int_or_string=True)]
RawJson = Annotated[Any, Extra(preserve_unknown_fields=True)]


class OwnerReference(Model):
    """Who keeps an object alive."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool = False
    block_owner_deletion: bool = False


class ObjectMeta(Model):
    """The part of an object that all kinds share."""

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str = ""
    deletion_timestamp: str = ""
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()

    @property
    def is_deleting(self) -> bool:
        return bool(self.deletion_timestamp)


class Resource(Model):
    """A whole object; kinds add `spec` and `status` (and `kw_only=True` when one of them is required)."""

    api_version: str
    kind: str
    metadata: ObjectMeta = ObjectMeta()


def view(model: type[M], obj: Json) -> M:
    """A typed, read-only view of *obj*. Raises: msgspec.ValidationError naming the path that has the wrong type."""
    return msgspec.convert(obj, model, strict=False)

"""A compiled schema. Source: santhosh-tekuri/jsonschema v6.0.3 schema.go."""

from __future__ import annotations

from fairlead.engines.jsonschema.addresses import encode

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from fairlead.engines.jsonschema.values import Decimal


class Schema:
    """What the keywords at one place come to; what is not there has the value below."""

    verdict: bool | None = None  # of a schema that is true or false
    draft: int = 2020
    ref: Schema | None = None
    recursive_ref: Schema | None = None
    recursive_anchor: bool = False
    dynamic_ref: tuple[Schema, str] | None = None  # with the anchor that it names
    dynamic_anchor: str = ""
    dynamic_anchors: dict[str, Schema] | None = None
    types: frozenset[str] | None = None
    enum: list[Any] | None = None
    const: tuple[Any] | None = None
    not_: Schema | None = None
    all_of: list[Schema] | None = None
    any_of: list[Schema] | None = None
    one_of: list[Schema] | None = None
    if_: Schema | None = None
    then: Schema | None = None
    else_: Schema | None = None
    format: tuple[str, Callable[[str], str]] | None = None

    max_properties: int | None = None
    min_properties: int | None = None
    required: list[str] | None = None
    property_names: Schema | None = None
    properties: dict[str, Schema] | None = None
    pattern_properties: list[tuple[Any, Schema]] | None = None
    additional_properties: bool | Schema | None = None
    dependencies: dict[str, list[str] | Schema] | None = None
    dependent_required: dict[str, list[str]] | None = None
    dependent_schemas: dict[str, Schema] | None = None
    unevaluated_properties: Schema | None = None

    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool = False
    contains: Schema | None = None
    min_contains: int | None = None
    max_contains: int | None = None
    items: Schema | list[Schema] | None = None  # of drafts before 2020-12
    additional_items: bool | Schema | None = None
    prefix_items: list[Schema] | None = None
    items_2020: Schema | None = None
    unevaluated_items: Schema | None = None

    min_length: int | None = None
    max_length: int | None = None
    pattern: tuple[str, Any] | None = None

    maximum: Decimal | None = None
    minimum: Decimal | None = None
    exclusive_maximum: Decimal | None = None
    exclusive_minimum: Decimal | None = None
    multiple_of: Decimal | None = None

    all_properties_evaluated: bool = False
    all_items_evaluated: bool = False
    items_evaluated: int = 0

    def __init__(self, url: str, pointer: str) -> None:
        self.url = url
        self.pointer = pointer
        self.resource = self

    @property
    def location(self) -> str:
        return f"{self.url}#{encode(self.pointer)}"

"""What a client wants back: JSON, a Table, only metadata, a discovery document; plain or compressed.

Source: apiserver v0.36 pkg/endpoints/handlers/negotiation and responsewriters (gzip from 128 KiB on).
"""

from __future__ import annotations

import gzip
from typing import Any, NamedTuple

import orjson

from fairlead.base.yaml import dump as dump_yaml

GZIP_FROM_BYTES = 128 * 1024
JSON_TYPE = "application/json"
YAML_TYPE = "application/yaml"


class Wanted(NamedTuple):
    """A media type with the parameters that matter here."""

    media_type: str = JSON_TYPE
    shape: str = ""  # Table, PartialObjectMetadata, APIGroupDiscoveryList …
    group: str = ""
    version: str = ""


def wanted(
    accept: str, shapes: tuple[str, ...] = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")
) -> Wanted:
    """The first entry of an Accept header that can be served; plain JSON when there is none.

    A client that asks for protobuf gets JSON: client libraries decode by the Content-Type of the answer.
    """
    for entry in accept.split(","):
        media_type, *rest = (part.strip() for part in entry.split(";"))
        parameters = dict(part.split("=", 1) for part in rest if "=" in part)
        shape = parameters.get("as", "")
        if media_type in ("application/json", "*/*", "application/*", ""):
            if not shape:
                return Wanted()
            if shape in shapes:
                return Wanted(JSON_TYPE, shape, parameters.get("g", ""), parameters.get("v", ""))
        elif media_type == YAML_TYPE and not shape:
            return Wanted(YAML_TYPE)
    return Wanted()


def encode(value: Any, kind: Wanted, pretty: bool = False) -> tuple[bytes, str]:
    """The body of *value* and its Content-Type."""
    if kind.media_type == YAML_TYPE:
        return dump_yaml(value).encode(), YAML_TYPE
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 if pretty else 0), JSON_TYPE


def compressed(body: bytes, accept_encoding: str) -> bytes | None:
    """*body* compressed, when it is worth it and the client takes it."""
    if len(body) < GZIP_FROM_BYTES or "gzip" not in accept_encoding:
        return None
    return gzip.compress(body, compresslevel=1)

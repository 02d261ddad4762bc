"""The values of a HelmRelease: what valuesFrom names, in order, and spec.values over all of it.

Source: fluxcd/pkg chartutil/values.go (order, texts).
"""

import base64
from collections.abc import Mapping
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, copy, get_in
from fairlead.engines.helm import HelmError, merge_maps
from fairlead.engines.helm import read_values as parse_values
from fairlead.engines.helm.strvals import parse_set, parse_set_string
from fairlead.runtime.client import Client

CONFIG_MAP, SECRET = GVK("", "v1", "ConfigMap"), GVK("", "v1", "Secret")
_KINDS = {"ConfigMap": CONFIG_MAP, "Secret": SECRET}
_ESCAPES = str.maketrans({char: f"\\{char}" for char in "\\,[]{}"})


class ValuesReferenceError(Exception):
    """A reference that cannot be resolved; the text is the condition's message."""


def references(obj: Json) -> list[tuple[str, Key]]:
    """The ConfigMaps and Secrets that a HelmRelease takes values from: kind and key."""
    namespace = Key.of(obj).namespace
    return [(item["kind"], Key(namespace, item["name"])) for item in get_in(obj, "spec", "valuesFrom", default=[])]


async def read_values(client: Client, obj: Json) -> dict[str, Any]:
    """The values of *obj*. Raises: ValuesReferenceError."""
    values = copy(get_in(obj, "spec", "values", default={}))
    found: dict[tuple[str, Key], Json | ApiError] = {}
    for kind, key in references(obj):
        if kind in _KINDS and (kind, key) not in found:
            found[kind, key] = await _fetch(client, kind, key)
    return compose(values, obj, found)


async def _fetch(client: Client, kind: str, key: Key) -> Json | ApiError:
    try:
        return await client.get(_KINDS[kind], key.name, key.namespace)
    except ApiError as error:
        if error.is_not_found:
            return error
        raise


def compose(values: Mapping[str, Any], obj: Json, found: Mapping[tuple[str, Key], Json | ApiError]) -> dict[str, Any]:
    """The values, given what was *found* of the references. Pure. Raises: ValuesReferenceError."""
    result: dict[str, Any] = {}
    for item in get_in(obj, "spec", "valuesFrom", default=[]):
        name = Key(Key.of(obj).namespace, item["name"])
        source = found.get((item["kind"], name))
        if source is None:
            raise _unresolved(item, name, "unsupported values reference kind")
        if isinstance(source, ApiError):
            if item.get("optional"):
                continue
            raise _unresolved(item, name, source.message)
        text = _entry(item["kind"], source, item.get("valuesKey") or "values.yaml")
        if text is None:
            if item.get("optional"):
                continue
            raise _unresolved(item, name, _missing(source, item.get("valuesKey") or "values.yaml"))
        result = _merged(result, item, name, text, values)
    return merge_maps(result, values)


def _merged(result: dict[str, Any], item: Json, name: Key, text: bytes, values: Mapping[str, Any]) -> dict[str, Any]:
    path = item.get("targetPath")
    try:
        if not path:
            return merge_maps(result, parse_values(text, str(name)))
        result = copy(merge_maps(result, values))
        _set_path(result, path, text.decode("utf-8", "replace"), literal=bool(item.get("literal")))
    except HelmError as error:
        raise _unresolved(item, name, str(error)) from error
    return result


def _set_path(values: dict[str, Any], path: str, text: str, *, literal: bool) -> None:
    if literal:
        parse_set_string(f"{path}={text.translate(_ESCAPES)}", values)
    elif any(text.startswith(quote) and text.endswith(quote) for quote in ("'", '"')):
        parse_set_string(f"{path}={text.strip(chr(39) + chr(34))}", values)
    else:
        parse_set(f"{path}={text}", values)


def _entry(kind: str, source: Json, key: str) -> bytes | None:
    found = (source.get("data") or {}).get(key)
    if found is None:
        return None
    return base64.b64decode(found) if kind == "Secret" else str(found).encode()


def _missing(source: Json, key: str) -> str:
    if key in (source.get("binaryData") or {}):
        return "key not found: it is in binaryData, which is not read; put the values into data, as UTF-8 text"
    return "key not found"


def _unresolved(item: Json, name: Key, cause: str) -> ValuesReferenceError:
    optional = " optional" if item.get("optional") else ""
    key = item.get("valuesKey") or "values.yaml"
    return ValuesReferenceError(
        f"could not resolve{optional} {item['kind']} chart values reference '{name}' with key '{key}': {cause}"
    )

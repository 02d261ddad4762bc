"""ConfigMaps and Secrets made from files, literals and env files, with the hash that kustomize gives their names.

Source: kustomize v5.8 api/internal/generators, api/hasher/hasher.go.
"""

import base64
import hashlib
from collections.abc import Iterator

from fairlead.base import gojson
from fairlead.base.objects import Json
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.loader import Loader, join

_HASH_LETTERS = str.maketrans({"0": "g", "1": "h", "3": "k", "a": "m", "e": "t"})


def generate(kind: str, entry: Json, options: Json, loader: Loader, folder: str) -> tuple[Json, bool]:
    """The object that a generator entry describes, and whether its name gets a hash. Raises: KustomizeError."""
    if not entry.get("name"):
        raise KustomizeError(f"{folder}: a {kind} generator has no name")
    values = dict(_values(entry, loader, folder))
    own = entry.get("options") or {}
    metadata: Json = {"name": entry["name"]}
    if entry.get("namespace"):
        metadata["namespace"] = entry["namespace"]
    for part in ("labels", "annotations"):
        merged = {**(options.get(part) or {}), **(own.get(part) or {})}
        if merged:
            metadata[part] = merged
    obj: Json = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    data, binary = {}, {}
    for key, raw in values.items():
        if kind == "Secret":
            data[key] = base64.b64encode(raw).decode()
            continue
        try:
            data[key] = raw.decode()
        except UnicodeDecodeError:
            binary[key] = base64.b64encode(raw).decode()
    if data:
        obj["data"] = data
    if binary:
        obj["binaryData"] = binary
    if kind == "Secret":
        obj["type"] = entry.get("type") or "Opaque"
    if own.get("immutable", options.get("immutable")):
        obj["immutable"] = True
    return obj, not own.get("disableNameSuffixHash", options.get("disableNameSuffixHash", False))


def _values(entry: Json, loader: Loader, folder: str) -> Iterator[tuple[str, bytes]]:
    for env in [*(entry.get("envs") or ()), *([entry["env"]] if entry.get("env") else [])]:
        for line in loader.read(join(folder, env)).decode().splitlines():
            text = line.strip()
            if text and not text.startswith("#"):
                key, _, value = text.partition("=")
                yield key.strip(), value.encode()
    for item in entry.get("files") or ():
        key, _, path = item.rpartition("=")
        yield key or path.rpartition("/")[2], loader.read(join(folder, path))
    for literal in entry.get("literals") or ():
        key, separator, value = literal.partition("=")
        if not separator:
            raise KustomizeError(f"{folder}: invalid literal source {literal}, expected key=value")
        yield key, _unquoted(value).encode()


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def name_hash(obj: Json) -> str:
    """The ten letters that stand for a ConfigMap's or Secret's content."""
    kind = obj["kind"]
    # Upstream looks the name up under the key "metadata/name", which no object has: it is always empty.
    content: Json = {"kind": kind, "name": "", "data": obj.get("data", "")}
    if kind == "Secret":
        content["type"] = obj.get("type", "")
    if obj.get("binaryData"):
        content["binaryData"] = obj["binaryData"]
    digest = hashlib.sha256(gojson.dumps(content)).hexdigest()
    return digest[:10].translate(_HASH_LETTERS)

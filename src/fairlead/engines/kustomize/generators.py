"""ConfigMaps and Secrets made from files, literals and env files, and the hash that ends their names.

Source: kustomize api v0.21.2 internal/generators, kv/kv.go, hasher/hasher.go.
"""

from __future__ import annotations

from fairlead.base import gojson
from fairlead.base.digests import sha256
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.files import Files
from fairlead.engines.kustomize.nodes import BOOL, Quoted, Scalar, copied, fresh, is_scalar, new_key, text_of, to_value
from fairlead.engines.kustomize.resource import Resource

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_HASH_LETTERS = str.maketrans({"0": "g", "1": "h", "3": "k", "a": "m", "e": "t"})
_LINE = 70
_LONGEST_LINE = 64 * 1024
_SPACES = "\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def with_options(entry: Mapping[str, Any], options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a generator's *entry* with the kustomization's own `generatorOptions` worked in."""
    if options is None:
        return dict(entry)
    own = dict(entry.get("options") or {})
    for part in ("labels", "annotations"):
        merged = {**(options.get(part) or {}), **(own.get(part) or {})}
        if merged:
            own[part] = merged
    for flag in ("disableNameSuffixHash", "immutable"):
        own[flag] = bool(own.get(flag) or options.get(flag))
    return {**entry, "options": own}


def generate(kind: str, entry: Mapping[str, Any], files: Files) -> Resource:
    """Return the ConfigMap or Secret that a generator's *entry* describes. Raises: KustomizeError."""
    name = entry.get("name") or ""
    if not name:
        raise KustomizeError("a configmap must have a name")
    options = entry.get("options") or {}
    metadata: dict[str, Any] = {"name": fresh(name)}
    if entry.get("namespace"):
        metadata["namespace"] = fresh(entry["namespace"])
    for part in ("labels", "annotations"):
        if options.get(part):
            metadata[part] = {new_key(key): Quoted(value) for key, value in sorted(options[part].items())}
    node: dict[str, Any] = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    if kind == "Secret":
        node["type"] = fresh(entry.get("type") or "Opaque")
    for key, raw in sorted(_values(name, entry, files).items()):
        text, part = _entry(kind, raw)
        node.setdefault(part, {})[new_key(key)] = Quoted(text) if "\n" in text else fresh(text)
    if kind == "Secret":
        node.setdefault("data", {})
    if options.get("immutable"):
        node["immutable"] = Scalar("true", BOOL)
    resource = Resource(node)
    resource.needs_hash = not options.get("disableNameSuffixHash")
    behavior = entry.get("behavior") or ""
    resource.behavior = behavior if behavior in ("create", "merge", "replace") else "unspecified"
    return resource


def _entry(kind: str, raw: bytes) -> tuple[str, str]:
    if kind == "Secret":
        return encode(raw), "data"
    try:
        return raw.decode(), "data"
    except UnicodeDecodeError:
        return encode(raw), "binaryData"


def encode(raw: bytes) -> str:
    """Return *raw* in base64, in lines where it is long."""
    from binascii import b2a_base64

    text = b2a_base64(raw, newline=False).decode()
    if len(text) < _LINE:
        return text
    return "".join(f"{text[at : at + _LINE]}\n" for at in range(0, len(text), _LINE))


def _values(name: str, entry: Mapping[str, Any], files: Files) -> dict[str, bytes]:
    values: dict[str, bytes] = {}
    try:
        for key, value in _pairs(entry, files):
            if key in values:
                raise KustomizeError(f"configmap {name} illegally repeats the key `{key}`")
            values[key] = value
    except _SourceError as error:
        raise KustomizeError(f"loading KV pairs: {error}") from error
    return values


class _SourceError(KustomizeError):
    pass


def _pairs(entry: Mapping[str, Any], files: Files) -> Iterator[tuple[str, bytes]]:
    envs = [*(entry.get("envs") or ()), *([entry["env"]] if entry.get("env") else ())]
    try:
        for env in envs:
            yield from _env_pairs(files.read(env))
    except KustomizeError as error:
        raise _SourceError(f"env source files: [{' '.join(envs)}]: {error}") from error
    literals = entry.get("literals") or ()
    for literal in literals:
        key, separator, value = literal.partition("=")
        if not separator or not key:
            raise _SourceError(
                f"literal sources [{' '.join(literals)}]: invalid literal source {literal}, expected key=value"
            )
        yield key, _unquoted(value).encode()
    sources = entry.get("files") or ()
    for source in sources:
        try:
            key, path = file_source(source)
            content = files.read(path)
        except KustomizeError as error:
            raise _SourceError(f"file sources: [{' '.join(sources)}]: {error}") from error
        yield key, content


def _env_pairs(content: bytes) -> Iterator[tuple[str, bytes]]:
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, raw in enumerate(lines):
        if len(raw) >= _LONGEST_LINE:
            return  # upstream's scanner stops here, and nobody asks it why
        line = raw.removesuffix(b"\r")
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise KustomizeError(f"line {number + 1} has invalid utf8 bytes") from error
        if number == 0:
            text = text.removeprefix("\ufeff")
        text = text.lstrip(_SPACES)
        if not text or text.startswith("#"):
            continue
        key, _, value = text.partition("=")
        if key:
            yield key, value.encode()


def file_source(source: str) -> tuple[str, str]:
    """Return the key and the file of an entry of `files`. Raises: KustomizeError."""
    count = source.count("=")
    if count == 0:
        return source.rstrip("/").rpartition("/")[2], source
    if count == 1 and source.startswith("="):
        raise KustomizeError(f'missing key name for file path "{source[1:]}" in source "{source}"')
    if count == 1 and source.endswith("="):
        raise KustomizeError(f'missing file path for key name "{source[:-1]}" in source "{source}"')
    if count > 1:
        raise KustomizeError(f"source \"{source}\" key name or file path contains '='")
    key, _, path = source.partition("=")
    return key, path


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def name_hash(node: Mapping[str, Any]) -> str:
    """Return the ten letters that stand for an object's content."""
    kind = text_of(node.get("kind"))
    # Upstream looks the name up under the key "metadata/name", which no object has: it is always empty.
    if kind == "ConfigMap":
        content: dict[str, Any] = {"kind": kind, "name": "", "data": _part(node, "data")}
        extra = _part(node, "binaryData")
        if isinstance(extra, dict):
            content["binaryData"] = extra
    elif kind == "Secret":
        content = {"kind": kind, "name": "", "type": _part(node, "type"), "data": _part(node, "data")}
        extra = _part(node, "stringData")
        if isinstance(extra, dict):
            content["stringData"] = extra
    else:
        content = to_value(copied(dict(node)))
    digest = sha256(gojson.dumps(content)).hexdigest()
    return digest[:10].translate(_HASH_LETTERS)


def _part(node: Mapping[str, Any], name: str) -> Any:
    found = node.get(name)
    if found is None:
        return ""
    return text_of(found) if is_scalar(found) else to_value(found)

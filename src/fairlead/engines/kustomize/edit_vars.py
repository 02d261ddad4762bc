"""Turn `vars` into `replacements`, as `kustomize edit fix --vars` does.

Source: kustomize v5.8.2 commands/edit/fix/convert.go. Pure: the caller reads and writes the files. Ways it surprises:

- Each use of a variable in the files becomes a placeholder, so the files change, too.
- Replacements that were there are lost.
- Bases are looked for below the folder of the kustomization only, also those that bases name.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.loader import FILE_NAMES
from fairlead.engines.kustomize.nodes import is_null, peel, text_of
from fairlead.engines.kustomize.reader import read_documents
from fairlead.engines.kustomize.resource import Resource, parse_api_version

Read = Callable[[str], bytes | None]


def convert_vars(fields: dict[str, Any], read: Read) -> dict[str, bytes]:
    """Replace the `vars` in *fields*; return the files that change, by their paths.

    *read* returns the content of a file, None where there is none. Raises: KustomizeError when a use of a variable
    cannot be told from the text around it.
    """
    if not fields.get("vars"):
        return {}
    patches: dict[str, Mapping[str, Any]] = {}
    paths = list(_files_of(fields, "", read, patches))
    contents = {path: content for path in paths if (content := read(path)) is not None}
    before = dict(contents)
    replacements = []
    for variable in fields.pop("vars"):
        name = variable.get("name") or ""
        use = f"$({name})"
        targets: list[dict[str, Any]] = []
        for path in paths:
            for node in _nodes(contents.get(path)):
                targets += _targets(node, path, use, patches.get(path))
        replacements.append({"source": _source(variable), "targets": targets})
        for path, content in contents.items():
            contents[path] = content.replace(use.encode(), f"{name}_PLACEHOLDER".encode())
    fields["replacements"] = replacements
    return {path: content for path, content in contents.items() if content != before[path]}


def _files_of(
    fields: Mapping[str, Any], folder: str, read: Read, patches: dict[str, Mapping[str, Any]]
) -> Iterator[str]:
    for name in fields.get("resources") or ():
        for file in FILE_NAMES:
            content = read(posixpath.join(name, file))
            if content is not None:
                below = goyaml.load(content, source=name)
                if isinstance(below, dict):
                    yield from _files_of(below, name, read, patches)
        yield posixpath.normpath(posixpath.join(folder, name))
    for patch in fields.get("patches") or ():
        if patch.get("path"):
            path = posixpath.normpath(posixpath.join(folder, patch["path"]))
            patches[path] = patch
            yield path


def _nodes(content: bytes | None) -> list[Any]:
    try:
        return [document.node for document in read_documents(content or b"")]
    except KustomizeError:
        return []


def _source(variable: Mapping[str, Any]) -> dict[str, Any]:
    target = variable.get("objref") or {}
    group, version = parse_api_version(target.get("apiVersion") or "")
    return {
        "group": group,
        "version": version,
        **{part: target.get(part) or "" for part in ("kind", "name", "namespace")},
        "fieldPath": (variable.get("fieldref") or {}).get("fieldPath") or "",
    }


def _targets(node: Any, path: str, use: str, patch: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    try:
        found = list(_uses(node, use, ()))
    except KustomizeError as error:
        raise KustomizeError(f"error with {path}: {error}") from error
    if not found:
        return []
    select = _selector(Resource(node if node.__class__ is dict else {}), patch)  # a JSON patch is a list
    return [
        {"select": select, "fieldPaths": [".".join(field)], **({"options": options} if options else {})}
        for field, options in found
    ]


def _selector(item: Resource, patch: Mapping[str, Any] | None) -> dict[str, str]:
    options = (patch or {}).get("options") or {}
    if patch is None or (options.get("allowNameChange") and options.get("allowKindChange")):
        group, version = parse_api_version(item.api_version)
        return {"group": group, "version": version, "kind": item.kind, "name": item.name, "namespace": item.namespace}
    select = dict(patch.get("target") or {})
    if options.get("allowNameChange"):
        select["name"] = item.name
    if options.get("allowKindChange"):
        select["kind"] = item.kind
    if item.namespace:
        select["namespace"] = item.namespace
    return select


def _uses(node: Any, use: str, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield the path and the options of each text below *node* that has *use* in it."""
    node = peel(node)
    if node.__class__ is list:
        for at, item in enumerate(node):
            yield from _uses(item, use, (*path, str(at)))
    elif node.__class__ is dict:
        for key, item in node.items():
            name = str(key).strip()
            yield from _uses(item, use, (*path, f"[{name}]" if "." in name else name))
    elif not is_null(node) and use in text_of(node):
        yield path, _options(text_of(node), use)


def _options(text: str, use: str) -> dict[str, Any]:
    if text == use:
        return {}
    start = text.index(use)
    end = start + len(use)
    if start == 0:
        return {"delimiter": text[end], "index": 0}
    if end >= len(text):
        return {"delimiter": text[start - 1], "index": text.count(text[start - 1])}
    if text[start - 1] != text[end]:
        raise KustomizeError(f"cannot convert all vars to replacements; {use} is not delimited")
    parts = text.split(text[end])
    if use not in parts:
        raise KustomizeError(f"internal error: could not get index of var {use}")
    return {"delimiter": text[end], "index": parts.index(use)}

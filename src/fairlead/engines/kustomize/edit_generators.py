"""`kustomize edit add|set|remove configmap|secret`: the generators of a kustomization file.

Source: kustomize v5.8.2 commands/edit/add/configmap.go, secret.go, commands/edit/set/configmap.go, setsecret.go,
commands/edit/remove/removeconfigmap.go, commands/internal/util.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from fairlead.engines.kustomize.edit import KustomizationFile
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.files import Files
from fairlead.engines.kustomize.generators import generate, with_options

KINDS = {"configmap": ("configMapGenerator", "ConfigMap"), "secret": ("secretGenerator", "Secret")}
BEHAVIORS = ("create", "merge", "replace")


class Wanted(NamedTuple):
    """What the command line says of a generator; *files* are those that its patterns meant."""

    name: str
    namespace: str = ""
    behavior: str = ""
    literals: Sequence[str] = ()
    files: Sequence[str] = ()
    env: str = ""
    plain_name: bool = False
    type: str = ""


def check(what: str, names: Sequence[str], wanted: Wanted) -> None:
    """Raises: KustomizeError when the flags do not go together."""
    problem = ""
    if len(names) != 1:
        problem = "name must be specified once"
    elif not wanted.env and not wanted.files and not wanted.literals:
        problem = "at least from-env-file, or from-file or from-literal must be set"
    elif wanted.env and (wanted.files or wanted.literals):
        problem = "from-env-file cannot be combined with from-file or from-literal"
    elif wanted.behavior and wanted.behavior not in BEHAVIORS:
        problem = 'invalid behavior: must be one of "create", "merge", or "replace"'
    if problem:
        raise KustomizeError(f"failed to validate flags: {problem}")


def add(file: KustomizationFile, what: str, wanted: Wanted, tree: Files) -> None:
    """Add a generator, or what *wanted* has to the one there is. Raises: KustomizeError."""
    field, kind = KINDS[what]
    listed = file.fields.setdefault(field, [])
    entry = _find(listed, wanted.name, wanted.namespace)
    if entry is None:
        entry = {"name": wanted.name, "namespace": wanted.namespace}
        if what == "secret":
            entry["type"] = wanted.type
        listed.append(entry)
    for part, values in (("literals", wanted.literals), ("files", wanted.files), ("envs", (wanted.env,))):
        added = [value for value in values if value]
        if added:
            entry[part] = [*(entry.get(part) or ()), *added]
    if wanted.behavior:
        entry["behavior"] = wanted.behavior
    if wanted.plain_name:
        entry["options"] = {**(entry.get("options") or {}), "disableNameSuffixHash": True}
    try:
        _settle(file, entry, kind, tree)
    except KustomizeError as error:
        raise KustomizeError(f"failed to create {what}: {error}") from error


def _settle(file: KustomizationFile, entry: dict[str, Any], kind: str, tree: Files) -> None:
    """Work the kustomization's own options into *entry*, as upstream does, and generate it once as a check."""
    entry.update(with_options(entry, file.fields.get("generatorOptions")))
    generate(kind, entry, tree)


def change(
    file: KustomizationFile,
    what: str,
    names: Sequence[str],
    namespace: str,
    literals: Sequence[str],
    moved_to: str,
    tree: Files,
) -> None:
    """Give keys of a generator other values, or it another namespace. Raises: KustomizeError."""
    field, kind = KINDS[what]
    if len(names) != 1:
        raise KustomizeError("failed to validate flags: name must be specified once")
    if not literals and not moved_to:
        raise KustomizeError(
            "failed to validate flags: at least one of [--from-literal, --new-namespace] must be specified"
        )
    entry = _find(file.fields.get(field) or (), names[0], namespace)
    try:
        if entry is None:
            raise KustomizeError(f'could not set new {kind} value: unable to find {kind} with name "{names[0]}"')
        if literals:
            entry["literals"] = _changed(entry.get("literals") or (), literals)
    except KustomizeError as error:
        raise KustomizeError(f"failed to create {what}: {error}") from error
    if moved_to:
        entry["namespace"] = moved_to
    try:
        _settle(file, entry, kind, tree)
    except KustomizeError as error:
        raise KustomizeError(f"failed to create {what}: failed to validate {kind} structure: {error}") from error


def _changed(known: Sequence[str], literals: Sequence[str]) -> list[str]:
    found = {literal.partition("=")[0]: literal for literal in known}
    for literal in literals:
        key, separator, _ = literal.partition("=")
        if not separator or not key:
            raise KustomizeError(
                "failed to update literal sources: failed to update resource: invalid format: literal values must be "
                "specified in the key=value format"
            )
        if key not in found:
            raise KustomizeError(f"failed to update literal sources: key '{key}' not found in resource")
        found[key] = literal
    return list(found.values())


def remove(file: KustomizationFile, what: str, words: Sequence[str], namespace: str) -> list[str]:
    """Take generators out; return what upstream says of those that are not there. Raises: KustomizeError."""
    field, _ = KINDS[what]
    if not words:
        raise KustomizeError(f"at least one {what} name must be specified")
    if len(words) > 1:
        raise KustomizeError(
            f"too many arguments: [{' '.join(words)}]; to provide multiple {what}s to remove, please separate {what} "
            "names by commas"
        )
    names = words[0].split(",")
    listed = file.fields.get(field) or []
    gone = [entry for name in names for entry in listed if _is(entry, name, namespace)]
    if not gone:
        raise KustomizeError(f"no specified {what}(s) were found in the kustomization.yaml file")
    file.fields[field] = [entry for entry in listed if not any(entry is other for other in gone)]
    found = {entry.get("name") for entry in gone}
    return [f"{what} {name} doesn't exist in kustomization file" for name in names if name not in found]


def _find(listed: Sequence[dict[str, Any]], name: str, namespace: str) -> dict[str, Any] | None:
    return next((entry for entry in listed if _is(entry, name, namespace)), None)


def _is(entry: dict[str, Any], name: str, namespace: str) -> bool:
    """Whether *entry* generates *name*; no namespace is the default one."""
    same = (entry.get("namespace") or "default") == (namespace or "default")
    return same and entry.get("name") == name

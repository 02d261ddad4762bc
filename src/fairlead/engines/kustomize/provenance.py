"""`buildMetadata`: annotations that say where an object came from and what transformed it.

Source: kustomize api v0.21.2 resource/origin.go, internal/target/kusttarget.go. The annotation's text is YAML with
the fields in upstream's order.
"""

from __future__ import annotations

import posixpath

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.files import is_repository
from fairlead.engines.kustomize.resmap import ResMap
from fairlead.engines.kustomize.resource import ORIGIN, TRANSFORMATIONS, Resource

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NamedTuple as Record
else:
    from fairlead.base.records import Record

_ROOT = "notCloned"  # what the real tool calls the root of a repository
OPTIONS = ("originAnnotations", "transformerAnnotations", "managedByLabel")


class Origin(Record):
    """Where something comes from: a file, or what a file configures."""

    path: str = ""
    repo: str = ""
    ref: str = ""
    configured_in: str = ""
    api_version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""

    def below(self, path: str) -> Origin:
        """Return the origin of the file *path* as seen from here."""
        if is_repository(path):
            from fairlead.engines.kustomize.remote import parse_repository

            found = parse_repository(path)
            return Origin(found.path or _ROOT, found.url, found.ref)
        joined = posixpath.normpath(posixpath.join(self.path, path)) if self.path or path else ""
        return self._replace(path=joined)

    def configures(self, file: str, kind: str) -> Origin:
        """Return the origin of what the built-in *kind* does for the kustomization *file*."""
        return Origin(
            repo=self.repo,
            ref=self.ref,
            configured_in=posixpath.normpath(posixpath.join(self.path, file)),
            api_version="builtin",
            kind=kind,
        )

    def text(self) -> str:
        """Return the origin as the annotation has it."""
        lines = [
            f"{key}: {_scalar(value)}\n"
            for key, value in (
                ("path", self.path),
                ("repo", self.repo),
                ("ref", self.ref),
                ("configuredIn", self.configured_in),
            )
            if value
        ]
        by = (("apiVersion", self.api_version), ("kind", self.kind), ("name", self.name), ("namespace", self.namespace))
        inner = [f"  {key}: {_scalar(value)}\n" for key, value in by if value]
        return "".join([*lines, *(["configuredBy:\n", *inner] if inner else [])]) or "{}\n"


def _scalar(text: str) -> str:
    return goyaml.dump(text).rstrip("\n")


def mark_origin(items: Sequence[Resource], origin: Origin) -> None:
    """Say of those *items* that do not say it where they come from."""
    for item in items:
        marks = item.strings("annotations")
        if ORIGIN not in marks:
            item.set_strings("annotations", {**marks, ORIGIN: origin.text()})


def mark_transformation(items: ResMap, origin: Origin) -> None:
    """Add *origin* to what is said to have transformed *items*."""
    for item in items:
        if item.is_gone():
            continue
        marks = item.strings("annotations")
        if ORIGIN not in marks:
            marks[ORIGIN] = origin.text()
        else:
            marks[TRANSFORMATIONS] = marks.get(TRANSFORMATIONS, "") + _listed(origin.text())
        item.set_strings("annotations", marks)


def _listed(text: str) -> str:
    first, *rest = text.splitlines()
    return "".join([f"- {first}\n", *(f"  {line}\n" for line in rest)])


def plugin_origin(item: Resource) -> Origin | None:
    """Return the origin of what the plugin that *item* configures makes."""
    text = item.strings("annotations").get(ORIGIN)
    if text is None:
        return None
    loaded = goyaml.load(text)
    path = loaded.get("path") or "" if isinstance(loaded, dict) else ""
    return Origin("", "", "", path, item.api_version, item.kind, item.name, item.namespace)

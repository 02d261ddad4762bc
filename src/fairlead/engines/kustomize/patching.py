"""Patches of a kustomization: strategic merge and JSON patches, with and without targets.

Source: kustomize api v0.21.2 internal/builtins/Patch*Transformer.go, filters/patchjson6902.
"""

from __future__ import annotations

from fairlead.base import gojson
from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.files import Files
from fairlead.engines.kustomize.nodes import from_value, to_value
from fairlead.engines.kustomize.objects import objects_in
from fairlead.engines.kustomize.resmap import ResMap, merge_patch
from fairlead.engines.kustomize.resource import INTERNAL, Resource, Source
from fairlead.engines.kustomize.schema import Schema
from fairlead.engines.kustomize.selector import Selector

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Operations = list[Any]

_HISTORY = f"{INTERNAL}previousNames"


class Patch:
    """One entry of `patches`, read."""

    def __init__(self, entry: Mapping[str, Any], files: Files, config: str) -> None:
        """Raises: KustomizeError."""
        text = (entry.get("patch") or "").strip()
        path = entry.get("path") or ""
        if not text and not path:
            raise KustomizeError(f"must specify one of patch and path in\n{_shown(entry)}")
        if text and path:
            raise KustomizeError(f"patch and path can't be set at the same time\n{_shown(entry)}")
        if text:
            data, self.where, source = text.encode(), f"[patch: {gojson.quote(text, escape_html=False)}]", config
        else:
            try:
                data = files.read(path)
                source = files.path(path)
            except KustomizeError as error:
                raise KustomizeError(f"failed to get the patch file from path({path}): {error}") from error
            self.where = f"[path: {gojson.quote(path, escape_html=False)}]"
        self.target = entry.get("target")
        self.operations: Operations | None = None
        self.merges: list[Resource] = []
        try:
            self.merges = objects_in(data, source, role="patch", keep_faults=True)
            problem: KustomizeError | None = None
        except KustomizeError as error:
            problem = error
        operations = None if problem is None and self.merges else _operations(data)
        if problem is not None and operations is None:
            raise KustomizeError(f"unable to parse SM or JSON patch from {self.where}: {problem}") from problem
        if problem is not None:
            self.operations = operations
        self.source = source
        options = entry.get("options") or {}
        for merge in self.merges:
            merge.allow_name_change = bool(options.get("allowNameChange"))
            merge.allow_kind_change = bool(options.get("allowKindChange"))
            if merge.allow_name_change or merge.allow_kind_change:
                # Upstream notes the option in the annotations: a null is none there any more, and values are text.
                merge.set_strings("annotations", merge.strings("annotations"))

    def apply(self, items: ResMap, schema: Callable[[], Schema]) -> None:
        """Patch *items*; *schema* is asked for where objects are merged. Raises: KustomizeError."""
        if self.operations is not None:
            self._apply_operations(items, self.operations)
        elif self.target is not None and self.merges:
            if len(self.merges) > 1:
                raise KustomizeError(
                    "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set "
                    f"`patches.target` field: {self.where}"
                )
            try:
                found = items.select(Selector(self.target))
            except KustomizeError as error:
                raise KustomizeError(f"unable to find patch target in `resources`: {error}") from error
            if found:
                items.apply_patch(found, self.merges[0], schema())
        else:
            for patch in self.merges:
                self._apply_to_one(items, patch, schema())

    def _apply_to_one(self, items: ResMap, patch: Resource, schema: Schema) -> None:
        wanted = patch.original_id()
        try:
            target = items.by_id(wanted)
        except KustomizeError as error:
            raise KustomizeError(f'no resource matches strategic merge patch "{wanted}": {error}') from error
        before = target.current_id()
        merge_patch(target, patch.copy(), schema)
        if target.is_gone() or target.current_id() != before or patch.allow_name_change or patch.allow_kind_change:
            items.changed()

    def _apply_operations(self, items: ResMap, operations: Operations) -> None:
        if self.target is None:
            raise KustomizeError(f"must specify a target for JSON patch {self.where}")
        for item in items.select(Selector(self.target)):
            item.store_previous_id()
            apply_operations(item, operations, Source("patch", self.source))
            items.changed()


def _operations(data: bytes) -> Operations | None:
    try:
        loaded = _read(data, "")
    except goyaml.YamlError:
        return None
    return loaded if isinstance(loaded, list) and all(isinstance(item, dict) for item in loaded) else None


def _read(data: bytes, source: str) -> Any:
    """Return what the text of a JSON patch says; one that begins with a bracket has to be JSON. Raises: YamlError."""
    if not data.startswith(b"["):
        return goyaml.load(data, source=source)
    try:
        return gojson.loads(data)
    except ValueError as error:
        raise goyaml.YamlError(f"it begins as JSON, and is none: {error}", source) from error


def _shown(entry: Mapping[str, Any]) -> str:
    return goyaml.dump(dict(entry))


def apply_operations(item: Resource, operations: Operations, source: Source) -> None:
    """Do the *operations* of a JSON patch to *item*. Raises: KustomizeError."""
    from fairlead.engines.merge.patches import PatchError, json_patch

    value = to_value(item.node)
    metadata = value.get("metadata")
    has_history = bool(item.previous or item.prefixes or item.suffixes or item.behavior or item.needs_hash)
    if has_history and isinstance(metadata, dict):  # upstream keeps it in annotations, which then are there
        metadata["annotations"] = {**(metadata.get("annotations") or {}), _HISTORY: ""}
    try:
        value = json_patch(value, operations)
    except PatchError as error:
        raise KustomizeError(f"{item.current_id()}: {error}") from error
    if not isinstance(value, dict):
        raise KustomizeError(f"{item.current_id()}: the patch leaves no object")
    metadata = value.get("metadata")
    if has_history and isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
        annotations = {key: text for key, text in metadata["annotations"].items() if key != _HISTORY}
        value = {**value, "metadata": {**metadata, "annotations": annotations}}
    item.node = from_value(value)
    item.set_strings("annotations", item.strings("annotations"))
    item.sources.append(source)


class Json6902:
    """One entry of `patchesJson6902`, read."""

    def __init__(self, target: Mapping[str, Any] | None, path: str, text: str, files: Files, config: str) -> None:
        """Raises: KustomizeError."""
        if not (target or {}).get("name"):
            raise KustomizeError("must specify the target name")
        if not path and not text:
            raise KustomizeError("empty file path and empty jsonOp")
        if path and text:
            raise KustomizeError("must specify a file path or jsonOp, not both")
        data = files.read(path) if path else text.encode()
        self.source = files.path(path) if path else config
        if not data:
            raise KustomizeError(f"patch file '{path}' empty seems to be empty")
        try:
            loaded = _read(data, path)
        except goyaml.YamlError as error:
            raise KustomizeError(f"{self.source}: {error.go_text}") from error
        if not isinstance(loaded, list) or not all(isinstance(item, dict) for item in loaded):
            raise KustomizeError(
                f"{self.source}: decoding {data.decode(errors='replace')}: it is no list of operations"
            )
        if not loaded:
            raise KustomizeError(f"patch appears to be empty; file={path}, JsonOp={text}")
        self.operations = loaded
        self.selector = Selector(target or {})

    def apply(self, items: ResMap) -> None:
        """Patch *items*. Raises: KustomizeError."""
        for item in items.select(self.selector):
            apply_operations(item, self.operations, Source("patch", self.source))
            items.changed()


def read_merges(paths: Sequence[str], text: str, files: Files, config: str) -> list[Resource]:
    """Return the patches of `patchesStrategicMerge`, each a file's name or a text. Raises: KustomizeError."""
    if not paths and not text:
        raise KustomizeError("empty file path and empty patch content")
    found: list[Resource] = []
    for path in paths:
        try:
            found += objects_in(path.encode(), config, role="patch", keep_faults=True)
        except KustomizeError:
            found += objects_in(files.read(path), files.path(path), role="patch", keep_faults=True)
    if text:
        found += objects_in(text.encode(), config, role="patch", keep_faults=True)
    if not found:
        raise KustomizeError(f"patch appears to be empty; files=[{' '.join(paths)}], Patch={text}")
    return found


def apply_merges(items: ResMap, patches: Sequence[Resource], schema: Schema) -> None:
    """Lay each of *patches* over the object it names. Raises: KustomizeError."""
    for patch in patches:
        target = items.by_id(patch.original_id())
        items.apply_patch([target], patch, schema)

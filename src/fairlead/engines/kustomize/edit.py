"""Change a kustomization file the way `kustomize edit` does: fields in its order, comments kept above them.

Source: kustomize v5.8.2 commands/internal/kustfile/kustomizationfile.go, commands/edit. Pure: text in, text out.
Every edit brings old fields up to date and writes each field anew, so comments inside a field move behind it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.images import split_image
from fairlead.engines.kustomize.kustomization import VERSIONS, current_fields
from fairlead.engines.kustomize.shapes import ANY, KUSTOMIZATION

ORDER = (
    *("apiVersion", "kind", "metadata", "sortOptions", "resources", "bases", "namePrefix", "nameSuffix", "namespace"),
    *("crds", "commonLabels", "labels", "commonAnnotations", "patchesStrategicMerge", "patchesJson6902", "patches"),
    *("configMapGenerator", "secretGenerator", "helmCharts", "helmChartInflationGenerator", "helmGlobals"),
    *("generatorOptions", "vars", "images", "replacements", "replicas", "configurations", "generators"),
    *("transformers", "validators", "components", "openapi", "buildMetadata"),
)
_KEPT_ZEROS = frozenset({"count", "orderFirst", "orderLast"})
_POINTERS = frozenset({"options", "target", "source", "legacySortOptions", "select"})
_ALWAYS: Mapping[str, Mapping[str, Any]] = {  # what Go writes though nothing was said of it
    "vars": {"name": "", "objref": {"name": ""}, "fieldref": {}},
    "objref": {"name": ""},
    "legacySortOptions": {"orderFirst": None, "orderLast": None},
    "targets": {"select": None},
    "replicas": {"count": 0},
}
_KEEP = "*"
_IMAGE_FORMS = """invalid format of image, use one of the following options:
- <image>=<newimage>:<newtag>
- <image>=<newimage>@<digest>
- <image>=<newimage>:<newtag>@<digest>
- <image>=<newimage>
- <image>:<newtag>
- <image>:<newtag>@<digest>
- <image>@<digest>"""


class KustomizationFile:
    """A kustomization's text, to be changed by `fields` and written again."""

    def __init__(self, data: bytes, path: str) -> None:
        """Raises: KustomizeError."""
        self.fields = current_fields(data, path)
        kind = self.fields.setdefault("kind", "Kustomization")
        self.fields.setdefault("apiVersion", VERSIONS.get(kind, VERSIONS["Kustomization"]))
        for name in ("configMapGenerator", "secretGenerator"):
            for entry in self.fields.get(name) or ():
                if entry.get("env"):
                    entry["envs"] = [*(entry.get("envs") or ()), entry.pop("env")]
        self._comments = _commented_fields(data.decode("utf-8", "replace"))

    @classmethod
    def new(cls, fields: dict[str, Any]) -> KustomizationFile:
        """Return a file with these *fields* that was not there before."""
        made = cls.__new__(cls)
        made.fields = {"apiVersion": VERSIONS["Kustomization"], "kind": "Kustomization", **fields}
        made._comments = []
        return made

    def render(self) -> str:
        """Return the file's new text."""
        parts = []
        for name, comment in self._comments:
            parts += [comment, self._render_field(name)]
        known = {name for name, _ in self._comments}
        parts += [self._render_field(name) for name in ORDER if name not in known]
        return "".join(parts)

    def _render_field(self, name: str) -> str:
        value = _pruned(KUSTOMIZATION[name], self.fields.get(name), name)
        if value is None or value in ("", [], {}):
            return ""
        return goyaml.dump({name: value})


def render_fields(fields: Mapping[str, Any]) -> str:
    """Return the text of a kustomization with these *fields*, in the order of their names."""
    kept = {name: _pruned(KUSTOMIZATION[name], value, name) for name, value in fields.items()}
    return goyaml.dump({name: value for name, value in kept.items() if value is not None and value not in ("", [], {})})


def _commented_fields(text: str) -> list[tuple[str, str]]:
    """Return the fields in the order of *text*, each with the comments and blank lines above it."""
    found: list[tuple[str, str]] = []
    comments = ""
    for line in text.splitlines(keepends=True):
        if not line.endswith("\n"):
            break  # upstream reads whole lines only
        stripped = line.lstrip(" ").rstrip("\n")
        if not stripped or stripped.startswith("#"):
            comments += line
            continue
        field = next((name for name in ORDER if line.lower().startswith(f"{name.lower()}:")), None)
        if field is not None:
            found.append((field, comments))
            comments = ""
        elif comments and found:
            name, before = found[-1]
            found[-1] = (name, before + comments)
            comments = ""
    return found


def _pruned(shape: Any, value: Any, name: str) -> Any:
    """Return *value* without what Go leaves out when it writes it."""
    if isinstance(shape, list) and isinstance(value, list):
        return [_pruned(shape[0], item, name) for item in value]
    if not isinstance(shape, dict) or not isinstance(value, dict):
        return value
    if "*" in shape:
        return value if shape["*"] != ANY else dict(value)
    found = {}
    for key, item in value.items():
        kept = _pruned(shape[key], item, key)
        is_zero = kept in ("", 0, None) or kept == [] or (kept == {} and key not in _POINTERS)
        if not is_zero or key in _KEPT_ZEROS:
            found[key] = kept
    for key, zero in _ALWAYS.get(name, {}).items():
        found.setdefault(key, zero)
    return found


# The edits.


def pairs(words: Sequence[str], what: str) -> dict[str, str]:
    """Read `key:value` words. Raises: KustomizeError."""
    if not words:
        raise KustomizeError(f"must specify {what}")
    found = {}
    for word in words:
        key, colon, value = word.partition(":")
        if colon and not key:
            raise KustomizeError(f"invalid {what}: '{word}' (need k:v pair where v may be quoted)")
        found[key] = value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value
    return found


_NAME = r"[a-zA-Z0-9](?:[-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?"
_DOMAIN = r"[a-zA-Z](?:[-a-zA-Z0-9.]{0,251}[a-zA-Z0-9])?"


def is_annotation_key(key: str) -> bool:
    """Whether `edit set annotation` takes *key*; `edit add` takes any."""
    return re.fullmatch(f"(?:{_DOMAIN}/)?{_NAME}", key) is not None


def add_names(file: KustomizationFile, field: str, names: Sequence[str]) -> list[str]:
    """Add *names* to a list; return what upstream says of those that are there."""
    listed = list(file.fields.get(field) or ())
    notes = []
    for name in names:
        if name in listed:
            notes.append(f"{field.removesuffix('s')} {name} already in kustomization file")
        else:
            listed.append(name)
    file.fields[field] = listed
    return notes


def add_metadata(file: KustomizationFile, options: Sequence[str]) -> None:
    """Add options of `buildMetadata`. Raises: KustomizeError when one is there."""
    listed = list(file.fields.get("buildMetadata") or ())
    for option in options:
        if option in listed:
            raise KustomizeError(f"buildMetadata option {option} already in kustomization file")
        listed.append(option)
    file.fields["buildMetadata"] = listed


def remove_names(file: KustomizationFile, field: str, patterns: Sequence[str]) -> bool:
    """Take the names that *patterns* fit out of a list; return whether there were any."""
    listed = file.fields.get(field) or ()
    kept = [name for name in listed if not any(fnmatchcase(name, pattern) for pattern in patterns)]
    file.fields[field] = kept
    return len(kept) < len(listed)


def add_entries(file: KustomizationFile, field: str, what: str, entries: Mapping[str, str], *, force: bool) -> None:
    """Add labels or annotations. Raises: KustomizeError when one is there and *force* is not given."""
    _fill(file.fields.setdefault(field, {}), what, entries, force)


def _fill(known: dict[str, str], what: str, entries: Mapping[str, str], force: bool) -> None:
    for key in entries:
        if key in known and not force:
            raise KustomizeError(f"{what} {key} already in kustomization file. Use --force to override.")
    known.update(entries)


def add_plain_labels(
    file: KustomizationFile, entries: Mapping[str, str], *, force: bool, include_templates: bool
) -> None:
    """Add labels that selectors do not get. Raises: KustomizeError."""
    listed = file.fields.setdefault("labels", [])
    for label in listed:
        same_templates = bool(label.get("includeTemplates")) == include_templates
        if not label.get("includeSelectors") and same_templates:
            _fill(label.setdefault("pairs", {}), "label", entries, force)
            return
    listed.append({"includeTemplates": include_templates, "pairs": dict(entries)})


def remove_entries(file: KustomizationFile, field: str, what: str, keys: Sequence[str], *, quiet: bool) -> None:
    """Take labels or annotations away. Raises: KustomizeError when one is not there."""
    known = file.fields.get(field) or {}
    if not known and not quiet:
        raise KustomizeError(f"{field} is not defined in kustomization file")
    for key in keys:
        if key not in known and not quiet:
            raise KustomizeError(f"{what} {key} is not defined in kustomization file")
        known.pop(key, None)
    file.fields[field] = known


def add_bases(file: KustomizationFile, names: Sequence[str]) -> None:
    """Add folders to the resources. Raises: KustomizeError when one is there."""
    listed = list(file.fields.get("resources") or ())
    for name in names:
        if name in listed:
            raise KustomizeError(f"base {name} already in kustomization file")
        listed.append(name)
    file.fields["resources"] = listed


def add_patch(file: KustomizationFile, path: str, text: str, target: Mapping[str, str]) -> str:
    """Add a patch; return what upstream says when it is there. Raises: KustomizeError."""
    if not path and not text:
        raise KustomizeError("must provide either patch or path")
    patch = _patch(path, text, target)
    listed = file.fields.setdefault("patches", [])
    if patch in listed:
        return "the patch is already in kustomization file"
    listed.append(patch)
    return ""


def remove_patch(file: KustomizationFile, path: str, text: str, target: Mapping[str, str]) -> str:
    """Take out the patch that is exactly this; return what upstream says when there is none. Raises: KustomizeError."""
    patch = _patch(path, text, target)
    listed = file.fields.get("patches") or []
    if patch not in listed:
        return f"patch {text} doesn't exist in kustomization file"
    file.fields["patches"] = [known for known in listed if known != patch]
    return ""


def _patch(path: str, text: str, target: Mapping[str, str]) -> dict[str, Any]:
    if path and text:
        raise KustomizeError("patch and path can't be set at the same time")
    patch: dict[str, Any] = {"path": path} if path else {"patch": text}
    wanted = {key: value for key, value in target.items() if value}
    return {**patch, "target": wanted} if wanted else patch


def set_images(file: KustomizationFile, words: Sequence[str]) -> None:
    """Set images; `*` keeps what an image has. Raises: KustomizeError."""
    if not words:
        raise KustomizeError("no image specified")
    given = {image["name"]: image for image in map(_read_image, words)}
    for known in file.fields.get("images") or ():
        name = known.get("name") or ""
        if name not in given:
            given[name] = known
            continue
        for part in ("newName", "newTag", "digest"):
            if given[name].get(part) == _KEEP:
                given[name][part] = known.get(part) or ""
    for image in given.values():
        for part in ("newName", "newTag", "digest"):
            if image.get(part) == _KEEP:
                image[part] = ""
    file.fields["images"] = [given[name] for name in sorted(given)]


def _read_image(word: str) -> dict[str, str]:
    key, separator, value = word.partition("=")
    if not separator:
        key, value = "", word
    name, tag, digest = split_image(value)
    if name == word:
        raise KustomizeError(_IMAGE_FORMS)
    image = {"name": key or name, "newTag": tag, "digest": digest}
    if key:
        image["newName"] = name
    return image


def set_replicas(file: KustomizationFile, words: Sequence[str]) -> None:
    """Set replicas by `name=count` words. Raises: KustomizeError."""
    if not words:
        raise KustomizeError("no replicas specified")
    given: dict[str, dict[str, Any]] = {}
    for word in words:
        name, _, count = word.partition("=")
        if word.count("=") != 1 or not re.fullmatch(r"[-+]?[0-9]+", count):
            raise KustomizeError("invalid format of replica, use the following format: <name>=<count>")
        given[name] = {"name": name, "count": int(count)}
    for known in file.fields.get("replicas") or ():
        given.setdefault(known.get("name") or "", known)
    file.fields["replicas"] = [given[name] for name in sorted(given)]


def fix(file: KustomizationFile, is_file: Any) -> None:
    """Bring deprecated fields up to date. Raises: KustomizeError on a label in both old and new fields."""
    fields = file.fields
    patches = [*(fields.get("patches") or ()), *(fields.pop("patchesJson6902", None) or ())]
    for entry in fields.pop("patchesStrategicMerge", None) or ():
        patches.append({"path": entry} if is_file(entry) else {"patch": entry})
    if patches:
        fields["patches"] = patches
    common = fields.get("commonLabels")
    if common:
        for label in fields.get("labels") or ():
            for key in label.get("pairs") or ():
                if key in common:
                    raise KustomizeError(f"label name '{key}' exists in both commonLabels and labels")
        fields["labels"] = [*(fields.get("labels") or ()), {"pairs": common, "includeSelectors": True}]
        del fields["commonLabels"]

"""A kustomization file, read and brought up to date.

Source: kustomize api v0.21.2 types/kustomization.go (Unmarshal, CheckDeprecatedFields, FixKustomization).
"""

from __future__ import annotations

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.errors import KustomizeError, UnknownFieldError
from fairlead.engines.kustomize.files import Files
from fairlead.engines.kustomize.loader import FILE_NAMES, join
from fairlead.engines.kustomize.shapes import KUSTOMIZATION, decode

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any
    from typing import NamedTuple as Record
else:
    from fairlead.base.records import Record

KIND, COMPONENT = "Kustomization", "Component"
VERSIONS = {KIND: "kustomize.config.k8s.io/v1beta1", COMPONENT: "kustomize.config.k8s.io/v1alpha1"}
_FIX = "Run 'kustomize edit fix' to update your Kustomization automatically."
_DEPRECATED = {
    "bases": ("resources", _FIX),
    "commonLabels": ("labels", _FIX),
    "imageTags": ("images", _FIX),
    "patchesJson6902": ("patches", _FIX),
    "patchesStrategicMerge": ("patches", _FIX),
    "vars": ("replacements", f"[EXPERIMENTAL] {_FIX}"),
}


class Kustomization(Record):
    """The fields of a kustomization file by their names, and what upstream warns of."""

    path: str
    name: str
    kind: str
    fields: dict[str, Any]
    warnings: tuple[str, ...]

    @classmethod
    def read(cls, files: Files) -> Kustomization:
        """Read the one of the folder. Raises: KustomizeError."""
        path = find_file(files)
        return parse(files.loader.read(path), path)


def find_file(files: Files) -> str:
    """Return the path of the kustomization file of the folder. Raises: KustomizeError."""
    found = [name for name in FILE_NAMES if files.loader.is_file(join(files.root, name))]
    if not found:
        first, second, third = FILE_NAMES
        raise KustomizeError(f"unable to find one of '{first}', '{second}' or '{third}' in directory '{files.root}'")
    if len(found) > 1:
        raise KustomizeError(f"Found multiple kustomization files under: {files.root}\n")
    return files.path(found[0])


def decode_fields(data: bytes, path: str) -> dict[str, Any]:
    """Return the fields of a kustomization's text as they stand there. Raises: KustomizeError."""
    try:
        loaded = goyaml.load(data, source=path)
    except goyaml.YamlError as error:
        raise KustomizeError(f"invalid Kustomization: {path}: {error.go_text or error}") from error
    try:
        return {} if loaded is None else decode(KUSTOMIZATION, loaded, "Kustomization")
    except KustomizeError as error:
        if isinstance(error, UnknownFieldError):
            error.file = path
        raise KustomizeError(f"invalid Kustomization: {path}: {error}") from error


def current_fields(data: bytes, path: str) -> dict[str, Any]:
    """Return the fields of a kustomization's text, old ones under their new names; it may have none, of any kind.

    Raises: KustomizeError.
    """
    fields = decode_fields(data, path)
    _bring_up_to_date(fields)
    return fields


def parse(data: bytes, path: str) -> Kustomization:
    """Read a kustomization's text, the content of the file *path*, to build it. Raises: KustomizeError."""
    fields = decode_fields(data, path)
    warnings = tuple(
        f"# Warning: '{old}' is deprecated. Please use '{new}' instead. {advice}"
        for old, (new, advice) in _DEPRECATED.items()
        if old in fields
    )
    kind = fields.get("kind") or KIND
    version = fields.get("apiVersion") or VERSIONS.get(kind, VERSIONS[KIND])
    _bring_up_to_date(fields)
    if not any(fields.get(name) is not None for name in fields if name not in ("kind", "apiVersion")):
        raise KustomizeError(f"{path}: kustomization.yaml is empty")
    problems = []
    if kind not in VERSIONS:
        problems.append("kind should be Kustomization or Component")
    wanted = VERSIONS.get(kind, VERSIONS[KIND])
    if version != wanted:
        problems.append(f"apiVersion for {kind} should be {wanted}")
    if problems:
        listed = "\n".join(problems)
        raise KustomizeError(f"Failed to read kustomization file under {path.rpartition('/')[0]}:\n{listed}")
    return Kustomization(path, path.rpartition("/")[2], kind, fields, warnings)


def _bring_up_to_date(fields: dict[str, Any]) -> None:
    for old, new in (("bases", "resources"), ("imageTags", "images")):
        if old in fields:
            fields[new] = [*(fields.get(new) or ()), *fields.pop(old)]
    charts = fields.pop("helmChartInflationGenerator", None)
    if not charts:
        return
    homes = {
        new: chart[old]
        for chart in charts
        for old, new in (("helmHome", "configHome"), ("chartHome", "chartHome"))
        if chart.get(old)
    }
    if homes and fields.get("helmGlobals") is None:
        fields["helmGlobals"] = homes
    names = {
        "chartName": "name",
        "chartVersion": "version",
        "chartRepoUrl": "repo",
        "values": "valuesFile",
        "valuesLocal": "valuesInline",
        "valuesMerge": "valuesMerge",
        "releaseName": "releaseName",
    }
    fields["helmCharts"] = [
        *(fields.get("helmCharts") or ()),
        *({new: chart[old] for old, new in names.items() if chart.get(old)} for chart in charts),
    ]

"""Release records: what Helm keeps of every revision, in a Secret of type `helm.sh/release.v1`.

Source: Helm v4.3 pkg/storage/driver/util.go (gzip, base64), pkg/release/v1/release.go, info.go, hook.go (JSON names,
which fields are left out). A chart's dependencies are not part of a record; Helm leaves them out too.
"""

from __future__ import annotations

import base64
import copy
import gzip
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from fairlead.base import gojson, yaml
from fairlead.engines.helm.chart import Chart, File
from fairlead.engines.helm.errors import HelmError
from fairlead.engines.helm.functions.encoding import plain, to_floats
from fairlead.engines.helm.manifests import Hook

Json = dict[str, Any]

SECRET_TYPE = "helm.sh/release.v1"
SYSTEM_LABELS = ("name", "owner", "status", "version", "createdAt", "modifiedAt")
PENDING = ("pending-install", "pending-upgrade", "pending-rollback")
LIMIT_BYTES = 256 * 1024 * 1024  # unpacked; Helm has no bound
_ZERO_TIME = "0001-01-01T00:00:00Z"
_METADATA = (  # the order of Go's struct, which a digest over its JSON depends on
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
)


class RecordError(HelmError):
    """A Secret that holds no readable release."""


@dataclass(frozen=True, slots=True)
class HookRun:
    """The last run of a hook; `phase` is Unknown, Running, Succeeded, Failed or empty."""

    phase: str = ""
    started: str = ""
    completed: str = ""


@dataclass(frozen=True, slots=True)
class HookRecord:
    """A hook and how it last went."""

    name: str
    kind: str
    path: str
    manifest: str
    events: tuple[str, ...]
    weight: int = 0
    delete_policies: tuple[str, ...] = ()
    output_log_policies: tuple[str, ...] = ()
    last_run: HookRun = HookRun()

    @classmethod
    def of(cls, hook: Hook) -> HookRecord:
        """A hook as rendered, not yet run."""
        return cls(
            hook.name,
            hook.kind,
            hook.path,
            hook.content,
            hook.events,
            hook.weight,
            hook.delete_policies,
            hook.output_log_policies,
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One revision of a release. Instants are RFC 3339 texts, as Go writes them; empty where there is none."""

    name: str
    namespace: str
    version: int
    status: str
    chart: Json  # metadata, templates, values, files: see `chart_json`
    config: Json = field(default_factory=dict)
    manifest: str = ""
    hooks: tuple[HookRecord, ...] = ()
    description: str = ""
    notes: str = ""
    first_deployed: str = ""
    last_deployed: str = ""
    deleted: str = ""
    rollback_revision: int = 0
    apply_method: str = "ssa"
    labels: Mapping[str, str] = field(default_factory=dict)  # a person's own, beside Helm's

    @property
    def is_pending(self) -> bool:
        """Whether an operation was under way when the record was written."""
        return self.status in PENDING

    @property
    def metadata(self) -> Json:
        """The chart's metadata, as Chart.yaml names its fields."""
        return self.chart.get("metadata") or {}

    def with_status(self, status: str, description: str) -> Record:
        """The record in another state."""
        return replace(self, status=status, description=description)


def go_time(instant: datetime) -> str:
    """*instant* as Go's encoding/json writes a time.Time: RFC 3339, UTC, no trailing zeros."""
    text = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{instant.microsecond:06d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def secret_name(name: str, version: int) -> str:
    """The name of a revision's Secret."""
    return f"sh.helm.release.v1.{name}.v{version}"


def chart_json(chart: Chart) -> Json:
    """*chart* as a record holds it."""
    return {
        "metadata": metadata_json(chart.metadata.for_yaml()),
        "lock": chart.lock or None,
        "templates": [_file(item) for item in chart.templates],
        "values": plain(chart.values),
        "schema": None if chart.schema is None else base64.b64encode(chart.schema).decode(),
        "schemamodtime": _ZERO_TIME,
        "files": [_file(item) for item in chart.files],
    }


def metadata_json(metadata: Mapping[str, Any]) -> Json:
    """Chart metadata in the order of Go's struct."""
    return {name: metadata[name] for name in _METADATA if name in metadata}


def _file(item: File) -> Json:
    return {"name": item.name, "data": base64.b64encode(item.data).decode()}


def encode(record: Record) -> str:
    """The text that Helm's driver stores under the Secret's key `release` (the API encodes it once more)."""
    body = orjson.dumps(_to_json(record), option=orjson.OPT_NON_STR_KEYS)
    return base64.b64encode(gzip.compress(body, compresslevel=6, mtime=0)).decode()


def decode(text: str) -> Record:
    """The release in a Secret's `release` entry. Raises: RecordError."""
    try:
        data = base64.b64decode(text, validate=True)
        if data[:3] == b"\x1f\x8b\x08":
            unpack = zlib.decompressobj(wbits=31)
            data = unpack.decompress(data, LIMIT_BYTES)
            if unpack.unconsumed_tail:
                raise RecordError(f"release record is larger than {LIMIT_BYTES} bytes when unpacked")
        found = orjson.loads(data)
    except (ValueError, zlib.error) as error:
        raise RecordError(f"release record cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise RecordError("release record cannot be read: it is not an object")
    try:
        return _from_json(found)
    except (AttributeError, TypeError, ValueError) as error:
        raise RecordError(f"release record cannot be read: {error}") from error


def _info(record: Record) -> Json:
    return _filled(
        {
            "first_deployed": record.first_deployed,
            "last_deployed": record.last_deployed,
            "deleted": record.deleted,
            "description": record.description,
            "status": record.status,
            "rollback_revision": record.rollback_revision,
            "notes": record.notes,
        }
    )


def _filled(values: Json) -> Json:
    return {key: value for key, value in values.items() if value}


def _hook(hook: HookRecord) -> Json:
    run = _filled({"started_at": hook.last_run.started, "completed_at": hook.last_run.completed})
    body = _filled(
        {
            "name": hook.name,
            "kind": hook.kind,
            "path": hook.path,
            "manifest": hook.manifest,
            "events": list(hook.events),
        }
    )
    body["last_run"] = {**run, "phase": hook.last_run.phase}
    return body | _filled(
        {
            "weight": hook.weight,
            "delete_policies": list(hook.delete_policies),
            "output_log_policies": list(hook.output_log_policies),
        }
    )


def _to_json(record: Record) -> Json:
    return _filled(
        {
            "name": record.name,
            "info": _info(record),
            "chart": record.chart,
            "config": plain(record.config),
            "manifest": record.manifest,
            "hooks": [_hook(hook) for hook in record.hooks],
            "version": record.version,
            "namespace": record.namespace,
            "apply_method": record.apply_method,
        }
    )


def _from_json(found: Json) -> Record:
    info = found.get("info") or {}
    return Record(
        name=found.get("name") or "",
        namespace=found.get("namespace") or "",
        version=int(found.get("version") or 0),
        status=info.get("status") or "unknown",
        chart=found.get("chart") or {},
        config=found.get("config") or {},
        manifest=found.get("manifest") or "",
        hooks=tuple(_read_hook(hook) for hook in found.get("hooks") or ()),
        description=info.get("description") or "",
        notes=info.get("notes") or "",
        first_deployed=info.get("first_deployed") or "",
        last_deployed=info.get("last_deployed") or "",
        deleted=info.get("deleted") or "",
        rollback_revision=int(info.get("rollback_revision") or 0),
        apply_method=found.get("apply_method") or "",
    )


def _read_hook(found: Json) -> HookRecord:
    run = found.get("last_run") or {}
    return HookRecord(
        name=found.get("name") or "",
        kind=found.get("kind") or "",
        path=found.get("path") or "",
        manifest=found.get("manifest") or "",
        events=tuple(found.get("events") or ()),
        weight=int(found.get("weight") or 0),
        delete_policies=tuple(found.get("delete_policies") or ()),
        output_log_policies=tuple(found.get("output_log_policies") or ()),
        last_run=HookRun(run.get("phase") or "", run.get("started_at") or "", run.get("completed_at") or ""),
    )


def observation_digest(record: Record, oci_digest: str = "") -> str:
    """The digest by which helm-controller knows a release again: it changes when anybody else changed the record.

    Source: helm-controller v1.6 internal/release/observation.go. Test hooks are left out, as people may run them.
    """
    hooks = [hook for hook in record.hooks if "test" not in hook.events]
    body: list[tuple[str, str]] = [
        ("name", gojson.quote(record.name)),
        ("version", str(record.version)),
        ("info", _ordered(_info(record))),
        ("chartMetadata", _ordered(_metadata_struct(record.metadata))),
        ("config", gojson.dumps_text(to_floats(copy.deepcopy(plain(record.config)))) if record.config else "null"),
        ("manifest", gojson.quote(record.manifest)),
        ("hooks", f"[{','.join(_ordered(_hook(hook)) for hook in hooks)}]" if hooks else "null"),
        ("namespace", gojson.quote(record.namespace)),
    ]
    if oci_digest:
        body.append(("ociDigest", gojson.quote(oci_digest)))
    text = "{" + ",".join(f'"{name}":{value}' for name, value in body) + "}\n"
    return sha256(text)


_PERSON = ("name", "email", "url")
_DEPENDENCY = ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias")


def _metadata_struct(metadata: Mapping[str, Any]) -> Json:
    """Chart metadata with all of its parts in the order of Go's structs; maps are sorted."""
    found = metadata_json(metadata)
    if found.get("maintainers"):
        found["maintainers"] = [_in_order(person, _PERSON) for person in found["maintainers"]]
    if found.get("dependencies"):
        found["dependencies"] = [_in_order(entry, _DEPENDENCY) for entry in found["dependencies"]]
        for entry in found["dependencies"]:
            if "import-values" in entry:
                items = entry["import-values"]
                entry["import-values"] = [dict(sorted(i.items())) if isinstance(i, dict) else i for i in items]
    if found.get("annotations"):
        found["annotations"] = dict(sorted(found["annotations"].items()))
    return found


def _in_order(value: Mapping[str, Any], names: Sequence[str]) -> Json:
    return {name: value[name] for name in names if value.get(name) or (name == "repository" and name in value)}


def _ordered(value: Any) -> str:
    """JSON as Go writes a struct: fields in the order given."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{gojson.quote(key)}:{_ordered(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(map(_ordered, value)) + "]"
    return gojson.dumps_text(value)


def values_digest(values: Mapping[str, Any]) -> str:
    """`configDigest`: of the values as YAML with sorted keys; no values are nothing at all.

    Source: fluxcd/pkg chartutil/digest.go.
    """
    return sha256(yaml.dump(plain(dict(values))) if values else "")


def sha256(text: str) -> str:
    """`sha256:<hex>` of *text*."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"

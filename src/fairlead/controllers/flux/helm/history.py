"""`status.history`: what a HelmRelease remembers of the releases it made, newest first. Pure.

Source: helm-controller v1.6 api/v2/snapshot_types.go, internal/release/observation.go.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.base.objects import Json
from fairlead.controllers.flux.helm.spec import DEFAULT_HISTORY
from fairlead.engines.helm.record import Record, observation_digest, values_digest

_GOOD = ("deployed", "superseded")


def snapshot(record: Record, *, action: str = "", oci_digest: str = "", tests: Json | None = None) -> Json:
    """One entry."""
    metadata = record.metadata
    body: Json = {
        "apiVersion": "v2",
        "digest": observation_digest(record, oci_digest),
        "name": record.name,
        "namespace": record.namespace,
        "version": record.version,
        "status": record.status,
        "chartName": metadata.get("name", ""),
        "chartVersion": metadata.get("version", ""),
        "configDigest": values_digest(record.config),
        "firstDeployed": _seconds(record.first_deployed),
        "lastDeployed": _seconds(record.last_deployed),
    }
    if metadata.get("appVersion"):
        body["appVersion"] = metadata["appVersion"]
    if action:
        body["action"] = action
    if record.deleted:
        body["deleted"] = _seconds(record.deleted)
    if tests is not None:
        body["testHooks"] = tests
    if oci_digest:
        body["ociDigest"] = oci_digest
    return body


def _seconds(text: str) -> str:
    """An instant as metav1.Time has it: whole seconds."""
    return f"{text[:19]}Z" if text else "1970-01-01T00:00:00Z"


def ordered(history: Sequence[Json] | None) -> list[Json]:
    """Newest first."""
    return sorted(history or (), key=lambda item: int(item.get("version", 0)), reverse=True)


def latest(history: Sequence[Json] | None) -> Json | None:
    """The newest entry."""
    found = ordered(history)
    return found[0] if found else None


def previous(history: Sequence[Json] | None, *, ignore_tests: bool) -> Json | None:
    """The newest entry before the latest that one may roll back to."""
    for item in ordered(history)[1:]:
        if item.get("status") in _GOOD and (ignore_tests or not has_test_in_phase(item, "Failed")):
            return item
    return None


def truncated(history: Sequence[Json] | None, *, ignore_tests: bool) -> list[Json]:
    """The latest entry down to the one that one may roll back to."""
    items = ordered(history)
    for index, item in enumerate(items[1:], start=1):
        if item.get("status") in _GOOD and (ignore_tests or not has_test_in_phase(item, "Failed")):
            return items[: index + 1]
    return items[:DEFAULT_HISTORY]


def bounded(history: Sequence[Json] | None) -> list[Json]:
    """As many of the newest entries as are kept at most."""
    return ordered(history)[:DEFAULT_HISTORY]


def targets(item: Mapping[str, Any], record: Record) -> bool:
    """Whether the entry speaks of this revision."""
    return (item.get("name"), item.get("namespace"), item.get("version")) == (
        record.name,
        record.namespace,
        record.version,
    )


def is_observed(item: Mapping[str, Any], record: Record) -> bool:
    """Whether the record is as it was when the entry was written: nobody else changed it."""
    if item.get("apiVersion") != "v2":
        return True
    return item.get("digest") == observation_digest(record, item.get("ociDigest", ""))


def has_been_tested(item: Mapping[str, Any]) -> bool:
    """Whether the tests ran to their end: all succeeded, or one failed."""
    tests = item.get("testHooks")
    if tests is None:
        return False
    phases = [(test or {}).get("phase") for test in tests.values()]
    return "Failed" in phases or all(phase == "Succeeded" for phase in phases)


def has_test_in_phase(item: Mapping[str, Any], phase: str) -> bool:
    return any((test or {}).get("phase") == phase for test in (item.get("testHooks") or {}).values())


def full_name(item: Mapping[str, Any]) -> str:
    """`namespace/name.v3`."""
    return f"{item['namespace']}/{item['name']}.v{item['version']}"


def versioned_chart(item: Mapping[str, Any]) -> str:
    """`chart@1.2.3`."""
    return f"{item['chartName']}@{item['chartVersion']}"

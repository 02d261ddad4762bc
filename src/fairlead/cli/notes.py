"""What deserves a look although nothing fails: settings that are accepted and do nothing."""

from __future__ import annotations

from typing import NamedTuple

from fairlead.base.objects import Json, get_in
from fairlead.cli.fleet import Fleet, Id


class Note(NamedTuple):
    """A remark about an object."""

    id: Id
    text: str

    def __str__(self) -> str:
        return f"{self.id}: {self.text}"


def notes(fleet: Fleet) -> list[Note]:
    """All remarks about a fleet."""
    return [note for obj in fleet.of_kind("Cluster") if (note := _other_endpoint(fleet, obj)) is not None]


def _other_endpoint(fleet: Fleet, cluster: Json) -> Note | None:
    """A Cluster keeps the endpoint that it got first."""
    reference = get_in(cluster, "spec", "infrastructureRef", default={})
    id_ = Id(reference.get("kind", ""), Id.of(cluster).namespace, reference.get("name", ""))
    known, asked = _endpoint(cluster), _endpoint(fleet.objects.get(id_) or {})
    if not known or not asked or known == asked:
        return None
    return Note(
        id_,
        f"asks for the control plane endpoint {asked}, the cluster stays at {known}: an endpoint is for good. "
        "Take the change back in Git; to move a cluster, make a new one",
    )


def _endpoint(part: Json) -> str:
    endpoint = get_in(part, "spec", "controlPlaneEndpoint", default={})
    return f"{endpoint['host']}:{endpoint.get('port') or 6443}" if endpoint.get("host") else ""

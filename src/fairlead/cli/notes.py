"""What deserves a look although nothing fails: settings that are accepted and do nothing."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from fairlead.base.objects import Json, get_in
from fairlead.cli.fleet import Fleet, Id, entries_of


class Note(NamedTuple):
    """A remark about an object."""

    id: Id
    text: str

    def __str__(self) -> str:
        return f"{self.id}: {self.text}"


def notes(fleet: Fleet) -> list[Note]:
    """All remarks about a fleet."""
    endpoints = (_other_endpoint(fleet, obj) for obj in fleet.of_kind("Cluster"))
    return [*(note for note in endpoints if note is not None), *_applied_twice(fleet)]


def _applied_twice(fleet: Fleet) -> list[Note]:
    """What stands in the inventories of several that apply: they take it from each other."""
    owners: dict[tuple[Id | None, Id], list[Id]] = defaultdict(list)
    for obj in fleet.of_kind("Kustomization", "HelmRelease"):
        for entry in entries_of(obj):
            owners[fleet.works_in(Id.of(obj)), entry].append(Id.of(obj))
    shared: dict[tuple[Id, ...], list[Id]] = defaultdict(list)
    for (_, entry), found in owners.items():
        if len(found) > 1:
            shared[tuple(found)].append(entry)
    return [
        Note(
            found[0],
            f"applies {_listed(entries)}, and so does {' and '.join(map(str, found[1:]))}: they take it from each "
            "other. Keep it in one of them",
        )
        for found, entries in sorted(shared.items())
    ]


def _listed(entries: list[Id]) -> str:
    more = f" and {len(entries) - 1} more" if len(entries) > 1 else ""
    return f"{min(entries)}{more}"


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

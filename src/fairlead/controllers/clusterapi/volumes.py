"""Volumes that are still attached to a node whose Machine goes. Pure.

Source: cluster-api v1.14, core/reconcilers/machine/machine_controller.go (shouldWaitForNodeVolumes and below).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fairlead.base.objects import Json, Key, get_in, meta
from fairlead.controllers.clusterapi.staleness import listed

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Attached:
    """What is waited for: claims, volumes without a claim, and attachments that match no volume."""

    claims: tuple[str, ...] = ()
    unclaimed: tuple[str, ...] = ()
    unknown_on_node: tuple[str, ...] = ()
    unknown_attachments: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.claims or self.unclaimed or self.unknown_on_node or self.unknown_attachments)


def attached(
    node: Json, attachments: Iterable[Json], volumes: Sequence[Json], skipped_pods: Iterable[Json]
) -> Attached:
    """The volumes that still hold on to *node*; those of Pods that the drain left alone count for nothing."""
    on_node = {entry["name"] for entry in get_in(node, "status", "volumesAttached", default=())}
    name = meta(node)["name"]
    by_name = {
        get_in(entry, "spec", "source", "persistentVolumeName", default="")
        for entry in attachments
        if get_in(entry, "status", "attached") and get_in(entry, "spec", "nodeName") == name
    }
    left_alone = {
        str(Key(meta(pod)["namespace"], volume["persistentVolumeClaim"]["claimName"]))
        for pod in skipped_pods
        for volume in get_in(pod, "spec", "volumes", default=())
        if volume.get("persistentVolumeClaim")
    }
    claims, unclaimed = set(), []
    known_on_node, known_names = set(), set()
    for volume in volumes:
        driver = get_in(volume, "spec", "csi", default={})
        handle = f"kubernetes.io/csi/{driver.get('driver')}^{driver.get('volumeHandle')}" if driver else ""
        if handle in on_node:
            known_on_node.add(handle)
        if meta(volume)["name"] in by_name:
            known_names.add(meta(volume)["name"])
        if handle not in on_node and meta(volume)["name"] not in by_name:
            continue
        claim = get_in(volume, "spec", "claimRef", default={})
        if claim.get("kind") == "PersistentVolumeClaim":
            claims.add(str(Key(claim.get("namespace", ""), claim.get("name", ""))))
        else:
            unclaimed.append(meta(volume)["name"])
    return Attached(
        claims=tuple(sorted(claims - left_alone)),
        unclaimed=tuple(sorted(unclaimed)),
        unknown_on_node=tuple(sorted(on_node - known_on_node)),
        unknown_attachments=tuple(sorted(by_name - known_names)),
    )


def message(found: Attached, began: str) -> str:
    """What is waited for, in upstream's words."""
    lines = [f"Waiting for Node volumes to be detached (started at {began})"]
    for title, names in (
        ("PersistentVolumeClaims", found.claims),
        ("PersistentVolumes without a .spec.claimRef to a PersistentVolumeClaim", found.unclaimed),
        ("Node with .status.volumesAttached entries not matching a PersistentVolume", found.unknown_on_node),
        (
            "VolumeAttachment with .spec.source.persistentVolumeName not matching a PersistentVolume",
            found.unknown_attachments,
        ),
    ):
        if names:
            lines.append(f"* {title}: {listed(names, SHOWN)}")
    return "\n".join(lines)

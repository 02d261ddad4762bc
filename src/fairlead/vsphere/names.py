"""From the names people write to inventory paths, as govmomi's finder reads them.

Source: govmomi v0.55, find/finder.go and find/recurser.go. A name with a slash is a path: absolute, or relative to the
kind's folder of the datacenter; a bare name is looked for everywhere below that folder. The finder also takes a path
whose end matches an object's whole path ("DC0/vm" finds /DC0/vm), which CAPV users rely on; so does this. Globs are not
supported.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.vsphere.port import Ref


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing that is looked for: the finder's word, the datacenter's folder, the managed object types."""

    word: str
    folder: str  # vm, host, datastore, network; "" for the datacenter itself
    types: tuple[str, ...]


VM = Kind("vm", "vm", ("VirtualMachine",))
FOLDER = Kind("folder", "", ("Folder",))
POOL = Kind("resource pool", "host", ("ResourcePool",))
CLUSTER = Kind("cluster", "host", ("ClusterComputeResource", "ComputeResource"))
DATASTORE = Kind("datastore", "datastore", ("Datastore",))
NETWORK = Kind("network", "network", ("Network", "DistributedVirtualPortgroup", "OpaqueNetwork"))

_UUID = re.compile(r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$", re.IGNORECASE)
_REFERENCE = re.compile(r"^([A-Z][A-Za-z]+):([a-z][a-z0-9-]*)$")


def is_uuid(name: str) -> bool:
    return bool(_UUID.match(name))


def as_reference(name: str, kind: Kind) -> Ref | None:
    """Read `Datastore:datastore-12`, which the finder takes wherever it takes a bare name."""
    match = _REFERENCE.match(name)
    return Ref(match[1], match[2]) if match and match[1] in kind.types else None


def pivot(kind: Kind, datacenter_path: str) -> str:
    """Return the path that relative names of a kind start from."""
    return posixpath.join(datacenter_path, kind.folder) if kind.folder else datacenter_path


def candidate_paths(name: str, pivot_path: str) -> tuple[str, ...]:
    """Return the inventory paths a name with a slash may mean, the likeliest first."""
    clean = posixpath.normpath(name)
    if clean.startswith("/"):
        return ("/" + clean.strip("/"),)
    relative = posixpath.join(pivot_path, clean)
    whole = "/" + clean
    return (relative, whole) if whole.startswith(pivot_path.rstrip("/") + "/") else (relative,)


def closest(name: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Return the known names that look like *name*'s last part, best first."""
    last = posixpath.basename(name.rstrip("/"))
    return tuple(difflib.get_close_matches(last, sorted(set(known)), n=limit, cutoff=0.6))

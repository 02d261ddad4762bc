"""The world around a recording: what its vCenter must hold and how it must answer, told by the recording itself.

What a VM that came up names, exists. Beyond that there is what vcsim has of its own (DC0, DC0_C0, LocalDS_0,
VM Network), and every VM template that no message calls missing. A refused login, another thumbprint or a refused
connection are read from the conditions of the VSphereCluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from fairlead.base.objects import Json, get_in
from fairlead.lab.vcenter import DirectConnector
from fairlead.runtime.clock import parse_timestamp
from fairlead.testing.traces.reading import Row
from fairlead.vcenter.layout import (
    ADMINISTRATOR,
    ClusterLayout,
    DatacenterLayout,
    DatastoreLayout,
    Layout,
    NetworkLayout,
    TemplateLayout,
)
from fairlead.vcenter.simulator import VCenter

NOT_FOUND = "not found"
OTHER_THUMBPRINT = "00:" * 19 + "01"
BOOT = timedelta(seconds=10)  # CAPV's simulated delay of each step
BOOTED_AT_ONCE_S = 5


@dataclass(frozen=True, slots=True)
class Environment:
    """How to build the world of a run; `password` is the one that users write into their Secrets."""

    layout: Layout
    boot: timedelta
    username: str
    password: str
    answers: bool  # something listens at spec.server
    pinned: bool  # the certificate is the one that spec.thumbprint names

    def connector(self, vcenter: VCenter) -> DirectConnector:
        return DirectConnector(
            vcenter, hosts=None if self.answers else (), thumbprints=() if self.pinned else (OTHER_THUMBPRINT,)
        )


def environment_of(rows: Iterable[Row]) -> Environment:
    """Read what a run of these rows needs."""
    rows = tuple(rows)
    messages = [text for row in rows for text in _messages(row.object)]
    specs = [spec for row in rows for spec in _vm_specs(row.object)]
    proven = [row.object["spec"] for row in rows if row.object["kind"] == "VSphereVM" and _is_provisioned(row.object)]
    missing = [text for text in messages if NOT_FOUND in text]
    told = [text for row in rows if row.object["kind"] == "VSphereCluster" for text in _messages(row.object)]
    refused = any("Login failure" in text or "incorrect user name or password" in text for text in told)
    return Environment(
        layout=_layout(specs, proven, missing),
        boot=_boot_delay(rows),
        username=ADMINISTRATOR.name,
        password="wrong" if refused else ADMINISTRATOR.password,
        answers=not any("connection refused" in text or "no such host" in text for text in told),
        pinned=not any("thumbprint does not match" in text for text in told),
    )


def _layout(specs: list[Json], proven: list[Json], missing: list[str]) -> Layout:
    datacenters: dict[str, dict[str, dict[str, None]]] = {}

    def note(datacenter: str, part: str, *names: str) -> None:
        parts = datacenters.setdefault(datacenter, {"folder": {}, "pool": {}, "datastore": {}, "network": {}})
        parts.setdefault(part, {}).update(dict.fromkeys(filter(None, names)))

    note("DC0", "pool", "DC0_C0")
    note("DC0", "datastore", "LocalDS_0")
    note("DC0", "network", "VM Network")
    for spec in proven:
        home = spec.get("datacenter") or "DC0"
        note(home, "folder", _below(spec.get("folder", ""), "vm"))
        note(home, "pool", _below(spec.get("resourcePool", ""), "host"))
        note(home, "datastore", _below(spec.get("datastore", ""), "datastore"))
        devices = get_in(spec, "network", "devices", default=())
        note(home, "network", *(_below(device.get("networkName", ""), "network") for device in devices))
    for spec in specs:
        path = spec.get("template", "")
        if path and not any(f'"{path}"' in text or f"'{path}'" in text for text in missing):
            note(spec.get("datacenter") or "DC0", "template", _below(path, "vm"))
    return Layout(datacenters=tuple(_datacenter(name, parts) for name, parts in datacenters.items()))


def _datacenter(name: str, parts: dict[str, dict[str, None]]) -> DatacenterLayout:
    clusters: dict[str, dict[str, None]] = {}
    for path in parts["pool"]:
        cluster, _, pool = path.partition("/Resources")
        clusters.setdefault(cluster, {}).update(dict.fromkeys(filter(None, [pool.strip("/")])))
    return DatacenterLayout(
        name=name,
        folders=tuple(parts["folder"]),
        clusters=tuple(ClusterLayout(name=cluster, pools=tuple(pools)) for cluster, pools in clusters.items()),
        datastores=tuple(DatastoreLayout(name=each) for each in parts["datastore"]),
        networks=tuple(NetworkLayout(name=each) for each in parts["network"]),
        templates=tuple(
            TemplateLayout(name=path.rpartition("/")[2], folder=path.rpartition("/")[0])
            for path in parts.get("template", {})
        ),
    )


def _below(path: str, root: str) -> str:
    """`/DC0/vm/a/b` and `DC0/vm/a/b` are `a/b` below `vm`; a bare name is itself."""
    parts = path.strip("/").split("/")
    return "/".join(parts[parts.index(root) + 1 :]) if root in parts else path.strip("/")


def _boot_delay(rows: tuple[Row, ...]) -> timedelta:
    """Nothing when the workers' nodes appeared as soon as their VMs were there, else CAPV's delay."""
    for row in rows:
        machine = row.object
        if machine["kind"] == "Machine" and get_in(machine, "status", "nodeRef"):
            at = {c["type"]: c["lastTransitionTime"] for c in get_in(machine, "status", "conditions", default=())}
            if (
                "InfrastructureReady" in at
                and "NodeHealthy" in at
                and "cluster.x-k8s.io/control-plane" not in (machine["metadata"].get("labels") or {})
            ):
                waited = parse_timestamp(at["NodeHealthy"]) - parse_timestamp(at["InfrastructureReady"])
                return BOOT if waited.total_seconds() > BOOTED_AT_ONCE_S else timedelta(0)
    return timedelta(0)


def _messages(obj: Json) -> Iterator[str]:
    for condition in get_in(obj, "status", "conditions", default=()):
        if condition.get("message"):
            yield condition["message"]


def _vm_specs(obj: Json) -> Iterator[Json]:
    if obj["kind"] == "VSphereMachineTemplate":
        yield get_in(obj, "spec", "template", "spec", default={})
    elif obj["kind"] in ("VSphereMachine", "VSphereVM"):
        yield get_in(obj, "spec", default={})


def _is_provisioned(obj: Json) -> bool:
    conditions = get_in(obj, "status", "conditions", default=())
    return any(c["type"] == "VirtualMachineProvisioned" and c["status"] == "True" for c in conditions)

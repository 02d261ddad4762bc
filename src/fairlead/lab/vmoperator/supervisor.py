"""The simulated supervisor: which vCenter is behind it, and what of the vCenter it offers.

Zones are the vCenter's compute clusters, storage classes its storage policies, images its templates; classes are
those of the inventory file.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.api.vmoperator.kinds import AVAILABILITY_ZONE, VIRTUAL_MACHINE_CLASS, VIRTUAL_MACHINE_IMAGE
from fairlead.base.objects import GVK, Json
from fairlead.controllers.vsphere.sessions import Login
from fairlead.vcenter.layout import Layout, VMClassLayout
from fairlead.vsphere.port import VMInfo

MANAGER = "vmware-system-vmop"
STORAGE_CLASS = GVK("storage.k8s.io", "v1", "StorageClass")
POLICY_ID = "storagePolicyID"
IMAGE_VERSION = re.compile(r"v(\d+\.\d+\.\d+)")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


def object_name(text: str) -> str:
    """The name that a supervisor gives an object which stands for something of the vCenter."""
    return _NOT_IN_NAMES.sub("-", text.lower()).strip("-")


@dataclass(frozen=True, slots=True)
class Zone:
    """A compute cluster of the vCenter."""

    name: str
    datacenter: str
    cluster: str

    @property
    def pool(self) -> str:
        """The path of its root pool."""
        return f"/{self.datacenter}/host/{self.cluster}/Resources"


@dataclass(frozen=True, slots=True)
class Supervisor:
    """What VM Operator knows of the place it works in."""

    login: Login
    zones: tuple[Zone, ...]
    network: str  # what a VM is plugged into that names no network
    policies: Mapping[str, str]  # storage class -> storage policy
    classes: tuple[VMClassLayout, ...]

    @classmethod
    def of(cls, layout: Layout, server: str = "vcenter") -> "Supervisor":
        """The supervisor on the first datacenter of an inventory."""
        user, datacenter = layout.users[0], layout.datacenters[0]
        return cls(
            login=Login(server, user.name, user.password),
            zones=tuple(
                Zone(object_name(cluster.name), datacenter.name, cluster.name) for cluster in datacenter.clusters
            ),
            network=datacenter.networks[0].name if datacenter.networks else "",
            policies={object_name(policy): policy for policy in layout.storage_policies},
            classes=layout.vm_classes,
        )

    def zone(self, name: str) -> Zone | None:
        """The zone of that name; the first one where none is named; None when there is no such zone."""
        if not name:
            return self.zones[0] if self.zones else None
        return next((zone for zone in self.zones if zone.name == name), None)


def _object(gvk: GVK, name: str, namespace: str = "", **rest: object) -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata, **rest}


def zone_object(zone: Zone) -> Json:
    """The AvailabilityZone of a compute cluster."""
    return _object(AVAILABILITY_ZONE, zone.name, spec={"clusterComputeResourceMoIDs": [zone.cluster]})


def storage_class(name: str, policy_id: str) -> Json:
    """The StorageClass of a storage policy."""
    return _object(
        STORAGE_CLASS,
        name,
        provisioner="csi.vsphere.vmware.com",
        parameters={POLICY_ID: policy_id},
        reclaimPolicy="Delete",
        volumeBindingMode="Immediate",
        allowVolumeExpansion=True,
    )


def vm_class(layout: VMClassLayout, namespace: str) -> Json:
    """A class that a namespace may use."""
    memory = f"{layout.memory_gib}Gi"
    spec: Json = {"hardware": {"cpus": layout.cpus, "memory": memory}}
    if layout.guaranteed:
        spec["policies"] = {"resources": {"requests": {"cpu": f"{layout.cpus}000m", "memory": memory}}}
    return _object(VIRTUAL_MACHINE_CLASS, layout.name, namespace, spec=spec)


def image_name(instance_uuid: str) -> str:
    """The name of the image that stands for a template; people know it by the name it shows."""
    return f"vmi-{hashlib.sha256(instance_uuid.encode()).hexdigest()[:17]}"


def image(template: VMInfo, namespace: str) -> Json:
    """The VirtualMachineImage of a template, without its conditions."""
    status: Json = {
        "name": template.name,
        "providerItemID": template.instance_uuid,
        "hardwareVersion": int(template.hardware_version.rpartition("-")[2] or 0),
        "osInfo": {"type": "linux"},
    }
    version = IMAGE_VERSION.search(template.name)
    if version:
        status["productInfo"] = {"version": version[1]}
    name = image_name(template.instance_uuid)
    return _object(VIRTUAL_MACHINE_IMAGE, name, namespace, spec={}, status=status)

"""What must be there before a VM can be made: class, image, resource policy, bootstrap data, storage, network, zone.

Source: vm-operator v1.9, pkg/providers/vsphere/vmprovider_vm.go and vmprovider_utils.go (conditions, reasons, and the
first part of each text; what there is instead, and what to do, is ours).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fairlead.api.vmoperator.kinds import (
    CLUSTER_VIRTUAL_MACHINE_IMAGE,
    RESOURCE_POLICY,
    VIRTUAL_MACHINE_CLASS,
    VIRTUAL_MACHINE_IMAGE,
)
from fairlead.base.objects import GVK, Json, Key, get_in, labels
from fairlead.base.quantity import QuantityError, parse_quantity
from fairlead.controllers.contract import SECRET, get_or_none
from fairlead.controllers.vsphere.identity import secret_text
from fairlead.lab.vmoperator.supervisor import POLICY_ID, STORAGE_CLASS, Supervisor, Zone
from fairlead.runtime.client import Client
from fairlead.vsphere.errors import VSphereError
from fairlead.vsphere.port import Datastore, Network, Ref, Session, VMInfo

CLASS_READY = "VirtualMachineClassReady"
IMAGE_READY = "VirtualMachineImageReady"
POLICY_READY = "VirtualMachineConditionVMSetResourcePolicyReady"
BOOTSTRAP_READY = "VirtualMachineBootstrapReady"
STORAGE_READY = "VirtualMachineStorageReady"
NETWORK_READY = "VirtualMachineNetworkReady"
PLACEMENT_READY = "VirtualMachineConditionPlacementReady"
ZONE_LABEL = "topology.kubernetes.io/zone"
CLAIM = GVK("", "v1", "PersistentVolumeClaim")
USERDATA_KEYS = ("user-data", "value")
SHOWN = 8
GIB = 1 << 30
MIB = 1 << 20


class MissingError(Exception):
    """Something is not there. `condition` and `reason` are those of the VirtualMachine."""

    def __init__(self, condition: str, reason: str, message: str) -> None:
        super().__init__(message)
        self.condition = condition
        self.reason = reason


def _listed(names: Iterable[str]) -> str:
    found = sorted(names)
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"there are {', '.join(found[:SHOWN])}{more}" if found else "there are none"


@dataclass(frozen=True, slots=True)
class Hardware:
    """Processors and memory; reservations in MHz and MiB, 0 for none."""

    cpus: int
    memory_mib: int
    memory_reserved_mib: int = 0


@dataclass(frozen=True, slots=True)
class Store:
    """Where the disks go."""

    datastore: Datastore
    policy_id: str
    data_disks_gib: tuple[int, ...]


class Prerequisites:
    """Looks one VirtualMachine's references up. Every method raises MissingError, VSphereError or ApiError."""

    def __init__(self, client: Client, session: Session, supervisor: Supervisor, vm: Json) -> None:
        self._client = client
        self._session = session
        self._supervisor = supervisor
        self._vm = vm
        self._spec: Json = vm["spec"]
        self._namespace = Key.of(vm).namespace

    async def hardware(self) -> Hardware:
        """What the class gives."""
        name = self._spec.get("className", "")
        class_ = await get_or_none(self._client, VIRTUAL_MACHINE_CLASS, Key(self._namespace, name))
        if class_ is None:
            there = await self._names(VIRTUAL_MACHINE_CLASS, self._namespace)
            raise MissingError(
                CLASS_READY,
                "NotFound",
                f'virtualmachineclasses.vmoperator.vmware.com "{name}" not found in namespace {self._namespace}: '
                f"{_listed(there)}; give the namespace this class, or refer to a new VSphereMachineTemplate with "
                "another className",
            )
        hardware = get_in(class_, "spec", "hardware", default={})
        reserved = get_in(class_, "spec", "policies", "resources", "requests", "memory", default=0)
        try:
            memory = int(parse_quantity(str(hardware.get("memory", 0)))) // MIB
            reserved_mib = int(parse_quantity(str(reserved))) // MIB
        except QuantityError as error:
            raise MissingError(CLASS_READY, "Invalid", f"VirtualMachineClass {name}: {error}") from error
        return Hardware(int(hardware.get("cpus", 0)), memory, reserved_mib)

    async def template(self) -> VMInfo:
        """The template behind the image."""
        name = self._spec.get("imageName", "")
        found = await self._image(name)
        item = get_in(found, "status", "providerItemID", default="")
        try:
            return await self._session.find_template(item)
        except VSphereError as error:
            text = f'the template of VirtualMachineImage "{found["metadata"]["name"]}" is gone: {error}'
            raise MissingError(IMAGE_READY, "NotReady", text) from error

    async def _image(self, name: str) -> Json:
        """By its name, else by the name it shows; one of the namespace goes before one of the supervisor."""
        for gvk, namespace in ((VIRTUAL_MACHINE_IMAGE, self._namespace), (CLUSTER_VIRTUAL_MACHINE_IMAGE, "")):
            found = await get_or_none(self._client, gvk, Key(namespace, name)) if name else None
            if found is not None:
                return found
        images = (await self._client.list(VIRTUAL_MACHINE_IMAGE, self._namespace)).items
        shared = (await self._client.list(CLUSTER_VIRTUAL_MACHINE_IMAGE)).items
        shown = [image for image in (*images, *shared) if get_in(image, "status", "name") == name]
        if not shown:
            there = [get_in(image, "status", "name", default="") for image in (*images, *shared)]
            raise MissingError(
                IMAGE_READY,
                "NotFound",
                f'no VM image exists for "{name}" in namespace or cluster scope (namespace {self._namespace}): '
                f"{_listed(filter(None, there))}; add a template of that name to the vCenter, or refer to a new "
                "VSphereMachineTemplate with another imageName",
            )
        if len(shown) > 1:
            names = _listed(str(image["metadata"]["name"]) for image in shown)
            text = f'multiple VM images exist for "{name}" in namespace scope: {names}; use one of these names'
            raise MissingError(IMAGE_READY, "Unknown", text)
        return shown[0]

    async def policy(self) -> None:
        """The resource policy that the machine names."""
        name = get_in(self._spec, "reserved", "resourcePolicyName", default="")
        if name and await get_or_none(self._client, RESOURCE_POLICY, Key(self._namespace, name)) is None:
            text = f'virtualmachinesetresourcepolicies.vmoperator.vmware.com "{name}" not found'
            raise MissingError(POLICY_READY, "NotFound", f"{text} in namespace {self._namespace}")

    async def userdata(self) -> str:
        """What cloud-init gets."""
        reference = get_in(self._spec, "bootstrap", "cloudInit", "rawCloudConfig", default={})
        name = reference.get("name", "")
        if not name:
            return ""
        secret = await get_or_none(self._client, SECRET, Key(self._namespace, name))
        if secret is None:
            text = f'secrets "{name}" not found in namespace {self._namespace}'
            raise MissingError(BOOTSTRAP_READY, "NotFound", text)
        key = reference.get("key", "")
        for candidate in dict.fromkeys((key, *USERDATA_KEYS)):
            text = secret_text(secret, candidate) if candidate else ""
            if text:
                return text
        raise MissingError(BOOTSTRAP_READY, "RequiredKeyNotFound", f'required key "{key}" not found in Secret {name}')

    async def store(self, pool: Ref) -> Store:
        """The datastore with most room of those that the storage class allows."""
        name = self._spec.get("storageClass", "")
        if not name:
            text = "StorageClass is required but not specified: set storageClass in a new VSphereMachineTemplate"
            there = await self._names(STORAGE_CLASS)
            raise MissingError(STORAGE_READY, "StorageClassRequired", f"{text}; {_listed(there)}")
        found = await get_or_none(self._client, STORAGE_CLASS, Key("", name))
        if found is None:
            there = await self._names(STORAGE_CLASS)
            raise MissingError(
                STORAGE_READY,
                "NotFound",
                f'storageclasses.storage.k8s.io "{name}" not found: {_listed(there)}; refer to a new '
                "VSphereMachineTemplate with one of these as storageClass",
            )
        policy = get_in(found, "parameters", POLICY_ID, default="")
        stores = await self._session.policy_datastores(policy, pool)
        if not stores:
            text = f'no datastore is compatible with storage class "{name}"'
            raise MissingError(STORAGE_READY, "DatastoreNotFound", text)
        return Store(max(stores, key=lambda s: s.free_bytes), policy, await self._data_disks())

    async def _data_disks(self) -> tuple[int, ...]:
        sizes = []
        for volume in self._spec.get("volumes") or ():
            name = get_in(volume, "persistentVolumeClaim", "claimName", default="")
            claim = await get_or_none(self._client, CLAIM, Key(self._namespace, name)) if name else None
            if claim is None:
                text = f'persistentvolumeclaims "{name}" not found in namespace {self._namespace}'
                raise MissingError(STORAGE_READY, "NotFound", text)
            size = get_in(claim, "spec", "resources", "requests", "storage", default="1Gi")
            sizes.append(-(-int(parse_quantity(str(size))) // GIB))
        return tuple(sizes)

    async def networks(self, zone: Zone) -> Sequence[Network]:
        """What the cards are plugged into."""
        interfaces = get_in(self._spec, "network", "interfaces", default=())
        names = [get_in(card, "network", "name", default="") or self._supervisor.network for card in interfaces]
        found = []
        for name in names or [self._supervisor.network]:
            try:
                found.append(await self._session.find_network(name, zone.datacenter))
            except VSphereError as error:
                raise MissingError(NETWORK_READY, "NotReady", str(error)) from error
        return found

    def zone(self) -> Zone:
        """The zone that a label names, else the first one."""
        name = labels(self._vm).get(ZONE_LABEL, "")
        zone = self._supervisor.zone(name)
        if zone is None:
            text = f'availabilityzones.topology.tanzu.vmware.com "{name}" not found'
            there = _listed(zone.name for zone in self._supervisor.zones)
            raise MissingError(PLACEMENT_READY, "NotFound", f"{text}: {there}; set another failureDomain")
        return zone

    async def _names(self, gvk: GVK, namespace: str = "") -> list[str]:
        return [str(obj["metadata"]["name"]) for obj in (await self._client.list(gvk, namespace)).items]

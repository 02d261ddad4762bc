"""The vSphere port, straight on the simulator: no wire, no threads, so it runs in virtual time.

Keeps the contract of `fairlead.vsphere.port`; `fairlead.testing.vcenter_contract` checks it beside the pyVmomi adapter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

from fairlead.vcenter import model, work
from fairlead.vcenter.faults import VimFault, not_authenticated
from fairlead.vcenter.inventory import Change as InventoryChange
from fairlead.vcenter.inventory import Inventory
from fairlead.vcenter.sessions import UserSession
from fairlead.vcenter.simulator import API_VERSION, BUILD, VERSION, VCenter
from fairlead.vsphere import names, port
from fairlead.vsphere.errors import (
    Ambiguous,
    DiskTooSmall,
    Fault,
    Gone,
    LoginFailed,
    NoPermission,
    NotFound,
    SessionLost,
    ThumbprintMismatch,
    Unreachable,
)
from fairlead.vsphere.feed import Feed
from fairlead.vsphere.port import Ref

E = TypeVar("E", bound=model.Entity)

GIB_KIB = 1024 * 1024


def endpoint(server: str) -> tuple[str, str]:
    """Return the SOAP URL and host:port of what VSphereCluster.spec.server holds."""
    parts = urlsplit(server if "://" in server else f"https://{server}")
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path.rstrip('/') or '/sdk'}", host if parts.port else f"{host}:443"


def normal_thumbprint(text: str) -> str:
    return text.replace(":", "").strip().lower()


class DirectConnector:
    """Opens sessions on a simulator in this process.

    `hosts` are the host:port strings it answers to (None: any); `thumbprints` those of its certificate, checked when a
    caller pins one (none: any is accepted).
    """

    def __init__(
        self, vcenter: VCenter, hosts: Collection[str] | None = None, thumbprints: Collection[str] = ()
    ) -> None:
        self._vcenter = vcenter
        self._hosts = None if hosts is None else set(hosts)
        self._thumbprints = {normal_thumbprint(t) for t in thumbprints}

    async def connect(self, server: str, username: str, password: str, thumbprint: str = "") -> DirectSession:
        url, host = endpoint(server)
        if self._hosts is not None and host not in self._hosts:
            raise Unreachable(f'Post "{url}": dial tcp {host}: connect: connection refused')
        if thumbprint and self._thumbprints and normal_thumbprint(thumbprint) not in self._thumbprints:
            presented = sorted(self._thumbprints, key=len)
            raise ThumbprintMismatch(url, host, thumbprint, presented[0], presented[-1])
        try:
            session = self._vcenter.sessions.login(username, password, "fairlead")
        except VimFault as error:
            raise LoginFailed(f"ServerFaultCode: {error.fault.message}") from error
        return DirectSession(self._vcenter, session, server)


@contextmanager
def _faults() -> Iterator[None]:
    """Turn the simulator's faults into the port's errors."""
    try:
        yield
    except VimFault as error:
        fault = error.fault
        match fault.name:
            case "NoPermission":
                object_id = f"{fault.details.get('type', '')}:{fault.details.get('object', '')}"
                raise NoPermission(fault.message, fault.details.get("privilegeId", ""), object_id) from error
            case "ManagedObjectNotFound":
                raise Gone(f"vim.{fault.details.get('type', '')}:{fault.details.get('obj', '')}") from error
            case "NotAuthenticated":
                raise SessionLost(f"ServerFaultCode: {fault.message}") from error
        raise Fault(fault.name, fault.message) from error


class DirectSession:
    """A session on the simulator."""

    def __init__(self, vcenter: VCenter, session: UserSession, server: str) -> None:
        self._vcenter = vcenter
        self._session = session
        self._server = server
        self._tasks: set[str] = set()
        self._feeds: list[Feed] = []
        self._unsubscribe = vcenter.inventory.subscribe(self._on_change)
        vcenter.tasks.listeners.append(self._on_task)
        vcenter.sessions.ended.append(self._on_end)

    @property
    def server(self) -> str:
        return self._server

    @property
    def _inventory(self) -> Inventory:
        with _faults():
            if self._vcenter.sessions.touch(self._session.key) is None:
                raise not_authenticated()
        return self._vcenter.inventory

    async def about(self) -> port.About:
        _ = self._inventory
        return port.About(
            name="VMware vCenter Server",
            full_name=f"VMware vCenter Server {VERSION} build-{BUILD} (Fairlead simulator)",
            version=VERSION,
            build=BUILD,
            api_type="VirtualCenter",
            api_version=API_VERSION,
            instance_uuid=self._vcenter.instance_uuid,
        )

    async def is_active(self) -> bool:
        return self._vcenter.sessions.get(self._session.key) is not None

    async def close(self) -> None:
        self._vcenter.sessions.end(self._session.key)
        self._detach()
        for feed in self._feeds:
            feed.close()

    def _detach(self) -> None:
        self._unsubscribe()
        for listeners, mine in (
            (self._vcenter.tasks.listeners, self._on_task),
            (self._vcenter.sessions.ended, self._on_end),
        ):
            if mine in listeners:
                listeners.remove(mine)  # type: ignore[arg-type]  # each list holds its own kind of callback

    # Finding.

    async def find_datacenter(self, name: str = "") -> Ref:
        return _ref(self._datacenter(name))

    def _datacenter(self, name: str) -> model.Datacenter:
        inventory = self._inventory
        known = inventory.all(model.Datacenter)
        if not name:
            return _only("datacenter", "", known, inventory)
        clean = "/" + name.strip("/")
        paths = [d for d in known if inventory.path(d) == clean]
        return _only("datacenter", name, paths or [d for d in known if d.name == name], inventory)

    def _find(self, kind: names.Kind, name: str, datacenter: str) -> model.Entity:
        inventory = self._inventory
        start = names.pivot(kind, inventory.path(self._datacenter(datacenter)))
        if "/" in name:
            found = [
                e
                for path in names.candidate_paths(name, start)
                if (e := inventory.by_path(path)) is not None and self._is(kind, e)
            ]
            return self._one(kind, name, found[:1])
        reference = names.as_reference(name, kind)
        if reference and (entity := inventory.get(reference.id)) is not None:
            return entity
        return self._one(kind, name, [e for e in self._below(start, kind) if e.name == name])

    def _one(self, kind: names.Kind, name: str, found: list[model.Entity]) -> model.Entity:
        if not found:
            known = [e.name for e in self._vcenter.inventory.all(model.Entity) if e.type in kind.types]
            raise NotFound(kind.word, name, names.closest(name, known))
        entity = _only(kind.word, name, found, self._vcenter.inventory)
        if kind is names.POOL and isinstance(entity, model.Cluster):
            return self._vcenter.inventory.find(entity.pool, model.ResourcePool)
        return entity

    @staticmethod
    def _is(kind: names.Kind, entity: model.Entity) -> bool:
        return entity.type in kind.types or (kind is names.POOL and isinstance(entity, model.Cluster))

    def _below(self, path: str, kind: names.Kind) -> Iterator[model.Entity]:
        inventory = self._vcenter.inventory
        start = inventory.by_path(path)
        waiting = inventory.children(start.id) if start else []
        while waiting:
            entity = waiting.pop(0)
            if entity.type in kind.types:
                yield entity
            waiting.extend(inventory.children(entity.id))

    async def find_template(self, name: str, datacenter: str = "") -> port.VMInfo:
        inventory = self._inventory
        if names.is_uuid(name) and (vm := inventory.by_uuid(name, instance=True)) is not None:
            return vm_info(inventory, vm)
        found = self._find(names.VM, name, datacenter)
        return vm_info(inventory, inventory.find(found.id, model.VM))

    async def find_vm(self, path: str, datacenter: str = "") -> Ref | None:
        try:
            return _ref(self._find(names.VM, path, datacenter))
        except NotFound:
            return None

    async def find_by_instance_uuid(self, uuid: str, datacenter: str = "") -> Ref | None:
        vm = self._inventory.by_uuid(uuid, instance=True)
        return _ref(vm) if vm else None

    async def find_by_bios_uuid(self, uuid: str, datacenter: str = "") -> Ref | None:
        vm = self._inventory.by_uuid(uuid, instance=False)
        return _ref(vm) if vm else None

    async def find_folder(self, name: str = "", datacenter: str = "") -> Ref:
        if not name:
            return Ref("Folder", self._datacenter(datacenter).vm_folder)
        return _ref(self._find(names.FOLDER, name, datacenter))

    async def folder_path(self, folder: Ref) -> str:
        with _faults():
            return self._inventory.path(self._inventory.find(folder.id, model.Entity))

    async def find_pool(self, name: str = "", datacenter: str = "") -> Ref:
        if name:
            return _ref(self._find(names.POOL, name, datacenter))
        start = names.pivot(names.POOL, self._inventory.path(self._datacenter(datacenter)))
        roots = [e for e in self._below(start, names.POOL) if e.name == "Resources"]
        return _ref(_only("resource pool", "", roots, self._inventory))

    async def find_datastore(self, name: str = "", datacenter: str = "") -> port.Datastore:
        if name:
            found = self._find(names.DATASTORE, name, datacenter)
        else:
            start = names.pivot(names.DATASTORE, self._inventory.path(self._datacenter(datacenter)))
            found = _only("datastore", "", list(self._below(start, names.DATASTORE)), self._inventory)
        return self._store(self._inventory.find(found.id, model.Datastore))

    def _store(self, store: model.Datastore) -> port.Datastore:
        free = self._vcenter.inventory.free_bytes(store)
        return port.Datastore(_ref(store), store.name, store.capacity_bytes, free, store.accessible, store.maintenance)

    async def find_network(self, name: str, datacenter: str = "") -> port.Network:
        found = self._find(names.NETWORK, name, datacenter)
        if isinstance(found, model.DistributedPortgroup):
            switch = self._inventory.find(found.switch, model.DistributedSwitch)
            return port.Network(_ref(found), found.name, switch.uuid, found.id)
        return port.Network(_ref(found), found.name)

    async def find_cluster(self, name: str, datacenter: str = "") -> Ref:
        return _ref(self._find(names.CLUSTER, name, datacenter))

    async def find_storage_policy(self, name: str) -> str:
        _ = self._inventory
        known = self._vcenter.layout.storage_policies
        if name not in known:
            raise NotFound("storage policy", name, names.closest(name, known))
        return name

    async def policy_datastores(self, policy_id: str, pool: Ref) -> tuple[port.Datastore, ...]:
        with _faults():
            owner = self._inventory.find(pool.id, model.ResourcePool).owner
        hosts = [h for h in self._inventory.children(owner) if isinstance(h, model.Host)]
        stores = [
            self._inventory.find(i, model.Datastore) for i in dict.fromkeys(d for h in hosts for d in h.datastores)
        ]
        return tuple(
            self._store(s) for s in stores if not s.maintenance and (not s.policies or policy_id in s.policies)
        )

    # Reading.

    async def vm(self, ref: Ref) -> port.VMInfo:
        with _faults():
            return vm_info(self._inventory, self._inventory.find(ref.id, model.VM))

    async def task(self, ref: Ref) -> port.TaskInfo | None:
        _ = self._inventory
        task = self._vcenter.tasks.get(ref.id)
        if task is None:
            return None
        if not task.is_done:
            self._tasks.add(task.id)
        return task_info(task, self._vcenter.inventory)

    def watch(self) -> AsyncIterator[port.Change]:
        inventory = self._inventory
        feed = Feed()
        for vm in inventory.all(model.VM):
            feed.put(vm.id, _changed(vm))
        feed.put("", port.Synced())
        self._feeds.append(feed)
        return self._read(feed)

    async def _read(self, feed: Feed) -> AsyncIterator[port.Change]:
        try:
            async for change in feed.read():
                yield change
        finally:
            if feed in self._feeds:
                self._feeds.remove(feed)

    def _on_change(self, change: InventoryChange) -> None:
        if isinstance(change.new, model.VM):
            told: port.Change = _changed(change.new)
        elif isinstance(change.old, model.VM):
            old = change.old
            told = port.VMGone(_ref(old), old.name, old.instance_uuid, old.bios_uuid)
        else:
            return
        for feed in self._feeds:
            feed.put(change.id, told)

    def _on_task(self, task: work.Task) -> None:
        if not task.is_done or task.id not in self._tasks:
            return
        self._tasks.discard(task.id)
        told = port.TaskDone(task_info(task, self._vcenter.inventory))
        for feed in self._feeds:
            feed.put(task.id, told)

    def _on_end(self, session: UserSession) -> None:
        if session.key != self._session.key:
            return
        self._detach()
        for feed in self._feeds:
            feed.close(SessionLost("ServerFaultCode: The session is not authenticated."))

    # Acting.

    def _submit(self, job: work.Work) -> Ref:
        _ = self._inventory
        with _faults():
            task = self._vcenter.submit(job, self._session.user)
        self._tasks.add(task.id)
        return Ref.task(task.id)

    async def clone(self, spec: port.CloneSpec) -> Ref:
        with _faults():
            source = self._inventory.find(spec.template.id, model.VM)
        place = spec.placement
        return self._submit(
            work.Clone(
                source=source.id,
                name=spec.name,
                folder=place.folder.id,
                pool=place.pool.id,
                host=place.host.id if place.host else "",
                datastore=place.datastore.id,
                linked=spec.snapshot is not None,
                snapshot=spec.snapshot.id if spec.snapshot else "",
                power_on=spec.power_on,
                config=_clone_config(source, spec),
            )
        )

    async def reconfigure(self, vm: Ref, spec: port.ReconfigureSpec) -> Ref:
        config = work.Config(
            cpus=spec.cpus or 0,
            memory_mib=spec.memory_mib or 0,
            annotation=spec.annotation,
            extra_config=dict(spec.extra_config),
            policy=spec.storage_policy_id,
        )
        return self._submit(work.Reconfigure(vm=vm.id, config=config))

    async def power(self, vm: Ref, op: port.PowerOp) -> Ref:
        return self._submit(work.Power(vm=vm.id, op=op.value))

    async def upgrade_hardware(self, vm: Ref, version: str) -> Ref:
        return self._submit(work.Upgrade(vm=vm.id, version=version))

    async def destroy(self, vm: Ref) -> Ref:
        return self._submit(work.Destroy(object=vm.id))

    async def shut_down_guest(self, vm: Ref) -> None:
        _ = self._inventory
        with _faults():
            self._vcenter.shut_down_guest(vm.id, self._session.user)


def _ref(entity: model.Entity) -> Ref:
    return Ref(entity.type, entity.id)


def _only(word: str, name: str, found: list[E], inventory: Inventory) -> E:
    if not found:
        raise NotFound(word, name)
    if len(found) > 1:
        raise Ambiguous(word, name, tuple(inventory.path(e) for e in found))
    return found[0]


def _changed(vm: model.VM) -> port.VMChanged:
    power = port.PowerState(vm.power)
    return port.VMChanged(_ref(vm), vm.name, vm.instance_uuid, vm.bios_uuid, power, vm.template)


def _clone_config(source: model.VM, spec: port.CloneSpec) -> work.Config:
    devices: list[work.DeviceChange] = [work.RemoveDevice(key=nic.key) for nic in source.nics]
    for disk, size in zip(source.disks, spec.disks_gib, strict=False):
        if size and size * GIB_KIB < disk.capacity_kib:
            raise DiskTooSmall(disk.capacity_kib, size * GIB_KIB)
        if size:
            devices.append(work.EditDisk(key=disk.key, capacity_kib=size * GIB_KIB))
    devices += [
        work.AddDisk(
            capacity_kib=data.size_gib * GIB_KIB,
            thin=data.provisioning in ("", "Thin"),
            eager=data.provisioning == "EagerlyZeroed",
        )
        for data in spec.data_disks
    ]
    devices += [work.AddNic(network=nic.network.ref.id, mac=nic.mac) for nic in spec.nics]
    return work.Config(
        cpus=spec.cpus,
        cores_per_socket=spec.cores_per_socket,
        memory_mib=spec.memory_mib,
        instance_uuid=spec.instance_uuid,
        annotation=spec.annotation or None,
        extra_config=dict(spec.extra_config),
        devices=tuple(devices),
        cpu=_allocation(spec.cpu),
        memory=_allocation(spec.memory),
        nested_hv=spec.nested_hv or None,
        disk_uuid_enabled=True,
        policy=spec.placement.storage_policy_id,
    )


def _allocation(wanted: port.Allocation) -> model.Allocation | None:
    if wanted == port.Allocation():
        return None
    return model.Allocation(
        reservation=wanted.reservation or 0,
        limit=-1 if wanted.limit is None else wanted.limit,
        shares=wanted.shares or 0,
        level="custom" if wanted.shares else "normal",
    )


def vm_info(inventory: Inventory, vm: model.VM) -> port.VMInfo:
    """Return the port's view of a simulated VM."""
    host = inventory.get(vm.host)
    return port.VMInfo(
        ref=_ref(vm),
        name=vm.name,
        path=inventory.path(vm),
        power=port.PowerState(vm.power),
        template=vm.template,
        bios_uuid=vm.bios_uuid,
        instance_uuid=vm.instance_uuid,
        hardware_version=vm.hardware,
        cpus=vm.cpus,
        memory_mib=vm.memory_mib,
        nics=tuple(_nic_info(inventory, vm, nic) for nic in vm.nics),
        disks=tuple(
            port.DiskInfo(d.key, f"Hard disk {i}", d.capacity_kib, Ref("Datastore", d.datastore))
            for i, d in enumerate(vm.disks, 1)
        ),
        extra_config={**vm.extra_config, **vm.guest.info},
        host=host.name if host else "",
        tools_running=vm.guest.tools,
        guest_state_change_supported=vm.guest.tools,
        guest_hostname=vm.guest.hostname,
        connection_state=vm.connection,
        annotation=vm.annotation,
        current_snapshot=Ref("VirtualMachineSnapshot", vm.current_snapshot) if vm.current_snapshot else None,
        snapshots={s.name: Ref("VirtualMachineSnapshot", s.id) for s in vm.snapshots},
    )


def _nic_info(inventory: Inventory, vm: model.VM, nic: model.Nic) -> port.NicInfo:
    if nic.key not in vm.guest.ips:
        return port.NicInfo(nic.key, nic.mac, "", False)
    network = inventory.get(nic.network)
    return port.NicInfo(nic.key, nic.mac, network.name if network else "", nic.connected, vm.guest.ips[nic.key])


def task_info(task: work.Task, inventory: Inventory) -> port.TaskInfo:
    """Return the port's view of a simulated task."""
    result = inventory.get(task.result) if task.result else None
    fault = None
    if task.fault:
        details: Mapping[str, str] = task.fault.details
        fault = port.TaskFault(
            task.fault.name,
            task.fault.message,
            details.get("existingState", ""),
            details.get("requestedState", ""),
        )
    return port.TaskInfo(
        ref=Ref.task(task.id),
        state=port.TaskState(task.state),
        operation=task.operation,
        entity=Ref(task.entity_type, task.entity),
        entity_name=task.entity_name,
        progress=task.progress,
        result=_ref(result) if result else None,
        fault=fault,
        queued=task.queued,
        started=task.started,
        completed=task.completed,
    )

"""A session with a vCenter: the port's calls, each run in the session's thread pool."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pyVmomi import vim, vmodl

from fairlead.vsphere import names, port
from fairlead.vsphere.errors import Gone, NotFound, SessionLost, VSphereError
from fairlead.vsphere.feed import Feed
from fairlead.vsphere.port import Ref
from fairlead.vsphere.pyvmomi import policies, reading, specs
from fairlead.vsphere.pyvmomi.connector import Endpoint
from fairlead.vsphere.pyvmomi.faults import translated
from fairlead.vsphere.pyvmomi.finding import Finder
from fairlead.vsphere.pyvmomi.reading import managed, ref_of, retrieve
from fairlead.vsphere.pyvmomi.watching import Watch

T = TypeVar("T")


class PyvmomiSession:
    """See `port.Session`."""

    def __init__(
        self,
        server: str,
        endpoint: Endpoint,
        stub: Any,
        content: Any,
        threads: ThreadPoolExecutor,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._server = server
        self._endpoint = endpoint
        self._stub = stub
        self._content = content
        self._threads = threads
        self._finder = Finder(content, stub)
        self._watch = Watch(content, endpoint.url, loop)
        self._hosts: dict[str, str] = {}
        self._closed = False

    @property
    def server(self) -> str:
        return self._server

    async def _do(self, work: Callable[[], T]) -> T:
        """Run a blocking piece of work in the pool."""
        if self._closed:
            raise SessionLost("ServerFaultCode: The session is not authenticated.")

        def run() -> T:
            try:
                with translated(self._endpoint.url):
                    return work()
            finally:
                if self._closed:  # meanwhile: the connection that was in use is nobody's any more
                    self._stub.DropConnections()

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    async def about(self) -> port.About:
        def read() -> port.About:
            about = vim.ServiceInstance("ServiceInstance", self._stub).RetrieveContent().about
            return port.About(
                str(about.name),
                str(about.fullName),
                str(about.version),
                str(about.build),
                str(about.apiType),
                str(about.apiVersion),
                str(about.instanceUuid or ""),
            )

        return await self._do(read)

    async def is_active(self) -> bool:
        try:
            return await self._do(lambda: self._content.sessionManager.currentSession is not None)
        except VSphereError:
            return False

    async def close(self) -> None:
        if self._closed:
            return
        self._watch.close()

        def leave() -> None:
            for step in (self._watch.cancel, self._content.sessionManager.Logout):
                with contextlib.suppress(VSphereError), translated(self._endpoint.url):
                    step()

        try:
            await self._do(leave)
        finally:
            self._closed = True
            self._stub.DropConnections()
            self._threads.shutdown(wait=False, cancel_futures=True)

    def abandon(self) -> None:
        """Let go of the connections of a session that nobody has used, without a word to the vCenter."""
        self._closed = True
        self._stub.DropConnections()

    # Finding.

    async def find_datacenter(self, name: str = "") -> Ref:
        return await self._do(lambda: ref_of(self._finder.datacenter(name)))

    async def find_template(self, name: str, datacenter: str = "") -> port.VMInfo:
        def find() -> port.VMInfo:
            found = None
            if names.is_uuid(name):
                found = self._by_uuid(name, datacenter, instance=True)
            if found is None:
                found = self._finder.find(names.VM, name, datacenter)
            return self._read_vm(found)

        return await self._do(find)

    async def find_vm(self, path: str, datacenter: str = "") -> Ref | None:
        def find() -> Ref | None:
            try:
                return ref_of(self._finder.find(names.VM, path, datacenter))
            except NotFound:
                return None

        return await self._do(find)

    async def find_by_instance_uuid(self, uuid: str, datacenter: str = "") -> Ref | None:
        return await self._do(lambda: _maybe(self._by_uuid(uuid, datacenter, instance=True)))

    async def find_by_bios_uuid(self, uuid: str, datacenter: str = "") -> Ref | None:
        return await self._do(lambda: _maybe(self._by_uuid(uuid, datacenter, instance=False)))

    def _by_uuid(self, uuid: str, datacenter: str, *, instance: bool) -> Any:
        where = self._finder.datacenter(datacenter) if datacenter else None
        return self._content.searchIndex.FindByUuid(where, uuid, True, instance)

    async def find_folder(self, name: str = "", datacenter: str = "") -> Ref:
        if not name:
            return await self._do(lambda: ref_of(self._finder.start(names.VM, datacenter)))
        return await self._do(lambda: ref_of(self._finder.find(names.FOLDER, name, datacenter)))

    async def folder_path(self, folder: Ref) -> str:
        return await self._do(lambda: self._finder.paths([managed(folder, self._stub)])[0])

    async def find_pool(self, name: str = "", datacenter: str = "") -> Ref:
        def find() -> Ref:
            if name:
                return ref_of(self._finder.find(names.POOL, name, datacenter))
            return ref_of(self._finder.default(names.POOL, datacenter, only_named="Resources"))

        return await self._do(find)

    async def find_datastore(self, name: str = "", datacenter: str = "") -> port.Datastore:
        def find() -> port.Datastore:
            if name:
                found = self._finder.find(names.DATASTORE, name, datacenter)
            else:
                found = self._finder.default(names.DATASTORE, datacenter)
            return self._read_datastores([found])[0]

        return await self._do(find)

    def _read_datastores(self, stores: list[Any]) -> tuple[port.Datastore, ...]:
        found = self._retrieve(stores, {vim.Datastore: ("name", "summary")})
        return tuple(reading.datastore(store, properties) for store, properties in found)

    async def find_network(self, name: str, datacenter: str = "") -> port.Network:
        return await self._do(lambda: self._read_network(self._finder.find(names.NETWORK, name, datacenter)))

    def _read_network(self, network: Any) -> port.Network:
        if not isinstance(network, vim.dvs.DistributedVirtualPortgroup):
            properties = self._retrieve([network], {vim.Network: ("name",)})[0][1]
            return port.Network(ref_of(network), str(properties["name"]))
        paths = ("name", "key", "config.distributedVirtualSwitch")
        properties = self._retrieve([network], {type(network): paths})[0][1]
        switch = properties["config.distributedVirtualSwitch"]
        uuid = self._retrieve([switch], {vim.DistributedVirtualSwitch: ("uuid",)})[0][1]["uuid"]
        return port.Network(ref_of(network), str(properties["name"]), str(uuid), str(properties["key"]))

    async def find_cluster(self, name: str, datacenter: str = "") -> Ref:
        return await self._do(lambda: ref_of(self._finder.find(names.CLUSTER, name, datacenter)))

    async def find_storage_policy(self, name: str) -> str:
        return await self._do(lambda: policies.find(self._stub, name))

    async def policy_datastores(self, policy_id: str, pool: Ref) -> tuple[port.Datastore, ...]:
        def find() -> tuple[port.Datastore, ...]:
            owner = self._retrieve([managed(pool, self._stub)], {vim.ResourcePool: ("owner",)})[0][1]["owner"]
            stores = self._retrieve([owner], {vim.ComputeResource: ("datastore",)})[0][1]["datastore"]
            usable = [s for s in self._read_datastores(list(stores)) if not s.maintenance]
            matching = policies.matching(self._stub, policy_id, [s.ref for s in usable])
            return tuple(s for s in usable if s.ref in matching)

        return await self._do(find)

    # Reading.

    async def vm(self, ref: Ref) -> port.VMInfo:
        return await self._do(lambda: self._read_vm(managed(ref, self._stub)))

    def _read_vm(self, vm: Any) -> port.VMInfo:
        """Read a VM, the names of its ancestors (for its path), and its host's name the first time."""
        wanted = {vim.ManagedEntity: ("name", "parent"), vim.VirtualMachine: reading.VM_PATHS}
        collector = self._content.propertyCollector
        found = {o._moId: p for o, p in retrieve(collector, [(vm, reading.to_parents())], wanted)}
        properties = found.get(vm._moId)
        if properties is None:
            raise Gone(f"vim.VirtualMachine:{vm._moId}")
        host = properties.get("runtime.host")
        return reading.vm_info(vm, properties, reading.path_of(vm, found), self._host_name(host))

    def _host_name(self, host: Any) -> str:
        if host is None:
            return ""
        if host._moId not in self._hosts:
            self._hosts[host._moId] = str(self._retrieve([host], {vim.HostSystem: ("name",)})[0][1]["name"])
        return self._hosts[host._moId]

    def _retrieve(self, objects: list[Any], wanted: dict[Any, tuple[str, ...]]) -> list[tuple[Any, dict[str, Any]]]:
        return retrieve(self._content.propertyCollector, [(o, ()) for o in objects], wanted)

    async def task(self, ref: Ref) -> port.TaskInfo | None:
        def read() -> port.TaskInfo | None:
            task = managed(ref, self._stub)
            try:
                found = self._retrieve([task], {vim.Task: ("info",)})
            except vmodl.fault.ManagedObjectNotFound:
                return None
            if not found:
                return None
            info = reading.task_info(found[0][1]["info"])
            if not info.done:
                self._watch.add_task(task)
            return info

        return await self._do(read)

    def watch(self) -> AsyncIterator[port.Change]:
        return self._read_feed(self._watch.feed())

    async def _read_feed(self, feed: Feed) -> AsyncIterator[port.Change]:
        try:
            async for change in feed.read():
                yield change
        finally:
            self._watch.forget(feed)

    # Acting.

    async def _start(self, act: Callable[[], Any]) -> Ref:
        """Start a task and have its end told."""

        def run() -> Ref:
            task = act()
            self._watch.add_task(task)
            return ref_of(task)

        return await self._do(run)

    def _vm(self, ref: Ref) -> Any:
        return managed(ref, self._stub)

    async def clone(self, spec: port.CloneSpec) -> Ref:
        def start() -> Any:
            template = self._vm(spec.template)
            found = self._retrieve([template], {vim.VirtualMachine: ("config.hardware.device",)})
            if not found:
                raise Gone(f"vim.VirtualMachine:{spec.template.id}")
            made = specs.clone_spec(spec, list(found[0][1].get("config.hardware.device") or []), self._stub)
            return template.CloneVM_Task(managed(spec.placement.folder, self._stub), spec.name, made)

        return await self._start(start)

    async def reconfigure(self, vm: Ref, spec: port.ReconfigureSpec) -> Ref:
        return await self._start(lambda: self._vm(vm).ReconfigVM_Task(specs.reconfigure_spec(spec)))

    async def power(self, vm: Ref, op: port.PowerOp) -> Ref:
        methods = {
            port.PowerOp.ON: lambda: self._vm(vm).PowerOnVM_Task(None),
            port.PowerOp.OFF: lambda: self._vm(vm).PowerOffVM_Task(),
            port.PowerOp.RESET: lambda: self._vm(vm).ResetVM_Task(),
            port.PowerOp.SUSPEND: lambda: self._vm(vm).SuspendVM_Task(),
        }
        return await self._start(methods[op])

    async def upgrade_hardware(self, vm: Ref, version: str) -> Ref:
        return await self._start(lambda: self._vm(vm).UpgradeVM_Task(version))

    async def destroy(self, vm: Ref) -> Ref:
        return await self._start(lambda: self._vm(vm).Destroy_Task())

    async def shut_down_guest(self, vm: Ref) -> None:
        await self._do(lambda: self._vm(vm).ShutdownGuest())


def _maybe(found: Any) -> Ref | None:
    return ref_of(found) if found is not None else None

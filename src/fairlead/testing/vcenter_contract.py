"""The contract of the vSphere port: every adapter, against every vCenter, passes `check_vcenter`.

What the vCenter must hold is named by `Site`; nothing else is assumed of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from fairlead.vsphere import port
from fairlead.vsphere.errors import Fault, Gone, LoginFailed, NotFound, ThumbprintMismatch, Unreachable

WRONG_THUMBPRINT = ":".join(["00"] * 20)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a vCenter is and what it holds. `annotates`: a clone keeps its annotation (vcsim drops it)."""

    server: str
    username: str
    password: str
    template: str
    datacenter: str = "DC0"
    folder: str = "/DC0/vm"
    pool: str = "/DC0/host/DC0_C0/Resources"
    datastore: str = "LocalDS_0"
    network: str = "VM Network"
    thumbprint: str = ""
    closed_server: str = ""
    checks_passwords: bool = True
    annotates: bool = True


class Watcher:
    """Reads a session's watch beside the checks, and waits for what they expect."""

    def __init__(self, changes: AsyncIterator[port.Change]) -> None:
        self.seen: list[port.Change] = []
        self._more = asyncio.Condition()
        self._task = asyncio.get_running_loop().create_task(self._read(changes))

    async def _read(self, changes: AsyncIterator[port.Change]) -> None:
        async for change in changes:
            async with self._more:
                self.seen.append(change)
                self._more.notify_all()

    async def wait_for(self, wanted: Callable[[port.Change], bool], seconds: float = 30) -> port.Change:
        """Return the latest change that is *wanted*, waiting for it if need be."""

        def found() -> list[port.Change]:
            return [c for c in self.seen if wanted(c)]

        async with asyncio.timeout(seconds), self._more:
            await self._more.wait_for(lambda: found() or self._task.done())
        assert found(), f"the watch ended early: {self._task!r}"
        return found()[-1]

    async def task(self, ref: port.Ref) -> port.TaskInfo:
        """Return how a task ended."""
        done = await self.wait_for(lambda c: isinstance(c, port.TaskDone) and c.info.ref == ref)
        assert isinstance(done, port.TaskDone)
        return done.info

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def check_vcenter(connector: port.Connector, site: Site) -> None:
    """Hold an adapter to the contract of `vsphere.port`. Raises: AssertionError, or what the adapter raised wrongly."""
    await check_login(connector, site)
    session = await connector.connect(site.server, site.username, site.password, site.thumbprint)
    try:
        about = await session.about()
        assert about.api_type == "VirtualCenter"
        assert about.version
        assert about.instance_uuid
        assert await session.is_active()
        await check_finding(session, site)
        await check_life(session, site)
    finally:
        await session.close()
    await session.close()
    assert not await session.is_active()


async def check_login(connector: port.Connector, site: Site) -> None:
    """Wrong password, certificate and address are three different errors."""
    if site.checks_passwords:
        error = await _error(connector.connect(site.server, site.username, "wrong", site.thumbprint), LoginFailed)
        assert "ServerFaultCode: " in str(error)
    if site.thumbprint:
        mismatch = await _error(
            connector.connect(site.server, site.username, site.password, WRONG_THUMBPRINT), ThumbprintMismatch
        )
        assert f'thumbprint does not match "{WRONG_THUMBPRINT}"' in str(mismatch)
    if site.closed_server:
        refused = await _error(connector.connect(site.closed_server, site.username, site.password), Unreachable)
        assert "connection refused" in str(refused)


async def check_finding(session: port.Session, site: Site) -> None:
    """Names, relative and absolute paths lead to the same objects; what is not there says so in the finder's words."""
    dc = site.datacenter
    assert (await session.find_datacenter(dc)) == (await session.find_datacenter(f"/{dc}"))
    template = await session.find_template(site.template, dc)
    assert template.disks
    assert template.path.endswith(template.name)
    assert (await session.find_template(template.path, dc)).ref == template.ref
    assert (await session.find_template(template.instance_uuid, dc)).ref == template.ref
    assert (await session.find_vm(template.path, dc)) == template.ref
    assert (await session.find_vm(f"/{dc}/vm/no-such-vm", dc)) is None
    folder = await session.find_folder(site.folder, dc)
    assert folder == await session.find_folder("", dc) == await session.find_folder(f"{dc}/vm", dc)
    assert await session.folder_path(folder) == f"/{dc}/vm"
    pool = await session.find_pool(site.pool, dc)
    assert pool.type == "ResourcePool"
    store = await session.find_datastore(site.datastore, dc)
    assert (await session.find_datastore(f"/{dc}/datastore/{site.datastore}", dc)).ref == store.ref
    assert store.capacity_bytes >= store.free_bytes > 0
    network = await session.find_network(site.network, dc)
    assert (await session.find_network(f"/{dc}/network/{site.network}", dc)).ref == network.ref
    for call, word in (
        (session.find_template(f"/{dc}/vm/no-such", dc), "vm"),
        (session.find_pool(f"{site.pool}/no-such", dc), "resource pool"),
        (session.find_datastore("no-such", dc), "datastore"),
        (session.find_network(f"/{dc}/network/no-such", dc), "network"),
        (session.find_folder(f"/{dc}/vm/no-such", dc), "folder"),
        (session.find_datacenter("no-such"), "datacenter"),
    ):
        missing = await _error(call, NotFound)
        assert str(missing).startswith(f"{word} '"), str(missing)
        assert str(missing).endswith("not found"), str(missing)
    near = await _error(session.find_template(f"{template.path}x", dc), NotFound)
    assert isinstance(near, NotFound)
    assert template.name in near.closest
    assert await session.find_by_instance_uuid("11111111-2222-3333-4444-555555555555", dc) is None
    assert await session.find_by_bios_uuid("11111111-2222-3333-4444-555555555555", dc) is None


async def check_life(session: port.Session, site: Site) -> None:
    """A VM is cloned, found, configured, powered, and destroyed; the watch tells all of it."""
    watcher = Watcher(session.watch())
    try:
        await watcher.wait_for(lambda c: isinstance(c, port.Synced))
        spec = await _clone_spec(session, site, "contract-a", "0e1b0e1b-1111-4222-8333-444444444444")
        vm = await _check_clone(session, watcher, spec, site)
        await _check_failures(session, watcher, spec)
        await _check_changes(session, watcher, vm)
        await _check_end(session, watcher, vm, spec)
    finally:
        await watcher.stop()


async def _clone_spec(session: port.Session, site: Site, name: str, uuid: str) -> port.CloneSpec:
    dc = site.datacenter
    template = await session.find_template(site.template, dc)
    return port.CloneSpec(
        name=name,
        template=template.ref,
        placement=port.Placement(
            folder=await session.find_folder(site.folder, dc),
            pool=await session.find_pool(site.pool, dc),
            datastore=(await session.find_datastore(site.datastore, dc)).ref,
        ),
        instance_uuid=uuid,
        cpus=4,
        memory_mib=4096,
        nics=[port.NicSpec(await session.find_network(site.network, dc)) for _ in range(2)],
        extra_config={"guestinfo.userdata": "aGVsbG8=", "guestinfo.userdata.encoding": "base64"},
        annotation="made by the contract",
    )


async def _check_clone(session: port.Session, watcher: Watcher, spec: port.CloneSpec, site: Site) -> port.Ref:
    assert await session.find_by_instance_uuid(spec.instance_uuid) is None
    started = await session.clone(spec)
    assert started.type == "Task"
    ended = await watcher.task(started)
    assert ended.state is port.TaskState.SUCCESS, ended
    assert "clone" in ended.operation  # vcsim says VirtualMachine.cloneVM
    assert ended.done
    ref = await session.find_by_instance_uuid(spec.instance_uuid)
    assert ref is not None
    assert ended.result == ref
    info = await session.vm(ref)
    assert (info.name, info.cpus, info.memory_mib, info.template) == (spec.name, 4, 4096, False)
    assert info.instance_uuid == spec.instance_uuid
    assert info.power is port.PowerState.OFF
    assert info.annotation == "made by the contract" or not site.annotates
    assert info.extra_config["guestinfo.userdata"] == "aGVsbG8="
    assert info.host
    assert info.connection_state == "connected"
    assert len(info.nics) == 2
    assert len({n.mac for n in info.nics}) == 2
    assert all(n.mac for n in info.nics)
    assert await session.find_by_bios_uuid(info.bios_uuid) == ref
    assert await session.find_vm(info.path) == ref
    told = await watcher.wait_for(lambda c: isinstance(c, port.VMChanged) and c.ref == ref)
    assert isinstance(told, port.VMChanged)
    assert told.instance_uuid == spec.instance_uuid
    reread = await session.task(started)
    assert reread is not None
    assert reread.state is port.TaskState.SUCCESS
    return ref


async def _check_failures(session: port.Session, watcher: Watcher, spec: port.CloneSpec) -> None:
    again = await watcher.task(await session.clone(spec))
    assert again.state is port.TaskState.ERROR
    assert again.fault is not None
    assert again.fault.name == "DuplicateName", again.fault
    assert await session.task(port.Ref.task("task-999999999")) is None


async def _check_changes(session: port.Session, watcher: Watcher, vm: port.Ref) -> None:
    change = port.ReconfigureSpec(extra_config={"guestinfo.metadata": "bWV0YQ=="}, memory_mib=8192)
    assert (await watcher.task(await session.reconfigure(vm, change))).state is port.TaskState.SUCCESS
    info = await session.vm(vm)
    assert info.extra_config["guestinfo.metadata"] == "bWV0YQ=="
    assert info.memory_mib == 8192
    assert info.extra_config["guestinfo.userdata"] == "aGVsbG8="
    assert (await watcher.task(await session.power(vm, port.PowerOp.ON))).state is port.TaskState.SUCCESS
    await watcher.wait_for(lambda c: isinstance(c, port.VMChanged) and c.ref == vm and c.power is port.PowerState.ON)
    assert (await session.vm(vm)).power is port.PowerState.ON
    twice = await watcher.task(await session.power(vm, port.PowerOp.ON))
    assert twice.fault is not None
    assert twice.fault.name == "InvalidPowerState"
    assert twice.fault.already_in_state


async def _check_end(session: port.Session, watcher: Watcher, vm: port.Ref, spec: port.CloneSpec) -> None:
    running = await watcher.task(await session.destroy(vm))
    assert running.fault is not None
    assert running.fault.name == "InvalidPowerState"
    assert (await watcher.task(await session.power(vm, port.PowerOp.OFF))).state is port.TaskState.SUCCESS
    assert (await watcher.task(await session.destroy(vm))).state is port.TaskState.SUCCESS
    gone = await watcher.wait_for(lambda c: isinstance(c, port.VMGone) and c.ref == vm)
    assert isinstance(gone, port.VMGone)
    assert gone.instance_uuid == spec.instance_uuid
    assert await session.find_by_instance_uuid(spec.instance_uuid) is None
    for call in (session.vm(vm), session.power(vm, port.PowerOp.ON), session.destroy(vm)):
        await _error(call, Gone)


async def _error(call: Awaitable[object], kind: type[Exception]) -> Exception:
    """Return the error of that kind that *call* raises."""
    try:
        result = await call
    except kind as error:
        return error
    except Fault as error:
        raise AssertionError(f"expected {kind.__name__}, got {error.name}: {error}") from error
    raise AssertionError(f"expected {kind.__name__}, got {result!r}")

"""What operations do to the inventory, and the faults they end in."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.runtime.virtual import run_virtual
from fairlead.vcenter import work
from fairlead.vcenter.faults import VimFault
from fairlead.vcenter.inventory import Change
from fairlead.vcenter.layout import LayoutError, parse_layout
from fairlead.vcenter.model import VM, Datastore
from fairlead.vcenter.world import ArmedFault, FaultKind

sys.path.insert(0, str(Path(__file__).parent))

from vcenter_worlds import TEMPLATE, USER, clone_work, done, id_of, in_virtual_time, make


def vm_of(vcenter: object, id_: str) -> VM:
    return vcenter.inventory.find(id_, VM)  # type: ignore[attr-defined]


@in_virtual_time
async def test_clone_is_a_new_machine() -> None:
    """A clone has its own ids, MACs and disks, and the configuration it was asked for."""
    vcenter = make()
    config = work.Config(cpus=4, memory_mib=8192, instance_uuid="0E1B0E1B-0000-4000-8000-000000000001")
    task = await done(vcenter, clone_work(vcenter, "a", config=config))
    made, source = vm_of(vcenter, task.result), vcenter.inventory.by_path(TEMPLATE)
    assert isinstance(source, VM)
    assert (made.cpus, made.memory_mib, made.template) == (4, 8192, False)
    assert made.instance_uuid == "0e1b0e1b-0000-4000-8000-000000000001"
    assert made.bios_uuid.startswith("42")
    assert made.bios_uuid != source.bios_uuid
    assert {n.mac for n in made.nics}.isdisjoint(n.mac for n in source.nics)
    assert made.disks[0].file == "[LocalDS_0] a/a.vmdk"


@in_virtual_time
async def test_progress_and_delay() -> None:
    """A task of 40 s tells 25, 50 and 75 % on its way and ends after 40 s."""
    vcenter = make(clone=timedelta(seconds=40))
    seen: list[tuple[str, int | None]] = []
    vcenter.tasks.listeners.append(lambda t: seen.append((t.state, t.progress)))
    task = await done(vcenter, clone_work(vcenter, "a"))
    assert seen == [
        ("queued", None),
        ("running", 0),
        ("running", 25),
        ("running", 50),
        ("running", 75),
        ("success", 100),
    ]
    assert task.completed is not None
    assert task.completed - task.queued == timedelta(seconds=40)


@in_virtual_time
async def test_cancelled_task_makes_nothing() -> None:
    vcenter = make(clone=timedelta(seconds=40))
    id_ = vcenter.submit(clone_work(vcenter, "a"), USER).id
    await vcenter.clock.sleep(timedelta(seconds=1))
    vcenter.tasks.cancel(id_)
    await vcenter.clock.sleep(timedelta(seconds=60))
    task = vcenter.tasks.get(id_)
    assert task is not None
    assert task.fault is not None
    assert task.fault.name == "RequestCanceled"
    assert vcenter.inventory.by_path("/DC0/vm/a") is None


@in_virtual_time
async def test_guest_is_silent_without_power() -> None:
    """Addresses come through set_guest while the VM runs, and go with the power."""
    vcenter = make()
    id_ = (await done(vcenter, clone_work(vcenter, "a"))).result
    vcenter.set_guest(id_, hostname="early", tools=True)
    assert not vm_of(vcenter, id_).guest.tools
    await done(vcenter, work.Power(vm=id_, op="on"))
    vcenter.set_guest(id_, hostname="a", ips={4000: ("192.0.2.9",)}, tools=True)
    assert vm_of(vcenter, id_).guest.ips == {4000: ("192.0.2.9",)}
    vcenter.shut_down_guest(id_, USER)
    await vcenter.clock.sleep(timedelta(seconds=1))
    assert vm_of(vcenter, id_).power == "poweredOff"
    assert vm_of(vcenter, id_).guest.ips == {}


@in_virtual_time
async def test_subscribers_are_told_in_order() -> None:
    """A subscriber that writes is told of its own write after the one it answers."""
    vcenter = make()
    told: list[str] = []

    def answer(change: Change) -> None:
        if isinstance(change.new or change.old, VM):
            told.append(change.kind)
        if change.kind == "powered" and isinstance(change.new, VM) and change.new.is_on:
            vcenter.set_guest(change.id, hostname="a", tools=True)

    vcenter.inventory.subscribe(answer)
    id_ = (await done(vcenter, clone_work(vcenter, "a"))).result
    await done(vcenter, work.Power(vm=id_, op="on"))
    await done(vcenter, work.Reconfigure(vm=id_, config=work.Config(annotation="x")))
    await done(vcenter, work.Power(vm=id_, op="off"))
    await done(vcenter, work.Destroy(object=id_))
    assert told == ["created", "powered", "guest", "reconfigured", "powered", "destroyed"]


@in_virtual_time
async def test_linked_clone_takes_little_room() -> None:
    """Snapshots allow linked clones: their disks start small and cannot be resized."""
    layout = parse_layout({"datacenters": [{"name": "DC0", "templates": [{"name": "t", "snapshot": "base"}]}]})
    vcenter = make(layout=layout)
    template = vcenter.inventory.by_path("/DC0/vm/t")
    assert isinstance(template, VM)
    store = vcenter.inventory.all(Datastore)[0]
    free = vcenter.inventory.free_bytes(store)
    linked = {"linked": True, "snapshot": template.current_snapshot}
    task = await done(vcenter, clone_work(vcenter, "a", source="/DC0/vm/t", **linked))
    assert task.state == "success"
    assert free - vcenter.inventory.free_bytes(store) < 100 << 20
    bigger = work.Config(devices=(work.EditDisk(key=2000, capacity_kib=100 << 20),))
    task = await done(vcenter, clone_work(vcenter, "b", source="/DC0/vm/t", config=bigger, **linked))
    assert task.fault is not None
    assert task.fault.message == "Invalid operation for device '0'."


FAULTS = {
    "duplicate-name": ({"name": "ubuntu-2404-kube-v1.36.0"}, "DuplicateName"),
    "no-such-network": ({"config": work.Config(devices=(work.AddNic(network="network-99"),))}, "InvalidDeviceBacking"),
    "disk-shrinks": (
        {"config": work.Config(devices=(work.EditDisk(key=2000, capacity_kib=1024),))},
        "InvalidDeviceOperation",
    ),
    "no-snapshot": ({"linked": True}, "InvalidArgument"),
    "too-many-cpus": ({"config": work.Config(cpus=512), "power_on": True}, "NoCompatibleHost"),
    "odd-memory": ({"config": work.Config(memory_mib=4095)}, "InvalidArgument"),
    "no-name": ({"name": ""}, "InvalidName"),
}


@pytest.mark.parametrize(("changes", "fault"), FAULTS.values(), ids=FAULTS)
def test_clone_faults(changes: dict[str, object], fault: str) -> None:
    """Each mistake ends the task with the fault a vCenter gives it, and makes no VM."""

    async def main() -> None:
        vcenter = make()
        before = len(vcenter.inventory.all(VM))
        name = str(changes.get("name", "a"))
        task = await done(vcenter, clone_work(vcenter, name, **{k: v for k, v in changes.items() if k != "name"}))
        assert task.fault is not None
        assert task.fault.name == fault
        assert task.fault.message
        assert len(vcenter.inventory.all(VM)) == before or "power_on" in changes

    run_virtual(main())


@in_virtual_time
async def test_full_datastore() -> None:
    """The clone that does not fit fails with NoDiskSpace; the ones before it stay."""
    stores = [{"name": "small", "capacityGiB": 10}]
    document = {"datacenters": [{"name": "DC0", "datastores": stores, "templates": [{"name": "t"}]}]}
    vcenter = make(layout=parse_layout(document))
    ends = [(await done(vcenter, clone_work(vcenter, f"vm{i}", source="/DC0/vm/t"))).fault for i in range(3)]
    assert ends[:2] == [None, None]
    assert ends[2] is not None
    assert ends[2].message == "Insufficient disk space on datastore 'small'."


@in_virtual_time
async def test_armed_faults() -> None:
    """Armed faults strike the operations they match, as often as they were armed for."""
    vcenter = make(clone=timedelta(seconds=1))
    vcenter.arm(ArmedFault(FaultKind.TASK, match="VirtualMachine.clone", fault="SystemError", message="boom"))
    first = await done(vcenter, clone_work(vcenter, "a"))
    assert first.fault is not None
    assert first.fault.message == "boom"
    assert (await done(vcenter, clone_work(vcenter, "a"))).state == "success"
    vcenter.arm(ArmedFault(FaultKind.SLOW, match="clone", factor=30))
    slow = await done(vcenter, clone_work(vcenter, "b"))
    assert slow.completed is not None
    assert slow.completed - slow.queued == timedelta(seconds=90)
    vcenter.arm(ArmedFault(FaultKind.DATASTORE_FULL, match="LocalDS_0", count=-1))
    full = await done(vcenter, clone_work(vcenter, "c"))
    assert full.fault is not None
    assert full.fault.name == "NoDiskSpace"
    session = vcenter.sessions.login(USER, "fairlead")
    vcenter.arm(ArmedFault(FaultKind.SESSION))
    assert vcenter.sessions.get(session.key) is None


@in_virtual_time
async def test_missing_privilege_is_named() -> None:
    users = [{"name": "capv", "password": "x", "denied": ["VirtualMachine.Provisioning.DeployTemplate"]}]
    vcenter = make(layout=parse_layout({"users": users}))
    with pytest.raises(VimFault) as caught:
        vcenter.submit(clone_work(vcenter, "a"), "capv")
    assert caught.value.fault.details["privilegeId"] == "VirtualMachine.Provisioning.DeployTemplate"
    assert caught.value.fault.details["object"] == id_of(vcenter, TEMPLATE)


@in_virtual_time
async def test_running_machines_are_not_destroyed() -> None:
    vcenter = make()
    id_ = (await done(vcenter, clone_work(vcenter, "a", power_on=True))).result
    task = await done(vcenter, work.Destroy(object=id_))
    assert task.fault is not None
    assert task.fault.details == {"requestedState": "poweredOff", "existingState": "poweredOn"}


@in_virtual_time
async def test_maintenance_moves_machines() -> None:
    vcenter = make()
    id_ = (await done(vcenter, clone_work(vcenter, "a", power_on=True))).result
    host = vm_of(vcenter, id_).host
    await done(vcenter, work.Maintenance(host=host, enter=True))
    assert vm_of(vcenter, id_).host != host
    assert vm_of(vcenter, id_).is_on


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"datacentres": []}, "datacentres"),
        ({"datacenters": [{"name": 5}]}, "$.datacenters[0].name"),
        ({"users": [{"name": "a"}]}, "password"),
    ],
    ids=["unknown-key", "wrong-type", "missing-key"],
)
def test_layout_errors_name_the_place(document: object, words: str) -> None:
    with pytest.raises(LayoutError) as caught:
        parse_layout(document)
    assert words in str(caught.value)


def test_layout_that_does_not_fit() -> None:
    async def main() -> None:
        document = {"datacenters": [{"name": "DC0", "templates": [{"name": "t", "datastore": "nfs"}]}]}
        with pytest.raises(LayoutError, match="datastore 'nfs' is not in 'DC0'"):
            make(layout=parse_layout(document))

    run_virtual(main())

"""The SOAP methods of the inventory: sessions, search, folders, VMs, snapshots, tasks.

A handler gets the desk (the service, the caller's sight) and the call, and returns pyVmomi's value of the result, or
ready XML. One marked `reads` runs in a worker thread; the others run on the event loop, where writing is allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyVmomi import vim

from fairlead.vcenter import faults
from fairlead.vcenter.model import VM, Datacenter, Entity, Host
from fairlead.vcenter.soap import specs
from fairlead.vcenter.soap.desk import Desk, handles
from fairlead.vcenter.soap.machines import config_options, find_snapshot
from fairlead.vcenter.soap.managers import content, event_value, options, user_session
from fairlead.vcenter.soap.wire import Call, Ref
from fairlead.vcenter.work import (
    Destroy,
    Maintenance,
    Move,
    Power,
    Reconfigure,
    RemoveSnapshot,
    Rename,
    RevertSnapshot,
    TakeSnapshot,
    Upgrade,
    Work,
)


def _started(desk: Desk, job: Work) -> Any:
    return vim.Task(desk.vcenter.submit(job, desk.user).id)


# Service and sessions.


@handles("RetrieveServiceContent", public=True)
def retrieve_service_content(desk: Desk, call: Call) -> Any:
    return content(desk.sight, "ServiceInstance")


@handles("CurrentTime", public=True)
def current_time(desk: Desk, call: Call) -> Any:
    return desk.vcenter.clock.now()


@handles("Login", public=True)
def login(desk: Desk, call: Call) -> Any:
    name = call.args["userName"] or ""
    try:
        session = desk.vcenter.sessions.login(name, call.args["password"] or "", desk.user_agent)
    except faults.VimFault:
        desk.vcenter.events.post("BadUsernameSessionEvent", name)
        raise
    desk.set_cookie(session.key)
    desk.vcenter.events.post("UserLoginSessionEvent", session.user)
    return user_session(session)


@handles("Logout")
def logout(desk: Desk, call: Call) -> Any:
    desk.vcenter.events.post("UserLogoutSessionEvent", desk.user)
    desk.vcenter.sessions.end(desk.session_key)


@handles("SessionIsActive")
def session_is_active(desk: Desk, call: Call) -> Any:
    return desk.vcenter.sessions.get(call.args["sessionID"]) is not None


@handles("TerminateSession")
def terminate_session(desk: Desk, call: Call) -> Any:
    for key in call.args["sessionId"]:
        desk.vcenter.sessions.end(key)


@handles("QueryOptions")
def query_options(desk: Desk, call: Call) -> Any:
    prefix = call.args["name"] or ""
    found = [o for o in options(desk.sight) if o.key == prefix or o.key.startswith(prefix) or not prefix]
    if not found:
        raise faults.VimFault("InvalidName", f"The name '{prefix}' is invalid.", name=prefix)
    return found


@handles("HasPrivilegeOnEntities", "HasUserPrivilegeOnEntities", reads=True)
def has_privilege(desk: Desk, call: Call) -> Any:
    names = call.args["privId"]
    return [
        vim.AuthorizationManager.EntityPrivilege(
            entity=entity,
            privAvailability=[
                vim.AuthorizationManager.PrivilegeAvailability(
                    privId=n, isGranted=not desk.vcenter.sessions.lacks(desk.user, n)
                )
                for n in names
            ],
        )
        for entity in call.args["entities"]
    ]


# Search.


@handles("FindByInventoryPath", reads=True)
def find_by_inventory_path(desk: Desk, call: Call) -> Any:
    return _managed(desk.inventory.by_path(call.args["inventoryPath"]))


@handles("FindByUuid", "FindAllByUuid", reads=True)
def find_by_uuid(desk: Desk, call: Call) -> Any:
    uuid = call.args["uuid"]
    found: Entity | None
    if call.args["vmSearch"]:
        found = desk.inventory.by_uuid(uuid, instance=bool(call.args["instanceUuid"]))
    else:
        found = next((h for h in desk.inventory.all(Host) if h.uuid == uuid), None)
    if found is not None and not _in_datacenter(desk, found, call.args["datacenter"]):
        found = None
    return _one_or_all(call, _managed(found))


@handles("FindByIp", "FindAllByIp", "FindByDnsName", "FindAllByDnsName", reads=True)
def find_by_address(desk: Desk, call: Call) -> Any:
    by_ip = "Ip" in call.method
    wanted = call.args["ip" if by_ip else "dnsName"]
    for vm in desk.inventory.all(VM):
        addresses = [ip for ips in vm.guest.ips.values() for ip in ips] if by_ip else [vm.guest.hostname]
        if wanted in addresses and _in_datacenter(desk, vm, call.args["datacenter"]):
            return _one_or_all(call, _managed(vm))
    return _one_or_all(call, None)


@handles("FindChild", reads=True)
def find_child(desk: Desk, call: Call) -> Any:
    return _managed(desk.inventory.child(call.args["entity"]._moId, call.args["name"]))


@handles("FindByDatastorePath", reads=True)
def find_by_datastore_path(desk: Desk, call: Call) -> Any:
    path = call.args["path"]
    for vm in desk.inventory.all(VM):
        store = desk.inventory.get(vm.datastore)
        if store and vm.vmx_path(store.name) == path:
            return _managed(vm)
    return None


def _managed(entity: Entity | None) -> Any:
    return Ref(entity.type, entity.id).managed() if entity else None


def _one_or_all(call: Call, found: Any) -> Any:
    if call.method.startswith("FindAll"):
        return [found] if found is not None else None
    return found


def _in_datacenter(desk: Desk, entity: Entity, datacenter: Any) -> bool:
    if datacenter is None:
        return True
    desk.inventory.find(datacenter._moId, Datacenter)
    return any(e.id == datacenter._moId for e in desk.inventory.ancestors(entity))


# Folders, pools, entities.


@handles("CreateFolder")
def create_folder(desk: Desk, call: Call) -> Any:
    return vim.Folder(desk.vcenter.create_folder(call.this.id, call.args["name"], desk.user))


@handles("CreateResourcePool")
def create_resource_pool(desk: Desk, call: Call) -> Any:
    return vim.ResourcePool(desk.vcenter.create_pool(call.this.id, call.args["name"], desk.user))


@handles("Destroy_Task")
def destroy(desk: Desk, call: Call) -> Any:
    return _started(desk, Destroy(object=call.this.id))


@handles("UnregisterVM")
def unregister(desk: Desk, call: Call) -> Any:
    desk.submit_now(Destroy(object=call.this.id, unregister=True))


@handles("Rename_Task")
def rename(desk: Desk, call: Call) -> Any:
    return _started(desk, Rename(object=call.this.id, name=call.args["newName"]))


@handles("MoveIntoFolder_Task")
def move_into_folder(desk: Desk, call: Call) -> Any:
    return _started(desk, Move(objects=tuple(e._moId for e in call.args["list"]), folder=call.this.id))


@handles("EnterMaintenanceMode_Task", "ExitMaintenanceMode_Task")
def maintenance(desk: Desk, call: Call) -> Any:
    return _started(desk, Maintenance(host=call.this.id, enter=call.method.startswith("Enter")))


# Virtual machines.


@handles("CloneVM_Task")
def clone(desk: Desk, call: Call) -> Any:
    args = call.args
    job = specs.clone(call.this.id, args["folder"], args["name"], args["spec"], desk.inventory)
    return _started(desk, job)


@handles("CreateVM_Task")
def create_vm(desk: Desk, call: Call) -> Any:
    args = call.args
    return _started(desk, specs.create(call.this.id, args["config"], args["pool"], args["host"], desk.inventory))


@handles("ReconfigVM_Task")
def reconfigure(desk: Desk, call: Call) -> Any:
    vm = desk.inventory.find(call.this.id, VM)
    return _started(desk, Reconfigure(vm=vm.id, config=specs.config(call.args["spec"], desk.inventory, vm)))


@handles("RelocateVM_Task")
def relocate(desk: Desk, call: Call) -> Any:
    return _started(desk, specs.relocate(call.this.id, call.args["spec"]))


POWER = {"PowerOnVM_Task": "on", "PowerOffVM_Task": "off", "ResetVM_Task": "reset", "SuspendVM_Task": "suspend"}


@handles(*POWER)
def power(desk: Desk, call: Call) -> Any:
    return _started(desk, Power(vm=call.this.id, op=POWER[call.method]))


@handles("PowerOnMultiVM_Task")
def power_on_multi(desk: Desk, call: Call) -> Any:
    tasks = [_started(desk, Power(vm=v._moId, op="on")) for v in call.args["vm"]]
    if not tasks:
        raise faults.invalid_argument("vm")
    return tasks[0]


@handles("ShutdownGuest", "RebootGuest")
def shut_down_guest(desk: Desk, call: Call) -> Any:
    desk.vcenter.shut_down_guest(call.this.id, desk.user, reboot=call.method == "RebootGuest")


@handles("UpgradeVM_Task")
def upgrade(desk: Desk, call: Call) -> Any:
    return _started(desk, Upgrade(vm=call.this.id, version=call.args["version"] or ""))


@handles("MarkAsTemplate")
def mark_as_template(desk: Desk, call: Call) -> Any:
    desk.vcenter.mark_as_template(call.this.id, desk.user)


@handles("MarkAsVirtualMachine")
def mark_as_vm(desk: Desk, call: Call) -> Any:
    pool, host = specs.moid(call.args["pool"]), specs.moid(call.args["host"])
    desk.vcenter.mark_as_vm(call.this.id, pool, host, desk.user)


@handles("QueryConfigOptionDescriptor", reads=True)
def query_config_option_descriptor(desk: Desk, call: Call) -> Any:
    return config_options()


# Snapshots.


@handles("CreateSnapshot_Task", "CreateSnapshotEx_Task")
def create_snapshot(desk: Desk, call: Call) -> Any:
    name, description = call.args["name"], call.args["description"] or ""
    return _started(desk, TakeSnapshot(vm=call.this.id, name=name, description=description))


@handles("RemoveAllSnapshots_Task")
def remove_all_snapshots(desk: Desk, call: Call) -> Any:
    return _started(desk, RemoveSnapshot(vm=call.this.id))


def _snapshot_vm(desk: Desk, call: Call) -> str:
    found = find_snapshot(desk.sight, call.this.id)
    if found is None:
        raise faults.no_object(call.this.type, call.this.id)
    return found[0].id


@handles("RemoveSnapshot_Task")
def remove_snapshot(desk: Desk, call: Call) -> Any:
    vm, children = _snapshot_vm(desk, call), bool(call.args["removeChildren"])
    return _started(desk, RemoveSnapshot(vm=vm, snapshot=call.this.id, children=children))


@handles("RevertToSnapshot_Task")
def revert_to_snapshot(desk: Desk, call: Call) -> Any:
    return _started(desk, RevertSnapshot(vm=_snapshot_vm(desk, call), snapshot=call.this.id))


@handles("RevertToCurrentSnapshot_Task")
def revert_to_current_snapshot(desk: Desk, call: Call) -> Any:
    return _started(desk, RevertSnapshot(vm=call.this.id))


# Tasks and events.


@handles("CancelTask")
def cancel_task(desk: Desk, call: Call) -> Any:
    if desk.vcenter.tasks.get(call.this.id) is None:
        raise faults.no_object(call.this.type, call.this.id)
    desk.vcenter.tasks.cancel(call.this.id)


@handles("QueryEvents", reads=True)
def query_events(desk: Desk, call: Call) -> Any:
    from fairlead.vcenter.soap.own import event_filter

    wanted: Callable[[Any], bool] = event_filter(call.args["filter"], desk.sight)
    return [event_value(desk.sight, e) for e in desk.vcenter.events.all() if wanted(e)]

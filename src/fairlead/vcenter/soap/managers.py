"""Properties of the service objects: ServiceInstance, managers, tasks, events, collectors and views."""

from __future__ import annotations

from typing import Any

from pyVmomi import VmomiSupport, vim

from fairlead.vcenter.events import TEXTS
from fairlead.vcenter.inventory import ROOT
from fairlead.vcenter.model import Event
from fairlead.vcenter.sessions import UserSession
from fairlead.vcenter.simulator import API_VERSION, BUILD, VERSION
from fairlead.vcenter.soap.properties import Sight, exists, provides
from fairlead.vcenter.soap.wire import Ref, Refs, localized
from fairlead.vcenter.work import Task

MANAGERS = {
    "propertyCollector": ("PropertyCollector", "propertyCollector"),
    "viewManager": ("ViewManager", "ViewManager"),
    "setting": ("OptionManager", "VpxSettings"),
    "sessionManager": ("SessionManager", "SessionManager"),
    "authorizationManager": ("AuthorizationManager", "AuthorizationManager"),
    "eventManager": ("EventManager", "EventManager"),
    "taskManager": ("TaskManager", "TaskManager"),
    "customizationSpecManager": ("CustomizationSpecManager", "CustomizationSpecManager"),
    "customFieldsManager": ("CustomFieldsManager", "CustomFieldsManager"),
    "searchIndex": ("SearchIndex", "SearchIndex"),
    "fileManager": ("FileManager", "FileManager"),
    "virtualDiskManager": ("VirtualDiskManager", "virtualDiskManager"),
    "extensionManager": ("ExtensionManager", "ExtensionManager"),
    "guestOperationsManager": ("GuestOperationsManager", "guestOperationsManager"),
    "dvSwitchManager": ("DistributedVirtualSwitchManager", "DVSManager"),
}
SINGLETONS = {("ServiceInstance", "ServiceInstance"), *MANAGERS.values()}

for _type, _id in SINGLETONS:

    @exists(_type)
    def _is_singleton(sight: Sight, id_: str, type_: str = _type) -> bool:
        return (type_, id_) in SINGLETONS or id_ in sight.own


def about(sight: Sight) -> Any:
    return vim.AboutInfo(
        name="VMware vCenter Server",
        fullName=f"VMware vCenter Server {VERSION} build-{BUILD} (Fairlead simulator)",
        vendor="VMware, Inc.",
        version=VERSION,
        build=BUILD,
        localeVersion="INTL",
        localeBuild="000",
        osType="linux-x64",
        productLineId="vpx",
        apiType="VirtualCenter",
        apiVersion=API_VERSION,
        instanceUuid=sight.vcenter.instance_uuid,
        licenseProductName="VMware VirtualCenter Server",
        licenseProductVersion="8.0",
    )


@provides("ServiceInstance")
def content(sight: Sight, id_: str) -> Any:
    managers = {name: Ref(*ref).managed() for name, ref in MANAGERS.items()}
    return vim.ServiceInstanceContent(rootFolder=vim.Folder(ROOT), about=about(sight), **managers)


@provides("ServiceInstance", "serverClock")
def server_clock(sight: Sight, id_: str) -> Any:
    return sight.vcenter.clock.now()


@provides("ServiceInstance", "capability")
def capability(sight: Sight, id_: str) -> Any:
    return vim.Capability(provisioningSupported=True, multiHostSupported=True, userShellAccessSupported=False)


# Sessions.


def user_session(session: UserSession) -> Any:
    return vim.UserSession(
        key=session.key,
        userName=session.user,
        fullName=session.user,
        loginTime=session.login_time,
        lastActiveTime=session.last_active,
        locale="en",
        messageLocale="en",
        extensionSession=False,
        ipAddress=session.address,
        userAgent=session.user_agent,
        callCount=VmomiSupport.long(session.calls),
    )


@provides("SessionManager", "currentSession")
def current_session(sight: Sight, id_: str) -> Any:
    return user_session(sight.session) if sight.session else None


@provides("SessionManager", "sessionList")
def session_list(sight: Sight, id_: str) -> Any:
    return VmomiSupport.GetVmodlType("vim.UserSession[]")([user_session(s) for s in sight.vcenter.sessions.all()])


@provides("SessionManager", "defaultLocale")
def default_locale(sight: Sight, id_: str) -> Any:
    return "en"


@provides("SessionManager", "supportedLocaleList", "messageLocaleList")
def locales(sight: Sight, id_: str) -> Any:
    return VmomiSupport.GetVmodlType("string[]")(["en"])


# Options and fields.


def options(sight: Sight) -> list[Any]:
    values = {
        "VirtualCenter.InstanceName": "vcenter.fairlead.test",
        "event.maxAge": 30,
        "task.maxAge": 30,
        "config.vpxd.hostnameUrl": "vcenter.fairlead.test",
    }
    return [vim.option.OptionValue(key=k, value=v) for k, v in values.items()]


@provides("OptionManager", "setting")
def setting(sight: Sight, id_: str) -> Any:
    return VmomiSupport.GetVmodlType("vim.option.OptionValue[]")(options(sight))


@provides("AuthorizationManager", "roleList")
def role_list(sight: Sight, id_: str) -> Any:
    return VmomiSupport.GetVmodlType("vim.AuthorizationManager.Role[]")(
        [
            vim.AuthorizationManager.Role(
                roleId=-1,
                system=True,
                name="Admin",
                info=vim.Description(label="Administrator", summary="Full access rights"),
                privilege=["System.Anonymous", "System.View", "System.Read"],
            )
        ]
    )


# Tasks.


def task_info(sight: Sight, task: Task) -> Any:
    entity = Ref(task.entity_type, task.entity).managed()
    result: Any = None
    if task.result:
        made = sight.inventory.get(task.result)
        result = Ref(made.type if made else "VirtualMachineSnapshot", task.result).managed()
    return vim.TaskInfo(
        key=task.id,
        task=vim.Task(task.id),
        name=_method(task),
        descriptionId=task.operation,
        entity=entity,
        entityName=task.entity_name,
        state=task.state,
        cancelled=task.cancelled,
        cancelable=not task.is_done,
        progress=task.progress if task.state == "running" else None,
        error=localized(task.fault) if task.fault else None,
        result=result,
        reason=vim.TaskReasonUser(userName=task.user),
        queueTime=task.queued,
        startTime=task.started,
        completeTime=task.completed,
        eventChainId=task.event_chain,
    )


METHODS = {
    "VirtualMachine.clone": "CloneVM_Task",
    "VirtualMachine.reconfigure": "ReconfigVM_Task",
    "VirtualMachine.powerOn": "PowerOnVM_Task",
    "VirtualMachine.powerOff": "PowerOffVM_Task",
    "VirtualMachine.reset": "ResetVM_Task",
    "VirtualMachine.suspend": "SuspendVM_Task",
    "VirtualMachine.destroy": "Destroy_Task",
    "VirtualMachine.createSnapshot": "CreateSnapshot_Task",
    "VirtualMachine.upgradeVirtualHardware": "UpgradeVM_Task",
    "VirtualMachine.relocate": "RelocateVM_Task",
    "vm.Snapshot.remove": "RemoveSnapshot_Task",
    "vm.Snapshot.revert": "RevertToSnapshot_Task",
    "Folder.createVm": "CreateVM_Task",
    "ManagedEntity.rename": "Rename_Task",
}


def _method(task: Task) -> Any:
    wire_name = METHODS.get(task.operation)
    return VmomiSupport.GetWsdlMethod("urn:vim25", wire_name) if wire_name else None


@exists("Task")
def task_exists(sight: Sight, id_: str) -> bool:
    return sight.vcenter.tasks.get(id_) is not None


@provides("Task")
def info(sight: Sight, id_: str) -> Any:
    task = sight.vcenter.tasks.get(id_)
    return task_info(sight, task) if task else None


@provides("TaskManager", "recentTask")
def recent_tasks(sight: Sight, id_: str) -> Any:
    return Refs(Ref("Task", t.id) for t in sight.vcenter.tasks.all()[-100:])


@provides("TaskManager", "maxCollector")
@provides("EventManager", "maxCollector")
def max_collector(sight: Sight, id_: str) -> Any:
    return 32


@provides("TaskManager", "description")
def task_description(sight: Sight, id_: str) -> Any:
    keys = {t.operation for t in sight.vcenter.tasks.all()} | set(METHODS)
    described = [vim.ElementDescription(key=k, label=_words(k), summary=_words(k)) for k in sorted(keys)]
    return vim.TaskDescription(
        methodInfo=described,
        state=[vim.ElementDescription(key=s, label=s, summary=s) for s in ("queued", "running", "success", "error")],
        reason=[vim.TypeDescription(key=vim.TaskReasonUser, label="user task", summary="user task")],
    )


LABELS = {
    "VirtualMachine.clone": "Clone virtual machine",
    "VirtualMachine.reconfigure": "Reconfigure virtual machine",
    "VirtualMachine.powerOn": "Power On virtual machine",
    "VirtualMachine.powerOff": "Power Off virtual machine",
    "VirtualMachine.reset": "Reset virtual machine",
    "VirtualMachine.suspend": "Suspend virtual machine",
    "VirtualMachine.destroy": "Delete virtual machine",
    "VirtualMachine.createSnapshot": "Create virtual machine snapshot",
    "VirtualMachine.relocate": "Relocate virtual machine",
    "VirtualMachine.upgradeVirtualHardware": "Upgrade VM compatibility",
    "Folder.createVm": "Create virtual machine",
    "ManagedEntity.rename": "Rename",
}


def _words(operation: str) -> str:
    return LABELS.get(operation, operation)


# Events.


def event_value(sight: Sight, event: Event) -> Any:
    kind = getattr(vim.event, event.kind, vim.event.GeneralEvent)
    value = kind(
        key=event.key,
        chainId=event.chain or event.key,
        createdTime=event.created,
        userName=event.user,
        fullFormattedMessage=event.message,
    )
    if event.vm:
        value.vm = vim.event.VmEventArgument(name=event.vm_name, vm=vim.VirtualMachine(event.vm))
        host = sight.inventory.get(event.host)
        if host:
            value.host = vim.event.HostEventArgument(name=host.name, host=vim.HostSystem(host.id))
        dc = sight.inventory.get(event.datacenter)
        if dc:
            value.datacenter = vim.event.DatacenterEventArgument(name=dc.name, datacenter=vim.Datacenter(dc.id))
    for prop in value._GetPropertyList():
        if not prop.flags & VmomiSupport.F_OPTIONAL and getattr(value, prop.name, None) is None:
            setattr(value, prop.name, _required(prop, event, value))
    return value


def _required(prop: Any, event: Event, value: Any) -> Any:
    """Return something true for a field that the event's type requires."""
    if prop.name == "template":
        return False
    if issubclass(prop.type, vim.event.VmEventArgument):
        name = event.source if prop.name == "sourceVm" else event.vm_name
        return vim.event.VmEventArgument(name=name, vm=vim.VirtualMachine(event.vm or "vm-0"))
    if issubclass(prop.type, vim.event.HostEventArgument):
        return value.host or vim.event.HostEventArgument(name="", host=vim.HostSystem("host-0"))
    if issubclass(prop.type, vim.event.FolderEventArgument):
        return vim.event.FolderEventArgument(name="vm", folder=vim.Folder(ROOT))
    if issubclass(prop.type, str):
        return event.message if prop.name == "message" else event.vm_name
    return prop.type()


@provides("EventManager", "latestEvent")
def latest_event(sight: Sight, id_: str) -> Any:
    event = sight.vcenter.events.latest()
    return event_value(sight, event) if event else None


@provides("EventManager", "description")
def event_description(sight: Sight, id_: str) -> Any:
    detail = vim.event.EventDescription.EventDetail
    kinds = [
        detail(
            key=getattr(vim.event, k),
            description=k,
            category="info",
            formatOnDatacenter="",
            formatOnComputeResource="",
            formatOnHost="",
            formatOnVm="",
            fullFormat="",
        )
        for k in TEXTS
    ]
    severities = [vim.ElementDescription(key=s, label=s, summary=s) for s in ("info", "warning", "error", "user")]
    return vim.event.EventDescription(category=severities, eventInfo=kinds, enumeratedTypes=[])


# Views, filters and collectors are objects of the session; `own` holds them with their values.


@provides("ContainerView", "container")
def view_container(sight: Sight, id_: str) -> Any:
    return sight.own[id_].container


@provides("ContainerView", "type")
def view_type(sight: Sight, id_: str) -> Any:
    return VmomiSupport.GetVmodlType("string[]")(list(sight.own[id_].types))


@provides("ContainerView", "recursive")
def view_recursive(sight: Sight, id_: str) -> Any:
    return bool(sight.own[id_].recursive)


@provides("ManagedObjectView")
def view(sight: Sight, id_: str) -> Any:
    return Refs(sight.own[id_].view(sight))


@provides("EventHistoryCollector", "latestPage")
@provides("TaskHistoryCollector", "latestPage")
def latest_page(sight: Sight, id_: str) -> Any:
    return sight.own[id_].latest_page(sight)

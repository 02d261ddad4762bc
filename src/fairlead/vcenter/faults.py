"""vSphere faults raised inside the simulator, with the messages a vCenter gives them.

Source: vSphere Web Services API 8.0 reference (fault types); message texts as vCenter 8 localises them in English.
The exception to that is InvalidLogin: "Login failure" is what govmomi's simulator says, and what recorded runs show.
"""
# ruff: noqa: N818 — the vSphere API's faults have no "Error" at the end

from __future__ import annotations

from fairlead.vcenter.model import Fault


class VimFault(Exception):
    """A call or a task fails with this fault."""

    def __init__(self, name: str, message: str, /, **details: str) -> None:
        super().__init__(f"{name}: {message}")
        self.fault = Fault(name=name, message=message, details=details)


POWER_WORDS = {"poweredOn": "Powered on", "poweredOff": "Powered off", "suspended": "Suspended"}


def no_object(type_: str, id_: str) -> VimFault:
    return VimFault(
        "ManagedObjectNotFound",
        f"The object 'vim.{type_}:{id_}' has already been deleted or has not been completely created",
        type=type_,
        obj=id_,
    )


def duplicate_name(name: str, type_: str, id_: str) -> VimFault:
    return VimFault("DuplicateName", f"The name '{name}' already exists.", name=name, type=type_, object=id_)


def invalid_power_state(requested: str, existing: str) -> VimFault:
    return VimFault(
        "InvalidPowerState",
        f"The attempted operation cannot be performed in the current state ({POWER_WORDS[existing]}).",
        requestedState=requested,
        existingState=existing,
    )


def not_supported(what: str) -> VimFault:
    return VimFault("NotSupported", f"The operation is not supported on the object. {what}".rstrip())


def invalid_argument(prop: str, why: str = "") -> VimFault:
    message = f"A specified parameter was not correct: {prop}"
    return VimFault("InvalidArgument", f"{message} ({why})" if why else message, invalidProperty=prop)


def no_disk_space(datastore: str) -> VimFault:
    return VimFault("NoDiskSpace", f"Insufficient disk space on datastore '{datastore}'.", file="", datastore=datastore)


def invalid_datastore(name: str, id_: str) -> VimFault:
    return VimFault("InvalidDatastore", f"Invalid datastore '{name}'.", name=name, datastore=id_)


def invalid_datastore_path(path: str) -> VimFault:
    return VimFault("InvalidDatastorePath", f"Invalid datastore path '{path}'.", datastorePath=path)


def no_compatible_host(why: str) -> VimFault:
    return VimFault("NoCompatibleHost", f"No host is compatible with the virtual machine. {why}".rstrip())


def insufficient_memory(host: str, wanted_mib: int, free_mib: int) -> VimFault:
    return VimFault(
        "InsufficientMemoryResourcesFault",
        f"The host '{host}' does not have sufficient memory resources to satisfy the reservation.",
        unreserved=str(free_mib << 20),
        requested=str(wanted_mib << 20),
    )


def tools_unavailable() -> VimFault:
    return VimFault(
        "ToolsUnavailable",
        "Cannot complete operation because VMware Tools is not running in this virtual machine.",
    )


def invalid_login() -> VimFault:
    return VimFault("InvalidLogin", "Login failure")


def not_authenticated() -> VimFault:
    return VimFault("NotAuthenticated", "The session is not authenticated.")


def no_permission(privilege: str, type_: str, id_: str) -> VimFault:
    return VimFault(
        "NoPermission",
        "Permission to perform this operation was denied.",
        privilegeId=privilege,
        type=type_,
        object=id_,
    )


def cancelled() -> VimFault:
    return VimFault("RequestCanceled", "The task was canceled by a user.")

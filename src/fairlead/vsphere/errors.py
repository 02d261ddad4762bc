"""What can go wrong when talking to a vCenter, in the words govmomi uses.

Source: govmomi v0.55, find/error.go (finder texts), vim25/soap (fault texts); CAPV v1.17 shows them in conditions.
Each error's `str()` is exactly the inner text that CAPV wraps; the extra attributes (closest names, matches) are for
our own messages.
"""
# ruff: noqa: N818 — the vSphere API names its faults NotFound, NoPermission …; no "Error" at the end

from __future__ import annotations


class VSphereError(Exception):
    """Root of all errors of this package."""


class Unreachable(VSphereError):
    """No connection: refused, timed out, no such host, not a vCenter."""


class ThumbprintMismatch(VSphereError):
    """The server's certificate is not the pinned one. No password was sent."""

    def __init__(self, endpoint: str, host: str, expected: str, presented_sha1: str, presented_sha256: str) -> None:
        super().__init__(f'Post "{endpoint}": host "{host}" thumbprint does not match "{expected}"')
        self.host = host
        self.expected = expected
        self.presented_sha1 = presented_sha1
        self.presented_sha256 = presented_sha256


class LoginFailed(VSphereError):
    """The vCenter refused the user name or password. The text is the fault's, e.g. "ServerFaultCode: Login failure"."""


class SessionLost(VSphereError):
    """The session expired or was ended (NotAuthenticated). Connect again; nothing about the objects is known."""


class NotFound(VSphereError):
    """A name, path or id that the inventory does not have.

    `kind` is the finder's word: vm, folder, resource pool, datastore, network, datacenter, host, compute resource,
    storage policy, snapshot. `closest` are existing names of the same kind that look like it, best first.
    """

    def __init__(self, kind: str, name: str, closest: tuple[str, ...] = ()) -> None:
        super().__init__(f"{kind} '{name}' not found" if name else f"no default {kind} found")
        self.kind = kind
        self.name = name
        self.closest = closest


class Ambiguous(VSphereError):
    """A name (or, with an empty name, the default) that means several objects; `matches` are their inventory paths."""

    def __init__(self, kind: str, name: str, matches: tuple[str, ...] = ()) -> None:
        super().__init__(
            f"path '{name}' resolves to multiple {kind}s"
            if name
            else f"default {kind} resolves to multiple instances, please specify"
        )
        self.kind = kind
        self.name = name
        self.matches = matches


class Fault(VSphereError):
    """The vCenter answered a call with a fault; `name` is its type (`InvalidPowerState`, `DuplicateName`, …)."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"ServerFaultCode: {message}" if message else name)
        self.name = name
        self.message = message


class NoPermission(Fault):
    """The session's user lacks `privilege` on `object_id` (`VirtualMachine:vm-12`)."""

    def __init__(self, message: str, privilege: str = "", object_id: str = "") -> None:
        super().__init__("NoPermission", message)
        self.privilege = privilege
        self.object_id = object_id


class Gone(Fault):
    """A reference whose object no longer exists (ManagedObjectNotFound)."""

    def __init__(self, object_id: str) -> None:
        super().__init__(
            "ManagedObjectNotFound",
            f"The object '{object_id}' has already been deleted or has not been completely created",
        )
        self.object_id = object_id


class DiskTooSmall(VSphereError):
    """A clone asked for a disk smaller than the template's."""

    def __init__(self, template_kib: int, wanted_kib: int) -> None:
        super().__init__(
            f"can't resize template disk down, initial capacity is larger: {template_kib}KiB > {wanted_kib}KiB"
        )
        self.template_kib = template_kib
        self.wanted_kib = wanted_kib

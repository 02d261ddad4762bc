"""From what pyVmomi raises to the port's errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any
from xml.parsers.expat import ExpatError

from pyVmomi import VmomiSupport, vim, vmodl

from fairlead.vsphere.errors import Fault, Gone, LoginFailed, NoPermission, SessionLost, Unreachable, VSphereError


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn pyVmomi's and the network's exceptions into the port's."""
    try:
        yield
    except VSphereError:
        raise
    except vmodl.MethodFault as fault:
        raise from_fault(fault) from fault
    except (OSError, HTTPException) as error:
        raise Unreachable(f'Post "{url}": {error or type(error).__name__}') from error
    except ExpatError as error:
        raise Unreachable(f'Post "{url}": the answer is not SOAP: {error}') from error


def fault_name(fault: Any) -> str:
    """Return a fault's type name, e.g. `InvalidPowerState`."""
    return str(VmomiSupport.GetWsdlName(type(fault)))


def from_fault(fault: Any) -> VSphereError:
    """Return the port's error of a fault that a call was answered with."""
    message = str(fault.msg or "")
    text = f"ServerFaultCode: {message}" if message else fault_name(fault)
    match fault:
        case vim.fault.InvalidLogin():
            return LoginFailed(text)
        case vim.fault.NotAuthenticated():
            return SessionLost(text)
        case vim.fault.NoPermission():
            target = getattr(fault, "object", None)
            named = f"{VmomiSupport.GetWsdlName(type(target))}:{target._moId}" if target is not None else ""
            return NoPermission(message, str(getattr(fault, "privilegeId", "") or ""), named)
        case vmodl.fault.ManagedObjectNotFound():
            target = getattr(fault, "obj", None)
            return Gone(f"vim.{VmomiSupport.GetWsdlName(type(target))}:{target._moId}" if target is not None else "")
    return Fault(fault_name(fault), message)

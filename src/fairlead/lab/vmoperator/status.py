"""What a VirtualMachine says of its VM. Pure.

Source: vm-operator v1.9, pkg/providers/vsphere/vmlifecycle/update_status.go.
"""

from fairlead.base.objects import Json, get_in
from fairlead.vsphere.port import NicInfo, PowerState, VMInfo

POWER = {PowerState.ON: "PoweredOn", PowerState.OFF: "PoweredOff", PowerState.SUSPENDED: "Suspended"}


def power_state(vm: Json) -> str:
    """What the VirtualMachine said last."""
    return str(get_in(vm, "status", "powerState", default=""))


def running_status(status: Json, info: VMInfo, zone: str) -> None:
    """Bring *status* up to date with the VM, in place; its conditions stay as they are."""
    status |= {
        "uniqueID": info.ref.id,
        "biosUUID": info.bios_uuid,
        "instanceUUID": info.instance_uuid,
        "powerState": POWER[info.power],
        "host": info.host,
        "hardwareVersion": int(info.hardware_version.rpartition("-")[2] or 0),
    }
    if zone:
        status["zone"] = zone
    addresses = [ip for ip in info.guest_ips() if not _is_link_local(ip)]
    if not addresses:
        status.pop("network", None)
        return
    network: Json = {"interfaces": [_card(index, nic) for index, nic in enumerate(info.nics)]}
    if info.guest_hostname:
        network["hostName"] = info.guest_hostname
    for name, found in (
        ("primaryIP4", next((ip for ip in addresses if ":" not in ip), "")),
        ("primaryIP6", next((ip for ip in addresses if ":" in ip), "")),
    ):
        if found:
            network[name] = found
    status["network"] = network


def _card(index: int, nic: NicInfo) -> Json:
    addresses = [{"address": f"{ip}/{64 if ':' in ip else 16}"} for ip in nic.ips]
    ip = {"macAddr": nic.mac, **({"addresses": addresses} if addresses else {})}
    return {"name": f"eth{index}", "deviceKey": nic.key, "ip": ip}


def _is_link_local(address: str) -> bool:
    return address.lower().startswith(("fe80:", "169.254."))

"""The cloud-init metadata of a VM: its name and its network, as guestinfo carries them. Pure.

Source: cluster-api-provider-vsphere v1.17, pkg/util/constants.go (metadataFormat) and machines.go.
"""

import base64
from collections.abc import Mapping, Sequence

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json
from fairlead.controllers.vsphere.addresses import Claimed


def machine_metadata(
    hostname: str, devices: Sequence[Json], macs: Sequence[str], claimed: Mapping[int, Claimed] | None = None
) -> str:
    """The metadata text for a VM whose network cards are *devices*; *claimed* is what pools gave to each of them."""
    ethernets: Json = {}
    for index, device in enumerate(devices):
        mac = device.get("macAddr") or (macs[index] if index < len(macs) else "")
        ethernets[f"id{index}"] = _ethernet(index, device, mac, (claimed or {}).get(index, Claimed()))
    wait4 = any(device.get("dhcp4") for device in devices)
    wait6 = any(device.get("dhcp6") for device in devices)
    return goyaml.dump(
        {
            "instance-id": hostname,
            "local-hostname": hostname,
            "wait-on-network": {"ipv4": wait4, "ipv6": wait6},
            "network": {"version": 2, "ethernets": ethernets},
        }
    )


def _ethernet(index: int, device: Json, mac: str, claimed: Claimed) -> Json:
    card: Json = {
        "match": {"macaddress": mac},
        "set-name": device.get("deviceName") or f"eth{index}",
        "wakeonlan": True,
        "dhcp4": bool(device.get("dhcp4")),
        "dhcp6": bool(device.get("dhcp6")),
        "accept-ra": bool(device.get("dhcp6")),
    }
    for family in ("4", "6"):
        overrides = device.get(f"dhcp{family}Overrides")
        if overrides:
            card[f"dhcp{family}-overrides"] = {_OVERRIDES[name]: value for name, value in overrides.items()}
        gateway = (claimed.gateway4 if family == "4" else claimed.gateway6) or device.get(f"gateway{family}")
        if gateway:
            card[f"gateway{family}"] = gateway
    addresses = [*(device.get("ipAddrs") or ()), *claimed.addresses]
    if addresses:
        card["addresses"] = addresses
    if device.get("mtu"):
        card["mtu"] = device["mtu"]
    if device.get("routes"):
        card["routes"] = [
            {key: route[key] for key in ("to", "via", "metric") if key in route} for route in device["routes"]
        ]
    servers: Json = {}
    if device.get("nameservers"):
        servers["addresses"] = list(device["nameservers"])
    if device.get("searchDomains"):
        servers["search"] = list(device["searchDomains"])
    if servers:
        card["nameservers"] = servers
    return card


_OVERRIDES = {
    "hostname": "hostname",
    "routeMetric": "route-metric",
    "sendHostname": "send-hostname",
    "useDNS": "use-dns",
    "useDomains": "use-domains",
    "useHostname": "use-hostname",
    "useMTU": "use-mtu",
    "useNTP": "use-ntp",
    "useRoutes": "use-routes",
}


def guestinfo(name: str, text: str) -> dict[str, str]:
    """The configuration keys that hand *text* to the guest under guestinfo.*name*."""
    return {
        f"guestinfo.{name}": base64.b64encode(text.encode()).decode(),
        f"guestinfo.{name}.encoding": "base64",
    }

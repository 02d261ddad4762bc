"""Addresses and node ports of Services: given once, kept, never given twice.

Source: kubernetes v1.36 pkg/registry/core/service/storage (alloc.go). The choice follows from the name, so that a
repeated run gives the same addresses.
"""

from __future__ import annotations

import ipaddress
import zlib
from typing import TYPE_CHECKING

from fairlead.base.objects import Json, get_in

if TYPE_CHECKING:
    from fairlead.server.objects import Objects

NETWORK = ipaddress.IPv4Network("10.96.0.0/12")
FIRST_PORT, PORTS = 30000, 2768
_HEADLESS = "None"


def _used(objects: Objects) -> tuple[set[str], set[int]]:
    addresses: set[str] = set()
    ports: set[int] = set()
    for record in objects.store.select("services"):
        spec = record.view.get("spec") or {}
        addresses.add(spec.get("clusterIP", ""))
        ports.update(each.get("nodePort", 0) for each in spec.get("ports") or ())
    return addresses, ports


def _address(name: str, used: set[str], network: ipaddress.IPv4Network) -> str:
    size = network.num_addresses - 12  # the first ten are for well-known services
    start = zlib.crc32(name.encode()) % size
    for offset in range(size):
        found = str(network[10 + (start + offset) % size])
        if found not in used:
            return found
    return ""


def _port(name: str, used: set[int]) -> int:
    start = zlib.crc32(name.encode()) % PORTS
    for offset in range(PORTS):
        found = FIRST_PORT + (start + offset) % PORTS
        if found not in used:
            used.add(found)
            return found
    return 0


def new_service(obj: Json, objects: Objects) -> Json:
    """A new Service with its address, families and node ports."""
    spec = dict(obj.get("spec") or {})
    if spec.get("type") == "ExternalName":
        return obj
    name = f"{obj['metadata'].get('namespace', '')}/{obj['metadata'].get('name', '')}"
    used, ports = _used(objects)
    given = spec.get("clusterIP") or _address(name, used, objects.service_network)
    spec["clusterIP"] = given
    spec.setdefault("clusterIPs", [given])
    spec.setdefault("ipFamilies", ["IPv6" if ":" in given else "IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if spec.get("type") in ("NodePort", "LoadBalancer") and spec.get("allocateLoadBalancerNodePorts") is not False:
        spec["ports"] = [
            each if each.get("nodePort") else {**each, "nodePort": _port(f"{name}/{each.get('port')}", ports)}
            for each in spec.get("ports") or ()
        ]
    return {**obj, "spec": spec}


def changed_service(obj: Json, old: Json) -> Json:
    """A changed Service keeps the address and the node ports it has, where the change says nothing of them."""
    spec, before = dict(obj.get("spec") or {}), old.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return obj
    for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if not spec.get(name) and before.get(name):
            spec[name] = before[name]
    if spec.get("type") in ("NodePort", "LoadBalancer"):
        known = {(each.get("port"), each.get("protocol")): each.get("nodePort") for each in before.get("ports") or ()}
        ports = []
        for each in spec.get("ports") or ():
            kept = each.get("nodePort") or known.get((each.get("port"), each.get("protocol")))
            ports.append({**each, "nodePort": kept} if kept else each)
        spec["ports"] = ports
    return {**obj, "spec": spec} if spec != get_in(obj, "spec") else obj

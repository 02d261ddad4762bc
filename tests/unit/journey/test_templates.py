"""The vSphere provider's own published cluster templates, as they are, with variables substituted."""

import json
import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fairlead.api.ipam.kinds import IN_CLUSTER_IP_POOL
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK
from fairlead.controllers.contract import CLUSTER
from fairlead.engines.substitution import substitute
from fairlead.testing.supervisor import SUPERVISOR
from fairlead.testing.world import World, simulate
from fairlead.vcenter.model import VM

SHARED = os.environ.get("FAIRLEAD_SHARED")
pytestmark = pytest.mark.skipif(not SHARED, reason="FAIRLEAD_SHARED names no folder of shared fixtures")

POLICY = "Management Storage Policy - Regular"
SUPERVISOR_VARIABLES = {
    "VSPHERE_MACHINE_CLASS_NAME": "best-effort-small",
    "VSPHERE_IMAGE_NAME": "ubuntu-2404-kube-v1.35.0",
    "VSPHERE_STORAGE_CLASS": "management-storage-policy-regular",
}
VARIABLES = {
    **json.loads((Path(__file__).parents[2] / "data" / "capv-variables.json").read_text()),
    "CLUSTER_CLASS_NAME": "standard",
}
CASES = [
    pytest.param(f"{version}/{file}", policy, id=f"{version}-{name}")
    for version, policies in (("v1.13", ("", POLICY)), ("v1.17", (POLICY,)))
    for name, file, policy in (
        *((f"default-{'policy' if policy else 'plain'}", "cluster-template.yaml", policy) for policy in policies),
        ("external-loadbalancer", "cluster-template-external-loadbalancer.yaml", policies[-1]),
        ("ignition", "cluster-template-ignition.yaml", policies[-1]),
    )
]


def text_of(file: str, policy: str) -> str:
    path = Path(SHARED or "") / "fixtures" / "capv" / file
    return substitute(path.read_text(), {**VARIABLES, **SUPERVISOR_VARIABLES, "VSPHERE_STORAGE_POLICY": policy})


@pytest.mark.parametrize(("file", "policy"), CASES)
def test_cluster_becomes_available(file: str, policy: str) -> None:
    """One control plane and two workers come up with the provider's add-ons, and read back as they were written."""
    simulate(scenario_of(text_of(file, policy)))


@pytest.mark.parametrize("version", ["v1.13", "v1.17"])
def test_cluster_on_a_supervisor_becomes_available(version: str) -> None:
    """The same of a cluster whose VMs VM Operator makes, by class, image and storage class."""
    simulate(scenario_of(text_of(f"{version}/cluster-template-supervisor.yaml", "")), **SUPERVISOR)


def topology_text(version: str, flavour: str) -> str:
    """The ClusterClass of a flavour, its templates, and a Cluster that uses it."""
    files = (f"clusterclass-template{flavour}.yaml", f"cluster-template-topology{flavour}.yaml")
    return "\n---\n".join(text_of(f"{version}/{file}", POLICY) for file in files)


@pytest.mark.parametrize("version", ["v1.13", "v1.17"])
def test_topology_becomes_available(version: str) -> None:
    """The same of a cluster that has nothing but a ClusterClass, values of its variables, and replicas."""
    simulate(scenario_of(topology_text(version, "")))


@pytest.mark.parametrize("version", ["v1.13", "v1.17"])
def test_topology_on_a_supervisor_becomes_available(version: str) -> None:
    """The same on a supervisor."""
    simulate(scenario_of(topology_text(version, "-supervisor")), **SUPERVISOR)


def scenario_of(text: str) -> Callable[[World], Coroutine[Any, Any, None]]:
    """Apply *text*, wait for the cluster, and look at all that there is then."""

    async def scenario(world: World) -> None:
        await world.apply(text, namespace="fleet")
        await world.until(
            lambda: world.condition(CLUSTER, "blue", "fleet", "Available"), timedelta(minutes=5), "the cluster"
        )
        [cluster] = world.guests.clusters
        nodes = (await cluster.admin.list(GVK("", "v1", "Node"))).items
        assert len(nodes) == 3
        assert {node["metadata"]["name"] for node in nodes} == {
            vm.name for vm in world.vcenter.inventory.all(VM) if not vm.template
        }
        assert all("CUSTOM_HOSTNAME" not in str(node) for node in nodes)
        sets = (await cluster.admin.list(GVK("apps", "v1", "DaemonSet"), "kube-system")).items
        assert "vsphere-cpi" in {obj["metadata"]["name"] for obj in sets}
        for document in goyaml.load_all(text):
            if not isinstance(document, dict) or document["kind"] == "Secret":
                continue
            meta = document["metadata"]
            stored = await world.client.get(GVK.of(document), meta["name"], meta.get("namespace", "fleet"))
            assert stored["apiVersion"] == document["apiVersion"]
            assert lost(document.get("spec", {}), stored.get("spec", {})) == [], document["kind"]

    return scenario


def lost(written: object, stored: object, path: str = "spec") -> list[str]:
    """The places where *stored* does not hold what was written.

    Empty texts and objects and switched-off flags may be absent, and the namespace of a template, which is that of its
    ClusterClass anyway.
    """
    if isinstance(written, dict) and isinstance(stored, dict):
        return [
            problem
            for key, value in written.items()
            if value not in ("", False, {}) and not (key == "namespace" and path.endswith(".ref"))
            for problem in lost(value, stored.get(key), f"{path}.{key}")
        ]
    if isinstance(written, list) and isinstance(stored, list) and len(written) == len(stored):
        return [p for i, (a, b) in enumerate(zip(written, stored, strict=True)) for p in lost(a, b, f"{path}[{i}]")]
    return [] if written == stored else [f"{path}: {written!r} became {stored!r}"]


POOL = """
apiVersion: ipam.cluster.x-k8s.io/v1alpha2
kind: InClusterIPPool
metadata: {name: pool, namespace: fleet}
spec: {addresses: [192.168.9.20-192.168.9.22], prefix: 24, gateway: 192.168.9.1}
"""


@pytest.mark.parametrize("version", ["v1.13", "v1.17"])
def test_nodes_get_addresses_from_a_pool(version: str) -> None:
    """The node-ipam flavour: three machines share the three addresses of the pool that the user made."""
    text = text_of(f"{version}/cluster-template-node-ipam.yaml", POLICY)

    async def scenario(world: World) -> None:
        await world.apply(text, namespace="fleet")
        await world.apply(POOL)
        await world.until(
            lambda: world.condition(CLUSTER, "blue", "fleet", "Available"), timedelta(minutes=5), "the cluster"
        )
        [cluster] = world.guests.clusters
        nodes = (await cluster.admin.list(GVK("", "v1", "Node"))).items
        addresses = {
            entry["address"] for node in nodes for entry in node["status"]["addresses"] if entry["type"] == "InternalIP"
        }
        assert addresses == {"192.168.9.20", "192.168.9.21", "192.168.9.22"}
        pool = await world.client.get(IN_CLUSTER_IP_POOL, "pool", "fleet")
        assert pool["status"]["ipAddresses"] == {"total": 3, "used": 3, "free": 0, "outOfRange": 0}

    simulate(scenario)

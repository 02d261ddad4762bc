"""Supervisor mode on a real kube-apiserver: its definitions hold there, and a cluster comes up and goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.api.errors import ApiError
from fairlead.api.supervisor.kinds import KINDS as SUPERVISOR_KINDS
from fairlead.api.supervisor.kinds import VSPHERE_CLUSTER, VSPHERE_MACHINE
from fairlead.api.vmoperator.kinds import KINDS as VM_OPERATOR_KINDS
from fairlead.api.vmoperator.kinds import VIRTUAL_MACHINE, VIRTUAL_MACHINE_SERVICE
from fairlead.app.program import Program
from fairlead.app.settings import Settings
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, get_in
from fairlead.controllers.contract import CLUSTER, MACHINE
from fairlead.runtime.cache import CachedClient
from fairlead.runtime.clock import WallClock
from fairlead.runtime.conditions import is_true
from fairlead.runtime.http import HttpClient
from fairlead.runtime.kubeconfig import load_access, render
from fairlead.server.listener import Face, Listener
from fairlead.server.pki import Authority
from fairlead.server.webhooks import Webhooks, manifests
from fairlead.testing import peers
from fairlead.testing.supervisor import SUPERVISOR
from fairlead.testing.world import World

ABSENT = peers.missing("etcd", "kube-apiserver")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]

KINDS = SUPERVISOR["kinds"]
LIMIT = timedelta(seconds=90)
SECRET = GVK("", "v1", "Secret")
GROUP = "vmware.infrastructure.cluster.x-k8s.io"


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Iterator[Path]:
    with peers.kube_apiserver(tmp_path) as access:
        path = tmp_path / "admin.kubeconfig"
        path.write_text(goyaml.dump(render(access, cluster="real", user="admin")))
        yield path


def test_given_supervisor_is_recognised(kubeconfig: Path, tmp_path: Path) -> None:
    """A cluster with VM Operator's definitions gets the provider's, and its own are left as they are."""

    async def main() -> None:
        client = HttpClient(load_access(kubeconfig))
        for kind in VM_OPERATOR_KINDS:
            await client.create(kind.crd())
        before = await definitions(client)
        program = Program(Settings(tmp_path / "data", ephemeral=True, kubeconfig=kubeconfig))
        await program.start()
        try:
            after = await definitions(client)
            assert {f"{kind.plural}.{kind.group}" for kind in SUPERVISOR_KINDS} <= after.keys()
            for kind in VM_OPERATOR_KINDS:
                name = f"{kind.plural}.{kind.group}"
                assert after[name]["metadata"]["generation"] == before[name]["metadata"]["generation"]
            names = program.controllers.manager.passes.keys()
            assert "supervisor-vspheremachine" in names
            assert not [name for name in names if name.startswith("vmoperator-")]
        finally:
            await program.stop()
            await client.close()

    asyncio.run(main())


async def definitions(client: HttpClient) -> dict[str, Json]:
    found = await client.list(GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition"))
    return {obj["metadata"]["name"]: obj for obj in found.items}


@asynccontextmanager
async def real_world(kubeconfig: Path) -> AsyncIterator[World]:
    """The controllers, VM Operator and the simulated vCenter on the real API, with all kinds installed."""
    client, listener, now = HttpClient(load_access(kubeconfig)), Listener(), datetime.now(UTC)
    authority = Authority.create("webhooks", now)
    port = await listener.open(Face(Webhooks(KINDS), authority.issue_server((listener.host,), now)))
    try:
        for obj in manifests(KINDS, f"https://{listener.host}:{port}", authority.certificate):
            await client.apply(obj, field_manager="fairlead")
        while not await all_served(client):  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.2)
        cached = CachedClient(client, WallClock(), (*(kind.gvk for kind in KINDS), SECRET))
        caching = asyncio.ensure_future(cached.run())
        await cached.synced()
        world = World(client=cached, clock=WallClock(), **SUPERVISOR)
        await world.start()
        try:
            yield world
        finally:
            await world.stop()
            caching.cancel()
            await asyncio.gather(caching, return_exceptions=True)
    finally:
        await client.close()
        await listener.close()


async def all_served(client: HttpClient) -> bool:
    try:
        for kind in KINDS:
            for version in kind.versions:
                await client.list(GVK(kind.group, version.name, kind.kind))
    except ApiError:
        return False
    return True


def test_cluster_on_a_real_api(kubeconfig: Path) -> None:
    """Both versions of the kinds are taken; the cluster becomes Ready at a service's address, and leaves nothing."""

    async def main() -> None:
        async with real_world(kubeconfig) as world:
            await world.apply(objects(), namespace="fleet")

            async def ready() -> bool:
                found = await world.client.get(CLUSTER, "blue", "fleet")
                return is_true(get_in(found, "status", "conditions"), "Available")

            await world.until(ready, LIMIT, "the cluster")
            [service] = (await world.client.list(VIRTUAL_MACHINE_SERVICE)).items
            infra = await world.client.get(VSPHERE_CLUSTER, "blue", "fleet")
            address = service["status"]["loadBalancer"]["ingress"][0]["ip"]
            assert infra["spec"]["controlPlaneEndpoint"]["host"] == address
            old = GVK(GROUP, "v1beta1", "VSphereMachine")
            for machine in (await world.client.list(old, "fleet")).items:
                assert machine["status"]["vmstatus"] == "ready"
                assert machine["status"]["vmID"]
            await world.client.delete(CLUSTER, "blue", "fleet")
            kinds = (CLUSTER, MACHINE, VSPHERE_CLUSTER, VSPHERE_MACHINE, VIRTUAL_MACHINE)

            async def gone() -> bool:
                return not [obj for kind in kinds for obj in (await world.client.list(kind)).items]

            await world.until(gone, LIMIT, "the end")

    asyncio.run(main())


def objects() -> list[Json]:
    """A cluster of one control plane, its template in the older version."""
    reference = {"apiGroup": GROUP, "kind": "VSphereMachineTemplate", "name": "blue"}
    machine = {
        "className": "best-effort-small",
        "imageName": "ubuntu-2404-kube-v1.35.0",
        "storageClass": "management-storage-policy-regular",
        "namingStrategy": {"template": "{{ .machine.name }}"},
    }
    parts = (
        (
            "cluster.x-k8s.io/v1beta2",
            "Cluster",
            {
                "controlPlaneRef": {
                    "apiGroup": "controlplane.cluster.x-k8s.io",
                    "kind": "KubeadmControlPlane",
                    "name": "blue",
                },
                "infrastructureRef": {"apiGroup": GROUP, "kind": "VSphereCluster", "name": "blue"},
            },
        ),
        (f"{GROUP}/v1beta2", "VSphereCluster", None),
        (f"{GROUP}/v1beta1", "VSphereMachineTemplate", {"template": {"spec": machine}}),
        (
            "controlplane.cluster.x-k8s.io/v1beta2",
            "KubeadmControlPlane",
            {
                "replicas": 1,
                "version": "v1.35.0",
                "machineTemplate": {"spec": {"infrastructureRef": reference}},
                "kubeadmConfigSpec": {"joinConfiguration": {"nodeRegistration": {"name": "{{ local_hostname }}"}}},
            },
        ),
    )
    return [
        {
            "apiVersion": api,
            "kind": kind,
            "metadata": {"name": "blue", "namespace": "fleet"},
            **({"spec": spec} if spec else {}),
        }
        for api, kind, spec in parts
    ]

"""Record what Cluster API's topology controller does with one managed cluster, into tests/golden/clusterclass/run.json.

    .venv/bin/python tests/peer/record_topology_run.py

Runs the peers etcd, kube-apiserver and capi-core (peers/build .peers capi-core), with our definitions and webhooks for
conversion and defaults; see topology_run.py for the stages.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterator
from datetime import UTC, datetime
from pathlib import Path

from topology_run import CLASS, CLUSTER, GIVEN, MADE, NAMESPACE, Run

from fairlead.api.errors import ApiError
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json
from fairlead.runtime.client import Client
from fairlead.runtime.http import HttpClient
from fairlead.runtime.kubeconfig import Access, render
from fairlead.server.listener import Face, Listener
from fairlead.server.pki import Authority
from fairlead.server.webhooks import Webhooks, manifests
from fairlead.testing import peers
from fairlead.testing.world import KINDS

GOLDEN = Path(__file__).parents[2] / "tests/golden/clusterclass/run.json"
LIMIT_SECONDS = 60
QUIET_SECONDS = 4.0


UPSTREAM = {  # webhooks that the manager itself serves here
    "default.cluster.cluster.x-k8s.io": "/mutate-cluster-x-k8s-io-v1beta2-cluster",
    "validation.cluster.cluster.x-k8s.io": "/validate-cluster-x-k8s-io-v1beta2-cluster",
    "validation.clusterclass.cluster.x-k8s.io": "/validate-cluster-x-k8s-io-v1beta2-clusterclass",
}
EXTENSIONS: Json = {  # the manager waits for this kind, which we do not have
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": "extensionconfigs.runtime.cluster.x-k8s.io",
        "labels": {"cluster.x-k8s.io/v1beta2": "v1beta2"},
    },
    "spec": {
        "group": "runtime.cluster.x-k8s.io",
        "scope": "Cluster",
        "names": {"plural": "extensionconfigs", "singular": "extensionconfig", "kind": "ExtensionConfig"},
        "versions": [
            {
                "name": "v1beta2",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


@contextlib.asynccontextmanager
async def definitions(client: HttpClient, left_out: Container[str] = ()) -> AsyncIterator[None]:
    """Our kinds on that API server, with their webhooks except those *left_out*."""
    listener, now = Listener(), datetime.now(UTC)
    authority = Authority.create("webhooks", now)
    port = await listener.open(Face(Webhooks(KINDS), authority.issue_server((listener.host,), now)))
    try:
        for obj in manifests(KINDS, f"https://{listener.host}:{port}", authority.certificate):
            kept = [each for each in obj.get("webhooks") or () if each["name"] not in left_out]
            await client.apply({**obj, "webhooks": kept} if kept else obj, field_manager="fairlead")
        await client.apply(EXTENSIONS, field_manager="fairlead")
        await until(lambda: are_served(client))
        yield
    finally:
        await listener.close()


async def are_served(client: HttpClient) -> bool:
    try:
        for kind in KINDS:
            for version in kind.versions:
                await client.list(GVK(kind.group, version.name, kind.kind))
    except ApiError:
        return False
    return True


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while not await condition():  # noqa: ASYNC110 (nothing tells when a server far away has caught up)
            await asyncio.sleep(0.2)


async def admission(client: HttpClient, url: str, authority: str) -> None:
    """Let the manager admit Clusters and ClusterClasses."""
    for obj in manifests(KINDS, url, authority):
        found = [each for each in obj.get("webhooks") or () if each["name"] in UPSTREAM]
        for each in found:
            each["clientConfig"]["url"] = url + UPSTREAM[each["name"]]
        if found:
            named = {**obj, "metadata": {"name": "capi-core"}, "webhooks": found}
            await client.apply(named, field_manager="fairlead")


@contextlib.contextmanager
def manager(folder: Path, access: Access) -> Iterator[tuple[str, str]]:
    """Cluster API's core manager on that API server; yields the URL and the authority of its webhooks."""
    config = folder / "kubeconfig"
    config.write_text(goyaml.dump(render(access, cluster="real", user="admin")))
    now = datetime.now(UTC)
    authority = Authority.create("manager", now)
    served = authority.issue_server((peers.HOST,), now)
    (folder / "webhooks").mkdir()
    for name, text in (("tls.crt", served.certificate), ("tls.key", served.key)):
        (folder / "webhooks" / name).write_text(text)
    health, hooks = peers.free_port(), peers.free_port()
    arguments = [
        f"--kubeconfig={config}",
        "--feature-gates=ClusterTopology=true,MachineTaintPropagation=true",
        f"--webhook-cert-dir={folder / 'webhooks'}",
        f"--webhook-port={hooks}",
        f"--health-addr={peers.HOST}:{health}",
        "--diagnostics-address=0",
        "--skip-crd-migration-phases=StorageVersionMigration,CleanupManagedFields",
    ]
    ready = f"http://{peers.HOST}:{health}/readyz"
    with peers.running("capi-core", arguments, folder / "capi-core.log", lambda: peers.answers(ready)):
        yield f"https://{peers.HOST}:{hooks}", authority.certificate


async def settle(client: Client) -> None:
    """Wait until nothing has been written for a while."""
    before, since = await versions(client), asyncio.get_running_loop().time()
    async with asyncio.timeout(LIMIT_SECONDS):
        while asyncio.get_running_loop().time() - since < QUIET_SECONDS:
            await asyncio.sleep(0.3)
            now = await versions(client)
            if now != before:
                before, since = now, asyncio.get_running_loop().time()


async def versions(client: Client) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for gvk in (*MADE, *GIVEN, CLUSTER, CLASS):
        for each in (await client.list(gvk, NAMESPACE)).items:
            found.add((each["metadata"]["uid"], each["metadata"]["resourceVersion"]))
    return found


async def record(folder: Path, access: Access) -> dict[str, Json]:
    client = HttpClient(access)
    try:
        async with definitions(client, UPSTREAM):
            with manager(folder, access) as (url, authority):
                await admission(client, url, authority)
                await asyncio.sleep(1)  # until the API server asks them
                return await Run(client, until, lambda: settle(client)).all()
    finally:
        await client.close()


def recorded() -> dict[str, Json]:
    """What the real manager does now."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with peers.kube_apiserver(folder) as access:
                return asyncio.run(record(folder, access))
        except BaseException:
            for log in (folder / "capi-core.log",):
                if log.exists():
                    print(log.read_text()[-200000:], file=sys.stderr)
            raise


if __name__ == "__main__":
    found = recorded()
    GOLDEN.write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    print(f"{len(found)} stages")

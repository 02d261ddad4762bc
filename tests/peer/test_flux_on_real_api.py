"""Flux's controllers on a real kube-apiserver: its server-side apply, its watches by label, its managed fields."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.api.errors import ApiError
from fairlead.api.flux.kinds import GIT_REPOSITORY, KINDS, KUSTOMIZATION
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, get_in
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.family import flux_controllers
from fairlead.runtime.clock import WallClock
from fairlead.runtime.conditions import is_true
from fairlead.runtime.controller import Manager
from fairlead.runtime.dialing import HttpDialer
from fairlead.runtime.http import HttpClient
from fairlead.runtime.ids import Ids
from fairlead.runtime.kubeconfig import load_access, render
from fairlead.server.pki import Authority
from fairlead.server.webhooks import manifests
from fairlead.testing import peers
from fairlead.testing.garden import CONFIG_MAP, DEPLOYMENT, EVENT, NAMESPACE, config_map, deployment
from fairlead.testing.traces.fluxgit import RecordedGit

ABSENT = peers.missing("etcd", "kube-apiserver")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]
LIMIT_SECONDS = 30.0
AVAILABLE = {
    "observedGeneration": 1,
    "replicas": 1,
    "updatedReplicas": 1,
    "readyReplicas": 1,
    "availableReplicas": 1,
    "conditions": [
        {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
    ],
}


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of a running kube-apiserver."""
    folder = tmp_path_factory.mktemp("flux-api")
    with peers.kube_apiserver(folder) as access:
        path = folder / "kubeconfig"
        path.write_text(goyaml.dump(render(access, cluster="real", user="admin")))
        yield path


async def until(condition: Callable[[], Awaitable[object]], what: str) -> None:
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while not await condition():  # noqa: ASYNC110 (nothing tells when a server far away has caught up)
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{what} did not come") from None


@asynccontextmanager
async def controllers(kubeconfig: Path, git: RecordedGit) -> AsyncIterator[HttpClient]:
    """Our kinds installed, a namespace, and the controllers at work."""
    client = HttpClient(load_access(kubeconfig))
    clock, ids = WallClock(), Ids()
    authority = Authority.create("webhooks", datetime.now(UTC)).certificate
    for obj in manifests(KINDS, "https://127.0.0.1:1", authority):
        if obj["kind"] == "CustomResourceDefinition":
            await client.apply(obj, field_manager="fairlead")
    await until(lambda: are_served(client), "the kinds")
    await client.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, field_manager="fairlead"
    )
    family = flux_controllers(
        client=client, clock=clock, ids=ids, dialer=HttpDialer(clock), artifacts=ArtifactStore(), fetcher=git
    )
    task = asyncio.create_task(Manager(client, clock, ids, family).run())
    try:
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await client.close()


async def are_served(client: HttpClient) -> bool:
    try:
        for kind in KINDS:
            await client.list(GVK(kind.group, kind.versions[0].name, kind.kind))
    except ApiError:
        return False
    return True


def flux(gvk: GVK, name: str, **spec: object) -> Json:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata, "spec": {"interval": "10m", **spec}}


def test_life_of_a_kustomization(kubeconfig: Path) -> None:
    """Applied, waited for, corrected at once, quiet, pruned, and removed."""
    git = RecordedGit()

    def commit(write: dict[str, str], *delete: str) -> str:
        return f"main@sha1:{git.commit('fleet', 'main', write, list(delete))}"

    async def main() -> None:
        first = commit({"app/one.yaml": config_map("one"), "app/web.yaml": deployment("web")})
        async with controllers(kubeconfig, git) as client:

            async def value(name: str) -> str | None:
                try:
                    found: str | None = get_in(await client.get(CONFIG_MAP, name, NAMESPACE), "data", "k")
                except ApiError as error:
                    if error.is_not_found:
                        return None
                    raise
                return found

            async def applied(revision: str) -> bool:
                ks = await client.get(KUSTOMIZATION, "k", NAMESPACE)
                status = ks.get("status") or {}
                return status.get("lastAppliedRevision") == revision and is_true(status.get("conditions"), "Ready")

            async def is_value(name: str, wanted: str | None) -> bool:
                return await value(name) == wanted

            source = {"url": "http://127.0.0.1:3080/fleet.git", "ref": {"branch": "main"}}
            await client.create(flux(GIT_REPOSITORY, "src", **source))
            reference = {"kind": "GitRepository", "name": "src"}
            spec = {"path": "./app", "prune": True, "wait": True, "sourceRef": reference}
            await client.create(flux(KUSTOMIZATION, "k", **spec))
            await until(lambda: is_value("one", "1"), "the ConfigMap")
            assert not await applied(first)
            await client.patch(DEPLOYMENT, "web", NAMESPACE, {"status": AVAILABLE}, subresource="status")
            await until(lambda: applied(first), "health")

            await client.patch(CONFIG_MAP, "one", NAMESPACE, {"data": {"k": "mine", "x": "y"}}, field_manager="kubectl")
            await until(lambda: is_value("one", "1"), "the correction")
            assert (await client.get(CONFIG_MAP, "one", NAMESPACE))["data"] == {"k": "1"}
            await client.delete(CONFIG_MAP, "one", NAMESPACE)
            await until(lambda: is_value("one", "1"), "the object")
            await check_quiet(client)

            second = commit({"app/two.yaml": config_map("two")}, "app/one.yaml")
            body = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "1"}}}
            await client.patch(GIT_REPOSITORY, "src", NAMESPACE, body)
            await until(lambda: applied(second), "the second commit")
            assert (await value("one"), await value("two")) == (None, "1")

            await client.delete(KUSTOMIZATION, "k", NAMESPACE)
            await until(lambda: is_value("two", None), "the prune")
            told = {event["reason"] for event in (await client.list(EVENT, NAMESPACE)).items}
            assert {"NewArtifact", "Progressing", "ReconciliationSucceeded"} <= told

    asyncio.run(main())


async def check_quiet(client: HttpClient) -> None:
    """For two seconds nobody writes to what is ours."""

    async def versions() -> list[str]:
        kinds = (GIT_REPOSITORY, KUSTOMIZATION, CONFIG_MAP, DEPLOYMENT, EVENT)
        found = [(await client.list(gvk, NAMESPACE)).items for gvk in kinds]
        return sorted(obj["metadata"]["resourceVersion"] for items in found for obj in items)

    await asyncio.sleep(1)
    before = await versions()
    await asyncio.sleep(2)
    assert await versions() == before

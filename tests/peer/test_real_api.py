"""All controllers on a real kube-apiserver and etcd, through a kubeconfig; vCenter and guests are simulated."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.api.clusterapi.kinds import CLUSTER, MACHINE
from fairlead.api.errors import ApiError
from fairlead.api.infrastructure.kinds import VSPHERE_VM
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, Key
from fairlead.runtime.cache import CachedClient
from fairlead.runtime.clock import WallClock
from fairlead.runtime.dialing import HttpDialer
from fairlead.runtime.http import HttpClient
from fairlead.runtime.kubeconfig import Access, load_access, render
from fairlead.runtime.remote import UnreachableError
from fairlead.server.listener import Face, Listener
from fairlead.server.pki import Authority
from fairlead.server.webhooks import Webhooks, manifests
from fairlead.testing import peers
from fairlead.testing.fleet import NAME, NAMESPACE, OBJECTS, Fleet, Written
from fairlead.testing.topology import CLUSTER_CLASS, Managed, ManagedFleet
from fairlead.testing.world import KINDS, World

ABSENT = peers.missing("etcd", "kube-apiserver")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]

LIMIT = timedelta(seconds=60)
SECRET = GVK("", "v1", "Secret")
OLD_CLUSTER = GVK("cluster.x-k8s.io", "v1beta1", "Cluster")
KUBECTL = peers.find("kubectl")


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of a running kube-apiserver."""
    folder = tmp_path_factory.mktemp("real-api")
    with peers.kube_apiserver(folder) as access:
        path = folder / "kubeconfig"
        path.write_text(goyaml.dump(render(access, cluster="real", user="admin")))
        yield path


@asynccontextmanager
async def real_world(kubeconfig: Path) -> AsyncIterator[Fleet]:
    """The controllers and the simulated vCenter on the real API, with our kinds and their webhooks installed."""
    client, listener, now = HttpClient(load_access(kubeconfig)), Listener(), datetime.now(UTC)
    authority = Authority.create("webhooks", now)
    rules = Webhooks(KINDS)
    port = await listener.open(Face(rules, authority.issue_server((listener.host,), now)))
    try:
        for obj in manifests(KINDS, f"https://{listener.host}:{port}", authority.certificate):
            await client.apply(obj, field_manager="fairlead")
        await wait_for(lambda: are_served(client))
        cached = CachedClient(client, WallClock(), (*(kind.gvk for kind in KINDS), SECRET))
        caching = asyncio.ensure_future(cached.run())
        await cached.synced()
        rules.look_at(cached)
        world = World(client=cached, clock=WallClock())
        await world.start()
        try:
            yield Fleet(world, timedelta(milliseconds=500))
        finally:
            await world.stop()
            caching.cancel()
            await asyncio.gather(caching, return_exceptions=True)
    finally:
        await client.close()
        await listener.close()


async def are_served(client: HttpClient) -> bool:
    """Whether every kind can be listed in every version."""
    try:
        for kind in KINDS:
            for version in kind.versions:
                await client.list(GVK(kind.group, version.name, kind.kind))
    except ApiError:
        return False
    return True


async def wait_for(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(LIMIT.total_seconds()):
        while not await condition():  # noqa: ASYNC110 (nothing tells when a server far away has caught up)
            await asyncio.sleep(0.2)


def test_life_of_a_cluster(kubeconfig: Path) -> None:
    """Created, read in the older version, upgraded, scaled, quiet, and removed without a trace."""

    async def main() -> None:
        async with real_world(kubeconfig) as fleet:
            first = Written(workers=1)
            await fleet.push(first)
            await fleet.until(lambda: fleet.is_as(first), "the cluster", LIMIT)
            assert all((await fleet.nodes()).values())
            old = await fleet.client.get(OLD_CLUSTER, NAME, NAMESPACE)
            assert old["status"]["infrastructureReady"] is True, "read through the conversion webhook"
            await check_refusals(fleet)

            upgraded = first.change(version="v1.36.0")
            await fleet.push(upgraded)
            await fleet.until(lambda: fleet.is_as(upgraded), "the upgrade", 2 * LIMIT)
            grown = upgraded.change(workers=2)
            await fleet.push(grown)
            await fleet.until(lambda: fleet.is_as(grown), "the second worker", LIMIT)
            await check_quiet(fleet)

            for obj in fleet.git:
                await fleet.client.delete(GVK.of(obj), obj["metadata"]["name"], NAMESPACE)
            await fleet.until(lambda: is_gone(fleet), "the end", LIMIT)
            assert fleet.world.manager.errors == {}

    asyncio.run(main())


def test_managed_cluster(kubeconfig: Path) -> None:
    """A cluster from a ClusterClass: created, templates rotated, scaled, refused an older version, removed."""

    async def main() -> None:
        async with real_world(kubeconfig) as real:
            fleet, first = ManagedFleet(real.world, timedelta(milliseconds=500)), Managed(workers=(("md-0", 1),))
            await fleet.push_managed(first)
            await fleet.until(lambda: fleet.is_managed_as(first), "the cluster", LIMIT)
            bigger = first.change(memory=8192, workers=(("md-0", 2),))
            await fleet.push_managed(bigger)
            await fleet.until(lambda: fleet.is_managed_as(bigger), "more memory", 2 * LIMIT)
            with pytest.raises(ApiError, match="version cannot be decreased"):
                await fleet.push_managed(bigger.change(version="v1.34.0"))
            with pytest.raises(ApiError, match=r"spec\.topology\.variables\[memoryMiB\]"):  # by a look at the class
                await fleet.push_managed(bigger.change(memory=1))
            await check_quiet(fleet)
            with pytest.raises(ApiError, match=f"it is used by Cluster.s.: {NAMESPACE}/{NAME}"):
                await fleet.client.delete(CLUSTER_CLASS, "standard", NAMESPACE)
            await fleet.client.delete(CLUSTER, NAME, NAMESPACE)

            async def has_no_cluster() -> bool:
                return not await fleet.all(CLUSTER)

            await fleet.until(has_no_cluster, "the end of the cluster", LIMIT)
            for obj in reversed(bigger.objects()):
                if obj["kind"] not in (CLUSTER.kind, "Secret"):  # the Secret goes with its cluster
                    await fleet.client.delete(GVK.of(obj), obj["metadata"]["name"], NAMESPACE)
            await fleet.until(lambda: is_gone(fleet), "the end", LIMIT)
            assert fleet.world.manager.errors == {}

    asyncio.run(main())


def test_api_server_goes_and_comes_back(tmp_path: Path) -> None:
    """The API server is away in the middle of a creation: the work goes on where it was, once it is back."""

    async def main(api: peers.KubeApiserver, config: Path) -> None:
        running = api.running()
        await asyncio.to_thread(running.__enter__)
        try:
            async with real_world(config) as fleet:
                plan = Written(workers=1)
                await fleet.push(plan)
                await fleet.until(lambda: has_machines(fleet), "the first machines", LIMIT)
                await asyncio.to_thread(running.__exit__, None, None, None)
                await asyncio.sleep(3)
                running = api.running()
                await asyncio.to_thread(running.__enter__)
                await fleet.until(lambda: is_as(fleet, plan), "the cluster", 2 * LIMIT)
                assert len(fleet.vms()) == 2, "no VM was made twice"
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)

    with peers.etcd(tmp_path) as store:
        api = peers.KubeApiserver(tmp_path, store)
        config = tmp_path / "kubeconfig"
        config.write_text(goyaml.dump(render(api.access, cluster="real", user="admin")))
        asyncio.run(main(api, config))


async def has_machines(fleet: Fleet) -> bool:
    return len(await fleet.all(MACHINE)) == 2


async def is_as(fleet: Fleet, plan: Written) -> bool:
    """Whether the cluster is as planned; no while the API is away or workload clusters are none yet."""
    try:
        return await fleet.is_as(plan)
    except ApiError:
        return False


async def is_gone(fleet: Fleet) -> bool:
    """Nothing with a finalizer is left; what only a garbage collector removes may be (this API has none)."""
    held = [obj for gvk in OBJECTS for obj in await fleet.all(gvk) if obj["metadata"].get("finalizers")]
    return not fleet.vms() and not held and not await fleet.all(CLUSTER) and not await fleet.all(MACHINE)


async def check_refusals(fleet: Fleet) -> None:
    """Our rules refuse through the real server in upstream's words, after conversion and defaults."""
    machine: Json = {
        "apiVersion": "cluster.x-k8s.io/v1beta1",
        "kind": "Machine",
        "metadata": {"name": "odd", "namespace": NAMESPACE},
        "spec": {
            "clusterName": NAME,
            "version": "latest",
            "bootstrap": {"dataSecretName": "x"},
            "infrastructureRef": {
                "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1",
                "kind": "VSphereMachine",
                "name": "odd",
            },
        },
    }
    with pytest.raises(ApiError) as refused:
        await fleet.client.create(machine)
    assert refused.value.code == 422
    assert refused.value.message == (
        'admission webhook "validation.machine.cluster.x-k8s.io" denied the request: '
        'Machine.cluster.x-k8s.io "odd" is invalid: spec.version: Invalid value: "vlatest": '
        "must be a valid semantic version"
    )
    machine["spec"]["clusterName"] = 7
    with pytest.raises(ApiError, match=r"spec\.clusterName: Invalid value") as refused:
        await fleet.client.create(machine)
    assert refused.value.is_invalid


async def check_quiet(fleet: Fleet) -> None:
    """A converged cluster is not written to."""

    async def revisions() -> dict[tuple[str, Key], str]:
        return {
            (gvk.kind, Key.of(obj)): obj["metadata"]["resourceVersion"]
            for gvk in OBJECTS
            for obj in await fleet.all(gvk)
        }

    await asyncio.sleep(2)
    before = await revisions()
    for vm in await fleet.all(VSPHERE_VM):
        fleet.world.manager.wake("vspherevm", Key.of(vm))
        fleet.world.manager.wake("machine", Key.of(vm))
    await asyncio.sleep(3)
    assert await revisions() == before


@pytest.mark.skipif(not os.environ.get("FAIRLEAD_SHARED"), reason="FAIRLEAD_SHARED names no folder of shared fixtures")
@pytest.mark.skipif(KUBECTL is None, reason=peers.missing("kubectl"))
def test_published_template_through_kubectl(kubeconfig: Path) -> None:
    """The provider's published template, of the older version, applied with kubectl; a wait on Available returns."""
    from fairlead.engines.substitution import substitute

    path = Path(os.environ["FAIRLEAD_SHARED"]) / "fixtures" / "capv" / "v1.13" / "cluster-template.yaml"
    variables = json.loads((Path(__file__).parents[1] / "data" / "capv-variables.json").read_text())
    text = substitute(path.read_text(), {**variables, "NAMESPACE": "published"})

    async def kubectl(*words: str, given: str = "") -> str:
        process = await asyncio.create_subprocess_exec(
            str(KUBECTL),
            f"--kubeconfig={kubeconfig}",
            *words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(given.encode()), LIMIT.total_seconds())
        assert process.returncode == 0, err.decode()
        return out.decode()

    async def main() -> None:
        async with real_world(kubeconfig):
            await kubectl("create", "namespace", "published")
            await kubectl("apply", "-f", "-", given=text)
            await kubectl("-n", "published", "wait", "--for=condition=Available", "cluster/blue", "--timeout=50s")
            columns = (await kubectl("-n", "published", "get", "cluster", "blue")).splitlines()
            assert columns[0].split()[:3] == ["NAME", "CLUSTERCLASS", "AVAILABLE"]
            await kubectl("-n", "published", "delete", "cluster", "blue", "--timeout=50s")

    asyncio.run(main())


def test_dialer_reaches_a_real_api(kubeconfig: Path) -> None:
    """Connects once the address answers; spoilt credentials and addresses are told apart."""

    text = kubeconfig.read_bytes()

    async def main() -> None:
        dialer = HttpDialer(WallClock())
        await asyncio.wait_for(dialer.wait_reachable(text), 10)
        remote = await dialer.dial(text)
        assert (await remote.client.get(GVK("", "v1", "Namespace"), "kube-system"))["metadata"]["uid"]
        await remote.close()
        access = load_access(kubeconfig)
        for spoilt, cause in (
            (Access(server=access.server, ca=access.ca, token="nonsense"), "Unauthorized"),
            (Access(server=access.server), "certificate verify failed"),
            (Access(server=f"https://127.0.0.1:{peers.free_port()}", ca=access.ca), "Cannot connect"),
        ):
            config = goyaml.dump(render(spoilt, cluster="real", user="x"))
            with pytest.raises(UnreachableError, match=cause):
                await dialer.dial(config.encode())

    asyncio.run(main())

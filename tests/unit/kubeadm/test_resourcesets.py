"""ClusterResourceSets: objects in ConfigMaps and Secrets reach the workload clusters that a selector names."""

import asyncio
import base64
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

import pytest

from fairlead.api.addons.kinds import CLUSTER_RESOURCE_SET, CLUSTER_RESOURCE_SET_BINDING
from fairlead.api.addons.kinds import KINDS as ADDON_KINDS
from fairlead.api.clusterapi.kinds import KINDS as CLUSTER_KINDS
from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, get_in
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.clusterresourceset import (
    ClusterResourceSetBindingController,
    ClusterResourceSetController,
    needs_apply,
)
from fairlead.controllers.clusterapi.resources import ResourceError, bundle_of
from fairlead.controllers.contract import CLUSTER
from fairlead.runtime.client import Client
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.conditions import find
from fairlead.runtime.controller import Controller, Manager
from fairlead.runtime.ids import Ids
from fairlead.runtime.remote import CredentialsSource, Etcd, Remote
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer

CONFIG_MAP = GVK("", "v1", "ConfigMap")
SECRET = GVK("", "v1", "Secret")
ADDON = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: addons}
data: {colour: %s}
---
apiVersion: v1
kind: Namespace
metadata: {name: addons}
"""


class Link:
    """A connection to a workload server in the same process."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def client(self) -> Client:
        return self._client

    async def etcd(self, credentials: CredentialsSource) -> Etcd:
        raise NotImplementedError

    async def close(self) -> None:
        return None


class Switchboard:
    """A dialer whose one cluster answers from the moment `up` is set."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.up = asyncio.Event()

    async def wait_reachable(self, kubeconfig: bytes) -> None:
        await self.up.wait()

    async def dial(self, kubeconfig: bytes) -> Remote:
        return Link(self._client)


class World:
    """A management server with the controllers of add-ons, and a workload server."""

    def __init__(self) -> None:
        self.clock, ids = LoopClock(), Ids(seed=3)
        self.server = ApiServer(self.clock, ids, (*CLUSTER_KINDS, *ADDON_KINDS))
        self.workload_server = ApiServer(self.clock, ids)
        self.client: Client = self.server.client()
        self.workload: Client = self.workload_server.client()
        self.dialer = Switchboard(self.workload)
        cache = ClusterCache(client=self.client, clock=self.clock, dialer=self.dialer)
        controllers: list[Controller] = [
            cache,
            ClusterResourceSetController(client=self.client, clock=self.clock, cache=cache),
            ClusterResourceSetBindingController(client=self.client),
        ]
        self.manager = Manager(self.client, self.clock, ids, controllers)

    async def settle(self) -> None:
        await self.clock.sleep(timedelta(seconds=20))

    async def add_cluster(self, name: str = "blue", labels: dict[str, str] | None = None) -> None:
        meta = {"name": name, "namespace": "default", "labels": labels or {"cni": "sample"}}
        reference = {"apiGroup": "infrastructure.cluster.x-k8s.io", "kind": "VSphereCluster", "name": name}
        await self.client.create(
            {
                "apiVersion": CLUSTER.api_version,
                "kind": "Cluster",
                "metadata": meta,
                "spec": {"infrastructureRef": reference},
            }
        )
        secret = {
            "name": f"{name}-kubeconfig",
            "namespace": "default",
            "labels": {"cluster.x-k8s.io/cluster-name": name},
        }
        value = base64.b64encode(b"kubeconfig").decode()
        body = {"apiVersion": "v1", "kind": "Secret", "type": "cluster.x-k8s.io/secret", "data": {"value": value}}
        await self.client.create({**body, "metadata": secret})

    async def add_set(
        self, *, strategy: str = "ApplyOnce", kind: str = "ConfigMap", names: Sequence[str] = ("addon",)
    ) -> None:
        spec: Json = {
            "clusterSelector": {"matchLabels": {"cni": "sample"}},
            "resources": [{"kind": kind, "name": name} for name in names],
            "strategy": strategy,
        }
        meta = {"name": "addons", "namespace": "default"}
        await self.client.create(
            {
                "apiVersion": CLUSTER_RESOURCE_SET.api_version,
                "kind": "ClusterResourceSet",
                "metadata": meta,
                "spec": spec,
            }
        )

    async def add_source(self, colour: str = "red") -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"addon.yaml": ADDON % colour}}
        await self.client.apply({**body, "metadata": {"name": "addon", "namespace": "default"}}, field_manager="test")

    async def condition(self) -> Json:
        crs = await self.client.get(CLUSTER_RESOURCE_SET, "addons", "default")
        return dict(find(get_in(crs, "status", "conditions"), "ResourcesApplied") or {})

    async def old_condition(self) -> Json:
        crs = await self.client.get(CLUSTER_RESOURCE_SET, "addons", "default")
        return dict(find(get_in(crs, "status", "deprecated", "v1beta1", "conditions"), "ResourcesApplied") or {})

    async def binding(self, name: str = "blue") -> Json:
        return await self.client.get(CLUSTER_RESOURCE_SET_BINDING, name, "default")

    async def colour(self) -> str:
        return str((await self.workload.get(CONFIG_MAP, "settings", "addons"))["data"]["colour"])


def simulate(scenario: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        world = World()
        await world.server.start()
        await world.workload_server.start()
        task = asyncio.create_task(world.manager.run())
        try:
            await scenario(world)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await world.workload_server.stop()
            await world.server.stop()

    run_virtual(main())


def test_applied_the_moment_the_cluster_answers() -> None:
    """Nothing happens while the cluster is away; the objects are there as soon as it answers, Namespaces first."""

    async def scenario(world: World) -> None:
        await world.add_source()
        await world.add_set()
        await world.add_cluster()
        await world.settle()
        assert (await world.condition())["reason"] == "InternalError"
        old = await world.old_condition()
        assert (old["reason"], old["severity"]) == ("RemoteClusterClientFailed", "Error")
        assert old["message"] == "connection to the workload cluster is down"
        world.dialer.up.set()
        await world.clock.sleep(timedelta(milliseconds=1))
        assert await world.colour() == "red"
        await world.settle()
        condition = await world.condition()
        assert (condition["status"], condition["reason"], condition["message"]) == ("True", "Applied", "")

    simulate(scenario)


def test_binding_tells_what_was_applied() -> None:
    """The binding is named as the cluster, owned by the set, and holds the digest of the content."""

    async def scenario(world: World) -> None:
        world.dialer.up.set()
        await world.add_source()
        await world.add_set()
        await world.add_cluster()
        await world.settle()
        binding = await world.binding()
        assert [o["name"] for o in binding["metadata"]["ownerReferences"]] == ["addons"]
        [entry] = binding["spec"]["bindings"]
        [resource] = entry["resources"]
        source = await world.client.get(CONFIG_MAP, "addon", "default")
        assert (resource["applied"], resource["hash"]) == (True, bundle_of(source).digest)
        assert [o["kind"] for o in source["metadata"]["ownerReferences"]] == ["ClusterResourceSet"]
        crs = await world.client.get(CLUSTER_RESOURCE_SET, "addons", "default")
        assert crs["metadata"]["finalizers"] == ["addons.cluster.x-k8s.io"]

    simulate(scenario)


@pytest.mark.parametrize(("strategy", "colour"), [("ApplyOnce", "red"), ("Reconcile", "green")], ids=str)
def test_changed_content(strategy: str, colour: str) -> None:
    """ApplyOnce never comes back; Reconcile applies content that changed."""

    async def scenario(world: World) -> None:
        world.dialer.up.set()
        await world.add_source("red")
        await world.add_set(strategy=strategy)
        await world.add_cluster()
        await world.settle()
        await world.add_source("green")
        await world.settle()
        assert await world.colour() == colour

    simulate(scenario)


def test_missing_source_is_named() -> None:
    """A ConfigMap that is not there (yet) is named in the condition; once it comes it is applied."""

    async def scenario(world: World) -> None:
        world.dialer.up.set()
        await world.add_set()
        await world.add_cluster()
        await world.settle()
        assert (await world.condition())["message"] == 'configmaps "addon" not found'
        assert (await world.old_condition())["reason"] == "RetrievingResourceFailed"
        await world.add_source()
        await world.settle()
        assert (await world.condition())["status"] == "True"

    simulate(scenario)


def test_secret_of_another_type_is_refused() -> None:
    """Only Secrets of the type for resource sets are read."""

    async def scenario(world: World) -> None:
        world.dialer.up.set()
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "addon", "namespace": "default"}}
        await world.client.create(body)
        await world.add_set(kind="Secret")
        await world.add_cluster()
        await world.settle()
        condition = await world.condition()
        assert condition["reason"] == "WrongSecretType"
        assert condition["message"] == "Secret type of resource addon is not supported"

    simulate(scenario)


def test_objects_that_are_refused() -> None:
    """What the workload API refuses is told, and tried again until it goes."""

    async def scenario(world: World) -> None:
        world.dialer.up.set()
        text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: later}\n"
        body = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": text}}
        await world.client.create({**body, "metadata": {"name": "addon", "namespace": "default"}})
        await world.add_set()
        await world.add_cluster()
        await world.settle()
        condition, old = await world.condition(), await world.old_condition()
        assert condition["message"] == "Failed to apply ClusterResourceSet resources to Cluster"
        assert old["reason"] == "ApplyFailed"
        assert 'namespaces "later" not found' in old["message"]
        assert (await world.binding())["spec"]["bindings"][0]["resources"][0]["applied"] is False
        await world.workload.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "later"}})
        await world.clock.sleep(timedelta(minutes=10))
        assert (await world.condition())["status"] == "True"

    simulate(scenario)


def test_secret_before_its_namespace(caplog: pytest.LogCaptureFixture) -> None:
    """The vSphere templates list a Secret before the ConfigMap that brings its namespace; nobody is alarmed by that."""

    async def scenario(world: World) -> None:
        world.dialer.up.set()
        await world.add_source()
        early = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: early, namespace: addons}\n"
        meta = {"name": "early", "namespace": "default"}
        await world.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": early}})
        await world.add_set(names=("early", "addon"))
        await world.add_cluster()
        await world.settle()
        assert await world.workload.get(CONFIG_MAP, "early", "addons")
        assert (await world.condition())["status"] == "True"

    simulate(scenario)
    assert caplog.messages == []


def test_refused_object_is_logged_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """An object that stays refused is one log line that names it, without a traceback."""

    async def scenario(world: World) -> None:
        world.dialer.up.set()
        text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: later}\n"
        meta = {"name": "addon", "namespace": "default"}
        await world.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": text}})
        await world.add_set()
        await world.add_cluster()
        await world.settle()

    simulate(scenario)
    [record] = caplog.records
    assert 'later/settings: namespaces "later" not found' in record.__dict__["error"]
    assert not record.exc_info


def test_only_selected_clusters() -> None:
    """A cluster without the label gets nothing."""

    async def scenario(world: World) -> None:
        world.dialer.up.set()
        await world.add_source()
        await world.add_set()
        await world.add_cluster(labels={"cni": "other"})
        await world.settle()
        with pytest.raises(ApiError, match="not found"):
            await world.binding()

    simulate(scenario)


def test_deleted_set_leaves_the_binding() -> None:
    """The last set of a binding takes the binding with it."""

    async def scenario(world: World) -> None:
        world.dialer.up.set()
        await world.add_source()
        await world.add_set()
        await world.add_cluster()
        await world.settle()
        await world.client.delete(CLUSTER_RESOURCE_SET, "addons", "default")
        await world.settle()
        for gvk, name in ((CLUSTER_RESOURCE_SET, "addons"), (CLUSTER_RESOURCE_SET_BINDING, "blue")):
            with pytest.raises(ApiError, match="not found"):
                await world.client.get(gvk, name, "default")

    simulate(scenario)


def test_deleted_cluster_takes_its_binding() -> None:
    """Without its cluster a binding has no meaning."""

    async def scenario(world: World) -> None:
        world.dialer.up.set()
        await world.add_source()
        await world.add_set()
        await world.add_cluster()
        await world.settle()
        await world.client.delete(CLUSTER, "blue", "default")
        await world.settle()
        with pytest.raises(ApiError, match="not found"):
            await world.binding()

    simulate(scenario)


@pytest.mark.parametrize("strategy", ["ApplyOnce", "Reconcile"])
def test_steady_state_writes_nothing(strategy: str) -> None:
    """Passes over an applied set write nothing, here and there."""

    async def scenario(world: World) -> None:
        world.dialer.up.set()
        await world.add_source()
        await world.add_set(strategy=strategy)
        await world.add_cluster()
        await world.settle()
        crs = await world.client.list(CLUSTER_RESOURCE_SET)
        there = (await world.workload.list(CONFIG_MAP)).resource_version
        await world.client.patch(CLUSTER, "blue", "default", {"metadata": {"annotations": {"x": "y"}}})
        await world.settle()
        binding = await world.client.list(CLUSTER_RESOURCE_SET_BINDING)
        assert int(binding.resource_version) == int(crs.resource_version) + 1  # the annotation
        assert (await world.workload.list(CONFIG_MAP)).resource_version == there

    simulate(scenario)


@pytest.mark.parametrize(
    ("strategy", "entry", "expected"),
    [
        ("ApplyOnce", None, True),
        ("ApplyOnce", {"applied": False}, True),
        ("ApplyOnce", {"applied": True, "hash": "old"}, False),
        ("Reconcile", {"applied": True, "hash": "old"}, True),
        ("Reconcile", {"applied": True, "hash": "new"}, False),
    ],
    ids=["never", "failed", "once", "changed", "same"],
)
def test_needs_apply(strategy: str, entry: Json | None, expected: bool) -> None:
    """When a resource is applied (again)."""
    assert needs_apply(strategy, entry, "new") is expected


def test_values_keep_their_order() -> None:
    """Objects are ordered by kind within one value, values by key; a JSON list counts as its elements."""
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n"
    deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n---\n"
    listed = '[{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}]'
    data = {"2": listed, "1": deployment + namespace}
    source = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "addon", "namespace": "x"}, "data": data}
    assert [obj["kind"] for obj in bundle_of(source).objects] == ["Namespace", "Deployment", "Service"]


@pytest.mark.parametrize("text", ["just text", "a: b", "{", "- 1"], ids=str)
def test_value_without_objects(text: str) -> None:
    """What is not Kubernetes objects is refused by name."""
    meta = {"name": "addon", "namespace": "x"}
    with pytest.raises(ResourceError, match="x/addon, value a"):
        bundle_of({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": text}})

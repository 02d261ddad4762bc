"""Faults, restarts and other clusters."""

import base64
import random

import pytest

from fairlead.api.flux.kinds import KUSTOMIZATION
from fairlead.base.objects import get_in
from fairlead.testing.garden import (
    CONFIG_MAP,
    NAMESPACE,
    SECRET,
    FaultyClient,
    Garden,
    OtherCluster,
    config_map,
    in_garden,
)


@pytest.mark.parametrize("seed", range(12))
def test_converges_though_requests_fail_now_and_then(seed: int) -> None:
    """Whatever fails on the way, live objects and inventory end as the last commit says, and then it is quiet."""

    async def scenario(garden: Garden) -> None:
        files = {f"app/{n}.yaml": config_map(f"cm-{n}", "1") for n in range(8)}
        garden.commit(files)
        await garden.source(interval="30s")
        await garden.kustomization("base", retryInterval="5s")
        await garden.kustomization("top", path="./top", dependsOn=[{"name": "base"}], retryInterval="5s")
        await garden.sleep(120)
        garden.commit({"app/0.yaml": config_map("cm-0", "2"), "top/a.yaml": config_map("a")}, ("app/7.yaml",))
        await garden.sleep(5)
        await garden.client.delete(CONFIG_MAP, "cm-1", NAMESPACE)
        await garden.sleep(900)
        found = {obj["metadata"]["name"]: obj["data"]["k"] for obj in (await garden.client.list(CONFIG_MAP)).items}
        found = {name: value for name, value in found.items() if name != "kube-root-ca.crt"}
        assert found == {"cm-0": "2", **{f"cm-{n}": "1" for n in range(1, 7)}, "a": "1"}
        assert (await garden.ready("base"))[0] == (await garden.ready("top"))[0] == "True"
        ks = await garden.get(KUSTOMIZATION, "base")
        ids = [entry["id"] for entry in get_in(ks, "status", "inventory", "entries")]
        assert ids == [f"garden_cm-{n}__ConfigMap" for n in range(7)]
        before = garden.revision
        await garden.sleep(3600)
        assert garden.revision == before

    in_garden(scenario, wrap=lambda client: FaultyClient(client, seed, 0.03))


@pytest.mark.parametrize("seed", range(10))
def test_restarts_at_any_moment_change_nothing(seed: int) -> None:
    """However often it is stopped in the middle of its work, live objects end as the last commit says."""
    chance = random.Random(seed)

    async def scenario(garden: Garden) -> None:
        await garden.source(interval="10s")
        await garden.kustomization("base", retryInterval="2s")
        await garden.kustomization("top", path="./top", dependsOn=[{"name": "base"}], retryInterval="2s", wait=True)
        kept = [f"cm-{n}" for n in range(6)]
        for turn in range(4):
            dropped = {chance.choice(kept)} if turn else set()
            kept = [name for name in kept if name not in dropped]
            files = {f"app/{name}.yaml": config_map(name, str(turn)) for name in kept}
            files["top/new.yaml"] = config_map(f"top-{turn}", "1")
            garden.commit(files, tuple(f"app/{name}.yaml" for name in dropped))
            for _ in range(3):
                await garden.sleep(chance.random() * 1.5)
                await garden.world.restart()
        await garden.sleep(120)
        found = {obj["metadata"]["name"]: obj["data"]["k"] for obj in (await garden.client.list(CONFIG_MAP)).items}
        assert found == {**dict.fromkeys(kept, "3"), "top-3": "1"}
        assert (await garden.ready("base"))[0] == (await garden.ready("top"))[0] == "True"
        await garden.client.delete(KUSTOMIZATION, "base", NAMESPACE)
        await garden.client.delete(KUSTOMIZATION, "top", NAMESPACE)
        await garden.sleep(0.05)
        await garden.world.restart()
        await garden.sleep(60)
        assert (await garden.client.list(CONFIG_MAP)).items == ()
        assert (await garden.client.list(KUSTOMIZATION)).items == ()

    in_garden(scenario, wrap=lambda client: FaultyClient(client, seed, 0.0, slow_seconds=0.05))


def test_nothing_is_orphaned_by_a_stop_in_the_middle() -> None:
    """Objects made by an attempt that never ended are pruned when the next commit drops them."""

    class StoppedError(Exception):
        """The process was killed."""

    armed = True

    def stopping(client: object) -> object:
        class Stopping:
            def __getattr__(self, name: str) -> object:
                method = getattr(client, name)
                if name != "apply":
                    return method

                async def apply(obj: dict, **options: object) -> object:  # type: ignore[type-arg]  # any object
                    if armed and obj["metadata"]["name"] == "two" and not options.get("dry_run"):
                        raise StoppedError
                    return await method(obj, **options)

                return apply

        return Stopping()

    async def scenario(garden: Garden) -> None:
        nonlocal armed
        garden.commit({"app/one.yaml": config_map("one"), "app/two.yaml": config_map("two")})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(1)
        assert await garden.value("one") == "1"
        garden.commit({"app/three.yaml": config_map("three")}, ("app/one.yaml", "app/two.yaml"))
        armed = False
        await garden.world.restart()
        await garden.pull()
        await garden.sleep(60)
        assert (await garden.value("one"), await garden.value("three")) == (None, "1")

    in_garden(scenario, wrap=stopping)


def test_a_restart_changes_nothing_and_sees_what_happened_meanwhile() -> None:
    """After a restart trees are brought again without a write; what was deleted meanwhile comes back."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(60)
        before = garden.revision
        await garden.world.restart()
        await garden.sleep(60)
        assert garden.revision == before
        await garden.client.delete(CONFIG_MAP, "one", NAMESPACE)
        await garden.sleep(1)
        assert await garden.value("one") == "1"

    in_garden(scenario)


def test_another_cluster_is_applied_to_as_soon_as_it_answers() -> None:
    """With kubeConfig it waits for the Secret, then for the cluster, without polling; drift there is restored too."""
    other = OtherCluster()

    async def scenario(garden: Garden) -> None:
        await other.server.start()
        await other.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        garden.commit({"app/one.yaml": config_map("one"), "app/two.yaml": config_map("two")})
        await garden.source()
        await garden.kustomization(kubeConfig={"secretRef": {"name": "away"}}, retryInterval="1h")
        await garden.sleep(5)
        assert (await garden.ready())[1:] == (
            "ReconciliationFailed",
            "unable to read KubeConfig secret 'garden/away' error: secrets \"away\" not found",
        )
        data = {"value": base64.b64encode(b"config").decode()}
        metadata = {"name": "away", "namespace": NAMESPACE}
        await garden.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
        await garden.sleep(300)
        assert "connection refused" in (await garden.ready())[2]
        assert other.dialled < 4
        other.up.set()
        await garden.sleep(0.5)
        assert (await garden.ready())[0] == "True"
        assert (await other.client.get(CONFIG_MAP, "one", NAMESPACE))["data"] == {"k": "1"}
        assert await garden.value("one") is None
        await other.client.delete(CONFIG_MAP, "one", NAMESPACE)
        await garden.sleep(0.5)
        assert (await other.client.get(CONFIG_MAP, "one", NAMESPACE))["data"] == {"k": "1"}
        garden.commit({}, ("app/one.yaml",))
        await garden.pull()
        left = [obj["metadata"]["name"] for obj in (await other.client.list(CONFIG_MAP, NAMESPACE)).items]
        assert left == ["two"]
        await other.server.stop()

    in_garden(scenario, dialer=other)


def test_a_kustomization_lets_go_of_a_cluster_whose_kubeconfig_is_gone() -> None:
    """Deleted together with its cluster, a Kustomization does not wait for what nobody can reach."""
    other = OtherCluster()
    other.up.set()

    async def scenario(garden: Garden) -> None:
        await other.server.start()
        await other.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        data = {"value": base64.b64encode(b"config").decode()}
        metadata = {"name": "away", "namespace": NAMESPACE}
        await garden.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source()
        await garden.kustomization(kubeConfig={"secretRef": {"name": "away"}})
        await garden.sleep(1)
        await other.server.stop()
        await garden.client.delete(KUSTOMIZATION, "k", NAMESPACE)
        await garden.sleep(60)
        assert await garden.get(KUSTOMIZATION, "k") is not None
        await garden.client.delete(SECRET, "away", NAMESPACE)
        await garden.sleep(1)
        assert await garden.get(KUSTOMIZATION, "k") is None
        assert any(message.startswith("unable to prune objects:") for _, message in await garden.events())

    in_garden(scenario, dialer=other)

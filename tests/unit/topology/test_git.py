"""The example of docs/clusterclass.md, kept in Git and brought to the cluster by Flux."""

from datetime import timedelta
from pathlib import Path

from fairlead.api.flux.kinds import GIT_REPOSITORY, KUSTOMIZATION
from fairlead.api.flux.kinds import KINDS as FLUX_KINDS
from fairlead.base.objects import GVK
from fairlead.controllers.contract import CLUSTER
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.family import flux_controllers
from fairlead.testing.fleet import BOOT, NAME, NAMESPACE, OBJECTS
from fairlead.testing.topology import CLUSTER_CLASS, Managed, ManagedFleet
from fairlead.testing.traces.fluxgit import RecordedGit
from fairlead.testing.world import KINDS, World, simulate

EXAMPLE = Path(__file__).parents[3] / "examples" / "clusterclass"
BLUE = "clusters/blue.yaml"
CREDENTIALS = """
apiVersion: v1
kind: Secret
metadata: {name: vcenter}
stringData: {username: administrator@vsphere.local, password: fairlead}
"""
FLUX = """
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet}
spec: {interval: 1m, url: "http://127.0.0.1:3080/fleet.git", ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: classes}
spec: {interval: 10m, path: ./classes, prune: true, wait: true, sourceRef: {kind: GitRepository, name: fleet}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: clusters}
spec:
  interval: 10m
  path: ./clusters
  prune: true
  dependsOn: [{name: classes}]
  sourceRef: {kind: GitRepository, name: fleet}
"""


def files() -> dict[str, str]:
    return {str(file.relative_to(EXAMPLE)): file.read_text() for file in sorted(EXAMPLE.rglob("*.yaml"))}


async def has_gone(world: World, gvk: GVK, name: str) -> bool:
    return name not in {obj["metadata"]["name"] for obj in (await world.client.list(gvk, NAMESPACE)).items}


def test_a_managed_cluster_in_git() -> None:
    """Pushed, it comes; grown and upgraded by commits; taken out of Git, it goes with all its VMs."""
    git = RecordedGit()

    async def scenario(world: World) -> None:
        fleet, written = ManagedFleet(world), Managed()
        git.commit("fleet", "main", files(), [])
        await world.apply(CREDENTIALS, namespace=NAMESPACE)
        await world.apply(FLUX, namespace=NAMESPACE)
        await fleet.settle_managed(written)
        text = files()[BLUE]
        for old, new, wanted in (
            ("replicas: 2", "replicas: 3", written.change(workers=(("md-0", 3),))),
            ("v1.35.0", "v1.36.0", written.change(workers=(("md-0", 3),), version="v1.36.0")),
        ):
            assert old in text
            text = text.replace(old, new)
            git.commit("fleet", "main", {BLUE: text}, [])
            await fleet.settle_managed(wanted)
        git.commit("fleet", "main", {"clusters/kustomization.yaml": "resources: []\n"}, [BLUE])
        await fleet.until(lambda: has_gone(world, CLUSTER, NAME), "the end of the cluster")
        assert fleet.vms() == []
        git.commit("fleet", "main", {"classes/kustomization.yaml": "resources: []\n"}, ["classes/standard.yaml"])
        await fleet.until(lambda: has_gone(world, CLUSTER_CLASS, "standard"), "the end of the class")
        await world.settle(timedelta(minutes=1))
        assert {gvk.kind: len(found) for gvk in OBJECTS if (found := await fleet.all(gvk))} == {}
        for gvk, name in ((GIT_REPOSITORY, "fleet"), (KUSTOMIZATION, "classes"), (KUSTOMIZATION, "clusters")):
            assert await world.condition(gvk, name, NAMESPACE, "Ready")

    simulate(
        scenario,
        boot=BOOT,
        kinds=(*KINDS, *FLUX_KINDS),
        more=lambda world: flux_controllers(
            client=world.client,
            clock=world.clock,
            ids=world.ids,
            dialer=world.network,
            artifacts=ArtifactStore(),
            fetcher=git,
        ),
    )

"""What is recorded of ClusterClasses and topologies is still what Cluster API does."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from fairlead.base.objects import Json
from fairlead.controllers.clusterapi.family import clusterapi_controllers
from fairlead.lab.network import LabNetwork
from fairlead.runtime.cache import CachedClient
from fairlead.runtime.clock import WallClock
from fairlead.runtime.controller import Manager
from fairlead.runtime.http import HttpClient
from fairlead.runtime.ids import Ids
from fairlead.runtime.kubeconfig import Access
from fairlead.testing import peers
from fairlead.testing.world import KINDS, SharedKeys

pytestmark = [pytest.mark.peer]
RUN = ("etcd", "kube-apiserver", "capi-core")


TESTS = Path(__file__).parents[1]
BESIDE = ("peer", "golden/clusterclass", "unit/engines/clusterclass")
FLAVOURS = ("v1.13/{}", "v1.13/{}-supervisor", "v1.17/{}", "v1.17/{}-supervisor")


@pytest.fixture(autouse=True)
def siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the recorders beside this file be imported, and what other tests know."""
    monkeypatch.setattr(sys, "path", [*(str(TESTS / folder) for folder in BESIDE), *sys.path])


@pytest.mark.skipif(
    peers.find("capi-topology") is None, reason="capi-topology is not built: run `peers/build .peers capi-topology`"
)
def test_no_answer_has_changed() -> None:
    """Each question of the golden files is asked again; record_topology.py records anew."""
    from record_topology import drift

    assert drift() == []


@pytest.mark.skipif(
    any(peers.find(name) is None for name in RUN), reason=f"not all built: run `peers/build .peers {' '.join(RUN)}`"
)
def test_the_real_controllers_do_the_same_again() -> None:
    """A cluster goes through its life once more; record_topology_run.py records anew. Events combine by chance."""
    from record_topology_run import GOLDEN, recorded

    found, known = recorded(), json.loads(GOLDEN.read_text())
    for stage in (*found.values(), *known.values()):
        del stage["events"]
    assert found == known


@pytest.mark.skipif(bool(peers.missing(*RUN[:2])), reason=peers.missing(*RUN[:2]))
def test_our_controllers_on_a_real_api_server(tmp_path: Path) -> None:
    """Ours leave there what the real ones leave."""
    from record_topology_run import GOLDEN, definitions, settle, until
    from test_run import alike
    from topology_run import Run

    async def main(access: Access) -> dict[str, Json]:
        client, clock, ids = HttpClient(access), WallClock(), Ids(1)
        async with definitions(client):
            cached = CachedClient(client, clock, tuple(kind.gvk for kind in KINDS))
            controllers = clusterapi_controllers(
                client=cached, clock=clock, ids=ids, keys=SharedKeys(), dialer=LabNetwork(clock)
            )
            core = [each for each in controllers if not each.name.startswith("kubeadm")]
            running = [asyncio.ensure_future(cached.run())]
            await cached.synced()
            running.append(asyncio.ensure_future(Manager(cached, clock, ids, core).run()))
            try:
                return await Run(client, until, lambda: settle(client)).all()
            finally:
                for each in running:
                    each.cancel()
                await asyncio.gather(*running, return_exceptions=True)
                await client.close()

    with peers.kube_apiserver(tmp_path) as access:
        found = asyncio.run(main(access))
    known = json.loads(GOLDEN.read_text())
    for stage in known:
        assert alike(found[stage]) == alike(known[stage]), stage


@pytest.mark.skipif(
    peers.find("capi-topology") is None, reason="capi-topology is not built: run `peers/build .peers capi-topology`"
)
@pytest.mark.skipif("FAIRLEAD_SHARED" not in os.environ, reason="FAIRLEAD_SHARED names no folder of shared fixtures")
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_providers_published_clusters(flavour: str) -> None:
    """The vSphere provider's classes are admitted by both, and both want the same objects for its clusters."""
    from record_topology import ask
    from test_designer import check_wanted
    from test_published import default_topology, definitions_of, documents, only

    objects = documents(f"{flavour.format('clusterclass-template')}.yaml")
    [cluster] = [
        each for each in documents(f"{flavour.format('cluster-template-topology')}.yaml") if each["kind"] == "Cluster"
    ]
    for each in (cluster, *objects):
        each["metadata"]["namespace"] = "fleet"
    cluster["metadata"]["uid"] = "1a2b"
    given = only("ClusterClass", objects)
    cluster["spec"]["topology"], _ = default_topology(cluster["spec"]["topology"], definitions_of(given))
    rest = [each for each in objects if each is not given]
    question = {"op": "desired", "class": given, "cluster": cluster, "objects": rest}
    admitted, wanted = ask([{"op": "class", "class": given}, question])
    assert admitted == {}
    check_wanted(question, wanted)

"""What is recorded of ClusterClasses and topologies is still what Cluster API does."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from fairlead.testing import peers

pytestmark = [pytest.mark.peer]
RUN = ("etcd", "kube-apiserver", "capi-core")


@pytest.fixture(autouse=True)
def siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the recorders beside this file be imported."""
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])


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

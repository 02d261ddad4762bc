"""The recorded answers about ClusterClasses and topologies are still those of Cluster API's packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fairlead.testing import peers

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        peers.find("capi-topology") is None,
        reason="capi-topology is not built: run `peers/build .peers capi-topology`",
    ),
]


def test_no_answer_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question of the golden files is asked again; record_topology.py records anew."""
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])
    from record_topology import drift

    assert drift() == []

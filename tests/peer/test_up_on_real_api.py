"""`fairlead up --kubeconfig`: the whole program on a real kube-apiserver and etcd in the place of the embedded API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.base import yaml as goyaml
from fairlead.runtime.kubeconfig import Access, render
from fairlead.testing import peers

from .test_journey import STAGING, VALUES, Lab, program

ABSENT = peers.missing("git", "kubectl", "govc", "etcd", "kube-apiserver")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    with peers.kube_apiserver(tmp_path_factory.mktemp("api")) as running:
        yield running


def test_fleet_on_a_real_api(access: Access, tmp_path: Path) -> None:
    """The sample fleet comes up from Git, follows a push, and a removed directory takes its cluster with it."""
    config = tmp_path / "kubeconfig"
    config.write_text(goyaml.dump(render(access, cluster="real", user="admin")))
    with program(tmp_path, "--kubeconfig", str(config)) as lab:
        assert lab.endpoints["api"] == access.server
        assert "etcd" in lab.kubectl("get", "--raw", "/readyz?verbose"), "this is no server of ours"
        follow(lab)


def follow(lab: Lab) -> None:
    lab.until(lambda: lab.is_as(STAGING, 2), "the first two machines")
    release = json.loads(lab.kubectl("get", "hr", "skiff", "-n", "staging", "-o", "json"))
    assert release["status"]["history"][0]["status"] == "deployed"
    lab.edit(VALUES, ("workers:\n  replicas: 1", "workers:\n  replicas: 2"))
    lab.push("Give the skiff another worker")
    lab.until(lambda: lab.is_as(STAGING, 3), "three Ready nodes")
    lab.git("rm", "-r", "-q", "clusters/production")
    lab.push("Give up the harbour")
    lab.until(lambda: not lab.vms("harbour"), "the end of its VMs")
    listing = ("get", "clusters,machines,kubeadmcontrolplanes,vspherevms", "-n", "production", "-o", "name")
    lab.until(lambda: not lab.kubectl(*listing, "--ignore-not-found").strip(), "the end of its objects")

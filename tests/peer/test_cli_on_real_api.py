"""The commands against a real kube-apiserver and etcd, on which `fairlead up --kubeconfig` has brought the fleet up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from fairlead.base import yaml as goyaml
from fairlead.cli.main import main
from fairlead.runtime.kubeconfig import Access, render
from fairlead.testing import peers

from .test_journey import Lab, program

Run = Callable[[str], str]
ABSENT = peers.missing("git", "kubectl", "govc", "etcd", "kube-apiserver")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    with peers.kube_apiserver(tmp_path_factory.mktemp("api")) as running:
        yield running


def test_commands(access: Access, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before there is a fleet, and when it is Ready: the same commands, and they agree with kubectl."""
    config = tmp_path / "kubeconfig"
    config.write_text(goyaml.dump(render(access, cluster="real", user="admin")))

    def run(line: str) -> str:
        code = main([*line.split(), "--kubeconfig", str(config)])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return printed.out

    assert "Nothing here yet" in run("status")
    assert run("get ns --no-header").split()[0] == "default"
    assert main(["get", "hr", "--kubeconfig", str(config)]) == 1
    assert "does not serve /apis/helm.toolkit.fluxcd.io" in capsys.readouterr().err
    with program(tmp_path, "--kubeconfig", str(config)) as lab:
        lab.until(lambda: main(["status", "--kubeconfig", str(config)]) == 0, "status to say that all is Ready")
        capsys.readouterr()
        _read(lab, run)
        _write(run)


def _read(lab: Lab, run: Run) -> None:
    found = orjson.loads(run("get machines -o json"))
    listing = lab.kubectl("get", "machines", "-A", "-o", "name").split()
    assert sorted(f"machine.cluster.x-k8s.io/{each['metadata']['name']}" for each in found["items"]) == sorted(listing)
    assert "VM skiff-" in run("tree hr/skiff")
    assert "Cluster staging/skiff" in run("cluster describe skiff")
    assert "Provisioned" in run("events --for cluster/skiff")
    assert "tls-server-name" not in run("cluster kubeconfig skiff --raw")


def _write(run: Run) -> None:
    assert run("reconcile ks clusters --with-source") == ""
    assert run("suspend hr skiff") == ""
    assert "suspended" in run("tree hr/skiff")
    assert run("resume hr skiff") == ""
    assert "suspended" not in run("tree hr/skiff")

"""`cluster kubeconfig`: the stored one, and the one that leads through a lab's listener."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from fairlead.base import yaml as goyaml
from fairlead.cli.cluster import server_name
from fairlead.cli.main import main
from fairlead.testing.serving import Served

from .conftest import SERVER, Cli, commands


@pytest.fixture
def lab(tmp_path: Path, shared: Served, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command line with a lab's endpoints in one of the folders it looks in, and another lab's in one before."""
    another, mine = tmp_path / "another", tmp_path / "mine"
    for folder, api, port in ((another, "https://another.test:6443", 1), (mine, SERVER, 9443)):
        folder.mkdir()
        endpoints = {"api": api, "workloads": f"127.0.0.1:{port}"}
        (folder / "endpoints.json").write_bytes(orjson.dumps(endpoints))
    return commands(shared, capsys, tmp_path, another, mine)


def test_leads_through_the_listener(lab: Cli) -> None:
    """In a lab the server is the listener and the TLS server name tells the cluster; all else is as stored."""
    config = goyaml.load(lab("cluster", "kubeconfig", "skiff").out)
    stored = goyaml.load(lab("cluster", "kubeconfig", "skiff", "--raw").out)
    assert isinstance(config, dict)
    assert isinstance(stored, dict)
    assert config["clusters"][0]["cluster"] == {
        "certificate-authority-data": "Y2E=",
        "server": "https://127.0.0.1:9443",
        "tls-server-name": "192-168-20-11-6443.workload.fairlead.internal",
    }
    assert stored["clusters"][0]["cluster"]["server"] == "https://192.168.20.11:6443"
    assert {**config, "clusters": []} == {**stored, "clusters": []}


def test_prints_the_stored_one_elsewhere(cli: Cli) -> None:
    """Without a lab's endpoints.json the kubeconfig is printed as it is stored, to the byte."""
    assert cli("cluster", "kubeconfig", "skiff").out == cli("cluster", "kubeconfig", "skiff", "--raw").out
    found = orjson.loads(cli("cluster", "kubeconfig", "skiff", "-o", "json").out)
    assert found["clusters"][0]["cluster"]["server"] == "https://192.168.20.11:6443"


@pytest.mark.parametrize(
    ("server", "name"),
    [
        ("https://192.168.10.11:6443", "192-168-10-11-6443.workload.fairlead.internal"),
        ("https://api.example.com", "api-example-com-443.workload.fairlead.internal"),
        ("https://[fd00::1]:6443", "fd00--1-6443.workload.fairlead.internal"),
    ],
)
def test_server_name(server: str, name: str) -> None:
    """Host and port with dashes, below the lab's domain."""
    assert server_name(server) == name


def test_says_what_a_kubeconfig_waits_for(cli: Cli) -> None:
    """No Secret yet: the error says why and what to ask next."""
    outcome = cli("cluster", "kubeconfig", "wreck")
    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        "Error: Secret production/wreck-kubeconfig does not exist; its control plane is not initialized yet",
        "hint: `fairlead cluster describe wreck -n production` says what it waits for",
    ]


def test_an_unknown_cluster(cli: Cli) -> None:
    """Exit code 1, and where one finds the names."""
    outcome = cli("cluster", "describe", "nothing")
    assert outcome.code == 1
    assert "Cluster object 'nothing' not found in any namespace" in outcome.err
    assert "fairlead get clusters" in outcome.err


def test_no_subcommand_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """`fairlead cluster` alone says so, without looking for a management cluster."""
    with pytest.raises(SystemExit) as ending:
        main(["cluster"])
    assert ending.value.code == 2
    assert "the following arguments are required: COMMAND" in capsys.readouterr().err


def test_endpoints_that_cannot_be_read(tmp_path: Path, shared: Served, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the file and how to do without it."""
    (tmp_path / "endpoints.json").write_text("{")
    outcome = commands(shared, capsys, tmp_path)("cluster", "kubeconfig", "skiff")
    assert outcome.code == 1
    assert f"cannot read {tmp_path}/endpoints.json" in outcome.err
    assert "--raw" in outcome.err

"""Which cluster a command talks to, and what it says when it cannot."""

from __future__ import annotations

import argparse
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.base import yaml as goyaml
from fairlead.cli import kinds
from fairlead.cli.connection import add_connection_flags, kubeconfig_path, open_connection
from fairlead.cli.errors import CommandError
from fairlead.cli.main import main
from fairlead.testing.serving import Served

from .conftest import NOW


def flags(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_connection_flags(parser)
    return parser.parse_args(argv)


def test_where_the_kubeconfig_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--kubeconfig, else --data, else ~/.fairlead when it has one, else $KUBECONFIG; else an error with a hint."""
    monkeypatch.setenv("HOME", str(tmp_path))
    environment = {"KUBECONFIG": "/from/environment:/second"}
    assert kubeconfig_path(flags("--kubeconfig", "a", "--data", "b"), environment) == Path("a")
    assert kubeconfig_path(flags("--data", "b"), environment) == Path("b/kubeconfig")
    assert kubeconfig_path(flags(), environment) == Path("/from/environment")
    with pytest.raises(CommandError, match="no management cluster found") as caught:
        kubeconfig_path(flags(), {})
    assert "fairlead up" in caught.value.hint
    (tmp_path / ".fairlead").mkdir()
    (tmp_path / ".fairlead/kubeconfig").touch()
    assert kubeconfig_path(flags(), environment) == tmp_path / ".fairlead/kubeconfig"


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[tuple[Served, Path]]:
    """A server on loopback with TLS and client certificates, and its kubeconfig."""
    served = Served(NOW)
    yield served, served.listen(tmp_path)
    served.close()


def test_over_tls(listening: tuple[Served, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A whole command over a socket; and several requests, a watch among them, on one connection object."""
    served, kubeconfig = listening
    assert main(["get", "ns", "--kubeconfig", str(kubeconfig), "--no-header"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == sorted(
        ["default", "kube-node-lease", "kube-public", "kube-system"]
    )
    connection = open_connection(flags("--data", str(kubeconfig.parent)))
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}
    served.run(served.client.create(secret))
    events = connection.watch(kinds.SECRET, "default")
    assert [(type_, obj["metadata"]["name"]) for type_, obj in [next(events)]] == [("ADDED", "s")]
    events.close()
    patched = connection.patch(kinds.SECRET, "default", "s", {"metadata": {"labels": {"a": "b"}}})
    assert connection.get(kinds.SECRET, "default", "s") == patched
    connection.close()


def test_further_connections_write_no_certificates(
    listening: tuple[Served, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ssl module reads client certificates from files; a watch's thread must not write them while all ends."""
    connection = open_connection(flags("--data", str(listening[1].parent)))
    assert connection.list(kinds.SECRET) == []
    monkeypatch.setattr(tempfile, "TemporaryDirectory", None)
    twin = connection.twin().twin()
    assert twin.list(kinds.SECRET) == []
    twin.close()
    connection.close()


def test_nobody_listens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the address and the cause, the hint the next step; exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    config = {
        "clusters": [{"name": "a", "cluster": {"server": f"https://127.0.0.1:{port}"}}],
        "contexts": [{"name": "a", "context": {"cluster": "a"}}],
        "current-context": "a",
    }
    (tmp_path / "kubeconfig").write_text(goyaml.dump(config))
    assert main(["status", "--data", str(tmp_path)]) == 1
    error, hint = capsys.readouterr().err.splitlines()
    assert error == f"Error: cannot reach the management API at https://127.0.0.1:{port}: connection refused"
    assert hint.startswith("hint: is `fairlead up` running there?")


def test_another_clusters_kubeconfig(listening: tuple[Served, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A certificate of an authority that the kubeconfig does not trust."""
    _, kubeconfig = listening
    config = goyaml.load(kubeconfig.read_bytes())
    assert isinstance(config, dict)
    del config["clusters"][0]["cluster"]["certificate-authority-data"]
    kubeconfig.write_text(goyaml.dump(config))
    assert main(["status", "--kubeconfig", str(kubeconfig)]) == 1
    assert "the kubeconfig belongs to another cluster than the one that answers there" in capsys.readouterr().err


def test_a_context_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the contexts that are there, and the file once."""
    path = tmp_path / "kubeconfig"
    path.write_text("contexts: [{name: lab, context: {}}, {name: site, context: {}}]")
    assert main(["status", "--kubeconfig", str(path), "--context", "nope"]) == 1
    error = capsys.readouterr().err
    assert error == f"Error: kubeconfig {path} has no context 'nope'\nhint: its contexts: lab, site\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(None, "does not exist", id="missing"),
        pytest.param("a: [", "cannot use kubeconfig", id="no YAML"),
        pytest.param("current-context: x", "no entry 'x' in 'contexts'", id="no context"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, says: str
) -> None:
    """Each names the file and what is wrong with it."""
    path = tmp_path / "kubeconfig"
    if text is not None:
        path.write_text(text)
    assert main(["status", "--kubeconfig", str(path)]) == 1
    error = capsys.readouterr().err
    assert str(path) in error
    assert says in error

"""--dry-run=server: capabilities, lookup and checks come from an API, here a few canned answers."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from fairlead.cli.helm import main as helm

OWNED = {"labels": {"app.kubernetes.io/managed-by": "Helm"}}
ANSWERS = {
    "/version": {"gitVersion": "v1.31.2"},
    "/api": {"versions": ["v1"]},
    "/apis": {"groups": [{"versions": [{"groupVersion": "apps/v1"}]}]},
    "/api/v1": {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]},
    "/apis/apps/v1": {"resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}]},
    "/api/v1/namespaces/ns/configmaps/there": {"data": {"k": "from the API"}},
    "/api/v1/namespaces/default/configmaps/taken": {"metadata": OWNED},
}


class _Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[dict[str, str]]] = []  # the headers of each request

    def do_GET(self) -> None:
        found = ANSWERS.get(self.path)
        self.seen.append(dict(self.headers))
        body = json.dumps(found if found is not None else {"message": "not found"}).encode()
        self.send_response(200 if found is not None else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    path = tmp_path_factory.mktemp("api") / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_address[1]}"}}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [cluster],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(json.dumps(config))
    yield path
    server.shutdown()
    server.server_close()
    thread.join()


def run(tmp_path: Path, kubeconfig: Path, template: str, *flags: str) -> int:
    chart = tmp_path / "c"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (chart / "templates" / "t.yaml").write_text(template)
    argv = ["template", str(chart), "--dry-run=server", "--kubeconfig", str(kubeconfig), *flags]
    return helm.main(argv)


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_TEMPLATE_CACHE", "off")


def test_render_against_an_api(tmp_path: Path, kubeconfig: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """The version and the kinds are the API's, and lookup reads objects."""
    template = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n"
        "  version: {{ .Capabilities.KubeVersion }}\n"
        '  has: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" }} '
        '{{ .Capabilities.APIVersions.Has "batch/v1" }}\n'
        '  found: {{ (lookup "v1" "ConfigMap" "ns" "there").data.k }}\n'
        '  missing: {{ lookup "v1" "ConfigMap" "ns" "gone" }}\n'
    )
    assert run(tmp_path, kubeconfig, template) == 0
    out = capfdbinary.readouterr().out.decode()
    assert out.endswith("version: v1.31.2\n  has: true false\n  found: from the API\n  missing: map[]\n")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (
            "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\n",
            'no matches for kind "Job" in version "batch/v1"\nensure CRDs are installed first',
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: taken}\n",
            'ConfigMap "taken" in namespace "default" exists and cannot be imported into the current release: invalid '
            'ownership metadata; annotation validation error: missing key "meta.helm.sh/release-name": must be set to '
            '"release-name"; annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to '
            '"default"',
        ),
        ('a: {{ lookup "v1" "Pod" "ns" "x" }}\n', 'no matches for kind "Pod" in version "v1"'),
    ],
    ids=["unknown kind", "object of another owner", "lookup of an unknown kind"],
)
def test_what_the_api_refuses(
    tmp_path: Path, kubeconfig: Path, capsys: pytest.CaptureFixture[str], template: str, text: str
) -> None:
    """Unknown kinds and objects of another owner are errors in Helm's words."""
    assert run(tmp_path, kubeconfig, template) == 1
    assert text in capsys.readouterr().err


def test_unreachable_api(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a kubeconfig the error says how to name one."""
    assert run(tmp_path, tmp_path / "none", "a: 1\n") == 1
    assert "hint: name a kubeconfig with --kubeconfig FILE" in capsys.readouterr().err


def test_flags_say_how_to_reach_the_api(tmp_path: Path, kubeconfig: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An address, a token and whom to act as, with no kubeconfig at all; HELM_ variables do the same."""
    server = json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    flags = ("--kube-apiserver", server, "--kube-token", "t", "--kube-as-user", "u", "--kube-as-group", "g")
    assert run(tmp_path, tmp_path / "none", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", *flags) == 0
    headers = _Api.seen[-1]
    found = (headers["Authorization"], headers["Impersonate-User"], headers["Impersonate-Group"])
    assert found == ("Bearer t", "u", "g")
    assert helm.main(["template", str(tmp_path / "c"), "--dry-run=server", *flags, "--kube-as-group", "h"]) == 1
    assert "cannot act as more than one group" in capsys.readouterr().err


def test_flags_win_over_the_kubeconfig(tmp_path: Path, kubeconfig: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another address is asked; certificates that cannot be read are told."""
    assert run(tmp_path, kubeconfig, "a: 1\n", "--kube-apiserver", "http://127.0.0.1:1") == 1
    assert "kubernetes cluster unreachable" in capsys.readouterr().err
    argv = ["template", str(tmp_path / "c"), "--dry-run=server", "--kubeconfig", str(kubeconfig)]
    assert helm.main([*argv, "--kube-ca-file", str(tmp_path / "none.pem")]) == 1
    assert "No such file or directory" in capsys.readouterr().err

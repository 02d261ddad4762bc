"""The embedded API server under an unmodified kubectl."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.api.kind import Column, Kind, Version
from fairlead.runtime.clock import WallClock
from fairlead.runtime.ids import Ids
from fairlead.server.listener import Face, Listener
from fairlead.server.pki import Authority, kubeconfig
from fairlead.server.server import ApiServer
from fairlead.server.storage import SqliteStorage
from fairlead.testing import peers

KUBECTL = peers.find("kubectl")
pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(KUBECTL is None, reason=peers.missing("kubectl")),
]

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "description": "What the boat should be.",
            "properties": {"metres": {"type": "integer", "default": 10, "description": "Length over all."}},
        },
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
COLUMNS = (
    Column("Metres", ".spec.metres", "integer"),
    Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
)
BOATS = Kind(
    "sea.example.com",
    "Boat",
    "boats",
    (Version("v1", SCHEMA, COLUMNS),),
    short_names=("bo",),
)

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: "nginx:1.25", ports: [{containerPort: 80}]}]}
"""


class Cluster:
    """A served API and a kubectl that talks to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    async def _serve(self) -> None:
        clock = WallClock()
        authority = Authority.create("test", clock.now())
        server = ApiServer(
            clock, Ids(), [BOATS], SqliteStorage(self.folder / "store.db"), root_ca=authority.certificate
        )
        await server.start()
        listener = Listener()
        face = Face(server.asgi, authority.issue_server(["127.0.0.1"], clock.now()), authority.certificate)
        port = await listener.open(face)
        pair = authority.issue_client("admin", ["system:masters"], clock.now())
        config = kubeconfig("test", f"https://127.0.0.1:{port}", authority.certificate, pair=pair)
        self.kubeconfig.write_text(json.dumps(config))
        self._ready.set()
        await self._stop.wait()
        await listener.close()
        await server.stop()

    def __enter__(self) -> Cluster:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def start(self, *words: str, **extra: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig), "HOME": str(self.folder), **extra}
        assert KUBECTL is not None
        return subprocess.Popen(
            [str(KUBECTL), *words],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, given: str = "", code: int = 0, **extra: str) -> str:
        process = self.start(*words, **extra)
        out, err = process.communicate(given, timeout=60)
        assert process.returncode == code, f"{words}: {out}{err}"
        return out if code == 0 else err


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def test_discovery_and_explain(cluster: Cluster) -> None:
    """api-resources, api-versions, version and explain know built-in and custom kinds."""
    listed = cluster.run("api-resources")
    assert "deployments" in listed
    assert "boats" in listed
    assert "sea.example.com/v1" in cluster.run("api-versions").split()
    assert "Server Version: v1.36" in cluster.run("version")
    assert "replace existing pods" in cluster.run("explain", "deployment.spec.strategy")
    assert "Length over all." in cluster.run("explain", "boats.spec.metres")


def test_apply_both_ways(cluster: Cluster) -> None:
    """Client-side and server-side apply, again without a change, scale, patch and label."""
    assert "created" in cluster.run("apply", "-f", "-", given=DEPLOYMENT)
    assert "unchanged" in cluster.run("apply", "-f", "-", given=DEPLOYMENT)
    assert "serverside-applied" in cluster.run("apply", "--server-side", "-f", "-", given=DEPLOYMENT)
    cluster.run("diff", "-f", "-", given=DEPLOYMENT)
    cluster.run("scale", "deployment/web", "--replicas=5")
    assert cluster.run("get", "deployment/web", "-o", "jsonpath={.spec.replicas}") == "5"
    image = json.dumps({"spec": {"template": {"spec": {"containers": [{"name": "nginx", "image": "nginx:2"}]}}}})
    cluster.run("patch", "deployment", "web", "-p", image)
    cluster.run("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"replicas":1}}')
    cluster.run("patch", "deployment", "web", "--type=json", "-p", '[{"op":"remove","path":"/spec/replicas"}]')
    cluster.run("label", "deployment", "web", "tier=front")
    cluster.run("annotate", "deployment", "web", "note=x")
    wide = cluster.run("get", "deployment", "-l", "tier=front", "-o", "wide").splitlines()
    assert wide[0].split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"]
    assert wide[1].split()[5:] == ["nginx", "nginx:2", "app=web"]


def test_typed_commands(cluster: Cluster) -> None:
    """Commands that send protobuf: create, auth, and their refusals."""
    cluster.run("create", "namespace", "team")
    cluster.run("create", "configmap", "settings", "--from-literal=a=b", "-n", "team")
    cluster.run("create", "secret", "generic", "s", "--from-literal=a=b", "-n", "team")
    cluster.run("create", "deployment", "d", "--image=x", "-n", "team")
    cluster.run("create", "job", "j", "--image=x", "-n", "team")
    assert cluster.run("auth", "can-i", "create", "pods").strip() == "yes"
    assert "system:masters" in cluster.run("auth", "whoami")
    assert "already exists" in cluster.run("create", "namespace", "team", code=1)
    cluster.run("delete", "namespace", "team", "--timeout=20s")
    assert "not found" in cluster.run("get", "namespace", "team", code=1)


def test_custom_resources(cluster: Cluster) -> None:
    """Strict validation, printer columns, edit, wait for a condition, watch and delete."""
    boat = {"apiVersion": "sea.example.com/v1", "kind": "Boat", "metadata": {"name": "anna"}, "spec": {"color": "x"}}
    refused = cluster.run("apply", "-f", "-", given=json.dumps(boat), code=1)
    assert 'strict decoding error: unknown field "spec.color"' in refused
    boat["spec"] = {}
    cluster.run("apply", "-f", "-", given=json.dumps(boat))
    assert cluster.run("get", "bo").splitlines()[1].split() == ["anna", "10"]
    watch = cluster.start("wait", "--for=condition=Ready", "boat/anna", "--timeout=20s")
    time.sleep(0.5)
    status = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    cluster.run("patch", "boat", "anna", "--subresource=status", "--type=merge", "-p", json.dumps(status))
    assert "condition met" in watch.communicate(timeout=30)[0]
    cluster.run("edit", "boat", "anna", EDITOR="sed -i 's/metres: 10/metres: 12/'")
    assert cluster.run("get", "boat", "anna").splitlines()[1].split() == ["anna", "12", "True"]
    cluster.run("delete", "boat", "anna", "--cascade=foreground", "--timeout=20s")


def test_what_a_simulated_pod_cannot_do(cluster: Cluster) -> None:
    """logs and exec are refused with a reason."""
    cluster.run("run", "p", "--image=x")
    assert "is simulated" in cluster.run("logs", "p", code=1)
    assert "is simulated" in cluster.run("exec", "p", "--", "ls", code=1)
    cluster.run("delete", "pod", "p", "--timeout=20s")

"""The whole program as its users meet it: `fairlead up`, git, kubectl and govc, nothing else.

One program serves all tests of this file; each leaves the fleet as it found it, save the last, which removes a cluster.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.testing import peers

ABSENT = peers.missing("git", "kubectl", "govc")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]

ROOT = Path(__file__).parents[2]
STAGING, PRODUCTION = ("staging", "skiff"), ("production", "harbour")
VALUES = "clusters/staging/skiff/values.yaml"
LIMIT_SECONDS = 90.0


class Lab:
    """A running program, a clone of its fleet, and the tools pointed at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.clone = folder / "fleet"
        self.endpoints: dict[str, Any] = json.loads((self.data / "endpoints.json").read_text())
        vcenter = self.endpoints["vcenter"]
        self._environment = os.environ | {
            "HOME": str(folder),
            "KUBECONFIG": str(self.data / "kubeconfig"),
            "GIT_AUTHOR_NAME": "Someone",
            "GIT_AUTHOR_EMAIL": "someone@example.com",
            "GIT_COMMITTER_NAME": "Someone",
            "GIT_COMMITTER_EMAIL": "someone@example.com",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GOVC_URL": vcenter["url"],
            "GOVC_USERNAME": vcenter["username"],
            "GOVC_PASSWORD": vcenter["password"],
            "GOVC_INSECURE": "1",
            "GOVC_PERSIST_SESSION": "false",
        }
        self.run("git", "clone", "-q", self.endpoints["git"], str(self.clone))

    def run(self, tool: str, *words: str, given: str = "", code: int = 0, **more: str) -> str:
        """What the tool prints on its standard output."""
        found = peers.find(tool)
        process = subprocess.run(
            [str(found), *words],
            cwd=self.clone if self.clone.exists() else self.folder,
            env=self._environment | more,
            input=given,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert process.returncode == code, f"{tool} {' '.join(words)}: {process.stdout}{process.stderr}"
        return process.stdout

    def git(self, *words: str) -> str:
        return self.run("git", *words)

    def kubectl(self, *words: str, **more: Any) -> str:
        return self.run("kubectl", *words, **more)

    def fairlead(self, *words: str) -> str:
        command = [sys.executable, "-m", "fairlead.cli.main", *words, "--data", str(self.data)]
        process = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
        assert process.returncode == 0, process.stderr
        return process.stdout

    def push(self, subject: str) -> None:
        self.git("commit", "-q", "-a", "-m", subject)
        self.git("push", "-q", "origin", "HEAD")

    def edit(self, path: str, *changes: tuple[str, str]) -> None:
        """Replace texts that must be there in a file of the clone."""
        file = self.clone / path
        text = file.read_text()
        for old, new in changes:
            assert old in text, f"{path} has no {old!r}"
            text = text.replace(old, new)
        file.write_text(text)

    # What there is.

    def vms(self, cluster: str) -> set[str]:
        """The names of a cluster's VMs, as govc lists them."""
        names = (path.rpartition("/")[2] for path in self.run("govc", "ls", "/DC0/vm").split())
        return {name for name in names if name.startswith(f"{cluster}-")}

    def nodes(self, cluster: str) -> dict[str, str]:
        """The Ready nodes of a workload cluster and their versions, through its own kubeconfig."""
        config = self.folder / f"{cluster}.kubeconfig"
        config.write_text(self.fairlead("cluster", "kubeconfig", cluster))
        found = json.loads(self.kubectl("get", "nodes", "-o", "json", KUBECONFIG=str(config)))["items"]
        return {
            node["metadata"]["name"]: node["status"]["nodeInfo"]["kubeletVersion"]
            for node in found
            if any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])
        }

    def ready_condition(self, kind: str, name: str, namespace: str) -> tuple[str, str, str]:
        obj = json.loads(self.kubectl("get", kind, name, "-n", namespace, "-o", "json"))
        conditions = obj.get("status", {}).get("conditions", [])
        found = next((c for c in conditions if c["type"] == "Ready"), {"status": "", "reason": "", "message": ""})
        return found["status"], found["reason"], found["message"]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come; {self.kubectl('get', 'ks,hr,cluster', '-A')}"
            time.sleep(0.3)

    def is_as(self, where: tuple[str, str], machines: int, version: str = "v1.33.1") -> bool:
        """Whether a cluster has so many VMs, each a Ready node of that version."""
        vms = self.vms(where[1])
        return len(vms) == machines and self.nodes(where[1]) == dict.fromkeys(vms, version)


@contextlib.contextmanager
def program(folder: Path, *words: str) -> Iterator[Lab]:
    """The program with the sample fleet, its clusters available; it must end quietly."""
    command = [sys.executable, "-m", "fairlead.cli.main", "up", "--ephemeral", "--data", str(folder / "data")]
    command += ["--fleet", str(ROOT / "examples" / "fleet"), *words]
    log = folder / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not (folder / "data" / "endpoints.json").exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"no endpoints.json: {log.read_text()}"
            time.sleep(0.1)
        lab = Lab(folder)
        for where in (STAGING, PRODUCTION):
            wait_available(lab, *where)
        yield lab
        assert process.poll() is None, f"the program ended by itself: {log.read_text()}"
    finally:
        process.terminate()
        process.wait(20)
    assert "Traceback" not in log.read_text()
    assert not (folder / "data" / "endpoints.json").exists(), "removed on exit"


def wait_available(lab: Lab, namespace: str, cluster: str) -> None:
    lab.until(lambda: has(lab, namespace, cluster), f"the cluster {cluster}")
    lab.kubectl("wait", "--for=condition=Available", f"cluster/{cluster}", "-n", namespace, "--timeout=80s")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with program(tmp_path_factory.mktemp("journey")) as running:
        yield running


def has(lab: Lab, namespace: str, cluster: str) -> bool:
    return cluster in lab.kubectl("get", "cluster", "-n", namespace, "-o", "name", "--ignore-not-found")


def test_push_scales_and_revert_scales_back(lab: Lab) -> None:
    """One more worker by a commit: a VM for govc, a Ready node for kubectl; the reverted commit takes both away."""
    lab.until(lambda: lab.is_as(STAGING, 2), "the first two machines")
    before = lab.vms("skiff")
    lab.edit(VALUES, ("workers:\n  replicas: 1", "workers:\n  replicas: 2"))
    lab.push("Give the skiff another worker")
    lab.until(lambda: lab.vms("skiff") > before, "the new VM")
    lab.until(lambda: lab.is_as(STAGING, 3), "three Ready nodes")
    lab.git("revert", "--no-edit", "HEAD")
    lab.git("push", "-q", "origin", "HEAD")
    lab.until(lambda: lab.is_as(STAGING, 2), "two nodes again")
    assert len(lab.vms("skiff") & before) >= 1


def test_version_rolls(lab: Lab) -> None:
    """A new Kubernetes version replaces all three control planes and both workers; the API answers all the while."""
    before = lab.vms("harbour")
    path = "clusters/production/harbour/values.yaml"
    lab.edit(path, ("kubernetesVersion: v1.33.1", "kubernetesVersion: v1.34.1"))
    lab.push("Upgrade the harbour")

    def is_upgraded() -> bool:
        ready = json.loads(lab.kubectl("get", "kcp", "harbour", "-n", "production", "-o", "json"))["status"]
        assert ready["readyReplicas"] >= 2, "quorum"
        return lab.is_as(PRODUCTION, 5, "v1.34.1")  # through the workload cluster's own API

    lab.until(is_upgraded, "five machines of the new version")
    assert before.isdisjoint(lab.vms("harbour"))


def test_destroyed_worker_is_replaced(lab: Lab) -> None:
    """`govc vm.destroy` of a worker: the health check has it replaced."""
    lab.until(lambda: lab.is_as(STAGING, 2), "two nodes")
    lab.edit(VALUES, ("workers:", "healthCheck:\n  unhealthySeconds: 2\nworkers:"))
    lab.push("Be quick to replace workers")
    lab.kubectl(
        "wait", "mhc", "--all", "-n", "staging", "--timeout=60s",
        "--for=jsonpath={.spec.checks.unhealthyNodeConditions[0].timeoutSeconds}=2",
    )  # fmt: skip
    [lost] = [name for name in lab.vms("skiff") if "-workers-" in name]
    lab.run("govc", "vm.destroy", lost)
    lab.until(lambda: lost not in lab.vms("skiff") and lab.is_as(STAGING, 2), "another worker")


def test_drift_is_undone(lab: Lab) -> None:
    """What was applied from Git comes back when it is deleted, and is set back when it is edited."""
    found = lab.kubectl("get", "configmap", "-n", "staging", "-o", "name").split()
    [config] = [name for name in found if "skiff-values" in name]
    uid = ("get", config, "-n", "staging", "--ignore-not-found", "-o", "jsonpath={.metadata.uid}")
    first = lab.kubectl(*uid)
    lab.kubectl("delete", config, "-n", "staging")
    lab.until(lambda: lab.kubectl(*uid) not in ("", first), "the deleted ConfigMap")
    editor = "sed -i 's/interval: 10m0s/interval: 99m/;s/interval: 10m$/interval: 99m/'"
    lab.kubectl("edit", "helmrelease", "skiff", "-n", "staging", KUBE_EDITOR=editor)
    interval = ("get", "helmrelease", "skiff", "-n", "staging", "-o", "jsonpath={.spec.interval}")
    lab.until(lambda: lab.kubectl(*interval) == "10m", "the interval of Git")


def test_bad_commits_are_told(lab: Lab) -> None:
    """Malformed YAML, and a value that the chart refuses: conditions name file or field; what runs is not touched."""
    vms = lab.vms("skiff")
    lab.edit("clusters/staging/skiff/cluster.yaml", ("  interval: 10m\n", "  interval: 10m\n   chart: [\n"))
    lab.push("Break the YAML")
    condition = ("kustomization", "clusters", "flux-system")
    lab.until(lambda: lab.ready_condition(*condition)[0] == "False", "the refusal of the Kustomization")
    _, reason, message = lab.ready_condition(*condition)
    assert reason == "BuildFailed"
    assert "staging/skiff/cluster.yaml" in message
    assert "line" in message
    lab.git("revert", "--no-edit", "HEAD")
    lab.edit(VALUES, ("workers:\n  replicas: 1", "workers:\n  replicas: several"))
    lab.push("Ask for several workers")
    release = ("helmrelease", "skiff", "staging")
    lab.until(lambda: lab.ready_condition(*release)[0] == "False", "the refusal of the HelmRelease")
    message = lab.ready_condition(*release)[2]
    assert "replicas" in message, message
    assert lab.vms("skiff") == vms
    lab.git("revert", "--no-edit", "HEAD")
    lab.git("push", "-q", "origin", "HEAD")
    lab.until(lambda: lab.ready_condition(*release)[0] == "True", "health again")


def test_removed_directory_takes_all(lab: Lab) -> None:
    """A cluster's directory leaves Git: its VMs leave the vCenter, its objects the API; the other cluster stays."""
    assert len(lab.vms("harbour")) == 5
    lab.git("rm", "-r", "-q", "clusters/production")
    lab.push("Give up the harbour")
    lab.until(lambda: not lab.vms("harbour"), "the end of its VMs")
    kinds = "clusters,machines,kubeadmcontrolplanes,vspherevms,vspheremachines,helmreleases,kustomizations"
    listing = ("get", kinds, "-n", "production", "-o", "name", "--ignore-not-found")
    lab.until(lambda: not lab.kubectl(*listing).strip(), "the end of its objects")
    assert lab.is_as(STAGING, 2)

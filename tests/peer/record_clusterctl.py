"""Record what clusterctl prints of two simulated clusters, into tests/golden/clusterctl.

    .venv/bin/python tests/peer/record_clusterctl.py

`objects.json` are the clusters at the end of a simulation: `skiff` (3 control planes, 3 workers, all Ready) and
`wreck`, whose network does not exist. `cases.json` has per case the flags and the output.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from fairlead.api.addons.kinds import KINDS as ADDON_KINDS
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, meta
from fairlead.cli.helm.files import load
from fairlead.engines.helm.capabilities import DEFAULT_KUBE_VERSION, Capabilities, parse_kube_version
from fairlead.engines.helm.release import Release, render
from fairlead.engines.helm.world import World as HelmWorld
from fairlead.testing.serving import Served
from fairlead.testing.world import KINDS, World, simulate

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests/golden/clusterctl"
TOOL = ROOT / ".peers/clusterctl"
CASES = (
    "skiff",
    "skiff --show-conditions all",
    "skiff --show-conditions all+ --echo",
    "skiff --show-conditions KubeadmControlPlane+,Cluster --grouping=false",
    "skiff --echo --show-machinesets --show-templates",
    "wreck",
    "wreck --show-conditions all",
    "wreck --show-conditions Machine+ --grouping=false",
    "wreck --show-machinesets --show-templates --echo",
)


def cluster(name: str, namespace: str, endpoint: str, **vcenter: str) -> list[Json]:
    """The objects of a cluster, from the sample fleet's chart."""
    values = {
        "kubernetesVersion": "v1.33.1",
        "controlPlane": {"replicas": 3, "endpoint": endpoint},
        "workers": {"replicas": 3},
        "vcenter": {"server": "vcenter.lab", "thumbprint": "", **vcenter},
    }
    world = HelmWorld(
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC), random_bytes=bytes, generate_key=lambda kind, bits: b""
    )
    capabilities = Capabilities(parse_kube_version(DEFAULT_KUBE_VERSION))
    done = render(
        load(str(ROOT / "examples/fleet/charts/capv-cluster")), values, Release(name, namespace), capabilities, world
    )
    return [obj for obj in goyaml.load_all(done.to_text()) if isinstance(obj, dict)]


def simulated() -> list[Json]:
    """What is there in the end."""
    found: list[Json] = []

    async def scenario(world: World) -> None:
        identity = {"apiVersion": "infrastructure.cluster.x-k8s.io/v1beta2", "kind": "VSphereClusterIdentity"}
        await world.apply(
            [
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "capv-system"}},
                {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "metadata": {"name": "vcenter", "namespace": "capv-system"},
                    "stringData": {"username": "administrator@vsphere.local", "password": "fairlead"},
                },
                {
                    **identity,
                    "metadata": {"name": "vcenter"},
                    "spec": {"secretName": "vcenter", "allowedNamespaces": {"selector": {}}},
                },
            ]
        )
        await world.apply(cluster("skiff", "staging", "192.168.20.11"), "staging")
        await world.apply(cluster("wreck", "production", "192.168.20.12", network="nowhere"), "production")
        await world.settle(timedelta(minutes=3))
        for kind in KINDS:
            if kind not in ADDON_KINDS and kind.kind != "VSphereClusterIdentity":
                found.extend(record.view for record in world.server.store.select(f"{kind.plural}.{kind.group}"))

    simulate(scenario)
    return [_slim(obj) for obj in found]


def _slim(obj: Json) -> Json:
    metadata = {key: value for key, value in meta(obj).items() if key not in ("managedFields", "annotations")}
    status = {key: value for key, value in (obj.get("status") or {}).items() if key not in ("deprecated", "nodeInfo")}
    return {**obj, "metadata": metadata, "status": status}


def main() -> int:
    now = datetime.now(UTC).replace(microsecond=0)
    objects = simulated()
    served = Served(now, objects)
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = served.listen(Path(folder))
        environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "HOME": folder, "XDG_CONFIG_HOME": folder}
        for case in CASES:
            name, *flags = shlex.split(case)
            namespace = "staging" if name == "skiff" else "production"
            command = [str(TOOL), "describe", "cluster", name, "-n", namespace, *flags]
            output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
            lines = [line.rstrip() for line in output.splitlines()]
            cases.append({"name": case, "args": [name, "-n", namespace, *flags], "output": lines})
    served.close()
    pins = (ROOT / "peers/clusterapi/go.mod").read_text()
    version = re.search(r"sigs.k8s.io/cluster-api (v\S+)", pins)[1]
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "objects.json").write_bytes(b"[\n" + b",\n".join(map(orjson.dumps, objects)) + b"\n]\n")
    (FOLDER / "cases.json").write_bytes(
        orjson.dumps({"now": now.isoformat(), "cases": cases}, option=orjson.OPT_INDENT_2)
    )
    (FOLDER / "PEER").write_text(
        f"clusterctl {version}, `clusterctl describe cluster ARGS`\n"
        "against the embedded API server; spaces at the end of lines are dropped.\n"
        "Recorded by tests/peer/record_clusterctl.py, which also makes objects.json.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

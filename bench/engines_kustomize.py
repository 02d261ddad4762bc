"""Kustomize builds, ours and the real tool's, in one run.

    python bench/engines_kustomize.py [FOLDER] [--kustomize PATH] [--repeat N]

FOLDER is searched for kustomizations (default: $FAIRLEAD_SHARED/fixtures/kustomize, else examples). Prints

- whole process: `fairlead kustomize build` against `kustomize build`, for every kustomization that both build: wall
  and CPU seconds in all, their ratio, and the median ratio. Compiled Python files are kept in a folder of the bench.
  Once with nothing kept of earlier builds (FAIRLEAD_BUILD_CACHE=off), once with an empty folder of kept builds that
  each build is added to, and once with the folder that this leaves.
- warm: the same kustomizations built again in one process of ours, against the real tool's processes less the time it
  takes to start.
- large: an overlay of 2000 objects (namespace, prefix, labels, images, patches, a generator), both as whole processes.
- peak memory of both for the large one.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fairlead.cli.kustomize.main import build_folder
from fairlead.engines.kustomize import KustomizeError
from fairlead.testing.compat_kustomize import folders_below

OBJECTS = 2000
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{0}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: app-{0}
  template:
    metadata:
      labels:
        app: app-{0}
    spec:
      serviceAccountName: app-{0}
      containers:
      - name: main
        image: registry.example.com/app:1.0
        env:
        - name: LEVEL
          value: "1"
        envFrom:
        - configMapRef:
            name: app-{0}
        ports:
        - containerPort: 80
"""
CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata:
  name: app-{0}
data:
  key: value-{0}
"""
OVERLAY = """namespace: prod
namePrefix: p-
resources:
- ../base
labels:
- pairs: {team: red}
  includeSelectors: true
images:
- name: registry.example.com/app
  newTag: "2.0"
configMapGenerator:
- name: shared
  literals: [a=b]
patches:
- target: {kind: Deployment, name: app-1.*}
  patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: any}
    spec: {replicas: 3}
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: app-7}
    spec: {template: {spec: {containers: [{name: main, image: other}]}}}
"""


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float, bytes, int]:
    """Return wall and CPU seconds, output and exit code."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, done.stdout, done.returncode


def write_large(root: Path) -> Path:
    """Write the large overlay below *root*."""
    (root / "base").mkdir()
    (root / "over").mkdir()
    half = OBJECTS // 2
    documents = [text.format(number) for number in range(half) for text in (DEPLOYMENT, CONFIG_MAP)]
    (root / "base" / "all.yaml").write_text("---\n".join(documents))
    (root / "base" / "kustomization.yaml").write_text("resources:\n- all.yaml\n")
    (root / "over" / "kustomization.yaml").write_text(OVERLAY)
    return root / "over"


def compare_processes(folders: list[Path], peer: str, repeat: int, environment: dict[str, str]) -> list[Path]:
    """Print whole processes side by side; return the folders that both build."""
    command = [sys.executable, "-m", "fairlead.cli.main", "kustomize", "build"]
    cold, kept = {**environment, "FAIRLEAD_BUILD_CACHE": "off"}, environment
    measure([*command, str(folders[0])], cold)  # compiles
    rows, good = [], []
    for folder in folders:
        ours_command = [*command, str(folder)]
        sides = []
        for _ in range(repeat):
            sides.append(
                (
                    measure([peer, "build", str(folder)], environment),
                    measure(ours_command, cold),
                    _first_build(ours_command, kept),
                    measure(ours_command, kept),
                )
            )
        if all(run[3] == 0 for runs in sides for run in runs):
            good.append(folder)
            rows.append([[min(runs[side][part] for runs in sides) for part in (0, 1)] for side in range(4)])
    for side, name in ((1, "nothing kept"), (2, "first build, kept"), (3, "built before")):
        _print_ratio(name, rows, side)
    return good


def _first_build(command: list[str], environment: dict[str, str]) -> tuple[float, float, bytes, int]:
    shutil.rmtree(environment["FAIRLEAD_BUILD_CACHE"], ignore_errors=True)
    return measure(command, environment)


def _print_ratio(name: str, rows: list[list[list[float]]], side: int) -> None:
    for part, unit in ((0, "wall"), (1, "cpu")):
        peer_s, ours_s = (sum(row[at][part] for row in rows) for at in (0, side))
        middle = statistics.median(row[side][part] / row[0][part] for row in rows if row[0][part] > 0)
        print(
            f"whole process, {len(rows)} kustomizations, {name}, {unit}: kustomize {peer_s:.2f} s, "
            f"fairlead {ours_s:.2f} s, ratio {ours_s / peer_s:.2f}, median ratio {middle:.2f}"
        )


def compare_warm(folders: list[Path], peer: str, environment: dict[str, str]) -> None:
    """Print builds in a warm process against the real tool's work without its start."""
    start = min(measure([peer, "version"], environment)[1] for _ in range(10))
    theirs = sum(max(measure([peer, "build", str(folder)], environment)[1] - start, 0.0) for folder in folders)
    for _ in range(2):
        for folder in folders:
            build_folder(str(folder)).to_text()
    before = time.process_time()
    for folder in folders:
        build_folder(str(folder)).to_text()
    ours = time.process_time() - before
    print(
        f"warm, {len(folders)} kustomizations, cpu: kustomize {theirs:.2f} s (without {start * 1000:.0f} ms of start "
        f"each), fairlead {ours:.2f} s, ratio {ours / theirs:.2f}"
    )


def compare_large(peer: str, environment: dict[str, str]) -> None:
    """Print the overlay of many objects, and the peak memory of both; nothing is kept of earlier builds."""
    environment = {**environment, "FAIRLEAD_BUILD_CACHE": "off"}
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_large(Path(scratch))
        commands = {
            "kustomize": [peer, "build", str(folder)],
            "fairlead": [sys.executable, "-m", "fairlead.cli.main", "kustomize", "build", str(folder)],
        }
        outputs, walls = {}, {}
        for name, command in commands.items():
            walls[name], cpu, outputs[name], _ = measure(command, environment)
            most = peak(command, environment)
            print(f"{OBJECTS} objects, {name}: wall {walls[name]:.2f} s, cpu {cpu:.2f} s, peak {most} MiB")
        equal = "equal" if outputs["kustomize"] == outputs["fairlead"] else "DIFFERENT"
        print(f"{OBJECTS} objects: ratio {walls['fairlead'] / walls['kustomize']:.3f}, outputs {equal}")


def peak(command: list[str], environment: dict[str, str]) -> int:
    """Return the peak memory of a process in MiB."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, check=True, env=environment
    )
    return int(done.stdout)


def main() -> int:
    shared = os.environ.get("FAIRLEAD_SHARED")
    parser = argparse.ArgumentParser(description="Measure kustomize builds, ours and the real tool's.")
    parser.add_argument(
        "folder", nargs="?", default=f"{shared}/fixtures/kustomize" if shared else "examples", type=Path
    )
    parser.add_argument("--kustomize", default=".peers/kustomize")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each process; the best counts")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as compiled:
        environment = {
            **os.environ,
            "PYTHONPYCACHEPREFIX": compiled,
            "FAIRLEAD_BUILD_CACHE": str(Path(compiled, "builds")),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        folders = [folder for _, folder, _ in folders_below(args.folder)]
        good = compare_processes(folders, args.kustomize, args.repeat, environment)
        try:
            compare_warm(good, args.kustomize, environment)
        except KustomizeError as error:
            print(f"warm: {error}", file=sys.stderr)
            return 1
        compare_large(args.kustomize, environment)
    return 0


if __name__ == "__main__":
    sys.exit(main())

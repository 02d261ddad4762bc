"""From `git push` to N Ready clusters (1 control plane and 2 workers each): time, CPU, memory, API writes.

Run: python bench/journey.py [--clusters 1,10,50] [--rounds 3] [--boot-delay 0] [-o json]

Each round starts its own `fairlead up --ephemeral` on the sample fleet without its clusters, waits until that is Ready,
then clones the repository, adds N cluster directories (the sample's `skiff`: cluster and CNI, without the app), and
pushes. The clock runs from the start of `git push` until the watch of Clusters has shown every one Available with all
machines ready. CPU is the program's own (user and system) in that time; memory the highest resident size since its
start; writes are revisions of the management cluster's API, Events among them. What is written inside the workload
clusters is not counted, on either side.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, get_in
from fairlead.cli import kinds
from fairlead.cli.connection import Connection, open_connection
from fairlead.runtime.conditions import is_true

ROOT = Path(__file__).parents[1]
FLEET = ROOT / "examples/fleet"
MODEL, MODEL_NAMESPACE = "skiff", "staging"
START_SECONDS, LIMIT_SECONDS, SETTLE_SECONDS = 60.0, 900.0, 10.0
WORKERS = 2
TICK = os.sysconf("SC_CLK_TCK")

# The stack people run for this today (CAPI 1.14, CAPV 1.17 on its vCenter simulator, kube-apiserver 1.36, Flux 2.9) on
# 2 cores of a like machine. Its clusters were applied with kubectl; a push to Flux adds 0.3 s to 60 s.
REFERENCE = {
    (1, 0.0): "49 s, 23 CPU s, 1.2 GB, 459-482 writes",
    (1, 10.0): "92 s, 27-30 CPU s, 480-517 writes",
    (10, 10.0): "178.9 s, 249 CPU s, 1.90 GB, 569 writes per cluster",
    (30, 10.0): "not all after 390 s (25 of 30), 2.2 GB",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """One round."""

    clusters: int
    boot_delay_seconds: float
    start_seconds: float  # from the process's start until the API serves and everything is Ready
    first_seconds: float  # until the first cluster was Ready
    ready_seconds: float  # until all were
    starved_seconds: float  # of that time the program's main thread waited for a core that others had
    cpu_seconds: float
    peak_mib: float
    writes_per_cluster: float
    events_per_cluster: float  # of these writes


class Program:
    """A `fairlead up` of our own."""

    def __init__(self, folder: Path, fleet: Path, boot_delay_seconds: float, log: Path) -> None:
        command = [sys.executable, "-m", "fairlead.cli.main", "up", "--ephemeral", "--data", str(folder)]
        command += ["--fleet", str(fleet), "--boot-delay", f"{boot_delay_seconds:g}s"]
        self._log = log.open("wb")
        self._began = time.perf_counter()
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)
        self.folder = folder

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_serving(self) -> Json:
        """What endpoints.json says, once it is there. Raises: RuntimeError."""
        path = self.folder / "endpoints.json"
        while not path.exists():
            if self._process.poll() is not None:
                raise RuntimeError(f"`fairlead up` ended with {self._process.returncode}; see {self._log.name}")
            if time.perf_counter() - self._began > START_SECONDS:
                raise RuntimeError(f"`fairlead up` does not serve after {START_SECONDS:g} s; see {self._log.name}")
            time.sleep(0.01)
        found: Json = orjson.loads(path.read_bytes())
        return found

    @property
    def age_seconds(self) -> float:
        return time.perf_counter() - self._began

    def cpu_seconds(self) -> float:
        """User and system time of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def starved_seconds(self) -> float:
        """How long its main thread was ready to run and had no core."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    def peak_mib(self) -> float:
        """The highest resident size so far."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


@contextlib.contextmanager
def running(work: Path, boot_delay_seconds: float) -> Iterator[Program]:
    """A program on a fleet without clusters."""
    fleet = work / "fleet"
    shutil.copytree(FLEET, fleet, ignore=shutil.ignore_patterns("clusters", ".git"))
    place = fleet / "clusters/bench"
    place.mkdir(parents=True)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bench"}}
    (place / "namespace.yaml").write_text(goyaml.dump(namespace))
    program = Program(work / "data", fleet, boot_delay_seconds, work / "up.log")
    try:
        yield program
    finally:
        program.stop()


def connect(program: Program) -> Connection:
    return open_connection(argparse.Namespace(kubeconfig=str(program.folder / "kubeconfig"), data="", context=""))


def git(*arguments: str, cwd: Path) -> None:
    """Run git with a fixed author and no configuration of the user's."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_NAME": "bench", f"GIT_{who}_EMAIL": "bench@fairlead.invalid"}
    subprocess.run(["git", "-c", "gc.auto=0", *arguments], cwd=cwd, env=environment, check=True, capture_output=True)


def add_clusters(repository: Path, count: int) -> None:
    """Write *count* cluster directories, made from the sample's."""
    model = FLEET / "clusters" / MODEL_NAMESPACE / MODEL
    for number in range(count):
        name = f"c{number:03}"
        target = repository / "clusters/bench" / name
        target.mkdir(parents=True)
        for source in model.iterdir():
            text = source.read_text().replace(MODEL, name).replace(MODEL_NAMESPACE, "bench")
            if source.name == "addons.yaml":
                kept = [obj for obj in goyaml.load_all(text) if isinstance(obj, dict) and not _is_app(obj)]
                text = "---\n".join(goyaml.dump(obj) for obj in kept)
            if source.name == "values.yaml":
                values: Any = goyaml.load(text)
                values["controlPlane"] |= {
                    "replicas": 1,
                    "endpoint": f"192.168.{30 + number // 200}.{number % 200 + 10}",
                }
                values["workers"]["replicas"] = WORKERS
                text = goyaml.dump(values)
            (target / source.name).write_text(text)


def _is_app(obj: Json) -> bool:
    return "/apps/" in get_in(obj, "spec", "path", default="")


def is_ready(cluster: Json) -> bool:
    """Available, with every machine ready."""
    status = cluster.get("status") or {}
    return (
        is_true(status.get("conditions"), "Available")
        and get_in(status, "controlPlane", "readyReplicas") == 1
        and get_in(status, "workers", "readyReplicas") == WORKERS
    )


def wait_for_clusters(connection: Connection, count: int, began: float) -> tuple[float, float]:
    """Seconds since *began* until the first cluster and until all were Ready. Raises: TimeoutError."""
    ready: set[str] = set()
    first = 0.0
    for _, cluster in connection.watch(kinds.CLUSTER, timeout_seconds=LIMIT_SECONDS):
        name = cluster["metadata"]["name"]
        if is_ready(cluster):
            ready.add(name)
            first = first or time.perf_counter() - began
            if len(ready) == count:
                return first, time.perf_counter() - began
        else:
            ready.discard(name)
    raise TimeoutError(f"{len(ready)} of {count} clusters are Ready after {LIMIT_SECONDS:g} s")


def wait_for_source(connection: Connection) -> None:
    """Wait until the fleet without clusters is applied."""
    for _, obj in connection.watch(kinds.KUSTOMIZATION, timeout_seconds=START_SECONDS):
        if is_true(get_in(obj, "status", "conditions"), "Ready"):
            return
    raise TimeoutError(f"the fleet without clusters is not applied after {START_SECONDS:g} s")


def revision(connection: Connection) -> int:
    """How many writes the API has taken."""
    return int(connection.raw("/api/v1/namespaces?limit=1")["metadata"]["resourceVersion"])


def event_count(connection: Connection) -> int:
    """How many times an Event was written."""
    return sum(max(1, event.get("count") or 1) for event in connection.list(kinds.EVENT))


def after(program: Program, connection: Connection, repository: Path) -> None:
    """Print what the fleet costs when nothing happens, and what a small commit costs in it."""
    time.sleep(SETTLE_SECONDS)
    for what, change in (
        ("nothing", lambda: None),
        ("a commit that no cluster reads", lambda: _edit(repository, "README.md", "", "# Fleet\n")),
        ("one cluster: 2 workers -> 3", lambda: _edit(repository, "clusters/bench/c000/values.yaml", "s: 2", "s: 3")),
    ):
        cpu, writes = program.cpu_seconds(), revision(connection)
        change()
        time.sleep(SETTLE_SECONDS)
        cpu, writes = program.cpu_seconds() - cpu, revision(connection) - writes
        print(f"  then {what} for {SETTLE_SECONDS:g} s: {cpu:.2f} CPU s, {writes} writes")


def _edit(repository: Path, name: str, old: str, new: str) -> None:
    path = repository / name
    text = path.read_text()
    path.write_text(text.replace(old, new, 1) if old else new + text)
    git("commit", "--all", "--quiet", "--message", f"Edit {name}", cwd=repository)
    git("push", "--quiet", "origin", "HEAD:main", cwd=repository)


def measure(count: int, boot_delay_seconds: float, profile: str = "", changes: bool = False) -> Figures:
    """One round."""
    with (
        tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder,
        running(Path(folder), boot_delay_seconds) as program,
    ):
        endpoints = program.wait_until_serving()
        connection = connect(program)
        wait_for_source(connection)
        started = program.age_seconds
        repository = Path(folder) / "clone"
        git("clone", "--quiet", endpoints["git"], str(repository), cwd=Path(folder))
        add_clusters(repository, count)
        git("add", "--all", cwd=repository)
        git("commit", "--quiet", "--message", f"Add {count} clusters", cwd=repository)
        writes, events, cpu = revision(connection), event_count(connection), program.cpu_seconds()
        recorder = _record(program, profile) if profile else None
        starved = program.starved_seconds()
        began = time.perf_counter()
        git("push", "--quiet", "origin", "HEAD:main", cwd=repository)
        first, ready = wait_for_clusters(connection, count, began)
        cpu, starved = program.cpu_seconds() - cpu, program.starved_seconds() - starved
        writes, events = revision(connection) - writes, event_count(connection) - events
        if recorder is not None:
            recorder.send_signal(signal.SIGINT)
            recorder.wait(30)
        peak = program.peak_mib()
        if changes:
            after(program, connection, repository)
        connection.close()
        return Figures(
            clusters=count,
            boot_delay_seconds=boot_delay_seconds,
            start_seconds=started,
            first_seconds=first,
            ready_seconds=ready,
            starved_seconds=starved,
            cpu_seconds=cpu,
            peak_mib=peak,
            writes_per_cluster=writes / count,
            events_per_cluster=events / count,
        )


def _record(program: Program, profile: str) -> subprocess.Popen[bytes]:
    """Sample the program's stacks with py-spy, which must be on the path."""
    command = ["py-spy", "record", "--pid", str(program.pid), "--output", profile, "--format", "raw", "--rate", "200"]
    recorder = subprocess.Popen([*command, "--threads", "--gil"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1.0)  # it says nothing when it begins
    return recorder


def show(rounds: list[Figures]) -> None:
    """The best and the median of some rounds, beside the reference."""
    one = rounds[0]
    print(f"{one.clusters} cluster(s), 1 control plane + {WORKERS} workers, boot delay {one.boot_delay_seconds:g} s:")
    for label, name, unit in (
        ("first Ready", "first_seconds", "s"),
        ("all Ready", "ready_seconds", "s"),
        ("of it without a core", "starved_seconds", "s"),
        ("CPU", "cpu_seconds", "s"),
        ("peak memory", "peak_mib", "MiB"),
        ("API writes per cluster", "writes_per_cluster", ""),
        ("of these Events", "events_per_cluster", ""),
    ):
        values = [getattr(each, name) for each in rounds]
        print(f"  {label:24}{min(values):10.2f} {unit:4} median {statistics.median(values):.2f}")
    known = REFERENCE.get((one.clusters, one.boot_delay_seconds))
    print(f"  reference: {known or 'not measured with this number and delay'}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--clusters", default="1,10,50", help="numbers of clusters, with commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--boot-delay", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--profile", default="", metavar="FILE", help="py-spy's raw samples of the last round")
    parser.add_argument("--changes", action="store_true", help="measure small changes after each round too")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    args = parser.parse_args()
    rounds: list[Figures] = []
    for count in (int(part) for part in args.clusters.split(",")):
        mine = [measure(count, args.boot_delay, args.profile, args.changes) for _ in range(args.rounds)]
        rounds += mine
        if args.output == "text":
            show(mine)
    if args.output == "json":
        print(orjson.dumps([asdict(each) for each in rounds], option=orjson.OPT_INDENT_2).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Time `fairlead helm template` beside the real helm, both sides in one run, interleaved.

    python bench/engines_helm.py [DIR] [--rounds N] [--renders N] [--only TEXT]

(a) Whole processes over every chart below DIR with its default values: wall and CPU time (the smallest of N rounds)
and peak memory. (b) The same chart rendered again in one process with one value changed, against a Go program that
does the same over Helm's library (.peers/helm-render). The machine's load shows in wall time; CPU time wobbles less.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from fairlead.testing.compat_helm import find_charts

ROOT = Path(__file__).parents[1]
HELM = ROOT / ".peers" / "helm"
HELM_RENDER = ROOT / ".peers" / "helm-render"
FAIRLEAD = Path(sys.executable).parent / "fairlead"
KEY = "fairleadBench"


@dataclass
class Spent:
    """The least that a command was seen to take."""

    wall: float = float("inf")
    cpu: float = float("inf")
    peak_kib: int = 0
    code: int = 0


def run_once(command: list[str], spent: Spent) -> None:
    """Run *command* and note what it took."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    spent.code = process.returncode
    spent.wall = min(spent.wall, wall)
    spent.cpu = min(spent.cpu, usage.ru_utime + usage.ru_stime)
    spent.peak_kib = max(spent.peak_kib, usage.ru_maxrss)


def whole_processes(charts: list[Path], rounds: int) -> None:
    """Print part (a)."""
    rows: list[tuple[Path, Spent, Spent]] = []
    for chart in charts:
        theirs, ours = Spent(), Spent()
        run_once([str(FAIRLEAD), "helm", "template", str(chart)], Spent())  # compiled templates go to disk once
        for _ in range(rounds):
            run_once([str(HELM), "template", str(chart)], theirs)
            run_once([str(FAIRLEAD), "helm", "template", str(chart)], ours)
        rows.append((chart, theirs, ours))
    for label, get in (("wall", lambda spent: spent.wall), ("cpu", lambda spent: spent.cpu)):
        mine, other = sum(get(ours) for _, _, ours in rows), sum(get(theirs) for _, theirs, _ in rows)
        ratios = sorted(get(ours) / get(theirs) for _, theirs, ours in rows)
        print(
            f"(a) {label}: {len(rows)} charts, helm {other:.2f} s, fairlead {mine:.2f} s, ratio {mine / other:.2f}, "
            f"median of ratios {statistics.median(ratios):.2f}, worst {ratios[-1]:.2f}"
        )
    worst = max(rows, key=lambda row: row[2].wall / row[1].wall)
    print(f"    slowest beside helm: {worst[0].name}: {worst[1].wall * 1000:.0f} ms, {worst[2].wall * 1000:.0f} ms")
    peaks = [(theirs.peak_kib, ours.peak_kib) for _, theirs, ours in rows]
    print(
        f"    peak memory: helm {max(a for a, _ in peaks) // 1024} MiB at most, median {_median(a for a, _ in peaks)}; "
        f"fairlead {max(b for _, b in peaks) // 1024} MiB at most, median {_median(b for _, b in peaks)}; "
        f"{sum(b <= a for a, b in peaks)} of {len(peaks)} charts take no more than helm"
    )


def _median(values: object) -> str:
    return f"{statistics.median(values) / 1024:.0f} MiB"  # type: ignore[call-overload]


def in_process(charts: list[Path], renders: int) -> None:
    """Print part (b)."""
    from fairlead.cli.helm import load
    from fairlead.cli.helm_template import world
    from fairlead.engines.helm import HelmError, render

    ratios: list[float] = []
    total = [0.0, 0.0]
    for path in charts:
        done = subprocess.run(
            [str(HELM_RENDER), "bench", str(path), KEY, str(renders)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            continue
        theirs = statistics.median(map(float, done.stdout.split()[1:] or done.stdout.split()))
        chart = load(str(path))
        times: list[float] = []
        try:
            for number in range(renders):
                started = time.perf_counter()
                render(chart, {KEY: number}, world=world())
                times.append(time.perf_counter() - started)
        except HelmError:
            continue
        ours = statistics.median(times[1:] or times)
        ratios.append(ours / theirs)
        total[0] += theirs
        total[1] += ours
    ratios.sort()
    print(
        f"(b) rendered again with one value changed: {len(ratios)} charts, helm {total[0] * 1000:.1f} ms, "
        f"fairlead {total[1] * 1000:.1f} ms, total ratio {total[1] / total[0]:.2f}, "
        f"median of ratios {statistics.median(ratios):.2f}, worst {ratios[-1]:.2f}"
    )


def main() -> int:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("FAIRLEAD_SHARED", "")
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path(shared) / "fixtures" / "charts" if shared else None
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--renders", type=int, default=11)
    parser.add_argument("--only", default="", help="charts whose path has this text")
    parser.add_argument("--skip-processes", action="store_true")
    args = parser.parse_args()
    if args.folder is None or not HELM.is_file() or not HELM_RENDER.is_file():
        print("bench: give a folder of charts; `make peers` builds helm and helm-render", file=sys.stderr)
        return 2
    charts = [chart for chart in find_charts(args.folder.resolve()) if args.only in str(chart)]
    print(f"{len(charts)} charts, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    if not args.skip_processes:
        whole_processes(charts, args.rounds)
    in_process(charts, args.renders)
    return 0


if __name__ == "__main__":
    sys.exit(main())

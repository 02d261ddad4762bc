"""Time `fairlead helm template` beside the real helm, both sides in one run, interleaved.

    python bench/engines_helm.py [DIR] [--rounds N] [--renders N] [--only TEXT] [--table]

(a) Whole processes over every chart below DIR with its default values: wall and CPU time (the smallest of N rounds)
and peak memory; ours once with the compiled templates of an earlier run on disk (warm; what is printed is rendered
anew), once without any (cold). (b) The same chart rendered again in one process with one value changed, against a Go
program that does the same over Helm's library (.peers/helm-render); charts that make RSA keys are counted apart, as
the time for a key wobbles and is the library's. The machine's load shows in wall time; CPU time wobbles less.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
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


def run_cold(command: list[str], spent: Spent) -> None:
    """Run *command* with an empty folder of compiled templates."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FAIRLEAD_TEMPLATE_CACHE"] = folder
        try:
            run_once(command, spent)
        finally:
            del os.environ["FAIRLEAD_TEMPLATE_CACHE"]


def whole_processes(charts: list[Path], rounds: int, table: bool) -> None:
    """Print part (a)."""
    rows: list[tuple[Path, Spent, Spent, Spent]] = []
    for chart in charts:
        theirs, warm, cold = Spent(), Spent(), Spent()
        ours = [str(FAIRLEAD), "helm", "template", str(chart)]
        run_once(ours, Spent())  # compiled templates go to disk once
        for _ in range(rounds):
            run_once([str(HELM), "template", str(chart)], theirs)
            run_once(ours, warm)
            run_cold(ours, cold)
        rows.append((chart, theirs, warm, cold))
    for label, get in (("wall", lambda spent: spent.wall), ("cpu", lambda spent: spent.cpu)):
        other = sum(get(theirs) for _, theirs, _, _ in rows)
        for state, place in (("warm", 2), ("cold", 3)):
            mine = sum(get(row[place]) for row in rows)
            ratios = sorted(get(row[place]) / get(row[1]) for row in rows)
            print(
                f"(a) {state}, {label}: {len(rows)} charts, helm {other:.2f} s, fairlead {mine:.2f} s, "
                f"ratio {mine / other:.2f}, median of ratios {statistics.median(ratios):.2f}, worst {ratios[-1]:.2f}"
            )
    worst = max(rows, key=lambda row: row[2].cpu / row[1].cpu)
    print(f"    slowest beside helm: {worst[0].name}: CPU {worst[1].cpu * 1000:.0f} ms, {worst[2].cpu * 1000:.0f} ms")
    peaks = [(theirs.peak_kib, max(warm.peak_kib, cold.peak_kib)) for _, theirs, warm, cold in rows]
    print(
        f"    peak memory: helm {max(a for a, _ in peaks) // 1024} MiB at most, median {_median(a for a, _ in peaks)}; "
        f"fairlead {max(b for _, b in peaks) // 1024} MiB at most, median {_median(b for _, b in peaks)}; "
        f"{sum(b <= a for a, b in peaks)} of {len(peaks)} charts take no more than helm"
    )
    if table:
        for chart, theirs, warm, cold in rows:
            print(
                f"    {chart.parent.name}/{chart.name}: CPU ms helm {theirs.cpu * 1000:.0f}, "
                f"warm {warm.cpu * 1000:.0f}, cold {cold.cpu * 1000:.0f}"
            )


def _median(values: object) -> str:
    return f"{statistics.median(values) / 1024:.0f} MiB"  # type: ignore[call-overload]


def render_again(path: Path, renders: int) -> tuple[float, bool] | None:
    """Return the median seconds of a render with one value changed, and whether it made keys; None when it fails."""
    from fairlead.cli.helm import load
    from fairlead.cli.helm_template import world
    from fairlead.engines.helm import HelmError, render

    keys = 0
    here = world()
    generate = here.generate_key

    def counted(kind: str, bits: int) -> bytes:
        nonlocal keys
        keys += 1
        return generate(kind, bits)

    here.generate_key = counted
    chart = load(str(path))
    times: list[float] = []
    try:
        for number in range(renders):
            started = time.perf_counter()
            render(chart, {KEY: number}, world=here)
            times.append(time.perf_counter() - started)
    except HelmError:
        return None
    return statistics.median(times[1:] or times), bool(keys)


def in_process(charts: list[Path], renders: int, table: bool) -> None:
    """Print part (b)."""
    rows: list[tuple[Path, float, float, bool]] = []
    for path in charts:
        done = subprocess.run(
            [str(HELM_RENDER), "bench", str(path), KEY, str(renders)], capture_output=True, text=True, check=False
        )
        ours = None if done.returncode else render_again(path, renders)
        if ours is not None:
            theirs = statistics.median(map(float, done.stdout.split()[1:] or done.stdout.split()))
            rows.append((path, theirs, *ours))
    for label, chosen in (
        ("without those that make keys", [row for row in rows if not row[3]]),
        ("those that make keys", [row for row in rows if row[3]]),
        ("all", rows),
    ):
        if chosen:
            helm, ours = sum(row[1] for row in chosen), sum(row[2] for row in chosen)
            ratios = sorted(row[2] / row[1] for row in chosen)
            print(
                f"(b) rendered again with one value changed, {label}: {len(chosen)} charts, helm {helm * 1000:.1f} ms, "
                f"fairlead {ours * 1000:.1f} ms, total ratio {ours / helm:.2f}, "
                f"median of ratios {statistics.median(ratios):.2f}, worst {ratios[-1]:.2f}"
            )
    if table:
        for path, helm, ours, keys in rows:
            print(
                f"    {path.parent.name}/{path.name}: ms helm {helm * 1000:.2f}, fairlead {ours * 1000:.2f}, "
                f"ratio {ours / helm:.2f}{', makes keys' if keys else ''}"
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
    parser.add_argument("--skip-processes", action="store_true", help="only (b)")
    parser.add_argument("--table", action="store_true", help="a line for each chart, too")
    args = parser.parse_args()
    if args.folder is None or not HELM.is_file() or not HELM_RENDER.is_file():
        print("bench: give a folder of charts; `make peers` builds helm and helm-render", file=sys.stderr)
        return 2
    charts = [chart for chart in find_charts(args.folder.resolve()) if args.only in str(chart)]
    print(f"{len(charts)} charts, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    if not charts:
        print(f"bench: no chart below {args.folder} that can be rendered by itself", file=sys.stderr)
        return 2
    if not args.skip_processes:
        whole_processes(charts, args.rounds, args.table)
    in_process(charts, args.renders, args.table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Time `fairlead helm template` beside the real helm, both sides in one run, interleaved.

    python bench/engines_helm.py [DIR] [--rounds N] [--renders N] [--only TEXT] [--table]

(a) Whole processes over every chart below DIR with its default values: wall and CPU time (the smallest of N rounds)
and peak memory; ours once with what earlier runs left on disk, all compiled (warm; what is printed is rendered anew),
once without any (cold), and once with what the cold run left (second run). (b) The same chart rendered again in one
process with one value changed, against a Go program that does the same over Helm's library (.peers/helm-render);
charts that make RSA keys are counted apart, as the time for a key wobbles and is the library's. Ours once as a release
that is rendered again and again (templates run for what changed), once with every template run. The value is one that
no template names, or, with --read-values, each of up to 20 of the chart's own values in turn, of which the mean counts.
The machine's load shows in wall time; CPU time wobbles less.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.engines.helm.compiled import SHARES
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


def run_cold(command: list[str], spent: Spent, second: Spent) -> None:
    """Run *command* with an empty folder of compiled templates, and again."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FAIRLEAD_TEMPLATE_CACHE"] = folder
        try:
            run_once(command, spent)
            run_once(command, second)
        finally:
            del os.environ["FAIRLEAD_TEMPLATE_CACHE"]


def whole_processes(charts: list[Path], rounds: int, table: bool) -> None:
    """Print part (a)."""
    rows: list[tuple[Path, Spent, Spent, Spent, Spent]] = []
    for chart in charts:
        theirs, warm, cold, second = Spent(), Spent(), Spent(), Spent()
        ours = [str(FAIRLEAD), "helm", "template", str(chart)]
        for _ in range(1 + SHARES):  # the first runs of a chart leave its templates compiled on disk
            run_once(ours, Spent())
        for _ in range(rounds):
            run_once([str(HELM), "template", str(chart)], theirs)
            run_once(ours, warm)
            run_cold(ours, cold, second)
        rows.append((chart, theirs, warm, cold, second))
    for label, get in (("wall", lambda spent: spent.wall), ("cpu", lambda spent: spent.cpu)):
        other = sum(get(row[1]) for row in rows)
        for state, place in (("warm", 2), ("cold", 3), ("second run", 4)):
            mine = sum(get(row[place]) for row in rows)
            ratios = sorted(get(row[place]) / get(row[1]) for row in rows)
            print(
                f"(a) {state}, {label}: {len(rows)} charts, helm {other:.2f} s, fairlead {mine:.2f} s, "
                f"ratio {mine / other:.2f}, median of ratios {statistics.median(ratios):.2f}, worst {ratios[-1]:.2f}"
            )
    worst = max(rows, key=lambda row: row[2].cpu / row[1].cpu)
    print(f"    slowest beside helm: {worst[0].name}: CPU {worst[1].cpu * 1000:.0f} ms, {worst[2].cpu * 1000:.0f} ms")
    peaks = [(theirs.peak_kib, max(spent.peak_kib for spent in ours)) for _, theirs, *ours in rows]
    print(
        f"    peak memory: helm {max(a for a, _ in peaks) // 1024} MiB at most, median {_median(a for a, _ in peaks)}; "
        f"fairlead {max(b for _, b in peaks) // 1024} MiB at most, median {_median(b for _, b in peaks)}; "
        f"{sum(b <= a for a, b in peaks)} of {len(peaks)} charts take no more than helm"
    )
    if table:
        for chart, theirs, warm, cold, second in rows:
            print(
                f"    {chart.parent.name}/{chart.name}: CPU ms helm {theirs.cpu * 1000:.0f}, "
                f"warm {warm.cpu * 1000:.0f}, cold {cold.cpu * 1000:.0f}, second {second.cpu * 1000:.0f}"
            )


def _median(values: object) -> str:
    return f"{statistics.median(values) / 1024:.0f} MiB"  # type: ignore[call-overload]


def render_again(path: Path, overrides: list[dict[str, Any]], *, keep: bool) -> tuple[list[float], bool] | None:
    """Return the seconds of each render, one for each of *overrides*, and whether keys were made; None if one fails.

    With *keep*, outputs are kept from render to render. Two renders of the chart as it is come before, untimed.
    """
    from fairlead.cli.helm.files import load
    from fairlead.cli.helm.template import world
    from fairlead.engines.helm import HelmError, Options, render
    from fairlead.engines.helm.reuse import Outputs

    keys = 0
    here = world()
    generate = here.generate_key

    def counted(kind: str, bits: int) -> bytes:
        nonlocal keys
        keys += 1
        return generate(kind, bits)

    here.generate_key = counted
    chart = load(str(path))
    options = Options(outputs=Outputs() if keep else None)
    times: list[float] = []
    try:
        for _ in range(2):
            render(chart, {}, world=here, options=options)
        gc.collect()
        gc.freeze()  # what other charts left behind is no part of this one's time
        for values in overrides:
            started = time.perf_counter()
            render(chart, values, world=here, options=options)
            times.append(time.perf_counter() - started)
    except HelmError:
        return None
    return times, bool(keys)


def own_values(path: Path, limit: int = 20) -> list[dict[str, Any]]:
    """Return values that each change one scalar of the chart's defaults, spread over all of them."""
    from fairlead.cli.helm.files import load

    found: list[dict[str, Any]] = []

    def walk(value: Any, above: tuple[str, ...]) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                walk(item, (*above, key))
            return
        if isinstance(value, bool):
            changed: Any = not value
        elif isinstance(value, int | float):
            changed = value + 1
        elif isinstance(value, str) and value:
            changed = value + "x"
        else:
            return
        for key in reversed(above):
            changed = {key: changed}
        found.append(changed)

    walk(load(str(path)).values, ())
    step = max(1, len(found) // limit)
    return found[::step][:limit]


def theirs_again(path: Path, overrides: list[dict[str, Any]] | None, renders: int) -> list[float | None] | None:
    """Return the seconds of each of Helm's renders in one process, None for one that fails; None if the first does."""
    if overrides is None:
        command = [str(HELM_RENDER), "bench", str(path), KEY, str(renders)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    else:
        command = [str(HELM_RENDER), "bench-values", str(path)]
        done = subprocess.run(command, input=json.dumps(overrides), capture_output=True, text=True, check=False)
    times = [None if line == "fails" else float(line) for line in done.stdout.split()]
    return None if done.returncode or not times or times[0] is None else times


Row = tuple[Path, float, float, float, bool]  # seconds: helm, ours where outputs are kept, ours; whether keys are made


def measured(path: Path, renders: int, read_values: bool) -> Row | None:
    """Return what rendering one chart again takes."""
    middle = statistics.mean if read_values else statistics.median
    if read_values:
        overrides = [values for values in own_values(path) if render_again(path, [values], keep=False) is not None]
        found = theirs_again(path, [{}, *overrides], 0)
        if found is None:
            return None
        overrides = [values for values, took in zip(overrides, found[1:], strict=True) if took is not None]
    else:
        overrides = [{KEY: number} for number in range(renders)]
        found = theirs_again(path, None, renders)
    theirs = [took for took in (found or [])[1:] if took is not None]
    kept, plain = (render_again(path, overrides, keep=keep) for keep in (True, False))
    if not theirs or kept is None or plain is None:
        return None
    return path, middle(theirs), middle(kept[0]), middle(plain[0]), kept[1]


def in_process(charts: list[Path], renders: int, read_values: bool, table: bool) -> None:
    """Print part (b)."""
    rows = [row for path in charts if (row := measured(path, renders, read_values)) is not None]
    what = "of its own values" if read_values else "value that no template names"
    for label, chosen in (
        ("without those that make keys", [row for row in rows if not row[4]]),
        ("those that make keys", [row for row in rows if row[4]]),
        ("all", rows),
    ):
        if not chosen:
            continue
        helm = sum(row[1] for row in chosen)
        for state, place in (("outputs kept", 2), ("every template run", 3)):
            ours = sum(row[place] for row in chosen)
            ratios = sorted(row[place] / row[1] for row in chosen)
            print(
                f"(b) rendered again with one {what} changed, {label}, {state}: {len(chosen)} charts, "
                f"helm {helm * 1000:.1f} ms, fairlead {ours * 1000:.1f} ms, total ratio {ours / helm:.2f}, "
                f"median of ratios {statistics.median(ratios):.2f}, worst {ratios[-1]:.2f}"
            )
    if table:
        for path, helm, kept, plain, keys in rows:
            print(
                f"    {path.parent.name}/{path.name}: ms helm {helm * 1000:.2f}, fairlead {kept * 1000:.2f} "
                f"(every template run {plain * 1000:.2f}), ratio {kept / helm:.2f}{', makes keys' if keys else ''}"
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
    parser.add_argument("--read-values", action="store_true", help="(b) changes values that the chart has")
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
    in_process(charts, args.renders, args.read_values, args.table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the source map costs: bench/source_map.py CHARTS [--rounds N] [--limit N]

For charts below CHARTS that render with their defaults, in this process, CPU time, templates and documents known from
a render before (the smallest render there is, so the worst case for what is added to it):

- render: as every command and controller renders, able to give the map later;
- without: the same with what is kept for the map taken out (nothing is noted of what templates took from the world);
- map: making the map once it is asked for, which runs the templates again under a tracer.

Rounds are interleaved and change their order; each figure is the least of its rounds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from fairlead.cli.helm.files import read_folder
from fairlead.engines.helm import HelmError, World, load_chart, render
from fairlead.engines.helm.world import Tape
from fairlead.testing.compat_helm import find_charts

RECORDING = Tape.recording


def without(tape: Tape) -> World:
    """Stands in for `Tape.recording`: the world itself, nothing noted."""
    return tape._world


def least(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Return the least CPU seconds that each of *works* took."""
    best = [float("inf")] * len(works)
    for number in range(rounds):
        for at in range(len(works))[:: 1 if number % 2 else -1]:
            start = time.process_time()
            works[at]()
            best[at] = min(best[at], time.process_time() - start)
    return best


def main() -> None:
    """Print the medians and sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("charts", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--limit", type=int, default=60, help="how many charts to take, evenly spread")
    args = parser.parse_args()
    folders = list(find_charts(args.charts.resolve()))
    rows: list[list[float]] = []
    for folder in folders[:: max(1, len(folders) // args.limit)]:
        try:
            chart = load_chart(read_folder(str(folder)))
            done = render(chart, {})
        except HelmError:
            continue

        def plain(chart: object = chart) -> None:
            Tape.recording = RECORDING  # type: ignore[method-assign]
            render(chart, {})  # type: ignore[arg-type]

        def bare(chart: object = chart) -> None:
            Tape.recording = without  # type: ignore[method-assign]
            render(chart, {})  # type: ignore[arg-type]

        plain()
        rows.append([*least(args.rounds, plain, bare), *least(2, done.replay)])
        Tape.recording = RECORDING  # type: ignore[method-assign]
    full, less, mapped = ([row[at] for row in rows] for at in range(3))
    again = f"median {statistics.median(full) * 1000:.2f} ms, sum {sum(full) * 1000:.0f} ms"
    print(f"{len(rows)} charts; a render again: {again}")
    shares = [a / b - 1 for a, b in zip(full, less, strict=True)]
    print(f"kept for the map: median {statistics.median(shares):+.1%} of that, in sum {sum(full) / sum(less) - 1:+.1%}")
    print(f"the map, when asked for: median {statistics.median(mapped) * 1000:.1f} ms, sum {sum(mapped) * 1000:.0f} ms")


if __name__ == "__main__":
    main()

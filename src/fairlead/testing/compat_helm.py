"""Compare `fairlead helm template` with the real helm over any folder of charts.

    python -m fairlead.testing.compat_helm DIR [--helm PATH] [--cache DIR] [--show N]

Every chart below DIR is rendered by both with its default values and with each
values file that lies beside them (ci/*.yaml, *values*.yaml). The peer runs
twice: lines that differ between its two runs come from random functions and
are left out of the comparison. Prints one line for each case that is not
equal, and a table of the verdicts.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path

EQUAL, RANDOM, DIFFERENT, VERDICT, MESSAGE = (
    "equal",
    "equal but for random lines",
    "different",
    "wrong verdict",
    "fails alike, other words",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A chart and the values files to render it with."""

    chart: Path
    values: tuple[Path, ...]

    def label(self, root: Path) -> str:
        name = str(self.chart.relative_to(root))
        return name + "".join(f" -f {path.relative_to(self.chart)}" for path in self.values)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool did with a case."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on a case; *detail* is the first difference."""

    case: Case
    verdict: str
    detail: str = ""


def find_charts(root: Path) -> Iterator[Path]:
    """Yield the charts below *root* that are no subcharts of another."""
    if (root / "Chart.yaml").is_file():
        yield root
        return
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink()):
        yield from find_charts(folder)


def cases(root: Path) -> Iterator[Case]:
    """Yield the cases below *root*."""
    for chart in find_charts(root):
        yield Case(chart, ())
        for path in sorted(chart.rglob("*.y*ml")):
            parts = path.relative_to(chart).parts
            if parts[0] in ("templates", "charts", "crds") or path.name in ("values.yaml", "Chart.yaml"):
                continue
            if parts[0] == "ci" or "values" in path.name:
                yield Case(chart, (path,))


def _digest(case: Case) -> str:
    state = hashlib.sha256()
    for path in sorted(case.chart.rglob("*")):
        if path.is_file():
            state.update(str(path.relative_to(case.chart)).encode() + b"\0")
            state.update(hashlib.sha256(path.read_bytes()).digest())
    for path in case.values:
        state.update(str(path.relative_to(case.chart)).encode())
    return state.hexdigest()


class Peer:
    """The real helm, with its answers kept in a folder."""

    def __init__(self, helm: Path, cache: Path | None) -> None:
        self.helm = helm
        self.cache = cache
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)

    def run(self, case: Case) -> tuple[Outcome, Outcome]:
        """Return the outcomes of two runs."""
        kept = self.cache / f"{_digest(case)}.json" if self.cache is not None else None
        if kept is not None and kept.is_file():
            first, second = json.loads(kept.read_text())
            return Outcome(*first), Outcome(*second)
        found = self._once(case), self._once(case)
        if kept is not None:
            kept.write_text(json.dumps([[item.code, item.stdout, item.stderr] for item in found]))
        return found

    def _once(self, case: Case) -> Outcome:
        command = [str(self.helm), "template", str(case.chart)]
        for path in case.values:
            command += ["-f", str(path)]
        done = subprocess.run(command, capture_output=True, timeout=300, check=False)
        return Outcome(
            done.returncode,
            done.stdout.decode("utf-8", "surrogateescape"),
            done.stderr.decode("utf-8", "surrogateescape"),
        )


def ours(case: Case) -> Outcome:
    """Return what fairlead does, in this process."""
    argv = ["template", str(case.chart)]
    for path in case.values:
        argv += ["-f", str(path)]
    return run_command(argv)


def run_command(argv: list[str]) -> Outcome:
    """Return what `fairlead helm` does with *argv*, in this process."""
    from fairlead.cli.helm import main as helm

    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape", newline="\n")
    err = io.StringIO()
    before, sys.stdout = sys.stdout, out
    try:
        with redirect_stderr(err):
            try:
                code = helm.main(argv)
            except Exception as error:
                code = 70
                err.write(f"crash: {type(error).__name__}: {error}\n")
    finally:
        sys.stdout = before
    out.flush()
    stdout = out.buffer.getvalue().decode("utf-8", "surrogateescape")
    return Outcome(code, stdout, err.getvalue())


def compare(case: Case, theirs: tuple[Outcome, Outcome], mine: Outcome) -> Result:
    """Judge one case."""
    first, second = theirs
    if (first.code == 0) != (mine.code == 0):
        said = (mine.stderr if mine.code else first.stderr).strip().split("\n")
        return Result(case, VERDICT, f"{'ours' if mine.code else 'helm'} fails: {' | '.join(said[-3:])}")
    if first.code != 0:
        if _error(first.stderr) == _error(mine.stderr):
            return Result(case, EQUAL)
        return Result(case, MESSAGE, f"helm: {_error(first.stderr)!r}\n    ours: {_error(mine.stderr)!r}")
    if first.stdout == mine.stdout:
        return Result(case, EQUAL)
    return _compare_lines(case, first.stdout, second.stdout, mine.stdout)


def _error(stderr: str) -> str:
    """Return the error without the log lines before it and our hint after it."""
    at = stderr.find("Error: ")
    text = stderr[at:] if at >= 0 else stderr
    return text.partition("\nhint: ")[0].strip()


def _compare_lines(case: Case, first: str, second: str, mine: str) -> Result:
    left, other, right = first.split("\n"), second.split("\n"), mine.split("\n")
    random = first != second
    if random and len(left) == len(other) == len(right):
        bad = [i for i in range(len(left)) if left[i] != right[i] and left[i] == other[i]]
        if not bad:
            return Result(case, RANDOM)
        at = bad[0]
    else:
        at = next(
            (i for i, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]),
            min(len(left), len(right)),
        )
    return Result(case, DIFFERENT, f"line {at + 1}:\n    helm: {_at(left, at)!r}\n    ours: {_at(right, at)!r}")


def _at(lines: list[str], index: int) -> str:
    return lines[index] if index < len(lines) else "<end>"


def main(argv: list[str] | None = None) -> int:
    """Run the comparison; return 0 when everything is equal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--helm", type=Path, default=Path(os.environ.get("HELM_PEER", ".peers/helm")))
    parser.add_argument("--cache", type=Path, help="keep the peer's answers here")
    parser.add_argument("--only", default="", help="cases whose name has this text")
    parser.add_argument("--show", type=int, default=40, help="how many differences to print")
    args = parser.parse_args(argv)
    root = args.folder.resolve()
    if not root.is_dir():
        parser.error(f"cannot find charts in '{args.folder}': it is no folder")
    chosen = [case for case in cases(root) if args.only in case.label(root)]
    peer = Peer(args.helm, args.cache)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(peer.run, chosen))
    counts: dict[str, int] = {}
    shown = 0
    started = time.perf_counter()
    for case, theirs in zip(chosen, answers, strict=True):
        result = compare(case, theirs, ours(case))
        counts[result.verdict] = counts.get(result.verdict, 0) + 1
        if result.verdict not in (EQUAL, RANDOM) and shown < args.show:
            shown += 1
            print(f"{result.verdict}: {case.label(root)}\n    {result.detail}")
    print(f"\n{len(chosen)} cases, ours took {time.perf_counter() - started:.1f} s")
    for verdict in (EQUAL, RANDOM, MESSAGE, DIFFERENT, VERDICT):
        if verdict in counts:
            print(f"{counts[verdict]:6d}  {verdict}")
    return 0 if not {DIFFERENT, VERDICT} & counts.keys() else 1


if __name__ == "__main__":
    sys.exit(main())

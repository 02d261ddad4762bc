"""Compare recorded runs of the real Cluster API controllers with runs of ours, in virtual time.

    python -m fairlead.testing.compat_traces FOLDER [--known FILE] [--all] [--only TEXT] [--passed-by] [--save FOLDER]

FOLDER holds recordings (*.jsonl.gz), and if there are any: recorded requests (*.json), a page of kubectl's tables
(printer-columns.txt) and the manifest that these two were made with (*.yaml). What is replayed is told by the
recordings themselves (fairlead.testing.traces.actions). Prints one line for each recording and a table of the
differences that docs/compat/traces.md does not list; ends with 1 when there are any. A folder of Flux scenarios
(each with an input.yaml) goes to fairlead.testing.compat_flux.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.testing import compat_flux
from fairlead.testing.traces.comparing import Difference, View, compare_end, compare_events, compare_objects
from fairlead.testing.traces.fluxreplay import INPUT, scenarios_in
from fairlead.testing.traces.milestones import compare_milestones, compare_states
from fairlead.testing.traces.reading import Trace, read_trace, traces_in, write_trace
from fairlead.testing.traces.replaying import Run, grouped, replay
from fairlead.testing.traces.reporting import Report, known_in
from fairlead.testing.traces.requests import cases_in, compare_requests, manifest_in
from fairlead.testing.traces.tables import compare_tables

KNOWN = Path("docs/compat/traces.md")
TABLES = "printer-columns.txt"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one recording's comparison found; `passed_by` are states that only theirs went through."""

    run: Run
    differences: tuple[Difference, ...]
    passed_by: tuple[Difference, ...]

    @property
    def cluster(self) -> str:
        """The name of the recording's Cluster."""
        objects = (row.object for row in self.run.theirs.rows)
        return next((str(obj["metadata"]["name"]) for obj in objects if obj["kind"] == "Cluster"), "")


def compare_group(traces: Sequence[Trace]) -> list[Outcome]:
    """Replay recordings of one cluster and compare each."""
    outcomes = []
    for run in replay(traces):
        theirs, ours = View.of(run.theirs), View.of(run.ours)
        extra, skipped = compare_states(theirs, ours)
        before = set(compare_objects(theirs, run.theirs.start, ours, run.ours.start))  # told where it came about
        found = (
            *(each for each in compare_end(theirs, ours) if each not in before),
            *compare_events(theirs, ours),
            *compare_milestones(theirs, ours),
            *extra,
        )
        outcomes.append(Outcome(run, found, tuple(skipped)))
    return outcomes


def compare_folder(
    folder: Path, report: Report, only: str = "", save: Path | None = None, passed_by: Report | None = None
) -> int:
    """Compare all that *folder* holds; prints a line for each recording. Returns the number of unlisted differences.

    Our runs are written to *save*; states that only theirs pass are noted in *passed_by*.
    """
    print(f"{'':<39}{'':>8}{'writes':>14}{'seconds':>16}")
    print(f"{'recording':<39}{'actions':>8}{'theirs':>8}{'ours':>6}{'theirs':>9}{'ours':>7}{'differs':>8}{'new':>5}")
    news = 0
    for group in grouped(read_trace(path) for path in traces_in(folder) if only in path.name):
        for outcome in compare_group(group):
            run = outcome.run
            fresh = report.add(run.theirs.name, outcome.differences, outcome.cluster)
            news += fresh
            print(
                f"{run.theirs.name[:38]:<39}{len(run.actions):>8}{len(list(run.theirs.changes)):>8}{run.writes:>6}"
                f"{run.theirs.seconds:>9.1f}{run.ours.seconds:>7.1f}{len(outcome.differences):>8}{fresh:>5}"
            )
            if passed_by is not None:
                passed_by.add(run.theirs.name, outcome.passed_by, outcome.cluster)
            if save is not None:
                write_trace(run.ours, save / f"{run.theirs.name}.jsonl.gz")
    return news + _compare_answers(folder, report, only)


def _compare_answers(folder: Path, report: Report, only: str) -> int:
    news = 0
    for path in sorted(folder.glob("*.json")):
        if only in path.name:
            cases = cases_in(path)
            found = compare_requests(cases, manifest_in(folder))
            news += (fresh := report.add(path.name, found))
            print(f"{path.name[:38]:<39}{len(cases):>8}{'':>30}{len(found):>8}{fresh:>5}")
    page = folder / TABLES
    if page.exists() and only in page.name:
        found = compare_tables(page.read_text(), manifest_in(folder))
        news += (fresh := report.add(page.name, found))
        print(f"{page.name[:38]:<39}{'':>38}{len(found):>8}{fresh:>5}")
    return news


def is_flux(folder: Path) -> bool:
    """Whether a folder holds scenarios of the Flux controllers, which tell themselves what was done."""
    if (folder / INPUT).is_file():
        return True
    return not any(folder.glob("*.jsonl*")) and any(True for _ in scenarios_in(folder))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare recorded runs of the real controllers with ours.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--known", type=Path, default=KNOWN, help="the list of differences that are meant")
    parser.add_argument("--all", action="store_true", help="print the listed differences too")
    parser.add_argument("--only", default="", help="only recordings with this in their names")
    parser.add_argument("--passed-by", action="store_true", help="print the states that only theirs went through")
    parser.add_argument("--save", type=Path, help="write our runs there, in the recordings' form")
    args = parser.parse_args(argv)
    logging.getLogger("fairlead").setLevel(logging.CRITICAL)  # mistakes are recorded on purpose
    if is_flux(args.folder):
        return compat_flux.main([str(args.folder), "--only", args.only, *(["--known"] if args.all else [])])
    try:
        report = Report(known_in(args.known) if args.known.exists() else [])
        passed_by = Report()
        news = compare_folder(args.folder, report, args.only, args.save, passed_by)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print()
    for line in (*report.lines(everything=args.all), *(passed_by.lines() if args.passed_by else ())):
        print(line)
    print(f"{news} differences are not listed in {args.known}; {len(report.found)} kinds of difference in all")
    return 1 if news else 0


if __name__ == "__main__":
    sys.exit(main())

"""Compare recorded scenarios of the real Flux controllers with runs of ours: `python -m fairlead.testing.compat_flux`.

Prints a table of what differs after each step: final objects, and the events told on the way. Differences that are
meant are counted, and printed with their reason when asked for.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fairlead.testing.traces.comparing import Difference
from fairlead.testing.traces.fluxknown import reason_of
from fairlead.testing.traces.fluxreplay import Scenario, replay, scenarios_in

WIDTH = 100


def main(arguments: list[str] | None = None) -> int:
    """Run; 0 when nothing differs but what is meant to, 1 when something does, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="compat_flux", description=__doc__)
    parser.add_argument("folder", type=Path, help="a scenario, or a folder of scenarios")
    parser.add_argument("--only", default="", help="scenarios whose name starts so")
    parser.add_argument("--known", action="store_true", help="print the differences that are meant, too")
    parser.add_argument("--wide", action="store_true", help="print texts at full length")
    options = parser.parse_args(arguments)
    folders = [path for path in scenarios_in(options.folder) if path.name.startswith(options.only)]
    if not folders:
        print(f"cannot find scenarios in '{options.folder}': no folder there has an input.yaml", file=sys.stderr)
        return 2
    total = sum(_show(folder, options.wide, options.known) for folder in folders)
    print(f"{total} differences in {len(folders)} scenarios")
    return 1 if total else 0


def _show(folder: Path, wide: bool, with_known: bool) -> int:
    steps = replay(Scenario.read(folder))
    found = [
        (step.name, difference, reason_of(folder.name, difference)) for step in steps for difference in step.differences
    ]
    count, meant = sum(not reason for _, _, reason in found), sum(bool(reason) for _, _, reason in found)
    theirs, ours = sum(step.writes_theirs for step in steps), sum(step.writes_ours for step in steps)
    print(
        f"{folder.name}: {count} differences, {meant} meant, in {len(steps)} steps; "
        f"changes seen: {theirs} theirs, {ours} ours"
    )
    for name, difference, reason in found:
        if not reason or with_known:
            print(f"  {name}  {_line(difference, wide)}" + (f"\n      meant:  {reason}" if reason else ""))
    return count


def _line(difference: Difference, wide: bool) -> str:
    def short(text: str) -> str:
        text = text.replace("\n", "\\n")
        return text if wide or len(text) <= WIDTH else f"{text[:WIDTH]}…"

    return (
        f"{difference.object} {difference.path}\n"
        f"      theirs: {short(difference.theirs)}\n"
        f"      ours:   {short(difference.ours)}"
    )


if __name__ == "__main__":
    sys.exit(main())

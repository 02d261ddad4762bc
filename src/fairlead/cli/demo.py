"""`fairlead demo`: an ephemeral lab with the sample fleet, shown as it comes up."""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.cli.durations import parse_duration
from fairlead.cli.up import (
    INTERRUPTED,
    UsageError,
    add_lab_flags,
    govc_steps,
    own_name,
    run_program,
    set_up_logging,
    settings_of,
)

if TYPE_CHECKING:
    from fairlead.app.program import Program
    from fairlead.base.objects import GVK, Key
    from fairlead.cli.progress import Objects, Progress
    from fairlead.cli.screen import Screen

LIMIT = timedelta(minutes=3)
BOOT_STEPS = 60  # that the limit leaves time for
LOOK_SECONDS = 1.0
MOST_CLUSTERS = 2000
SHOWN_COLUMNS = 6


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    add_lab_flags(parser, default_folder="a new one, removed at the end")
    parser.add_argument("--exit-when-ready", action="store_true", help="end with 0 once all is Ready, with 1 if not")
    parser.add_argument("--clusters", type=int, default=0, metavar="N", help="N more clusters of 1 + 2 machines")
    text = "how long all may take (default 3m, and more with --boot-delay)"
    parser.add_argument("--timeout", type=parse_duration, metavar="DURATION", help=text)


def run(args: argparse.Namespace) -> int:
    """Run the demo; returns the exit code."""
    from fairlead.app.fleet import FleetError, sample_fleet

    set_up_logging(args.verbose - 1)
    if not 0 <= args.clusters <= MOST_CLUSTERS:
        print(f"Error: --clusters takes 0 to {MOST_CLUSTERS}", file=sys.stderr)
        return 2
    scratch = "" if args.data else tempfile.mkdtemp(prefix="fairlead-demo-")
    try:
        fleet = sample_fleet(args.clusters)
        folder = Path(args.data or scratch).expanduser()
        settings = settings_of(args, folder=folder, ephemeral=True, fleet=fleet)
        limit = args.timeout if args.timeout is not None else LIMIT + BOOT_STEPS * args.boot_delay
        demo = Demo(expected_clusters(fleet), limit, exit_when_ready=args.exit_when_ready)
        return run_program(settings, demo.run)
    except (FleetError, UsageError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    finally:
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)


def expected_clusters(fleet: Mapping[str, object]) -> list[Key]:
    """The clusters in a fleet's files: `clusters/<namespace>/<name>/`."""
    from fairlead.base.objects import Key

    parts = (path.split("/") for path in fleet)
    return sorted({Key(p[1], p[2]) for p in parts if p[0] == "clusters" and len(p) > 3})


class Demo:
    """Follows the fleet until it is Ready, and tells how long each stage took."""

    def __init__(self, expected: Sequence[Key], limit: timedelta, *, exit_when_ready: bool) -> None:
        self._expected = expected
        self._limit = limit
        self._exit_when_ready = exit_when_ready
        self._zero = time.monotonic() - process_age()
        self._reached: dict[tuple[Key, str], float] = {}
        self._fetched = 0.0

    async def run(self, program: Program, ending: asyncio.Event) -> int:
        """Show the fleet; returns the exit code."""
        from fairlead.cli.progress import Objects
        from fairlead.cli.screen import screen_for

        objects, changed = Objects(), asyncio.Event()
        loop = asyncio.get_running_loop()
        follower = loop.create_task(_follow(program, objects, changed))
        ended = loop.create_task(ending.wait())
        screen = screen_for()
        try:
            progress = await self._until_ready(objects, changed, ended, screen)
        finally:
            screen.close()
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)
        if ending.is_set():
            return INTERRUPTED if self._exit_when_ready else 0
        unready = [each for each in progress if not each.is_ready]
        if unready:
            say(f"Not Ready within {self._limit.total_seconds():g} s:")
            for each in unready:
                say(f"  {each.key}: waiting for {each.waiting}")
        else:
            self._report(program)
        if self._exit_when_ready:
            return 1 if unready else 0
        for line in next_steps(program, self._expected):
            say(line)
        await ended
        return 0

    async def _until_ready(
        self, objects: Objects, changed: asyncio.Event, ended: asyncio.Task[Any], screen: Screen
    ) -> list[Progress]:
        """Follow until all is Ready, the limit has passed or the program is to end."""
        loop = asyncio.get_running_loop()
        while True:
            changed.clear()
            progress = self._look(objects)
            seconds = time.monotonic() - self._zero
            screen.show(progress, seconds)
            late = seconds > self._limit.total_seconds()
            if ended.done() or late or all(each.is_ready for each in progress):
                return progress
            waiting = loop.create_task(changed.wait())
            await asyncio.wait((waiting, ended), timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            await asyncio.wait((ended,), timeout=screen.refresh_seconds)

    def _look(self, objects: Objects) -> list[Progress]:
        from fairlead.cli.progress import FLUX_SOURCE, is_ready, judge

        now = time.monotonic() - self._zero
        sources = objects.all(FLUX_SOURCE)
        if not self._fetched and sources and all(is_ready(source) for source in sources):
            self._fetched = now
        progress = judge(objects, self._expected)
        for each in progress:
            for stage in (*each.reached, *(("Ready",) if each.is_ready else ())):
                self._reached.setdefault((each.key, stage), now)
        return progress

    def _report(self, program: Program) -> None:
        """Tell how long each stage took, from the start of the process."""
        from fairlead.cli.progress import STAGES
        from fairlead.cli.screen import table

        say("")
        say("Everything is Ready. Seconds from the start of the process:")
        whole = max(self._reached.values(), default=0.0)
        rows = [
            ["management API", _seconds(program.marks["management API"] - self._zero)],
            ["sources", _seconds(self._fetched)],
        ]
        slowest = sorted(self._expected, key=lambda key: -self._reached.get((key, "Ready"), 0.0))[:SHOWN_COLUMNS]
        stages = [["", *map(str, slowest)]]
        stages += [
            [stage, *(_seconds(self._reached.get((key, stage), 0.0)) for key in slowest)]
            for stage in (*STAGES, "Ready")
        ]
        for line in (*table(rows), "", *table(stages), "", *table([["whole fleet", _seconds(whole)]])):
            say(f"  {line}".rstrip())


def _seconds(value: float) -> str:
    return f"{value:.2f}"


def say(text: str) -> None:
    """Tell the person in front."""
    print(text, file=sys.stderr, flush=True)


async def _follow(program: Program, objects: Objects, changed: asyncio.Event) -> None:
    """Keep *objects* up to date."""
    from fairlead.cli.progress import WATCHED

    async def follow(gvk: GVK) -> None:
        async for event in program.client.watch(gvk):
            if event.type not in ("SYNCED", "BOOKMARK"):
                objects.put(gvk, event.object, gone=event.type == "DELETED")
                changed.set()

    async with asyncio.TaskGroup() as group:
        for gvk in WATCHED:
            group.create_task(follow(gvk))


def next_steps(program: Program, clusters: Sequence[Key]) -> list[str]:
    """The commands to try next, as they can be typed."""
    folder, me = shlex.quote(str(program.folder.path.absolute())), own_name()
    first = clusters[0]
    return [
        "",
        "In another shell:",
        "  # the fleet, redrawn as it changes; `tree` shows it down to the VMs",
        f"  {me} status --watch --data {folder}",
        f"  # edit clusters/{first.namespace}/{first.name}/values.yaml, commit, push, and watch",
        f"  git clone {program.endpoints['git']}",
        "  # the management cluster, where clusters and machines are objects",
        f"  kubectl --kubeconfig {folder}/kubeconfig get clusters,machines -A",
        f"  # the cluster {first.name} itself",
        f"  {me} cluster kubeconfig {first.name} -n {first.namespace} --data {folder} > {first.name}.kubeconfig",
        f"  kubectl --kubeconfig {first.name}.kubeconfig get nodes",
        "  # the VMs in the simulated vCenter",
        *(f"  {line}" for line in govc_steps(program.endpoints["vcenter"])),
        "",
        "Stop with Ctrl-C; nothing is kept.",
    ]


def process_age() -> float:
    """How many seconds this process has run."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - began)
    except (OSError, ValueError, IndexError, AttributeError):  # not Linux
        return time.process_time()

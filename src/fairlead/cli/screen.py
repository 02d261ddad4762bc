"""Progress of a fleet on the terminal: a table that is redrawn, or a line for each step where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Protocol, TextIO

from fairlead.base.objects import Key
from fairlead.cli.progress import STAGES, Progress

SHOWN_CLUSTERS = 20


class Screen(Protocol):
    """Shows progress."""

    refresh_seconds: float  # how long a picture should stand before the next one

    def show(self, progress: Sequence[Progress], seconds: float) -> None:
        """Show how far each cluster is, *seconds* after the start."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


class Lines:
    """One line for each stage that a cluster reaches, and for each new thing it waits for."""

    refresh_seconds = 0.02

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told: dict[Key, tuple[tuple[str, ...], str]] = {}

    def show(self, progress: Sequence[Progress], seconds: float) -> None:
        for each in progress:
            reached, waiting = self._told.get(each.key, ((), ""))
            for stage in each.reached:
                if stage not in reached:
                    self._say(seconds, each, stage)
            subject = each.waiting.partition(":")[0]
            if subject != waiting:
                self._say(seconds, each, f"waiting for {each.waiting}" if each.waiting else "Ready")
            self._told[each.key] = (each.reached, subject)

    def _say(self, seconds: float, each: Progress, text: str) -> None:
        print(f"{seconds:7.2f}s  {each.key}: {text}", file=self._stream, flush=True)

    def close(self) -> None:
        return None


class Picture:
    """A table on the terminal, redrawn at every change."""

    refresh_seconds = 0.1

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        self._live = Live(console=Console(file=stream), auto_refresh=False, transient=True)
        self._live.start()

    def show(self, progress: Sequence[Progress], seconds: float) -> None:
        self._live.update(self._table(progress, seconds), refresh=True)

    def _table(self, progress: Sequence[Progress], seconds: float) -> Any:
        from rich import box
        from rich.table import Table

        ready = sum(each.is_ready for each in progress)
        table = Table(box=box.SIMPLE_HEAD, title=f"{ready} of {len(progress)} clusters Ready, {seconds:.1f} s")
        table.add_column("cluster", no_wrap=True)
        table.add_column("stages", no_wrap=True)
        table.add_column("nodes", justify="right", no_wrap=True)
        table.add_column("waiting for", overflow="fold")
        for each in [*(p for p in progress if not p.is_ready), *(p for p in progress if p.is_ready)][:SHOWN_CLUSTERS]:
            marks = "".join("[green]●[/]" if stage in each.reached else "[dim]○[/]" for stage in STAGES)
            table.add_row(str(each.key), marks, each.nodes, each.waiting.replace("[", r"\[") or "[green]Ready[/]")
        return table

    def close(self) -> None:
        self._live.stop()


def screen_for(stream: TextIO = sys.stderr) -> Screen:
    """A picture on a terminal, else lines."""
    return Picture(stream) if stream.isatty() else Lines(stream)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as aligned lines; the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return lines

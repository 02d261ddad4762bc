"""What a comparison prints, and the list of differences that are meant.

The list is a table in docs/compat/traces.md: patterns (`*` is the wildcard) of object, path, ours and recording, and
the reason. A difference that no row covers is news.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.testing.traces.comparing import Difference
from fairlead.testing.traces.normalising import is_listed

WIDTH = 60


@dataclass(frozen=True, slots=True)
class Known:
    """One row of the list."""

    object: str
    path: str
    ours: str
    recordings: str
    reason: str

    def covers(self, difference: Difference, recording: str) -> bool:
        return (
            is_listed(difference.object, (self.object,))
            and is_listed(difference.path, (self.path,))
            and is_listed(difference.ours, (self.ours,))
            and is_listed(recording, (self.recordings,))
        )


def read_known(text: str) -> list[Known]:
    """The rows of the list: those whose first four cells are code."""
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| `") and len(cells) == 5:  # the columns of the list
            patterns = [cell.strip("`") for cell in cells[:4]]
            rows.append(Known(patterns[0], patterns[1], patterns[2], patterns[3], cells[4]))
    return rows


def known_in(path: Path) -> list[Known]:
    """The list in a file. Raises: OSError."""
    return read_known(path.read_text())


@dataclass
class Report:
    """All differences found, by recording."""

    known: Sequence[Known] = ()

    def __post_init__(self) -> None:
        self.found: dict[Difference, list[str]] = defaultdict(list)
        self.used: set[Known] = set()

    def add(self, recording: str, differences: Iterable[Difference], cluster: str = "") -> int:
        """Note the differences of a recording; returns how many of them are not on the list."""
        news = 0
        for each in differences:
            covering = [known for known in self.known if known.covers(each, recording)]
            self.used.update(covering)
            news += not covering
            self.found[_plain(each, cluster)].append(recording)
        return news

    def is_known(self, difference: Difference, recordings: Sequence[str]) -> bool:
        return all(any(known.covers(difference, name) for known in self.known) for name in recordings)

    def lines(self, *, everything: bool = False) -> list[str]:
        """The table: what is not on the list, or with *everything* all."""
        rows = [
            (each, names) for each, names in sorted(self.found.items()) if everything or not self.is_known(each, names)
        ]
        return [
            f"{'  ' if self.is_known(each, names) else '! '}{each.object}  {each.path}\n"
            f"      theirs: {_short(each.theirs)}\n      ours:   {_short(each.ours)}\n      in:     {_listed(names)}"
            for each, names in rows
        ]


def _plain(difference: Difference, cluster: str) -> Difference:
    """Without the cluster's name, so that the same difference in several recordings is one."""
    if not cluster:
        return difference
    pattern = re.compile(rf"(?<![\w.-]){re.escape(cluster)}(?![\w.])")
    return Difference(*(pattern.sub("CLUSTER", part) for part in difference))


def _short(text: str) -> str:
    line = " ⏎ ".join(part.strip() for part in text.splitlines())
    return line if len(line) <= 4 * WIDTH else f"{line[: 4 * WIDTH]} …"


def _listed(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    return ", ".join(unique[:6]) + (f" and {len(unique) - 6} more" if len(unique) > 6 else "")  # a line

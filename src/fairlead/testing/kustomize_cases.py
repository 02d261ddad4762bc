"""Cases of kustomize in text files: the files of a tree, and what the real tool made of it.

A case is one file: `# what it shows`, perhaps `# build: FOLDER`, then sections that begin with `-- NAME --`. The
sections `expected` (output), `error` (message, with the tree's place as TREE) and `names` (what a message must have)
are not files of the tree.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_SECTION = re.compile(r"^-- (.+) --\n", re.MULTILINE)
RESULTS = ("expected", "error", "names")


class Case(NamedTuple):
    """One case."""

    fact: str
    folder: str
    sections: dict[str, str]

    @property
    def files(self) -> dict[str, str]:
        """The tree, by path."""
        return {name: text for name, text in self.sections.items() if name not in RESULTS}

    @property
    def names(self) -> list[str]:
        """What a message must have."""
        return self.sections.get("names", "").splitlines()

    def render(self) -> str:
        """Return the case as its file has it."""
        head = f"# {self.fact}\n" + (f"# build: {self.folder}\n" if self.folder != "." else "")
        return head + "".join(f"-- {name} --\n{text}" for name, text in self.sections.items())


def read_case(path: Path) -> Case:
    """Read the case in the file *path*."""
    head, *parts = _SECTION.split(path.read_text())
    lines = head.splitlines()
    folder = next((line.removeprefix("# build: ") for line in lines if line.startswith("# build: ")), ".")
    return Case(lines[0].removeprefix("# "), folder, dict(zip(parts[::2], parts[1::2], strict=True)))

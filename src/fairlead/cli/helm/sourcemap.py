"""``fairlead helm template --source-map``: the origin of each line that is printed, as JSON."""

from __future__ import annotations

import argparse
import json
import os
import stat
from collections.abc import Iterable

from fairlead.cli.helm.files import words
from fairlead.engines.helm.errors import HelmError
from fairlead.engines.helm.release import Rendered
from fairlead.engines.helm.sourcemap import chosen_origins, output_origins


def check(args: argparse.Namespace) -> None:
    """See, before anything is rendered, that the map can be made and written.

    Raises:
        HelmError: it cannot.
    """
    path = args.source_map
    if args.output_dir:
        raise HelmError("--source-map describes the lines that are printed, and --output-dir prints none: give one")
    try:
        try:
            if not stat.S_ISREG(mode := os.stat(path).st_mode) and not stat.S_ISDIR(mode):
                return  # opening a pipe tells its reader
            is_new = False
        except FileNotFoundError:
            is_new = True
        open(path, "ab").close()
        if is_new:
            os.unlink(path)
    except OSError as error:
        raise HelmError(f"open {path}: {words(error)}") from error


def write(done: Rendered, args: argparse.Namespace, text: str, documents: Iterable[str] | None) -> None:
    """Write the map of *text*, what the flags make of *done*; of its *documents* alone, where some were chosen.

    Raises:
        HelmError: the file cannot be written.
    """
    origins = output_origins(done, include_crds=args.include_crds, hooks=not args.no_hooks, skip_tests=args.skip_tests)
    if documents is not None:
        origins = chosen_origins(origins, text, documents)
    lines = [
        {
            "line": number,
            "template": [{"file": step.file, "line": step.line, "name": step.template} for step in origin.steps],
            "values": [{"key": value.key, "file": value.file, "line": value.line} for value in origin.values],
        }
        for number, origin in enumerate(origins, 1)
        if origin.steps
    ]
    what = "open"
    try:
        with open(args.source_map, "w", encoding="utf-8") as handle:
            what = "write"
            handle.write(json.dumps({"version": 1, "lines": lines}, indent=1))
    except OSError as error:
        raise HelmError(f"{what} {args.source_map}: {words(error)}") from error

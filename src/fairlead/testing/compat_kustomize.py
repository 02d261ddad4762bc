"""Compare `fairlead kustomize build` with the real kustomize over any folder.

    python -m fairlead.testing.compat_kustomize PATH [--kustomize PATH] [--cache FOLDER] [--show N]

PATH is a folder, of which every kustomization is built by both, or a JSON file of cases
(a list of {"id", "path", "files": {name: text}}), each written to an empty folder first.
Prints one line for each case that is not equal, and a table of the verdicts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairlead.cli.kustomize.main import build_folder
from fairlead.engines.kustomize import KustomizeError
from fairlead.engines.kustomize.loader import FILE_NAMES

EQUAL, FAILS_ALIKE, DIFFERENT, VERDICT, CRASH = "equal", "both fail", "different", "wrong verdict", "crash"
VERDICTS = (EQUAL, FAILS_ALIKE, DIFFERENT, VERDICT, CRASH)
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on a case; *detail* is the first difference or the two messages."""

    name: str
    verdict: str
    detail: str


class Peer:
    """The real kustomize. With a *cache* folder, what it said about the same files is not asked again."""

    def __init__(self, binary: str, cache: Path | None) -> None:
        self._binary = binary
        self._cache = cache

    def build(self, folder: Path, tree: Path) -> tuple[int, str, str]:
        """Return exit code, output and errors; *tree* holds all that *folder* may read."""
        kept = None
        if self._cache is not None:
            self._cache.mkdir(parents=True, exist_ok=True)
            kept = self._cache / f"{_digest(folder, tree)}.json"
            if kept.exists():
                code, output, errors = json.loads(kept.read_text())
                return code, output, errors
        command = [self._binary, "build", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        if kept is not None:
            kept.write_text(json.dumps([done.returncode, done.stdout, done.stderr]))
        return done.returncode, done.stdout, done.stderr


def _digest(folder: Path, tree: Path) -> str:
    found = hashlib.sha256(str(folder.relative_to(tree)).encode())
    for path in sorted(tree.rglob("*")):
        if path.is_file():
            found.update(f"{path.relative_to(tree)}\0{path.stat().st_size}\0".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def compare(name: str, folder: Path, tree: Path, peer: Peer) -> Result:
    """Build *folder* with both and judge."""
    code, output, errors = peer.build(folder, tree)
    try:
        ours, failure = build_folder(str(folder)).to_text(), ""
    except KustomizeError as error:
        ours, failure = "", str(error)
    except Exception as error:  # a crash is one of the verdicts
        return Result(name, CRASH, f"{type(error).__name__}: {error}")
    if code and failure:
        return Result(name, FAILS_ALIKE, f"theirs: {errors.strip()} | ours: {failure}")
    if code or failure:
        return Result(name, VERDICT, f"theirs: {errors.strip() if code else 'builds'} | ours: {failure or 'builds'}")
    if ours == output:
        return Result(name, EQUAL, "")
    return Result(name, DIFFERENT, first_difference(output, ours))


def first_difference(theirs: str, ours: str) -> str:
    """Return the first line that differs, as both have it."""
    left, right = theirs.splitlines(), ours.splitlines()
    at = next((at for at, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), -1)
    if at < 0:
        at = min(len(left), len(right))
    shown = [lines[at] if at < len(lines) else "(end)" for lines in (left, right)]
    return f"line {at + 1}: theirs {shown[0]!r} | ours {shown[1]!r}"


def folders_below(root: Path) -> Iterator[tuple[str, Path, Path]]:
    """Yield every folder below *root* that has a kustomization file."""
    for path, folders, files in os.walk(root):
        folders.sort()
        if any(name in files for name in FILE_NAMES):
            folder = Path(path)
            top = folder.relative_to(root).parts[:1]
            yield str(folder.relative_to(root)), folder, root.joinpath(*top)


def cases_of(file: Path, scratch: Path) -> Iterator[tuple[str, Path, Path]]:
    """Write each case of a JSON file into *scratch* and yield the folder to build."""
    for number, case in enumerate(json.loads(file.read_text())):
        place = (scratch / str(number)).resolve()
        for name, text in case["files"].items():
            target = (place / name.lstrip("/")).resolve()
            if not target.is_relative_to(place):
                raise SystemExit(f"case {case['id']}: '{name}' leaves the case's folder")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        yield case["id"], place / case["path"].lstrip("/"), place


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare kustomize builds with the real kustomize.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--kustomize", default=".peers/kustomize")
    parser.add_argument("--cache", type=Path, help="a folder that keeps what the real kustomize said")
    parser.add_argument("--all", action="store_true", help="print how both fail, too")
    parser.add_argument("--show", type=int, default=20, help="how many cases that are not equal to print")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        cases = cases_of(args.path, Path(scratch)) if args.path.is_file() else folders_below(args.path)
        peer = Peer(args.kustomize, args.cache)
        results = [compare(name, folder, tree, peer) for name, folder, tree in cases]
    if args.all:
        for result in results:
            if result.verdict == FAILS_ALIKE:
                print(f"{result.verdict}: {result.name}: {result.detail[:1000]}")
    unequal = [result for result in results if result.verdict not in (EQUAL, FAILS_ALIKE)]
    for result in unequal[: args.show]:
        print(f"{result.verdict}: {result.name}: {result.detail[:300]}")
    counts = Counter(result.verdict for result in results)
    for verdict in VERDICTS:
        print(f"{verdict:<16}{counts[verdict]:>6}")
    return 1 if unequal else 0


if __name__ == "__main__":
    sys.exit(main())

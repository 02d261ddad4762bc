"""`fairlead kustomize build`: print an overlay's objects, as kustomize does."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from fairlead.engines.kustomize import KustomizeError, build
from fairlead.engines.kustomize.order import in_legacy_order


class DiskLoader:
    """The file system as a tree: `srv/app` is /srv/app."""

    def read(self, path: str) -> bytes:
        try:
            return Path("/", path).read_bytes()
        except OSError as error:
            raise KustomizeError(f"cannot read '/{path}': {error.strerror}") from error

    def is_file(self, path: str) -> bool:
        return Path("/", path).is_file()

    def is_folder(self, path: str) -> bool:
        return Path("/", path).is_dir()

    def list(self, path: str) -> Iterable[str]:
        return sorted(os.listdir(Path("/", path)))


def build_folder(folder: Path, reorder: str = "legacy") -> str:
    """Return the text that `kustomize build` prints for *folder*.

    *reorder* is "legacy" (kinds in a fixed order) or "none" (as the files have them).

    Raises: KustomizeError.
    """
    root = str(folder.resolve()).lstrip("/") or "."
    built = build(root, DiskLoader())
    return (in_legacy_order(built) if reorder == "legacy" else built).to_text()


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands and their flags."""
    commands = parser.add_subparsers(dest="kustomize_command", required=True, metavar="COMMAND")
    builder = commands.add_parser("build", help="print the objects of a kustomization")
    builder.add_argument("folder", nargs="?", default=".", metavar="DIR", help="the folder of the kustomization")
    builder.add_argument("-o", "--output", metavar="FILE", help="write to FILE, not to standard output")
    builder.add_argument("--reorder", choices=("legacy", "none"), default="legacy", help="the order of the objects")


def run(args: argparse.Namespace) -> int:
    """Do what the command line says; return the exit code."""
    folder = Path(args.folder)
    if not folder.is_dir():
        print(f"Error: '{folder}' is not a folder; give one that has a kustomization.yaml", file=sys.stderr)
        return 1
    try:
        text = build_folder(folder, args.reorder)
    except KustomizeError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    if args.output:
        Path(args.output).write_text(text)
    else:
        sys.stdout.write(text)
    return 0

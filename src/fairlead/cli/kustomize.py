"""`fairlead kustomize build`: print an overlay's objects, as kustomize does."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable

from fairlead.engines.kustomize import Built, KustomizeError, build


class DiskLoader:
    """The file system, by absolute paths."""

    def __init__(self) -> None:
        self._real: dict[str, str] = {}

    def resolve(self, path: str) -> str:
        """Return *path* without symbolic links."""
        folder, _, name = path.rpartition("/")
        real = self._real.get(folder)
        if real is None:
            real = self._real[folder] = os.path.realpath(folder or "/")
        full = f"{real.rstrip('/')}/{name}"
        return os.path.realpath(full) if os.path.islink(full) else full

    def read(self, path: str) -> bytes:
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as error:
            raise KustomizeError(f"cannot read '{path}': {error.strerror}") from error

    def is_file(self, path: str) -> bool:
        return os.path.isfile(path)

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(path)

    def list(self, path: str) -> Iterable[str]:
        return sorted(os.listdir(path))


def build_folder(folder: str, reorder: str = "legacy", *, anywhere: bool = False, managed_by: bool = False) -> Built:
    """Build the kustomization in *folder*.

    *reorder* is "legacy" (kinds in a fixed order) or "none" (as the files have them). Raises: KustomizeError.
    """
    root = os.path.realpath(folder)
    if not os.path.isdir(root):
        if os.path.exists(root):
            raise KustomizeError(f"must build at directory: '{folder}': it is a file; give the folder it is in")
        raise KustomizeError(
            f"must build at directory: not a valid directory: evalsymlink failure on '{folder}' : "
            f"lstat {root}: no such file or directory"
        )
    return build(root, DiskLoader(), reorder=reorder, anywhere=anywhere, managed_by=managed_by)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands and their flags."""
    commands = parser.add_subparsers(dest="kustomize_command", required=True, metavar="COMMAND")
    builder = commands.add_parser("build", help="print the objects of a kustomization")
    builder.add_argument("folder", nargs="?", default=".", metavar="DIR", help="the folder of the kustomization")
    builder.add_argument("-o", "--output", metavar="FILE", help="write to FILE, not to standard output")
    builder.add_argument("--reorder", choices=("legacy", "none"), default="legacy", help="the order of the objects")
    builder.add_argument(
        "--load-restrictor",
        choices=("LoadRestrictionsRootOnly", "LoadRestrictionsNone"),
        default="LoadRestrictionsRootOnly",
        help="whether files may lie outside their kustomization's folder",
    )
    builder.add_argument("--enable-managedby-label", action="store_true", help="add app.kubernetes.io/managed-by")


def run(args: argparse.Namespace) -> int:
    """Do what the command line says; return the exit code."""
    try:
        built = build_folder(
            args.folder,
            args.reorder,
            anywhere=args.load_restrictor == "LoadRestrictionsNone",
            managed_by=args.enable_managedby_label,
        )
        text = built.to_text()
    except KustomizeError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    for warning in built.warnings:
        print(warning, file=sys.stderr)
    data = text.encode()
    if args.output:
        with open(args.output, "wb") as file:
            file.write(data)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
    return 0

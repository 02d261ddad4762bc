"""`fairlead kustomize build`: print an overlay's objects, as kustomize does."""

from __future__ import annotations

import os
import sys

from fairlead.cli.build_cache import BuildCache, DiskLoader

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    from fairlead.engines.kustomize import Built


def build_folder(folder: str, reorder: str = "legacy", **options: Any) -> Built:
    """Build the kustomization in *folder*.

    *reorder* is "legacy" (kinds in a fixed order) or "none" (as the files have them); *options* are those of
    `engines.kustomize.build`. Raises: KustomizeError.
    """
    return _build(_root(folder), DiskLoader(), reorder=reorder, **options)


def _root(folder: str) -> str:
    root = os.path.realpath(folder)
    if not os.path.isdir(root):
        from fairlead.engines.kustomize import KustomizeError

        if os.path.exists(root):
            raise KustomizeError(f"must build at directory: '{folder}': file is not directory")
        raise KustomizeError(
            f"must build at directory: not a valid directory: evalsymlink failure on '{folder}' : "
            f"lstat {root}: no such file or directory"
        )
    return root


def _build(root: str, loader: DiskLoader, **options: Any) -> Built:
    from fairlead.engines.kustomize import build

    return build(root, loader, **options)


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
    return _print_build(
        args.folder,
        args.output,
        reorder=args.reorder,
        anywhere=args.load_restrictor == "LoadRestrictionsNone",
        managed_by=args.enable_managedby_label,
    )


def run_quickly(words: Sequence[str]) -> int | None:
    """Do `build FOLDER` without a parser; None when the words say more."""
    if len(words) != 2 or words[0] != "build" or words[1].startswith("-"):
        return None
    return _print_build(words[1], None, reorder="legacy", anywhere=False, managed_by=False)


def _print_build(folder: str, target: str | None, **options: Any) -> int:
    cache = BuildCache(os.path.realpath(folder), tuple(options.items()))
    found = cache.find()
    if found is None:
        from fairlead.engines.kustomize import KustomizeError

        loader = DiskLoader()
        try:
            built = _build(_root(folder), loader, **options)
            found = 0, built.to_text().encode(), built.warnings
        except KustomizeError as error:
            found = 1, b"", (f"Error: {error}",)
        cache.save(loader, *found)
    code, output, messages = found
    for message in messages:
        print(message, file=sys.stderr)
    if code:
        return code
    if target:
        with open(target, "wb") as file:
            file.write(output)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(output)
    return 0

"""`fairlead kustomize create`: a new kustomization in the current folder, as kustomize makes it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator

from fairlead.cli.kustomize.edit import find_resources
from fairlead.engines.kustomize import KustomizeError
from fairlead.engines.kustomize import edit as edits
from fairlead.engines.kustomize.loader import FILE_NAMES
from fairlead.engines.kustomize.objects import objects_in


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--resources", default="", metavar="FILE,…", help="files and folders to add")
    parser.add_argument("--namespace", default="", help="the namespace of all objects")
    parser.add_argument("--nameprefix", default="", help="what stands before all names")
    parser.add_argument("--namesuffix", default="", help="what stands after all names")
    parser.add_argument("--labels", default="", metavar="KEY:VALUE,…", help="labels of all objects")
    parser.add_argument("--annotations", default="", metavar="KEY:VALUE,…", help="annotations of all objects")
    parser.add_argument("--autodetect", action="store_true", help="add the files here that hold objects")
    parser.add_argument("--recursive", action="store_true", help="look below this folder, too")


def run(args: argparse.Namespace) -> int:
    """Write the file; return the exit code."""
    try:
        text = edits.KustomizationFile.new(_fields(args)).render()
    except KustomizeError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    with open(FILE_NAMES[0], "w", encoding="utf-8") as handle:
        handle.write(text)
    return 0


def _fields(args: argparse.Namespace) -> dict[str, object]:
    words = args.resources.split(",") if args.resources else []
    resources = [name for word in words for name in find_resources(word)]
    if any(os.path.exists(name) for name in FILE_NAMES):
        raise KustomizeError("kustomization file already exists")
    if args.autodetect:
        resources += [name for name in _detected(".", args.recursive) if name not in resources]
    return {
        "resources": resources,
        "namespace": args.namespace,
        "namePrefix": args.nameprefix,
        "nameSuffix": args.namesuffix,
        "commonLabels": edits.pairs(args.labels.split(","), "label") if args.labels else {},
        "commonAnnotations": edits.pairs(args.annotations.split(","), "annotation") if args.annotations else {},
    }


def _detected(folder: str, recursive: bool) -> Iterator[str]:
    """Yield the files that hold objects, and the folders that are kustomizations, by name."""
    for name in sorted(os.listdir(folder)):
        path = os.path.normpath(os.path.join(folder, name))
        if os.path.islink(path) or not os.path.isdir(path):
            if _holds_objects(path):
                yield path
        elif recursive:
            if any(os.path.exists(os.path.join(path, known)) for known in FILE_NAMES):
                yield path
            else:
                yield from _detected(path, recursive)


def _holds_objects(path: str) -> bool:
    try:
        with open(path, "rb") as handle:
            objects_in(handle.read(), path)
    except OSError as error:
        raise KustomizeError(f"cannot read '{path}': {error.strerror}") from error
    except KustomizeError:
        return False
    return True

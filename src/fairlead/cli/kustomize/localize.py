"""`fairlead kustomize localize`: copy a kustomization with all that it needs, as kustomize does."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from typing import TYPE_CHECKING

from fairlead.cli.build_cache import DiskLoader
from fairlead.cli.kustomize.hints import hints
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.kustomize import KustomizeError, build
from fairlead.engines.kustomize.files import Files, is_repository
from fairlead.engines.kustomize.loader import is_below
from fairlead.engines.kustomize.localize import check_ref, localize
from fairlead.engines.kustomize.remote import parse_repository

if TYPE_CHECKING:
    from fairlead.engines.kustomize.remote import Remote

PREFIX = "localized"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("target", nargs="?", default=".", help="the folder of the kustomization")
    parser.add_argument("destination", nargs="?", default="", help="the folder of the copy; it may not be there yet")
    parser.add_argument("--scope", default="", metavar="DIR", help="the folder that references may not leave: TARGET")
    parser.add_argument("--no-verify", action="store_true", help="do not build both and compare")
    parser.add_argument("--enable-remote", action="store_true", help="bring files by HTTP and bases by git")


def run(args: argparse.Namespace) -> int:
    """Make the copy; return the exit code."""
    try:
        if args.enable_remote:
            from fairlead.cli.kustomize.remote import NetworkRemote

            with NetworkRemote() as remote:
                return _run(args, remote)
        return _run(args, None)
    except KustomizeError as error:
        print(f"Error: {error}", *hints(error, DiskLoader()), sep="\n", file=sys.stderr)
        return 1


def _run(args: argparse.Namespace, remote: Remote | None) -> int:
    files, scope, name = _opened(args, remote)
    place = _destination(args.destination, name)
    try:
        found = localize(files, scope)
    except KustomizeError as error:
        raise KustomizeError(f"unable to localize target {quote(args.target)}: {error}") from error
    copy = os.path.normpath(os.path.join(place, os.path.relpath(files.root, scope)))
    _write(place, copy, found)
    if not args.no_verify:
        _verify(args, files.root, copy, place, remote)
    print(f"SUCCESS: localized {quote(args.target)} to directory {place}", file=sys.stderr)
    return 0


def _opened(args: argparse.Namespace, remote: Remote | None) -> tuple[Files, str, str]:
    """Return the target, the folder that bounds it, and what the copy is called by default."""
    if is_repository(args.target):
        repository = parse_repository(args.target)
        check_ref(args.target, repository)
        if args.scope:
            raise KustomizeError(
                f"invalid localize scope {quote(args.scope)}: scope {quote(args.scope)} specified for remote localize "
                f"target {quote(args.target)}"
            )
        files = Files(DiskLoader(), os.getcwd(), remote=remote).below(args.target)
        folder = repository.path or repository.url.rstrip("/")
        checkout = files.root.removesuffix(f"/{repository.path}") if repository.path else files.root
        return files, checkout, f"{PREFIX}-{os.path.basename(folder)}-{repository.ref.replace('/', '-')}"
    root = os.path.realpath(args.target)
    if not os.path.isdir(root):
        raise KustomizeError(
            f"unable to establish localize target {quote(args.target)}: {_no_folder(args.target, root)}"
        )
    scope = os.path.realpath(args.scope) if args.scope else root
    if not os.path.isdir(scope):
        problem = f"unable to establish localize scope: {_no_folder(args.scope, scope)}"
        raise KustomizeError(f"invalid localize scope {quote(args.scope)}: {problem}")
    if not is_below(root, scope):
        problem = f"localize scope {quote(args.scope)} does not contain target {quote(args.target)} at {quote(root)}"
        raise KustomizeError(f"invalid localize scope {quote(args.scope)}: {problem}")
    base = os.path.basename(root)
    return Files(DiskLoader(), root, remote=remote), scope, f"{PREFIX}-{base}" if base else PREFIX


def _no_folder(name: str, path: str) -> str:
    if os.path.exists(path):
        return f"'{name}' is not a directory" if name != path else "not a directory"
    return f"not a valid directory: evalsymlink failure on '{name}' : lstat {path}: no such file or directory"


def _destination(given: str, default: str) -> str:
    place = given or default
    wrong = f"invalid localize destination {quote(given)}"
    if os.path.lexists(place):
        raise KustomizeError(f"{wrong}: localize destination {quote(place)} already exists")
    if not os.path.isdir(os.path.dirname(os.path.abspath(place))):
        problem = f"unable to create localize destination directory: mkdir {place}: no such file or directory"
        raise KustomizeError(f"{wrong}: {problem}")
    return os.path.realpath(place)


def _write(place: str, copy: str, found: dict[str, bytes]) -> None:
    """Write the copy whole, or leave nothing."""
    try:
        os.makedirs(copy)
        for name, content in found.items():
            path = os.path.join(place, name)
            if not is_below(os.path.normpath(path), place):
                raise KustomizeError(f"'{name}' lies outside the destination {quote(place)}")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
    except (OSError, KustomizeError) as error:
        shutil.rmtree(place, ignore_errors=True)
        if isinstance(error, OSError):
            raise KustomizeError(f"unable to localize target: {error.filename}: {error.strerror}") from error
        raise


def _verify(args: argparse.Namespace, root: str, copy: str, place: str, remote: Remote | None) -> None:
    texts = []
    for folder in (root, copy):
        try:
            texts.append(
                build(folder, DiskLoader(), reorder="legacy", remote=remote if folder == root else None).to_text()
            )
        except KustomizeError as error:
            raise KustomizeError(
                f"{error}\nthe copy is in {place}, not verified: 'kustomize build' of {folder} fails without flags"
            ) from error
    outcome = f"`kustomize build` for {args.target} and {place} are"
    if texts[0] != texts[1]:
        raise KustomizeError(f"VERIFICATION FAILED: {outcome} different after localization.")
    print(f"VERIFICATION SUCCESS: {outcome} the same after localization.", file=sys.stderr)

"""`fairlead kustomize`: build an overlay, or edit its kustomization, as kustomize does."""

from __future__ import annotations

import gc
import os
import sys

from fairlead.cli.build_cache import BuildCache, DiskLoader

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    from fairlead.engines.kustomize import Built

RESTRICTED, UNRESTRICTED = "LoadRestrictionsRootOnly", "LoadRestrictionsNone"


def build_folder(folder: str, reorder: str = "legacy", **options: Any) -> Built:
    """Build the kustomization in *folder*.

    *reorder* is "legacy" (kinds in a fixed order) or "none" (as the files have them); *options* are those of
    `engines.kustomize.build`. Raises: KustomizeError.
    """
    return _build(_root(folder), DiskLoader(), reorder=reorder, **options)


def _root(folder: str) -> str:
    if not folder:
        from fairlead.engines.kustomize import KustomizeError

        raise KustomizeError("must build at directory: directory path cannot be empty")
    root = os.path.realpath(folder)
    if not os.path.isdir(root):
        from fairlead.engines.kustomize import KustomizeError
        from fairlead.engines.kustomize.files import is_repository

        if is_repository(folder):
            return folder
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
    commands = parser.add_subparsers(dest="kustomize_command", metavar="COMMAND")
    builder = commands.add_parser("build", help="print the objects of a kustomization")
    builder.add_argument("folder", nargs="?", default=".", metavar="DIR", help="the folder of the kustomization")
    builder.add_argument(
        "-o", "--output", metavar="PATH", help="write to the file PATH, or a file for each object into the folder PATH"
    )
    builder.add_argument("--reorder", choices=("legacy", "none"), default="legacy", help="the order of the objects")
    builder.add_argument(
        "--load-restrictor",
        choices=(RESTRICTED, UNRESTRICTED),
        default=RESTRICTED,
        help="whether files may lie outside their kustomization's folder",
    )
    builder.add_argument("--enable-managedby-label", action="store_true", help="add app.kubernetes.io/managed-by")
    builder.add_argument(
        "--enable-remote", action="store_true", help="bring files by HTTP and bases by git; refused without"
    )
    builder.add_argument("--enable-helm", action="store_true", help="render helmCharts, with our own Helm")
    builder.add_argument(
        "--helm-api-versions", action="append", default=[], metavar="VERSION", help="an API version that charts find"
    )
    builder.add_argument(
        "--helm-kube-version", default="", metavar="VERSION", help="the version of Kubernetes that charts find"
    )
    builder.add_argument("--helm-command", default="helm", metavar="PATH", help="read and not used: Helm is built in")
    builder.add_argument("--helm-debug", action="store_true", help="read and not used")

    no_functions = "read and not used: functions, programs beside the build, are refused"
    for flag in ("--enable-alpha-plugins", "--enable-exec", "--as-current-user", "--network"):
        builder.add_argument(flag, action="store_true", help=no_functions)
    for flags, shown in ((("-e", "--env"), "NAME=VALUE"), (("--mount",), "MOUNT"), (("--network-name",), "NAME")):
        builder.add_argument(*flags, action="append", default=[], metavar=shown, help=no_functions)

    from fairlead.cli.kustomize import create as kustomize_create
    from fairlead.cli.kustomize import edit as kustomize_edit
    from fairlead.cli.kustomize import localize as kustomize_localize

    kustomize_create.configure(commands.add_parser("create", aliases=["init"], help="make a kustomization here"))
    kustomize_edit.configure(commands.add_parser("edit", help="change a kustomization file"))
    kustomize_localize.configure(commands.add_parser("localize", help="copy a kustomization with all that it needs"))
    version = commands.add_parser("version", help="print the version of kustomize that this is like")
    version.add_argument("-o", "--output", default="", metavar="FORMAT", help="yaml or json")


def run(args: argparse.Namespace) -> int:
    """Do what the command line says; return the exit code."""
    if args.kustomize_command == "edit":
        from fairlead.cli.kustomize import edit as kustomize_edit

        return kustomize_edit.run(args)
    if args.kustomize_command in ("create", "init"):
        from fairlead.cli.kustomize import create as kustomize_create

        return kustomize_create.run(args)
    if args.kustomize_command == "localize":
        from fairlead.cli.kustomize import localize as kustomize_localize

        return kustomize_localize.run(args)
    if args.kustomize_command == "version":
        return _print_version(args.output)
    options: dict[str, Any] = {
        "reorder": args.reorder,
        "anywhere": args.load_restrictor == UNRESTRICTED,
        "managed_by": args.enable_managedby_label or _is_labelled(),
    }
    if args.enable_helm:
        from fairlead.cli.helm.template import world
        from fairlead.engines.kustomize.charts import Inflater

        options["inflate"] = Inflater(world(), args.helm_kube_version, args.helm_api_versions)
    if args.enable_remote:
        from fairlead.cli.kustomize.remote import NetworkRemote

        with NetworkRemote() as options["remote"]:
            return _print_build(args.folder, args.output, **options)
    return _print_build(args.folder, args.output, **options)


def _print_version(form: str) -> int:
    from fairlead.engines.kustomize.build import VERSION

    print({"yaml": f"version: {VERSION}", "json": f'{{\n  "version": "{VERSION}"\n}}'}.get(form, VERSION))
    return 0


def main(words: Sequence[str]) -> int:
    """Do what *words*, those after `kustomize`, say; return the exit code."""
    code = run_quickly(words)
    if code is None:
        from fairlead.cli.kustomize.words import run as run_words

        return run_words(words)
    return code


def run_quickly(words: Sequence[str]) -> int | None:
    """Do `build`, with the flags most often given, without a parser; None when the words say more."""
    if words[:1] != ["build"]:
        return None
    folder, output, restrictor = "", None, RESTRICTED
    rest = list(words[1:])
    while rest:
        word = rest.pop(0)
        flag, separator, value = word.partition("=")
        if flag in ("-o", "--output", "--load-restrictor"):
            if not separator:
                value = rest.pop(0) if rest else ""
            if not value or value.startswith("-") or (separator and flag == "-o"):
                return None
            if flag == "--load-restrictor":
                restrictor = value
            else:
                output = value
        elif word.startswith("-") or folder or not word:
            return None
        else:
            folder = word
    if restrictor not in (RESTRICTED, UNRESTRICTED):
        return None
    return _print_build(
        folder or ".", output, reorder="legacy", anywhere=restrictor == UNRESTRICTED, managed_by=_is_labelled()
    )


def _is_labelled() -> bool:
    return os.environ.get("KUSTOMIZE_ENABLE_MANAGEDBY_LABEL") == "on"


def _print_build(folder: str, target: str | None, **options: Any) -> int:
    collecting = gc.isenabled()
    try:
        return _print_build_quickly(folder, target, **options)
    finally:
        if collecting:
            gc.enable()


def _print_build_quickly(folder: str, target: str | None, **options: Any) -> int:
    cache = None
    into = target if target and os.path.isdir(target) else None
    if "inflate" not in options and "remote" not in options and folder and not into:  # what these bring may change
        cache = BuildCache(os.path.realpath(folder), tuple(options.items()))
    found = cache.find() if cache is not None else None
    if found is None:
        gc.disable()  # there is hardly anything to collect before the end
        from fairlead.engines.kustomize import KustomizeError

        loader = DiskLoader()
        try:
            built = _build(_root(folder), loader, **options)
            if into:
                _write_files(into, built)
            found = 0, b"" if into else built.to_text().encode(), built.warnings
        except KustomizeError as error:
            from fairlead.cli.kustomize.hints import hints

            found = 1, b"", (*error.warnings, f"Error: {error}", *hints(error, loader))
        if cache is not None:
            cache.save(loader, *found)
    code, output, messages = found
    for message in messages:
        print(message, file=sys.stderr)
    if code or into:
        return code
    if not target:
        sys.stdout.flush()
        sys.stdout.buffer.write(output)
        return 0
    return _write(target, output)


def _write(path: str, data: bytes) -> int:
    try:
        with open(path, "wb") as file:
            file.write(data)
    except OSError as error:
        print(f"Error: open {path}: {(error.strerror or '').lower()}", file=sys.stderr)
        return 1
    return 0


def _write_files(folder: str, built: Built) -> None:
    """Write each object into a file of its own."""
    from fairlead.engines.kustomize import KustomizeError

    for name, text in built.to_files().items():
        if _write(os.path.join(folder, name), text.encode()):
            raise KustomizeError(f"the objects are not all in '{folder}'")

"""`fairlead kustomize edit`: change the kustomization file in the current folder, as kustomize does."""

from __future__ import annotations

import argparse
import glob
import os
import sys
from collections.abc import Callable, Sequence

from fairlead.engines.kustomize import KustomizeError
from fairlead.engines.kustomize import edit as edits
from fairlead.engines.kustomize.files import is_repository
from fairlead.engines.kustomize.loader import FILE_NAMES, is_url
from fairlead.engines.kustomize.provenance import OPTIONS

Edit = Callable[[edits.KustomizationFile, argparse.Namespace], None]
LISTS = {
    "resource": "resources",
    "component": "components",
    "transformer": "transformers",
    "generator": "generators",
    "configuration": "configurations",
    "buildmetadata": "buildMetadata",
}
TARGET = ("group", "version", "kind", "name", "namespace", "annotation_selector", "label_selector")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands and their flags."""
    verbs = parser.add_subparsers(dest="edit_verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help="add an item").add_subparsers(dest="what", required=True, metavar="WHAT")
    remove = verbs.add_parser("remove", help="remove an item").add_subparsers(
        dest="what", required=True, metavar="WHAT"
    )
    setter = verbs.add_parser("set", help="set a value").add_subparsers(dest="what", required=True, metavar="WHAT")
    for what in LISTS:
        _words(add, what, _add_names).add_argument("--no-verify", action="store_true", help="do not look for the files")
        _words(remove, what, _remove_names)
    for what in ("label", "annotation"):
        command = _words(add, what, _add_entries)
        command.add_argument("-f", "--force", action="store_true", help="overwrite what is there")
        if what == "label":
            command.add_argument("--without-selector", action="store_true")
            command.add_argument("--include-templates", action="store_true")
        _words(remove, what, _remove_entries).add_argument("-i", "--ignore-non-existence", action="store_true")
        _words(setter, what, _set_entries)
    patch = _words(add, "patch", _add_patch)
    for name in ("path", "patch", *TARGET):
        patch.add_argument(f"--{name.replace('_', '-')}", default="")
    for what, field in (("namespace", "namespace"), ("nameprefix", "namePrefix"), ("namesuffix", "nameSuffix")):
        _words(setter, what, _set_text).set_defaults(field=field)
    _words(setter, "image", lambda file, args: edits.set_images(file, args.words))
    _words(setter, "replicas", lambda file, args: edits.set_replicas(file, args.words))
    _words(setter, "buildmetadata", _set_metadata)
    verbs.add_parser("fix", help="bring deprecated fields up to date").set_defaults(
        edit=lambda file, args: edits.fix(file, os.path.isfile)
    )


def _words(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], what: str, edit: Edit
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(what)
    command.add_argument("words", nargs="*", metavar="VALUE")
    command.set_defaults(edit=edit)
    return command


def _add_names(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    if not args.words:
        raise KustomizeError(f"must specify a {args.what} file")
    if args.what == "buildmetadata":
        names = _metadata(args.words)
    else:
        names = [name for word in args.words for name in _matches(word, args)]
    names = [name for name in names if name not in FILE_NAMES]
    for note in edits.add_names(file, LISTS[args.what], names):
        print(note, file=sys.stderr)


def _matches(word: str, args: argparse.Namespace) -> Sequence[str]:
    """Return the files that *word* means."""
    found = [word] if args.no_verify else sorted(glob.glob(word))
    if found:
        return found
    if is_url(word) or is_repository(word):
        return [word]
    if args.what in ("resource", "component"):
        raise KustomizeError(f"{word} has no match: there is no such file or folder in '{os.getcwd()}'")
    print(f"{word} has no match", file=sys.stderr)
    return ()


def _metadata(words: Sequence[str]) -> list[str]:
    names = [name for word in words for name in word.split(",")]
    for name in names:
        if name not in OPTIONS:
            raise KustomizeError(f"invalid buildMetadata option: {name}")
    return names


def _remove_names(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    if not args.words:
        raise KustomizeError(f"must specify a {args.what} file")
    edits.remove_names(file, LISTS[args.what], args.words)


def _field(args: argparse.Namespace) -> str:
    return "commonLabels" if args.what == "label" else "commonAnnotations"


def _add_entries(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    entries = edits.pairs(args.words, args.what)
    if args.what == "label" and args.include_templates and not args.without_selector:
        raise KustomizeError("--without-selector flag must be specified for --include-templates to work")
    if args.what == "label" and args.without_selector:
        edits.add_plain_labels(file, entries, force=args.force, include_templates=args.include_templates)
    else:
        edits.add_entries(file, _field(args), args.what, entries, force=args.force)


def _remove_entries(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    keys = [key for word in args.words for key in word.split(",")]
    edits.remove_entries(file, _field(args), args.what, keys, quiet=args.ignore_non_existence)


def _set_entries(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    edits.add_entries(file, _field(args), args.what, edits.pairs(args.words, args.what), force=True)


def _add_patch(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    names = {"annotation_selector": "annotationSelector", "label_selector": "labelSelector"}
    note = edits.add_patch(file, args.path, args.patch, {names.get(name, name): getattr(args, name) for name in TARGET})
    if note:
        print(note, file=sys.stderr)


def _set_text(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    if len(args.words) != 1:
        raise KustomizeError(f"must specify exactly one {args.what} value")
    file.fields[args.field] = args.words[0]


def _set_metadata(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    file.fields["buildMetadata"] = _metadata(args.words)


def run(args: argparse.Namespace) -> int:
    """Do what the command line says; return the exit code."""
    found = [name for name in FILE_NAMES if os.path.exists(name)]
    try:
        if not found:
            raise KustomizeError(f"Missing kustomization file '{FILE_NAMES[0]}'.\n")
        if len(found) > 1:
            raise KustomizeError(f"Found multiple kustomization file: [{' '.join(found)}]\n")
        with open(found[0], "rb") as handle:
            file = edits.KustomizationFile(handle.read(), found[0])
        args.edit(file, args)
        text = file.render()
    except KustomizeError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    with open(found[0], "w", encoding="utf-8") as handle:
        handle.write(text)
    return 0

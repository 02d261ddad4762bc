"""`fairlead kustomize edit`: change the kustomization file in the current folder, as kustomize does."""

from __future__ import annotations

import argparse
import glob
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from fairlead.cli.build_cache import DiskLoader
from fairlead.cli.kustomize import fix as kustomize_fix
from fairlead.cli.kustomize.hints import hints
from fairlead.engines.kustomize import KustomizeError
from fairlead.engines.kustomize import edit as edits
from fairlead.engines.kustomize import edit_generators as generators
from fairlead.engines.kustomize.files import Files, is_repository
from fairlead.engines.kustomize.loader import FILE_NAMES, is_url
from fairlead.engines.kustomize.provenance import OPTIONS
from fairlead.engines.kustomize.shapes import PLUGINS

Edit = Callable[[edits.KustomizationFile, argparse.Namespace], None]
LISTS = {
    "resource": "resources",
    "component": "components",
    "transformer": "transformers",
    "generator": "generators",
    "configuration": "configurations",
    "buildmetadata": "buildMetadata",
}
WHATS = {  # what each command below `add`, `set` and `remove` is about
    "resource": "files, folders or addresses in resources",
    "component": "folders in components",
    "transformer": "files in transformers",
    "generator": "files in generators",
    "configuration": "files in configurations",
    "buildmetadata": "options in buildMetadata: " + ", ".join(OPTIONS),
    "label": "labels of all objects: KEY:VALUE,…",
    "annotation": "annotations of all objects: KEY:VALUE,…",
    "patch": "an entry of patches",
    "base": "folders in resources: DIR,…",
    "configmap": "an entry of configMapGenerator",
    "secret": "an entry of secretGenerator",
    "namespace": "the namespace of all objects",
    "nameprefix": "what stands before all names",
    "namesuffix": "what stands after all names",
    "image": "names, tags and digests of images: IMAGE=NEWNAME:NEWTAG",
    "replicas": "how many replicas a workload has: NAME=COUNT",
}
PATCH_FLAGS = {
    "path": "the file of the patch",
    "patch": "the text of the patch, in place of a file",
    "group": "patch objects of this API group",
    "version": "patch objects of this API version",
    "kind": "patch objects of this kind",
    "name": "patch objects of this name, a regular expression",
    "namespace": "patch objects in this namespace, a regular expression",
    "annotation_selector": "patch objects with annotations that this selects",
    "label_selector": "patch objects with labels that this selects",
}
TARGET = ("group", "version", "kind", "name", "namespace", "annotation_selector", "label_selector")


class _Nothing(Exception):  # noqa: N818 - not an error
    """There is nothing to change; the file is left alone."""


class _Unread(edits.KustomizationFile):
    """The file of the current folder, read when an edit first looks into it: wrong words are found before."""

    path = ""

    def __init__(self) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name not in ("fields", "_comments"):
            raise AttributeError(name)
        found = [name for name in FILE_NAMES if os.path.exists(name)]
        if not found:
            raise KustomizeError(f"Missing kustomization file '{FILE_NAMES[0]}'.\n")
        if len(found) > 1:
            raise KustomizeError(f"Found multiple kustomization file: [{' '.join(found)}]\n")
        self.path = found[0]
        with open(self.path, "rb") as handle:
            super().__init__(handle.read(), self.path)
        return self.__dict__[name]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands and their flags."""
    verbs = parser.add_subparsers(dest="edit_verb", metavar="VERB")
    add = verbs.add_parser("add", help="add an item").add_subparsers(dest="what", metavar="WHAT")
    remove = verbs.add_parser("remove", help="remove an item").add_subparsers(dest="what", metavar="WHAT")
    setter = verbs.add_parser("set", help="set a value").add_subparsers(dest="what", metavar="WHAT")
    for what in LISTS:
        _words(add, what, _add_names).add_argument("--no-verify", action="store_true", help="do not look for the files")
        _words(remove, what, _remove_names)
    for what in ("label", "annotation"):
        command = _words(add, what, _add_entries)
        command.add_argument("-f", "--force", action="store_true", help="overwrite what is there")
        if what == "label":
            command.add_argument("--without-selector", action="store_true", help="leave the selectors of objects alone")
            command.add_argument(
                "--include-templates", action="store_true", help="label templates of Pods, too; with --without-selector"
            )
        _words(remove, what, _remove_entries).add_argument(
            "-i", "--ignore-non-existence", action="store_true", help="do not fail over one that is not there"
        )
        _words(setter, what, _set_entries)
    for commands, edit in ((add, edits.add_patch), (remove, edits.remove_patch)):
        patch = _words(commands, "patch", _change_patch)
        patch.set_defaults(change=edit)
        for name, text in PATCH_FLAGS.items():
            patch.add_argument(f"--{name.replace('_', '-')}", default="", help=text)
    _words(add, "base", _add_bases)
    for what in generators.KINDS:
        _configure_generators(what, add, setter, remove)
    for what, field in (("namespace", "namespace"), ("nameprefix", "namePrefix"), ("namesuffix", "nameSuffix")):
        _words(setter, what, _set_text).set_defaults(field=field)
    _words(setter, "image", lambda file, args: edits.set_images(file, args.words))
    _words(setter, "replicas", lambda file, args: edits.set_replicas(file, args.words))
    _words(setter, "buildmetadata", _set_metadata)
    kustomize_fix.configure(verbs.add_parser("fix", help="bring deprecated fields up to date"))
    verbs.add_parser("alpha-list-builtin-plugin", help="list the built-in plugins")


def _configure_generators(what: str, *verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    edits_of = (_add_generator, _set_generator, _remove_generator)
    add, change, remove = (_words(verb, what, edit) for verb, edit in zip(verbs, edits_of, strict=True))
    for command in (add, change, remove):
        command.add_argument("--namespace", default="", help="the namespace of what is meant")
    for command in (add, change):
        text = "a key and its value" if command is add else "a key that is there and its new value"
        command.add_argument("--from-literal", action="append", default=[], metavar="KEY=VALUE", help=text)
    add.add_argument(
        "--from-file",
        action="append",
        default=[],
        metavar="[KEY=]FILE",
        help="a key, the name of the file if none is given, and the file with its value",
    )
    add.add_argument("--from-env-file", default="", metavar="FILE", help="a file with lines KEY=VALUE")
    add.add_argument(
        "--disableNameSuffixHash", dest="plain_name", action="store_true", help="put no hash behind the name"
    )
    if what == "secret":
        add.add_argument("--type", default="Opaque", help="the type of the Secret; Opaque if not given")
    else:
        add.add_argument("--behavior", default="", help="create, merge or replace")
    change.add_argument("--new-namespace", default="", help="the namespace that it gets")


def _words(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], what: str, edit: Edit
) -> argparse.ArgumentParser:
    text = WHATS[what]
    command: argparse.ArgumentParser = commands.add_parser(what, help=text, description=f"{text[0].upper()}{text[1:]}.")
    command.add_argument("words", nargs="*", metavar="VALUE")
    command.set_defaults(edit=edit)
    return command


def _add_names(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    if args.what == "buildmetadata":
        edits.add_metadata(file, _metadata(args.words))
        return
    if not args.words:
        raise KustomizeError(f"must specify a {args.what} file")
    names = [name for word in args.words for name in _matches(word, args)]
    if not names:
        raise _Nothing
    if args.what in ("resource", "component"):
        names = [name for name in names if name not in FILE_NAMES]
    for note in edits.add_names(file, LISTS[args.what], names):
        print(note, file=sys.stderr)


def _matches(word: str, args: argparse.Namespace) -> Sequence[str]:
    """Return the files that *word* means."""
    if args.no_verify:
        return [word]
    if args.what in ("resource", "component"):
        return find_resources(word)
    found = sorted(glob.glob(word))
    if not found and (is_url(word) or is_repository(word)):
        return [word]
    if not found:
        print(f"{word} has no match", file=sys.stderr)
    return found


def find_resources(word: str) -> Sequence[str]:
    """Return the files and folders that *word*, a pattern, means. Raises: KustomizeError when there is none."""
    found = sorted(glob.glob(word))
    if found:
        return found
    if is_url(word) or is_repository(word):
        return [word]
    path = os.path.normpath(os.path.join(os.getcwd(), word))
    raise KustomizeError(
        f"{word} has no match: must build at directory: not a valid directory: evalsymlink failure on '{path}' : "
        f"lstat {path}: no such file or directory"
    )


def _metadata(words: Sequence[str]) -> list[str]:
    if not words:
        raise KustomizeError("must specify a buildMetadata option")
    names = [name for word in words for name in word.split(",")]
    for name in names:
        if name not in OPTIONS:
            raise KustomizeError(f"invalid buildMetadata option: {name}")
    return names


def _remove_names(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    if args.what == "buildmetadata":
        edits.remove_names(file, LISTS[args.what], _metadata(args.words))
        return
    if not args.words:
        raise KustomizeError(f"must specify a {args.what} file")
    if not edits.remove_names(file, LISTS[args.what], args.words):
        raise _Nothing


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
    if not args.words:  # upstream says label of annotations, too
        raise KustomizeError("must specify label")
    if len(args.words) > 1:
        raise KustomizeError("labels must be comma-separated, with no spaces")
    keys = args.words[0].split(",")
    if "" in keys:
        raise KustomizeError("invalid label: '' (name is empty)")
    edits.remove_entries(file, _field(args), args.what, keys, quiet=args.ignore_non_existence)


def _set_entries(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    entries = edits.pairs(args.words, args.what)
    if args.what == "annotation" and not all(map(edits.is_annotation_key, entries)):
        raise KustomizeError(
            "invalid annotation key: see the syntax and character set rules at "
            "https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/"
        )
    edits.add_entries(file, _field(args), args.what, entries, force=True)


def _change_patch(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    names = {"annotation_selector": "annotationSelector", "label_selector": "labelSelector"}
    note = args.change(file, args.path, args.patch, {names.get(name, name): getattr(args, name) for name in TARGET})
    if note:
        raise _Nothing(note)


def _add_bases(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    if len(args.words) != 1:
        raise KustomizeError("must specify a base directory")
    names = args.words[0].split(",")
    known = file.fields.get("resources") or ()
    for name in names:
        if not os.path.exists(name):
            raise KustomizeError(f"{name} does not exist")
        if name in known:
            break
    edits.add_bases(file, names)


def _add_generator(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    wanted = generators.Wanted(
        name=args.words[0] if args.words else "",
        namespace=args.namespace,
        behavior=getattr(args, "behavior", ""),
        literals=args.from_literal,
        files=[name for given in args.from_file for word in given.split(",") for name in _sources(word)],
        env=args.from_env_file,
        plain_name=args.plain_name,
        type=getattr(args, "type", ""),
    )
    generators.check(args.what, args.words, wanted)
    generators.add(file, args.what, wanted, Files(DiskLoader(), os.path.realpath(".")))


def _sources(word: str) -> list[str]:
    """Return the files that *word*, a pattern that may have a key before it, means."""
    key, separator, shown = word.rpartition("=")
    found = sorted(glob.glob(shown))
    if not found:
        print(f"{shown} has no match", file=sys.stderr)
    if not separator:
        return found
    if len(found) != 1:
        listed = " ".join(found)
        raise KustomizeError(
            f"failed to expand file source: 'pattern '{word}' catches files [{listed}], should catch only one"
        )
    return [f"{key}={found[0]}"]


def _set_generator(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    tree = Files(DiskLoader(), os.path.realpath("."))
    generators.change(file, args.what, args.words, args.namespace, args.from_literal, args.new_namespace, tree)


def _remove_generator(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    for note in generators.remove(file, args.what, args.words, args.namespace):
        print(note, file=sys.stderr)


def _set_text(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    if len(args.words) != 1:
        raise KustomizeError(f"must specify exactly one {args.what} value")
    file.fields[args.field] = args.words[0]


def _set_metadata(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    file.fields["buildMetadata"] = _metadata(args.words)


def run(args: argparse.Namespace) -> int:
    """Do what the command line says; return the exit code."""
    if args.edit_verb == "alpha-list-builtin-plugin":
        print("Builtin plugins:\n", *(f" * {name}" for name in PLUGINS), sep="\n")
        return 0
    file = _Unread()
    try:
        args.edit(file, args)
        text = file.render()
    except _Nothing as note:
        if note.args:
            print(note, file=sys.stderr)
        return 0
    except KustomizeError as error:
        print(f"Error: {error}", *hints(error, DiskLoader()), sep="\n", file=sys.stderr)
        return 1
    with open(file.path, "w", encoding="utf-8") as handle:
        handle.write(text)
    if "finish" in args:
        args.finish(args)
    return 0

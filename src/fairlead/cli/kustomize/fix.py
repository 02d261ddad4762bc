"""`fairlead kustomize edit fix`: bring a kustomization up to date, and say whether it still builds to the same."""

from __future__ import annotations

import argparse
import os
import sys

from fairlead.cli.kustomize.main import build_folder
from fairlead.engines.kustomize import KustomizeError
from fairlead.engines.kustomize import edit as edits
from fairlead.engines.kustomize.edit_vars import convert_vars

FIXED = """
Fixed fields:
  patchesJson6902 -> patches
  patchesStrategicMerge -> patches
  commonLabels -> labels"""
HINT = """
To convert vars -> replacements, run the command `kustomize edit fix --vars`

WARNING: Converting vars to replacements will potentially overwrite many resource files 
and the resulting files may not produce the same output when `kustomize build` is run. 
We recommend doing this in a clean git repository where the change is easy to undo."""  # noqa: W291 - kustomize's text


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument(
        "--vars", action="store_true", help="turn vars into replacements; this changes other files, too"
    )
    parser.set_defaults(edit=_fix, finish=_compare)


def _fix(file: edits.KustomizationFile, args: argparse.Namespace) -> None:
    args.before = _built()[0]
    edits.fix(file, os.path.isfile)
    if args.vars:
        for path, content in convert_vars(file.fields, _read).items():
            with open(path, "wb") as handle:
                handle.write(content)
    print(f"{FIXED}\n  vars -> replacements" if args.vars else f"{FIXED}\n{HINT}")


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except OSError:
        return None


def _built() -> tuple[str, str]:
    """Return what a build gives, and why it fails."""
    try:
        built = build_folder(".")
        text, warnings, problem = built.to_text(), built.warnings, ""
    except KustomizeError as error:
        text, warnings, problem = "", error.warnings, str(error)
    for warning in warnings:
        print(warning, file=sys.stderr)
    return text, problem


def _compare(args: argparse.Namespace) -> None:
    text, problem = _built()
    if problem:
        print(f"Warning: 'Fixed' kustomization now produces the error when running `kustomize build`: {problem}")
    elif text != args.before:
        print(
            "Warning: 'Fixed' kustomization now produces different output when running `kustomize build`:\n"
            f"...{text}..."
        )

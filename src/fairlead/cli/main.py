"""The command `fairlead`: finds the module of a command, loads it, and runs it.

A command's module is loaded when the command is given, so that `fairlead helm template` starts as fast as it can. Exit
codes: 0 done, 1 the thing failed, 2 wrong usage (for helm and kustomize 1, as theirs).
"""

from __future__ import annotations

import errno
import sys

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

# Commands that run by themselves: module under fairlead.cli, and what they do. Each module has `configure(parser)` and
# `run(arguments)`; one with `run_quickly(words)` does what is most often asked without a parser, whose import and
# set-up take as long as some commands, and returns None for all else.
OWN_COMMANDS = {
    "up": ("up", "run in the foreground: management API, Git server, simulated vCenter, controllers"),
    "demo": ("demo", "try it: a lab with a sample fleet, shown as it comes up; nothing is kept"),
    "helm": ("helm.main", "charts: template, lint, show, package, pull, dependency, as helm does"),
    "kustomize": ("kustomize.main", "overlays: build, edit, create, localize, version, as kustomize does"),
    "completion": ("completion", "print a script that completes commands and flags in bash, zsh or fish"),
}
DESCRIPTION = "Kubernetes clusters on VMware vSphere, declared in Git."
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line *argv* (the process's own by default); returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run_quickly(arguments)
        if code is not None:
            if argv is None:
                _leave(code)
            return code
        parser = _parser(arguments[0] if arguments else "")
        parsed = parser.parse_args(arguments)
        if not hasattr(parsed, "run"):
            parser.print_help(sys.stderr)
            return 2
        return int(parsed.run(parsed))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # who reads has had enough
        if argv is None:
            _leave(1)
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or error.filename is not None:
            raise
        print(f"Error: write /dev/stdout: {(error.strerror or '').lower()}", file=sys.stderr)
        if argv is None:
            _leave(1)
        return 1


def _leave(code: int) -> None:
    """End the process at once: taking it apart takes milliseconds, and an engine's command leaves nothing open."""
    import os

    if sys.getprofile() is not None or sys.gettrace() is not None:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads, or nothing fits
        code = code or 1
    os._exit(code)


def _run_quickly(arguments: list[str]) -> int | None:
    """Do what an engine's command asks when that can be told without a parser."""
    if arguments[:1] == ["kustomize"]:
        from fairlead.cli.kustomize.main import main as run_quickly
    elif arguments[:1] == ["helm"]:
        from fairlead.cli.helm.main import main as run_quickly
    else:
        return None
    return run_quickly(arguments[1:])


def whole_parser() -> argparse.ArgumentParser:
    """The parser with every command in full."""
    return _parser("", whole=True)


def _parser(command: str, *, whole: bool = False) -> argparse.ArgumentParser:
    import argparse
    from importlib import import_module

    from fairlead import __version__

    class Parser(argparse.ArgumentParser):
        """One that refuses an unknown flag itself: argparse leaves that to the first, which shows another usage."""

        def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
            found, unknown = super().parse_known_args(args, namespace)
            if unknown:
                self.error(f"unrecognized arguments: {' '.join(unknown)}")
            return found, unknown

    parser = Parser(prog="fairlead", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"fairlead {__version__}", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, (module, text) in OWN_COMMANDS.items():
        own = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False)
        if whole or name == command:
            loaded = import_module(f"fairlead.cli.{module}")
            loaded.configure(own)
            own.set_defaults(run=loaded.run)
    if command not in OWN_COMMANDS:
        from fairlead.cli import client_commands

        client_commands.configure(commands, command)
    return parser


if __name__ == "__main__":
    sys.exit(main())

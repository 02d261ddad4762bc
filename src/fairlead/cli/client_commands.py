"""The commands that talk to a running management cluster; `configure` adds them to the command line.

A command's module is loaded when the command runs. Progress and errors go to stderr, results to stdout; a command
returns 0 (done), 1 (failed) or 2 (wrong usage).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairlead.cli.connection import Connection

INTERRUPTED = 130
BROKEN_PIPE = 141

COMMANDS = (
    ("status", "status", "what is running, and why something is not Ready"),
    ("tree", "tree", "from Git source to VM, as a tree"),
    ("events", "events", "what happened, oldest first"),
    ("get", "get", "objects and their state as a table"),
    ("reconcile", "reconcile", "have a Flux object looked at now, and wait for it"),
    ("suspend", "suspend", "stop the reconciliation of objects"),
    ("resume", "suspend", "go on with the reconciliation of objects"),
    ("cluster", "cluster", "workload clusters: kubeconfig, describe"),
)


def configure(subparsers: Any, command: str = "") -> None:
    """Add every command to *subparsers*, in full only *command* when it is one of them, else all.

    The parsed arguments have `run`, which takes them and gives the exit code.
    """
    names = [name for name, _, _ in COMMANDS]
    for name, module, text in COMMANDS:
        parser = subparsers.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False)
        if command == name or command not in names:
            loaded = import_module(f"fairlead.cli.{module}")
            add_flags = getattr(loaded, f"configure_{name}", None) or loaded.configure
            add_flags(parser)
            parser.set_defaults(run=partial(run_command, command=loaded.run))


def run_command(
    args: argparse.Namespace,
    command: Callable[[argparse.Namespace, Connection], int],
    connect: Callable[[argparse.Namespace], Connection] | None = None,
) -> int:
    """Connect, run *command*, and say what went wrong; returns the exit code."""
    from fairlead.cli.connection import open_connection
    from fairlead.cli.errors import CommandError

    try:
        connection = (connect or open_connection)(args)
        try:
            code = command(args, connection)
            sys.stdout.flush()
            return code
        finally:
            connection.close()
    except CommandError as error:
        text = str(error)
        print(text if text.startswith("Error") else f"Error: {text}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the interpreter's last flush is quiet
        return BROKEN_PIPE

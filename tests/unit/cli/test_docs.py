"""docs/cli.md speaks of every command and every flag."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from fairlead.cli.client_commands import COMMANDS, configure

TEXT = (Path(__file__).parents[3] / "docs/cli.md").read_text()


def flags(parser: argparse.ArgumentParser) -> set[str]:
    """The long flags of a command and its subcommands."""
    found: set[str] = set()
    for action in parser._actions:
        found |= {each for each in action.option_strings if each.startswith("--")}
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                found |= flags(below)
    return found - {"--help", "--namespace", "--all-namespaces", "--output"}  # the contract's, by their short names


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_is_documented(name: str) -> None:
    """Each has its heading, each flag is named."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    configure(commands)
    assert f"fairlead {name}" in TEXT
    assert {flag for flag in flags(commands.choices[name]) if f"{flag}" not in TEXT} == set()

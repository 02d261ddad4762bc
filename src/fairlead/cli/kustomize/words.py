"""Command lines of `fairlead kustomize`, read and refused as kustomize does: pflag's flags, cobra's commands.

Source: spf13/cobra v1.9.1 command.go (Find, legacyArgs); kustomize v5.8.2 commands. The commands and their flags are
those that `kustomize.configure` declares; argparse writes the help, and takes no part in the reading.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fairlead.cli.flags import FlagError, Flags, read
from fairlead.cli.kustomize import main as kustomize
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.nearest import closest

if TYPE_CHECKING:
    from fairlead.cli.flags import Row

PROGRAM = "fairlead kustomize"
_SILENT = ("build", "localize")  # they tell no usage after an error


def run(words: Sequence[str]) -> int:
    """Do what *words*, a whole command line, say; return the exit code: wrong usage is 1, as upstream."""
    text = "Overlays: build, edit, create, localize, version, as kustomize does."
    parser = argparse.ArgumentParser(prog=PROGRAM, description=text)
    kustomize.configure(parser)
    rest = [*words[1:], "--help"] if words[:1] == ["help"] else list(words)
    chosen: dict[str, str] = {}
    group = _group(parser)
    while group is not None:
        at = next((at for at, word in enumerate(rest) if not word.startswith("-")), None)
        if at is None or rest[at] not in group.choices:
            break
        parser = group.choices[rest[at]]
        chosen[group.dest] = rest.pop(at)
        group = _group(parser)
    try:
        flags = read(_table(parser), rest)
    except FlagError as error:
        return _refuse(parser, chosen, str(error))
    if flags.help:
        parser.print_help()
        return 0
    if group is not None:
        return _without_command(parser, group, flags.args)
    problem = _problem(parser, flags, chosen["kustomize_command"])
    if problem:
        return _refuse(parser, chosen, problem)
    return kustomize.run(_namespace(parser, flags, chosen))


def _group(parser: argparse.ArgumentParser) -> argparse._SubParsersAction[argparse.ArgumentParser] | None:
    """Return the sub-commands of *parser*."""
    return next((action for action in parser._actions if isinstance(action, argparse._SubParsersAction)), None)


def _table(parser: argparse.ArgumentParser) -> dict[str, Row]:
    table: dict[str, Row] = {"stack-trace": ("bool", "", False)}  # there is none to print
    for action in parser._actions:
        if not action.option_strings:
            continue
        letter = next((flag[1:] for flag in action.option_strings if len(flag) == len("-x")), "")
        kind = "bool" if action.nargs == 0 else "list" if isinstance(action.default, list) else "string"
        default = False if action.dest == "help" else action.default
        table[_name(action)] = (kind, letter, default)
    return table


def _name(action: argparse.Action) -> str:
    return next(flag[2:] for flag in action.option_strings if flag.startswith("--"))


def _problem(parser: argparse.ArgumentParser, flags: Flags, command: str) -> str:
    """Return what is wrong with words and flags that can be read, "" for nothing."""
    for action in parser._actions:
        value = _value(flags, action) if action.option_strings and action.choices else None
        if value is not None and value not in (action.choices or ()):
            return f"illegal flag value --{_name(action)} {value}; legal values: [{' '.join(action.choices or ())}]"
    most = sum(action.nargs == "?" for action in parser._actions)
    if most and len(flags.args) > most:
        if command == "build":
            return "specify one path to kustomization.yaml"
        return f"accepts at most {most} arg(s), received {len(flags.args)}"
    return ""


def _value(flags: Flags, action: argparse.Action) -> Any:
    return getattr(flags, _name(action).replace("-", "_"))


def _namespace(parser: argparse.ArgumentParser, flags: Flags, chosen: dict[str, str]) -> argparse.Namespace:
    found = parser.parse_args([])
    values = vars(found)
    values.update(chosen)
    words = list(flags.args)
    for action in parser._actions:
        if action.option_strings:
            values[action.dest] = _value(flags, action)
        elif action.nargs == "*":
            values[action.dest] = words
        elif words:
            values[action.dest] = words.pop(0)
    return found


def _without_command(
    parser: argparse.ArgumentParser,
    group: argparse._SubParsersAction[argparse.ArgumentParser],
    words: Sequence[str],
) -> int:
    """Print the help of a command that has others below it; only the topmost refuses a word that is none of them."""
    word = words[0] if words else ""
    near = [name for name in group.choices if name == closest(word, group.choices)] if word else []
    near += [name for name in group.choices if word and name.startswith(word.lower()) and name not in near]
    if word and parser.prog == PROGRAM:
        text = f'Error: unknown command {quote(word)} for "kustomize"\n'
        if near:
            text += "\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in near) + "\n"
        print(f"{text}Run '{PROGRAM} --help' for usage.", file=sys.stderr)
        return 1
    parser.print_help()
    if word:
        meant = f"; did you mean {near[0]!r}?" if near else ""
        print(f"hint: '{parser.prog}' has no command {word!r}{meant}", file=sys.stderr)
    return 0


def _refuse(parser: argparse.ArgumentParser, chosen: dict[str, str], problem: str) -> int:
    print(f"Error: {problem}", file=sys.stderr)
    if chosen.get("kustomize_command") not in _SILENT:
        print(parser.format_usage(), end="", file=sys.stderr)
    return 1

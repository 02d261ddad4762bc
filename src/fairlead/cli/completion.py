"""`fairlead completion`: scripts that complete commands, flags and their choices in bash, zsh and fish.

The scripts are made from the parsers and hold all words themselves: nothing is run while somebody types.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

SHELLS = ("bash", "zsh", "fish")
EPILOG = """\
to have it in every shell:
  bash   echo 'source <(fairlead completion bash)' >> ~/.bashrc
  zsh    echo 'source <(fairlead completion zsh)' >> ~/.zshrc   (after compinit)
  fish   fairlead completion fish > ~/.config/fish/completions/fairlead.fish
"""
# What is completed: after a flag that takes a value its choices, else files; flags after a dash; else the words that
# may follow the commands given so far. zsh runs it too, and reads `:name` in an expansion as a modifier.
_BASH = """\
_fairlead() {
    local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" place="" word words flags
    for word in "${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
        if _fairlead_place "$place $word"; then place="$place $word"; fi
    done
    COMPREPLY=()
    if _fairlead_value "$place $before"; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        return
    fi
    _fairlead_place "$place"
    if [[ "$current" == -* ]]; then words="$flags"; fi
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _fairlead fairlead
"""


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag under all its names; `choices` is None where it takes no value, and empty where it takes any."""

    names: tuple[str, ...]
    help: str
    choices: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Place:
    """A command: the words that lead to it, the words that may follow (with what they do), and its flags."""

    path: tuple[str, ...]
    words: dict[str, str]
    flags: tuple[Flag, ...]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("shell", choices=SHELLS, help="which shell's script is printed")


def run(args: argparse.Namespace) -> int:
    """Print the script; returns the exit code."""
    from fairlead.cli.main import whole_parser

    places = list(places_of(whole_parser()))
    print({"bash": bash, "zsh": zsh, "fish": fish}[args.shell](places), end="")
    return 0


def places_of(parser: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[Place]:
    """The command of *parser* and all below it."""
    words: dict[str, str] = {}
    flags: list[Flag] = []
    below: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            below |= action.choices
            told = {each.dest: each.help or "" for each in action._choices_actions}
            words |= {name: told.get(name, "") for name in action.choices}
        elif action.help == argparse.SUPPRESS:
            continue
        elif action.option_strings:
            choices = tuple(map(str, action.choices or ())) if action.nargs != 0 else None
            flags.append(Flag(tuple(action.option_strings), action.help or "", choices))
        else:
            words |= dict.fromkeys(map(str, action.choices or ()), "")
    yield Place(path, words, tuple(flags))
    for name, each in below.items():
        yield from places_of(each, (*path, name))


def bash(places: list[Place]) -> str:
    """The script for bash."""
    lines = ["# bash completion of fairlead", "_fairlead_place() {", '    case "$1" in']
    values: dict[tuple[str, ...], list[str]] = {}
    for place in places:
        here = "".join(f" {word}" for word in place.path)
        names = " ".join(name for flag in place.flags for name in flag.names)
        lines.append(f'    "{here}") words={shlex.quote(" ".join(place.words))}; flags={shlex.quote(names)};;')
        for flag in place.flags:
            if flag.choices is not None:
                values.setdefault(flag.choices, []).extend(f'"{here} {name}"' for name in flag.names)
    lines += ["    *) return 1;;", "    esac", "}", "_fairlead_value() {", '    case "$1" in']
    lines += [f"    {'|'.join(keys)}) words={shlex.quote(' '.join(choices))};;" for choices, keys in values.items()]
    lines += ["    *) return 1;;", "    esac", "}"]
    return "\n".join(lines) + "\n" + _BASH


def zsh(places: list[Place]) -> str:
    """The script for zsh, which can use bash's."""
    return f"autoload -U +X bashcompinit && bashcompinit\n{bash(places)}"


def fish(places: list[Place]) -> str:
    """The script for fish."""
    lines = ["# fish completion of fairlead"]
    for place in places:
        seen = [f"__fish_seen_subcommand_from {word}" for word in place.path]
        deeper = [f"not __fish_seen_subcommand_from {' '.join(place.words)}"] if place.words else []
        first = f"complete -c fairlead -n {shlex.quote('; and '.join(seen + deeper) or 'true')}"
        for word, text in place.words.items():
            lines.append(f"{first} -f -a {shlex.quote(word)} -d {_fish_text(text)}")
        for flag in place.flags:
            names = [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names]
            if flag.choices is not None:
                names.append(f"-x -a {shlex.quote(' '.join(flag.choices))}" if flag.choices else "-r")
            lines.append(f"{first} {' '.join(names)} -d {_fish_text(flag.help)}")
    return "\n".join(lines) + "\n"


def _fish_text(text: str) -> str:
    escaped = text.replace("%%", "%").replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"

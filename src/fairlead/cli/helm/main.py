"""``fairlead helm``: template, lint, show, package, pull and dependency.

Command line, output and exit codes are helm's (4.3), usage errors included. The commands are in modules of their own
(helm_*.py), imported when they run; helm_commands.py has their flags, helm_help.py their texts. This one finds the
command and has what they share: reading charts and values from files. Source: Helm v4.3 pkg/cmd/root.go;
spf13/cobra v1.10 command.go (Find, execute).
"""

from __future__ import annotations

import os
import sys

from fairlead.cli.flags import FlagError, Flags, read
from fairlead.cli.helm.commands import (
    ALIASES,
    ALONE,
    COLORS,
    COMMANDS,
    DEPRECATED,
    ENVIRONMENT,
    EXACT,
    EXCLUSIVE,
    GLOBAL,
    PROGRAM,
    words_below,
)

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from typing import Any

    from fairlead.cli.flags import Row

_HELP: Row = ("bool", "h", False)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the commands and their flags, for completion; command lines are read by `main`."""
    from fairlead.cli.helm.help import configure

    configure(parser)


def main(words: Sequence[str]) -> int:
    """Run the command that *words* are; return the exit code."""
    try:
        done = read_command(words)
    except FlagError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return done if isinstance(done, int) else run(done)


def read_command(words: Sequence[str]) -> Flags | int:
    """Return the flags in *words*, with `command`; or the exit code when only something was to be said.

    Raises:
        FlagError: in helm's words.
    """
    color = _unknown_color(words)
    if color is not None:
        from fairlead.engines.gotemplate.strconv import quote

        problem = f"invalid color mode {quote(color)}: must be one of: never, auto, always"
        print(f'level=WARN msg="command failed" error={quote(problem)}', file=sys.stderr)
        return 1
    place, rest = _find(list(words))
    if not place:
        others = _without_flags(rest, GLOBAL)
        if others[:1] == ["help"]:
            return _help(others[1:])
        if others:
            from fairlead.cli.helm.help import unknown_command

            print(unknown_command(others[0]), file=sys.stderr)
            return 1
    table: dict[str, Row] = {**GLOBAL, **(COMMANDS[place][3] if place in COMMANDS else {}), "help": _HELP}
    deprecated = DEPRECATED.get(place, {})
    notes: list[str] = []
    flags = read(table, rest, ALONE, notes.append if deprecated else None)
    for name in notes:
        if name in deprecated:
            print(f"Flag --{name} has been deprecated, {deprecated[name]}", file=sys.stderr)
    if flags.help or place not in COMMANDS:
        return _help(place.split())
    found = flags.__dict__
    found["command"] = place
    _check(place, flags)
    _add_environment(found)
    return flags


def _unknown_color(words: Sequence[str]) -> str | None:
    """Return what was given for --color when it is no mode, which helm looks at before anything else."""
    color = None
    for at, word in enumerate(words):
        if word[:6] == "--colo":
            name, equals, value = word.partition("=")
            if name in ("--color", "--colour"):
                color = value if equals else (words[at + 1] if at + 1 < len(words) else None)
    return color if color not in (None, *COLORS) else None


def _find(words: list[str]) -> tuple[str, list[str]]:
    """Return the command that *words* name and the words without its names."""
    place = ""
    while place not in COMMANDS:
        table = GLOBAL
        others = _without_flags(words, table)
        if not others:
            break
        name = ALIASES[place].get(others[0], others[0])
        if name not in words_below(place):
            break
        words = _without_word(words, others[0], table)
        place = f"{place} {name}".lstrip()
    return place, words


def _takes_next(word: str, table: dict[str, Row]) -> bool:
    """Report whether the word after the flag *word* is taken for its value (cobra: any flag it does not know, too)."""
    if "=" in word:
        return False
    if word[:2] == "--":
        return table.get(word[2:], ("", "", ""))[0] != "bool"
    return len(word) == 2 and word[0] == "-"  # no switch among the global flags has a letter


def _without_flags(words: Sequence[str], table: dict[str, Row]) -> list[str]:
    others: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            break
        if _takes_next(word, table):
            if len(words) - at <= 1:
                break
            at += 1
        elif word and word[0] != "-":
            others.append(word)
    return others


def _without_word(words: list[str], name: str, table: dict[str, Row]) -> list[str]:
    at = 0
    while at < len(words) and words[at] != "--":
        word = words[at]
        if _takes_next(word, table):
            at += 1
        elif word == name:
            return words[:at] + words[at + 1 :]
        at += 1
    return words


def _help(words: Sequence[str]) -> int:
    """Print the help of the command that *words* name."""
    from fairlead.cli.helm.help import help_text

    place, rest = _find(list(words))
    if not place and _without_flags(rest, GLOBAL):
        shown = " ".join(f"`{word}`" for word in words)
        print(f"Unknown help topic [{shown}]", file=sys.stderr)
        text = help_text("")
        sys.stderr.write(text[text.index("Usage:") :])
        return 0
    sys.stdout.write(help_text(place))
    return 0


def _check(place: str, flags: Flags) -> None:
    """See that the command has as many words as it takes, and no flags that exclude each other.

    Raises:
        FlagError: otherwise.
    """
    usage, least, most, _, _ = COMMANDS[place]
    count = len(flags.args)
    if place != "package" and not least <= count <= (count if most < 0 else most):
        if place in EXACT:
            text = f"requires {least} argument"
        else:
            text = f"requires at least {least} argument" if count < least else f"accepts at most {most} argument"
        raise FlagError(f'"{PROGRAM} {place}" {text}\n\nUsage:  {PROGRAM} {place} {usage} [flags]')
    for group in EXCLUSIVE.get(place, ()):
        given = sorted(name for name in group if name in flags.given)
        if len(given) > 1:
            raise FlagError(
                f"if any flags in the group [{' '.join(group)}] are set none of the others can be; "
                f"[{' '.join(given)}] were all set"
            )


def _add_environment(found: dict[str, Any]) -> None:
    """Give flags that are not on the line the values that helm's variables have."""
    for key, variable in ENVIRONMENT.items():
        text = os.environ.get(variable)
        if text and key.replace("_", "-") not in found["given"]:
            if isinstance(found[key], bool):
                found[key] = text in ("1", "t", "T", "true", "TRUE", "True")
            elif isinstance(found[key], list):
                found[key] = [each for each in text.strip(", ").split(",") if each]
            else:
                found[key] = text


def run(args: Any) -> int:
    """Run the command of *args*; return the exit code."""
    from fairlead.engines.helm.errors import HelmError, ManifestError, RenderError

    module, _, function = COMMANDS[args.command][4].partition(":")
    module = f"fairlead.cli.helm.{module}"
    __import__(module)
    handler: Callable[[Any], int] = getattr(sys.modules[module], function)
    try:
        return handler(args)
    except HelmError as error:
        text = f"Error: {error}"
        if isinstance(error, RenderError | ManifestError) and not args.debug:
            text += "\n\nUse --debug flag to render out invalid YAML"
        sys.stdout.flush()
        print(text, file=sys.stderr)
        for hint in error.hints or [error.hint]:
            if hint:
                print(f"hint: {hint}", file=sys.stderr)
        return 1


# Charts and values from files.


def check_date() -> None:
    """See that SOURCE_DATE_EPOCH, if it is set, is a time.

    Raises:
        HelmError: in Helm's words.
    """
    from fairlead.engines.gotemplate.strconv import quote
    from fairlead.engines.helm.errors import HelmError

    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    digits = text[1:] if text[:1] in ("+", "-") else text
    if text and not (digits.isascii() and digits.isdigit()):
        raise HelmError(f"invalid SOURCE_DATE_EPOCH: strconv.ParseInt: parsing {quote(text)}: invalid syntax")
    if text and int(text) >= 1 << 63:
        raise HelmError(f"invalid SOURCE_DATE_EPOCH: strconv.ParseInt: parsing {quote(text)}: value out of range")
    if text and int(text) < 0:
        raise HelmError("invalid SOURCE_DATE_EPOCH: must not be negative")


def modified_below(path: str) -> Callable[[str], float]:
    """Return what gives the time of a file below *path*: SOURCE_DATE_EPOCH, or when it was changed last."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")

    def modified(name: str) -> float:
        if fixed:
            return float(fixed)
        try:
            return os.stat(os.path.join(path, name)).st_mtime
        except OSError:
            return os.stat(path).st_mtime

    return modified


def locate(name: str, args: argparse.Namespace) -> Any:
    """Return the chart that *name* means: a path, a URL, or a chart in a repository (Helm: LocateChart)."""
    return find(name, args)()


def find(name: str, args: argparse.Namespace, *, detect: bool = False) -> Callable[[], Any]:
    """Return what loads the chart that *name* means, once it is known to be there; *detect* as in `load_archive`."""
    from fairlead.cli.helm.files import load, load_data

    if args.ca_file or args.cert_file or args.key_file:
        from fairlead.cli.helm.http import check_certificates

        check_certificates(args)
    path = name.strip()
    if args.repo or args.verify or not os.path.exists(path):
        from fairlead.cli.helm.repositories import locate

        path, data = locate(name, args)
        if data is not None:
            return lambda: load_data(data, path, detect=detect)
    return lambda: load(path, detect=detect)


def gather_values(args: argparse.Namespace, sources: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Return the values that the flags give; the files read are added to *sources*."""
    from fairlead.engines.helm.chart import load_values, merge_maps
    from fairlead.engines.helm.errors import ChartError, ValuesError

    values: dict[str, Any] = {}
    for path in args.values:
        data = _read(path)
        sources.append((path, data))
        try:
            values = merge_maps(values, load_values(data, path))
        except ChartError as error:
            raise ValuesError(f"failed to parse {path}: {error}", file=path, line=error.line) from error
    if args.set_json or args.set or args.set_string or args.set_file or args.set_literal:
        from fairlead.engines.helm import strvals

        for text in args.set_json:
            values = strvals.parse_set_json(text, values)
        for text in args.set:
            strvals.parse_set(text, values)
        for text in args.set_string:
            strvals.parse_set_string(text, values)
        for text in args.set_file:
            try:
                strvals.parse_set_file(text, values, lambda path: _read(path).decode("utf-8", "surrogateescape"))
            except (ChartError, ValuesError) as error:
                lead = "failed parsing --set-file data: "
                raise ValuesError(lead + str(error).removeprefix(lead), file=error.file) from error
        for text in args.set_literal:
            strvals.parse_set_literal(text, values)
    return values


def _read(path: str) -> bytes:
    from fairlead.engines.helm.errors import ValuesError

    if path.strip() == "-":
        return sys.stdin.buffer.read()
    if path.startswith(("http://", "https://")):
        from fairlead.cli.helm.http import get

        return get(path, None)
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except OSError as error:
        what = "read" if isinstance(error, IsADirectoryError) else "open"
        raise ValuesError(f"{what} {path}: {(error.strerror or '').lower()}", file=path) from error

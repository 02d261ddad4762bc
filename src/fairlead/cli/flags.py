"""Flags read as Go's command lines read them (pflag): `--name value`, `--name=value`, `-x value`, `-xvalue`, `-abc`.

Source: spf13/pflag v1.0.10 flag.go and the files of its kinds; encoding/csv. A table of flags maps a name to (kind,
shorthand, default). Kinds: bool, string, int, uint, float32, duration (seconds), list (each use adds a text), csv
(each use adds the fields of a line), map (key=value, ...), wait (Helm's) and plugin (a text given once).
Flags and words may come in any order; `--` ends the flags.
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Row = tuple[str, str, object]


class FlagError(Exception):
    """A command line that cannot be read, in pflag's words."""


class Flags:
    """What a command line says: an attribute for each flag (dashes as underscores); `args` are the other words.

    `given` names the flags that stand on the line, in their order.
    """

    args: list[str]
    given: list[str]

    def __getattr__(self, name: str) -> object:  # for type checkers: attributes are set by the reader
        raise AttributeError(name)


def read(
    table: Mapping[str, Row],
    words: Sequence[str],
    alone: Mapping[str, str] | None = None,
    told: Callable[[str], None] | None = None,
) -> Flags:
    """Return the flags in *words*.

    *alone* gives what a flag means that stands without a value; *told* hears of each flag as it is set.

    Raises:
        FlagError: an unknown flag, a value missing or of another kind.
    """
    flags = Flags()
    found = flags.__dict__
    short: dict[str, str] = {}
    for name, (kind, letter, default) in table.items():
        if kind in _MANY:
            default = {} if kind == "map" else []
        found[name.replace("-", "_")] = default
        if letter:
            short[letter] = name
    args: list[str] = []
    given: list[str] = []
    found["args"] = args
    found["given"] = given
    alone = alone or {}
    rest = iter(words)
    for word in rest:
        if word[:1] != "-" or len(word) == 1:
            args.append(word)
        elif word == "--":
            args += rest
        elif word[1] == "-":
            name, equals, value = word[2:].partition("=")
            if name[:1] in ("", "-"):
                raise FlagError(f"bad flag syntax: {word}")
            if name not in table:
                raise FlagError(f"unknown flag: --{name}")
            if not equals:
                value = _stand_alone(name, table, alone) or _next(rest, f"--{name}")
            _set(found, name, table[name], value, given, told)
        else:
            _read_letters(word[1:], short, table, alone, rest, found, given, told)
    return flags


_MANY = ("list", "csv", "map")


def _stand_alone(name: str, table: Mapping[str, Row], alone: Mapping[str, str]) -> str:
    return "true" if table[name][0] == "bool" else alone.get(name, "")


def _next(rest: object, shown: str) -> str:
    for word in rest:  # type: ignore[attr-defined]
        return word  # type: ignore[no-any-return]
    raise FlagError(f"flag needs an argument: {shown}")


def _read_letters(
    letters: str,
    short: Mapping[str, str],
    table: Mapping[str, Row],
    alone: Mapping[str, str],
    rest: object,
    found: dict[str, object],
    given: list[str],
    told: Callable[[str], None] | None,
) -> None:
    """Read what stands after one dash: switches in a row, the last one may have a value."""
    while letters:
        name = short.get(letters[0], "")
        if not name:
            raise FlagError(f"unknown shorthand flag: '{letters[0]}' in -{letters}")
        value = _stand_alone(name, table, alone)
        after = letters[1:]
        if len(after) > 1 and after[0] == "=":
            value, after = after[1:], ""
        elif not value and after:
            value, after = after, ""
        elif not value:
            value = _next(rest, f"'{letters[0]}' in -{letters}")
        _set(found, name, table[name], value, given, told)
        letters = after


def _set(
    found: dict[str, object],
    name: str,
    row: Row,
    text: str,
    given: list[str],
    told: Callable[[str], None] | None,
) -> None:
    kind, letter, _ = row
    key = name.replace("-", "_")
    try:
        if kind == "string" or (kind == "plugin" and not text):
            found[key] = text
        elif kind == "list":
            found[key].append(text)  # type: ignore[attr-defined]
        elif kind == "csv":
            found[key] += csv_fields(text)  # type: ignore[operator]
        elif kind == "map":
            found[key].update(_pairs(text))  # type: ignore[attr-defined]
        elif kind == "plugin":
            if found[key]:
                raise ValueError(f"cannot specify --{name} flag more than once")
            found[key] = text
        else:
            found[key] = _READERS[kind](text)
    except ValueError as error:
        from fairlead.engines.gotemplate.strconv import quote

        shown = f"-{letter}, --{name}" if letter and letter != name else f"--{name}"
        raise FlagError(f'invalid argument {quote(text)} for "{shown}" flag: {error}') from None
    if name not in given:
        given.append(name)
    if told is not None:
        told(name)


def _refused(function: str, text: str, why: str) -> ValueError:
    from fairlead.engines.gotemplate.strconv import quote

    return ValueError(f"strconv.{function}: parsing {quote(text)}: {why}")


def _bool(text: str) -> bool:
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if text in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise _refused("ParseBool", text, "invalid syntax")


def _integer(text: str, function: str, low: int, high: int) -> int:
    from fairlead.engines.gotemplate.strconv import parse_int

    try:
        if low == 0 and text[:1] in ("+", "-"):
            raise ValueError("a sign")
        value = parse_int(text)
    except ValueError:
        raise _refused(function, text, "invalid syntax") from None
    if not low <= value <= high:
        raise _refused(function, text, "value out of range")
    return value


def _int(text: str) -> int:
    return _integer(text, "ParseInt", -(1 << 63), (1 << 63) - 1)


def _uint(text: str) -> int:
    return _integer(text, "ParseUint", 0, (1 << 64) - 1)


def _float(text: str) -> float:
    from fairlead.engines.gotemplate.strconv import parse_float

    try:
        value = parse_float(text)
    except ValueError:
        raise _refused("ParseFloat", text, "invalid syntax") from None
    except OverflowError:
        value = float("inf")
    if abs(value) >= 3.4028235677973366e38 and "inf" not in text.lower():  # halfway above the largest float32
        raise _refused("ParseFloat", text, "value out of range")
    return value


def _duration(text: str) -> float:
    from fairlead.engines.helm.functions.dates import parse_duration

    return parse_duration(text) / 1e9


def _wait(text: str) -> str:
    import sys

    if text in ("watcher", "legacy", "hookOnly"):
        return text
    meant = {"true": "watcher", "false": "hookOnly"}.get(text)
    if meant is None:
        from fairlead.engines.gotemplate.strconv import quote

        raise ValueError(f"invalid wait input {quote(text)}. Valid inputs are watcher, hookOnly, and legacy")
    print(
        f'level=WARN msg="--wait={text} is deprecated (boolean value) and can be replaced with --wait={meant}"',
        file=sys.stderr,
    )
    return meant


_READERS = {
    "bool": _bool,
    "int": _int,
    "uint": _uint,
    "float32": _float,
    "duration": _duration,
    "wait": _wait,
}


def _pairs(text: str) -> dict[str, str]:
    equals = text.count("=")
    if not equals:
        raise ValueError(f"{text} must be formatted as key=value")
    out: dict[str, str] = {}
    for pair in [text.strip('"')] if equals == 1 else csv_fields(text):
        key, mark, value = pair.partition("=")
        if not mark:
            raise ValueError(f"{pair} must be formatted as key=value")
        out[key] = value
    return out


def csv_fields(text: str) -> list[str]:
    """Return the fields of the first line of *text* that is not empty.

    Raises:
        ValueError: a quotation mark where none may be, in the words of Go's encoding/csv.
    """
    if not text:
        return []
    if '"' not in text and "\n" not in text and "\r" not in text:
        return text.split(",")
    lines = text.replace("\r\n", "\n").splitlines(keepends=True)
    number = next((at for at, line in enumerate(lines) if line.strip("\n")), None)
    if number is None:
        raise ValueError("EOF")
    return _Record(lines, number).fields()


class _Record:
    """A line of CSV, and the lines after it that a quoted field goes on in."""

    def __init__(self, lines: list[str], number: int) -> None:
        self.lines = lines
        self.first = self.number = number
        self.column = 0  # of the line at hand, in characters

    def fields(self) -> list[str]:
        out: list[str] = []
        while True:
            line = self.lines[self.number].rstrip("\n")
            if line[self.column : self.column + 1] == '"':
                out.append(self.quoted())
            else:
                field, _, _ = line[self.column :].partition(",")
                if '"' in field:
                    self.column += field.index('"')
                    raise self.error('bare " in non-quoted-field')
                out.append(field)
                self.column += len(field)
            line = self.lines[self.number].rstrip("\n")
            if self.column >= len(line):
                return out
            self.column += 1  # the comma

    def quoted(self) -> str:
        """Return a field in quotation marks; what follows it is a comma or the line's end."""
        self.column += 1
        parts: list[str] = []
        while True:
            line = self.lines[self.number]
            at = line.find('"', self.column)
            if at < 0:
                parts.append(line[self.column :])
                if self.number + 1 == len(self.lines):
                    self.column = len(line)
                    raise self.error('extraneous or missing " in quoted-field')
                self.number, self.column = self.number + 1, 0
                continue
            parts.append(line[self.column : at])
            self.column = at + 1
            follows = line[at + 1 : at + 2]
            if follows == '"':
                parts.append('"')
                self.column += 1
            elif follows in ("", ",", "\n"):
                return "".join(parts)
            else:
                self.column = at
                raise self.error('extraneous or missing " in quoted-field')

    def error(self, why: str) -> ValueError:
        column = len(self.lines[self.number][: self.column].encode("utf-8", "surrogateescape")) + 1
        text = f"parse error on line {self.number + 1}, column {column}: {why}"
        if self.first != self.number:
            text = f"record on line {self.first + 1}; {text}"
        return ValueError(text)

"""Which files of a chart's folder belong to the chart.

Source: Helm v4.3 pkg/ignore/rules.go; Go path/filepath.Match.
"""

from __future__ import annotations

from fairlead.engines.helm.errors import ChartError
from fairlead.engines.helm.functions.strings import SPACE
from fairlead.engines.record import Record

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

HELMIGNORE = ".helmignore"


class BadPatternError(ValueError):
    """A pattern that filepath.Match refuses."""


_kept: dict[str, re.Pattern[str]] = {}
_MAX_KEPT = 512


def compile_glob(pattern: str) -> re.Pattern[str]:
    """Return filepath.Match's *pattern* as a regular expression for full matches.

    Raises:
        BadPatternError: "syntax error in pattern".
    """
    found = _kept.get(pattern)
    if found is None:
        if len(_kept) >= _MAX_KEPT:
            _kept.clear()
        found = _kept[pattern] = _compile(pattern)
    return found


def _compile(pattern: str) -> re.Pattern[str]:
    import re

    out: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "\\":
            if position == len(pattern):
                raise BadPatternError("syntax error in pattern")
            out.append(re.escape(pattern[position]))
            position += 1
        elif char == "[":
            text, position = _char_class(pattern, position)
            out.append(text)
        else:
            out.append(re.escape(char))
    return re.compile("".join(out), re.DOTALL)


def _is_plain(pattern: str) -> bool:
    """Report whether *pattern* has no other wildcards than ``*`` and ``?``."""
    return "[" not in pattern and "\\" not in pattern


def _fits(pattern: str, path: str) -> bool:
    """Report whether *path* matches a plain *pattern*, without a regular expression: loading those takes longer."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == path
    wanted, given = pattern.split("/"), path.split("/")
    return len(wanted) == len(given) and all(map(_segment_fits, wanted, given))


def _segment_fits(pattern: str, text: str) -> bool:
    at = position = mark = 0
    star = -1
    while position < len(text):
        char = pattern[at : at + 1]
        if char == "*":
            star, mark = at, position
            at += 1
        elif char and char in ("?", text[position]):
            at += 1
            position += 1
        elif star >= 0:
            mark += 1
            at, position = star + 1, mark
        else:
            return False
    return not pattern[at:].strip("*")


def _char_class(pattern: str, position: int) -> tuple[str, int]:
    import re

    negated = pattern[position : position + 1] == "^"
    if negated:
        position += 1
    ranges: list[str] = []
    while True:
        if pattern[position : position + 1] == "]" and ranges:
            position += 1
            break
        low, position = _class_char(pattern, position)
        high = low
        if pattern[position : position + 1] == "-":
            high, position = _class_char(pattern, position + 1)
        if low <= high:
            ranges.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            ranges.append("")
    body = "".join(ranges)
    if not body:
        return ("[^/]" if negated else "(?!)"), position
    return f"[{'^/' if negated else ''}{body}]", position


def _class_char(pattern: str, position: int) -> tuple[str, int]:
    if position >= len(pattern) or pattern[position] in "-]":
        raise BadPatternError("syntax error in pattern")
    if pattern[position] == "\\":
        position += 1
        if position >= len(pattern):
            raise BadPatternError("syntax error in pattern")
    if position + 1 >= len(pattern):
        raise BadPatternError("syntax error in pattern")
    return pattern[position], position + 1


class _Rule(Record, frozen=True):
    pattern: str
    negate: bool
    must_dir: bool
    whole_path: bool

    def matches(self, path: str) -> bool:
        path = path if self.whole_path else path.rpartition("/")[2]
        if _is_plain(self.pattern):
            return _fits(self.pattern, path)
        return compile_glob(self.pattern).fullmatch(path) is not None


class _Matcher:
    """The rules for files, or those for folders: a path is left out when one of them says so, whatever their order."""

    __slots__ = ("names", "others", "prefixes", "suffixes")

    def __init__(self, rules: list[_Rule]) -> None:
        self.names: set[str] = set()
        self.others: list[tuple[str, _Rule]] = []  # with the text that a path must begin with
        suffixes: list[str] = []
        prefixes: list[str] = []
        for rule in rules:
            head, star, tail = rule.pattern.partition("*")
            if rule.negate or rule.whole_path or not _is_plain(rule.pattern) or "?" in rule.pattern or "*" in tail:
                fixed = head.partition("?")[0] if _is_plain(rule.pattern) and rule.whole_path else ""
                self.others.append(("" if rule.negate else fixed, rule))
            elif not star:
                self.names.add(rule.pattern)
            elif not head:
                suffixes.append(tail)
            elif not tail:
                prefixes.append(head)
            else:
                self.others.append(("", rule))
        self.suffixes = tuple(suffixes)
        self.prefixes = tuple(prefixes)

    def finds(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        if name in self.names or name.endswith(self.suffixes) or name.startswith(self.prefixes):
            return True
        return any(path.startswith(fixed) and rule.matches(path) != rule.negate for fixed, rule in self.others)


class Rules:
    """The rules of a .helmignore file and Helm's own one."""

    def __init__(self, text: bytes = b"") -> None:
        """Read the rules.

        Raises:
            ChartError: ``**`` or a malformed pattern.
        """
        self._rules: list[_Rule] = []
        for line in text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").split("\n"):
            self._add(line)
        self._add("templates/.?*")
        self._folders = _Matcher(self._rules)
        self._files = _Matcher([rule for rule in self._rules if not rule.must_dir])
        self._no_file = any(rule.must_dir and rule.negate for rule in self._rules)

    def _add(self, line: str) -> None:
        rule = line.strip(SPACE)
        if not rule or rule.startswith("#"):
            return
        if "**" in rule:
            raise ChartError("double-star (**) syntax is not supported", file=HELMIGNORE)
        negate = rule.startswith("!")
        must_dir = rule.endswith("/")
        body = rule[1:] if negate else rule
        body = body.removesuffix("/")
        pattern = body.removeprefix("/")
        if not _is_plain(rule):
            try:
                compile_glob(rule)
                compile_glob(pattern)
            except BadPatternError as error:
                raise ChartError(str(error), file=HELMIGNORE) from None
        self._rules.append(_Rule(pattern, negate, must_dir, "/" in body))

    def ignores(self, path: str, is_dir: bool) -> bool:
        """Report whether the file or folder *path* is left out."""
        if path in ("", ".", "./"):
            return False
        return self._folders.finds(path) if is_dir else self._no_file or self._files.finds(path)


def kept(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that belong to the chart, in the order Helm walks a folder."""
    rules = Rules(files.get(HELMIGNORE, b""))
    folders: dict[str, bool] = {}

    def drops(folder: str) -> bool:
        found = folders.get(folder)
        if found is None:
            parent = folder.rpartition("/")[0]
            found = folders[folder] = (bool(parent) and drops(parent)) or rules.ignores(folder, True)
        return found

    result: dict[str, bytes] = {}
    for name in sorted(files, key=lambda path: path.split("/")):
        folder = name.rpartition("/")[0]
        if not (folder and drops(folder)) and not rules.ignores(name, False):
            result[name] = files[name]
    return result

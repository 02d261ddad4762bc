"""``.Files``: the chart's own files, as templates see them.

Source: Helm v4.3 pkg/engine/files.go. Patterns are gobwas/glob's with "/" as
the separator.
"""

from __future__ import annotations

import binascii

from fairlead.engines.gotemplate.gotypes import GoObject, Method, StrList, StrMap
from fairlead.engines.gotemplate.strconv import to_str
from fairlead.engines.helm.chart import File

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping
    from typing import ClassVar


class Files(dict[str, bytes], GoObject):
    """Names to contents."""

    __slots__ = ()
    go_type: ClassVar[str] = "engine.files"
    go_kind: ClassVar[str] = "map"

    @classmethod
    def of(cls, files: Iterable[File]) -> Files:
        return cls((file.name, file.data) for file in files)

    def read_bytes(self, name: str) -> bytes:
        return self.get(name, b"")

    def read_text(self, name: str) -> str:
        return to_str(self.get(name, b""))

    def glob(self, pattern: str) -> Files:
        try:
            matcher = compile_glob(pattern)
        except ValueError:
            matcher = compile_glob("**")
        return Files((name, data) for name, data in self.items() if matcher.fullmatch(name))

    def as_config(self) -> str:
        from fairlead.engines.helm.functions.encoding import to_yaml

        return to_yaml(StrMap((name.rpartition("/")[2], to_str(data)) for name, data in sorted(self.items())))

    def as_secrets(self) -> str:
        from fairlead.engines.helm.functions.encoding import to_yaml

        return to_yaml(
            StrMap(
                (name.rpartition("/")[2], binascii.b2a_base64(data, newline=False).decode())
                for name, data in sorted(self.items())
            )
        )

    def lines(self, name: str) -> StrList:
        text = self.read_text(name)
        return StrList(text.removesuffix("\n").split("\n")) if text else StrList()

    methods: ClassVar[Mapping[str, Method]] = {
        "GetBytes": Method("s", read_bytes),
        "Get": Method("s", read_text),
        "Glob": Method("s", glob),
        "AsConfig": Method("", as_config),
        "AsSecrets": Method("", as_secrets),
        "Lines": Method("s", lines),
    }


_kept: dict[str, re.Pattern[str]] = {}
_MAX_KEPT = 256


def compile_glob(pattern: str) -> re.Pattern[str]:
    """Return a gobwas/glob pattern as a regular expression for full matches.

    Raises:
        ValueError: the pattern is malformed.
    """
    found = _kept.get(pattern)
    if found is None:
        import re

        out, position = _translate(pattern, 0, False)
        if position != len(pattern):
            raise ValueError(pattern)
        if len(_kept) >= _MAX_KEPT:
            _kept.clear()
        found = _kept[pattern] = re.compile(out, re.DOTALL)
    return found


def _translate(pattern: str, position: int, inside: bool) -> tuple[str, int]:
    import re

    out: list[str] = []
    while position < len(pattern):
        char = pattern[position]
        if inside and char in ",}":
            break
        position += 1
        if char == "*":
            if pattern.startswith("*", position):
                while pattern.startswith("*", position):
                    position += 1
                out.append(".*")
            else:
                out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "\\":
            if position == len(pattern):
                raise ValueError(pattern)
            out.append(re.escape(pattern[position]))
            position += 1
        elif char == "[":
            text, position = _char_class(pattern, position)
            out.append(text)
        elif char == "{":
            text, position = _alternatives(pattern, position)
            out.append(text)
        else:
            out.append(re.escape(char))
    return "".join(out), position


def _alternatives(pattern: str, position: int) -> tuple[str, int]:
    choices: list[str] = []
    while True:
        text, position = _translate(pattern, position, True)
        choices.append(text)
        if position >= len(pattern):
            raise ValueError(pattern)
        position += 1
        if pattern[position - 1] == "}":
            return "(?:" + "|".join(choices) + ")", position


def _char_class(pattern: str, position: int) -> tuple[str, int]:
    import re

    end = pattern.find("]", position + 1)
    if end < 0:
        raise ValueError(pattern)
    body = pattern[position:end]
    negated = body.startswith("!")
    body = body.removeprefix("!")
    if not body:
        raise ValueError(pattern)
    if len(body) == 3 and body[1] == "-":
        inner = f"{re.escape(body[0])}-{re.escape(body[2])}"
        if body[0] > body[2]:
            raise ValueError(pattern)
    else:
        inner = re.escape(body)
    return f"[{'^' if negated else ''}{inner}]", end + 1

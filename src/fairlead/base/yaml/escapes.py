"""Make libyaml read the escapes of double-quoted text as go-yaml does.

Source: go.yaml.in/yaml v2.4.4 scannerc.go, yaml_parser_scan_flow_scalar: a backslash before an apostrophe is an escape
there and none in libyaml; before a slash it is the other way round.
"""

from __future__ import annotations

import fairlead.base.yaml.lean  # noqa: F401  # isort: skip  # before yaml
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import ScalarEvent
from yaml.reader import ReaderError

from fairlead.base.patterns import late

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

_MAX_READ = 20_000_000  # characters in all; each escape costs reading the text up to it once more
_SLASH = late(r"(?s)(?:[^\\]|\\[^/])*(\\/)")


def go_escapes(data: bytes) -> bytes:
    """Return *data* in other words: those that libyaml takes and refuses as go-yaml takes and refuses *data*."""
    if b"\\/" not in data and b"\\'" not in data:
        return data
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    for _ in range(1 + _MAX_READ // (len(text) + 1)):
        found = _next(text)
        if found is None:
            break
        at, other = found
        text = text[:at] + other + text[at + 2 :]
    return text.encode()


def _next(text: str) -> tuple[int, str] | None:
    """Return where the next escape to rewrite stands, and what to write there."""
    parser: Any = CParser(text.encode())
    shift = text.startswith("\ufeff")  # is not counted
    try:
        while (event := parser.get_event()) is not None:
            if event.__class__ is ScalarEvent and event.style == '"':
                begins: Any = event.start_mark
                ends: Any = event.end_mark
                start, end = begins.index + shift, ends.index + shift
                found = _SLASH.match(text[start:end])
                if found is not None:
                    return start + found.start(1), "\\q"  # which neither has
    except MarkedYAMLError as error:
        mark = error.problem_mark
        at = -1 if mark is None else mark.index + shift
        if text[at : at + 2] == "\\'":
            return at, "\\x27"
    except ReaderError:
        pass
    return None

"""Regular expressions with RE2's syntax and linear time.

Source: sprig v3.3 regex.go; Go 1.26 regexp. Texts are matched as bytes, as Go does.
"""

from __future__ import annotations

from fairlead.base import patterns
from fairlead.base.patterns import late
from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.gotypes import NilStrList, StrList
from fairlead.engines.gotemplate.strconv import is_print, quote, to_bytes, to_str

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import re
    from typing import Any

MAX_PATTERN_BYTES = 8 * 1024 * 1024

# Patterns that mean the same to Python's engine and cannot backtrack: literals, single
# characters and classes, at most one repetition, no alternatives.
_CLASS = r"\[\^?(?:[a-zA-Z0-9_.:/ -]|\\[.\-/\\])+\]"
_ATOM = rf"(?:[a-zA-Z0-9_/:@%,;<>=!~\"' -]|\\[.\-/\\$()*+?|\[\]{{}}^]|{_CLASS})"
_SIMPLE = late(rf"\^?{_ATOM}*(?:{_CLASS}[+*])?{_ATOM}*\$?\Z")


# Patterns of charts that many depend on, which are not of that form. They were looked at one by one: at each place of a
# text they can match in one way only.
_KNOWN = frozenset(
    {
        r"-r\d+$|sha256:",
        r"(-?[^a-z\d\-])+-?",
        r"^([0-9]+)(\.[0-9]+)?(\.[0-9]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?$",
        r"\+k0s.+$",
        r"@sha256:[a-f0-9]+",
        r"[^a-zA-Z0-9-_.]+",
        r"^https?://",
        r":\d+$",
    }
)
_MAX_PYTHON_BYTES = 4096  # a repetition may begin anew at each place of a text: the square of its length


class _Python:
    """Python's own engine behind RE2's calls, for the patterns above."""

    def __init__(self, pattern: str) -> None:
        python = pattern
        if pattern in _KNOWN:
            python = pattern.replace("$", r"\Z")
        elif pattern.endswith("$") and not pattern.endswith("\\$"):
            python = pattern[:-1] + r"\Z"
        self._compiled = patterns.compile_pattern(python.encode())
        self._pattern = pattern
        self._ascii_only = "[^" in pattern or pattern in _KNOWN  # one byte of a longer character is no match in RE2
        self._re2: Any = None

    def search(self, data: bytes, position: int = 0) -> Any:
        if len(data) > _MAX_PYTHON_BYTES or (self._ascii_only and not data.isascii()):
            if self._re2 is None:
                self._re2 = _compile_re2(self._pattern)
            return self._re2.search(data, position)
        return self._compiled.search(data, position)


_compiled: dict[str, Any] = {}
_MAX_COMPILED = 1024


def compile_pattern(pattern: str) -> Any:
    """Return a compiled pattern.

    Raises:
        FuncError: "error parsing regexp: ..." as Go words it.
    """
    found = _compiled.get(pattern)
    if found is None:
        if len(_compiled) >= _MAX_COMPILED:
            _compiled.clear()
        found = _compiled[pattern] = _compile(pattern)
    return found


def _compile(pattern: str) -> Any:
    if _is_simple(pattern):
        try:
            return _Python(pattern)
        except patterns.PatternError:  # a range like [z-a]: RE2 says what is wrong with it
            pass
    return _compile_re2(pattern)


def _is_simple(pattern: str) -> bool:
    """Report whether Python's engine does with *pattern* what RE2 does, and as fast."""
    if pattern in _KNOWN or (pattern.isascii() and pattern.isalnum()):
        return True
    return pattern.isascii() and len(pattern) < 200 and "-]" not in pattern and _SIMPLE.match(pattern) is not None


def _compile_re2(pattern: str) -> Any:
    import re2

    data = to_bytes(pattern)
    if len(data) > MAX_PATTERN_BYTES:
        raise FuncError(f"error parsing regexp: pattern of more than {MAX_PATTERN_BYTES} bytes")
    if "\\C" in pattern:
        _refuse_any_byte(pattern)
    options = re2.Options()
    options.log_errors = False
    options.encoding = re2.Options.Encoding.UTF8
    try:
        return re2.compile(data, options)
    except re2.error as error:
        raise FuncError(f"error parsing regexp: {_go_words(error, pattern)}") from None


def _refuse_any_byte(pattern: str) -> None:
    """Refuse ``\\C``, any one byte, which Go does not have: where it is met, after what is wrong before it."""
    quoted = False
    for found in _ESCAPED.finditer(pattern):
        if found.group() in ("\\Q", "\\E"):
            quoted = found.group() == "\\Q"
        elif found.group() == "\\C" and not quoted:
            try:
                _compile_re2(pattern[: found.start()])
            except FuncError as error:
                if "unexpected )" in str(error):
                    raise FuncError(f"error parsing regexp: unexpected ): `{pattern}`") from None
                if "missing closing" not in str(error):
                    raise
            raise FuncError("error parsing regexp: invalid escape sequence: `\\C`")


_ESCAPED = late(r"(?s)\\.")
_COUNT = late(r"\{(\d+)(?:,(\d*))?\}\Z")
_MESSAGES = {
    "missing ): ": "missing closing ): ",
    "unexpected ): ": "unexpected ): ",
    "missing ]: ": "missing closing ]: ",
    "bad repetition operator: ": "invalid nested repetition operator: ",
    "no argument for repetition operator: ": "missing argument to repetition operator: ",
    "invalid character class range: ": "invalid character class range: ",
    "invalid repetition size: ": "invalid repeat count: ",
    "invalid escape sequence: ": "invalid escape sequence: ",
    "invalid perl operator: ": "invalid or unsupported Perl syntax: ",
    "invalid named capture group: ": "invalid named capture: ",
    "trailing \\": "trailing backslash at end of expression: ",
}


def _is_count(least: str, most: str | None) -> bool:
    return int(least) <= 1000 and (not most or int(least) <= int(most) <= 1000)


def _go_words(error: Exception, pattern: str) -> str:
    text = error.args[0] if error.args else str(error)
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    for ours, theirs in _MESSAGES.items():
        if text.startswith(ours):
            rest = text[len(ours) :]
            if ours in ("missing ): ", "unexpected ): "):
                rest = pattern
            count = _COUNT.search(rest) if ours == "bad repetition operator: " else None
            if count is not None and not _is_count(count.group(1), count.group(2)):  # Go looks at that first
                return f"invalid repeat count: `{count.group()}`"
            return theirs + f"`{rest}`"
    return str(text)


def _compile_or_panic(pattern: str) -> Any:
    try:
        return compile_pattern(pattern)
    except FuncError as error:
        shown = f"`{pattern}`" if "`" not in pattern and all(map(is_print, pattern)) else quote(pattern)
        raise FuncError(f"regexp: Compile({shown}): {error}") from None


def match(pattern: str, text: str) -> bool:
    try:
        return compile_pattern(pattern).search(to_bytes(text)) is not None
    except FuncError:
        return False


def must_match(pattern: str, text: str) -> bool:
    return compile_pattern(pattern).search(to_bytes(text)) is not None


def _find(compiled: Any, text: str) -> str:
    found = compiled.search(to_bytes(text))
    return "" if found is None else to_str(found.group())


def find(pattern: str, text: str) -> str:
    return _find(_compile_or_panic(pattern), text)


def must_find(pattern: str, text: str) -> str:
    return _find(compile_pattern(pattern), text)


def _spans(compiled: Any, data: bytes, count: int) -> list[Any]:
    """Return up to *count* matches the way Go's allMatches picks them: no empty one right after a match."""
    found: list[Any] = []
    position, previous_end, size = 0, -1, len(data)
    while position <= size and (count < 0 or len(found) < count):
        hit = compiled.search(data, position)
        if hit is None:
            break
        start, end = hit.span()
        accept = True
        if end == position:
            accept = start != previous_end
            position = position + _rune_width(data, position) if position < size else size + 1
        else:
            position = end
        previous_end = end
        if accept:
            found.append(hit)
    return found


def _rune_width(data: bytes, position: int) -> int:
    lead = data[position]
    width = 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    try:
        data[position : position + width].decode()
    except UnicodeDecodeError:
        return 1
    return width


def _find_all(compiled: Any, text: str, count: int) -> StrList:
    return StrList([to_str(hit.group()) for hit in _spans(compiled, to_bytes(text), count)]) or NilStrList()


def find_all(pattern: str, text: str, count: int) -> StrList:
    return _find_all(_compile_or_panic(pattern), text, count)


def must_find_all(pattern: str, text: str, count: int) -> StrList:
    return _find_all(compile_pattern(pattern), text, count)


_REFERENCE = late(r"\$(?:\$|\{(\w+)\}|(\w+))")


def _expand(template: str, hit: Any) -> bytes:
    def value(found: re.Match[str]) -> str:
        if found.group() == "$$":
            return "$"
        name = found.group(1) or found.group(2)
        if name.isdigit():
            number = int(name)
            group = hit.group(number) if number <= len(hit.groups()) else None
        else:
            group = hit.groupdict().get(to_bytes(name))
        return "" if group is None else to_str(group)

    return to_bytes(_REFERENCE.sub(value, template))


def _replace(compiled: Any, text: str, make: Any) -> str:
    data = to_bytes(text)
    out: list[bytes] = []
    last, position, size = 0, 0, len(data)
    while position <= size:
        hit = compiled.search(data, position)
        if hit is None:
            break
        start, end = hit.span()
        out.append(data[last:start])
        if end > last or start == 0:
            out.append(make(hit))
        last = end
        width = _rune_width(data, position) if position < size else 0
        if position + width > end:
            position += width or 1
        elif position + 1 > end:
            position += 1
        else:
            position = end
    out.append(data[last:])
    return to_str(b"".join(out))


def replace_all(pattern: str, text: str, template: str) -> str:
    return _replace_template(_compile_or_panic(pattern), text, template)


def must_replace_all(pattern: str, text: str, template: str) -> str:
    return _replace_template(compile_pattern(pattern), text, template)


def _replace_template(compiled: Any, text: str, template: str) -> str:
    if "$" not in template:
        literal = to_bytes(template)
        return _replace(compiled, text, lambda _: literal)
    return _replace(compiled, text, lambda hit: _expand(template, hit))


def replace_all_literal(pattern: str, text: str, literal: str) -> str:
    data = to_bytes(literal)
    return _replace(_compile_or_panic(pattern), text, lambda _: data)


def must_replace_all_literal(pattern: str, text: str, literal: str) -> str:
    data = to_bytes(literal)
    return _replace(compile_pattern(pattern), text, lambda _: data)


def _split(compiled: Any, pattern: str, text: str, count: int) -> StrList:
    if count == 0:
        return NilStrList()
    if pattern and not text:
        return StrList([""])
    data = to_bytes(text)
    pieces = StrList()
    begin = end = 0
    for hit in _spans(compiled, data, count):
        if 0 < count == len(pieces) + 1:
            break
        end = hit.start()
        if hit.end() != 0:
            pieces.append(to_str(data[begin:end]))
        begin = hit.end()
    if end != len(data):
        pieces.append(to_str(data[begin:]))
    return pieces


def split(pattern: str, text: str, count: int) -> StrList:
    return _split(_compile_or_panic(pattern), pattern, text, count)


def must_split(pattern: str, text: str, count: int) -> StrList:
    return _split(compile_pattern(pattern), pattern, text, count)


_META = late(r"([\\.+*?()|\[\]{}^$])")


def quote_meta(text: str) -> str:
    return _META.sub(r"\\\1", text)

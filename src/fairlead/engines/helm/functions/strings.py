"""Text. Source: sprig v3.3 strings.go, Masterminds/goutils v1.1.1."""

from __future__ import annotations

import binascii

from fairlead.base.patterns import late
from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.errors import FuncError, LimitError
from fairlead.engines.gotemplate.gofmt import sprint_value
from fairlead.engines.gotemplate.gotypes import StrList, StrMap
from fairlead.engines.helm.functions.convert import strslice, strval

MAX_CHARS = 256 * 1024 * 1024
SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
_SPACES = frozenset(SPACE)


def hello() -> str:
    return "Hello!"


def upper(text: str) -> str:
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def lower(text: str) -> str:
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def _upper(char: str) -> str:
    changed = char.upper()
    return changed if len(changed) == 1 else char


def _lower(char: str) -> str:
    changed = char.lower()
    return changed if len(changed) == 1 else "i" if char == "İ" else char


def _title(char: str) -> str:
    changed = char.title()
    return changed if len(changed) == 1 else char


def title(text: str) -> str:
    """Return strings.Title(text)."""
    out: list[str] = []
    previous = " "
    for char in text:
        out.append(_title(char) if _is_separator(previous) else char)
        previous = char
    return "".join(out)


def _is_separator(char: str) -> bool:
    if char.isascii():
        return not (char.isalnum() or char == "_")
    return not char.isalpha() and not char.isdecimal() and char in _SPACES


def untitle(text: str) -> str:
    out: list[str] = []
    gap = True
    for char in text:
        if char in _SPACES:
            gap = True
        elif gap:
            char = _lower(char)
            gap = False
        out.append(char)
    return "".join(out)


def swapcase(text: str) -> str:
    out: list[str] = []
    gap = True
    for char in text:
        if char.isupper() or char.istitle():
            char, gap = _lower(char), False
        elif char.islower():
            char, gap = (_title(char) if gap else _upper(char)), False
        else:
            gap = char in _SPACES
        out.append(char)
    return "".join(out)


def trim(text: str) -> str:
    return text.strip(SPACE)


def trim_all(cutset: str, text: str) -> str:
    return text.strip(cutset) if cutset else text


def trim_suffix(suffix: str, text: str) -> str:
    return text.removesuffix(suffix)


def trim_prefix(prefix: str, text: str) -> str:
    return text.removeprefix(prefix)


def nospace(text: str) -> str:
    """Return text without white space, byte by byte as goutils has it."""
    kept = [char for char in strconv.to_bytes(text).decode("latin-1") if char not in _SPACES]
    return text if len(kept) == len(strconv.to_bytes(text)) else "".join(kept)


def initials(text: str) -> str:
    out: list[str] = []
    gap = True
    for char in strconv.to_bytes(text).decode("latin-1"):
        if char in _SPACES:
            gap = True
        elif gap:
            out.append(char)
            gap = False
    return "".join(out)


def repeat(count: int, text: str) -> str:
    if count < 0:
        raise FuncError("strings: negative Repeat count")
    if len(text) * count > MAX_CHARS:
        raise LimitError(f"repeat writes more than {MAX_CHARS} characters")
    return text * count


def substr(start: int, end: int, text: str) -> str:
    data = strconv.to_bytes(text)
    if start < 0:
        if end < 0:
            raise FuncError(f"runtime error: slice bounds out of range [:{end}]")
        if end > len(data):
            raise FuncError(f"runtime error: slice bounds out of range [:{end}] with length {len(data)}")
        return strconv.to_str(data[:end])
    if end < 0 or end > len(data):
        end = len(data)
    if start > end:
        raise FuncError(f"runtime error: slice bounds out of range [{start}:{end}]")
    return strconv.to_str(data[start:end])


def trunc(count: int, text: str) -> str:
    if text.isascii():
        if count < 0:
            return text[count:] if len(text) + count > 0 else text
        return text[:count]
    data = strconv.to_bytes(text)
    if count < 0:
        return strconv.to_str(data[count:]) if len(data) + count > 0 else text
    return strconv.to_str(data[:count])


def abbrev(width: int, text: str) -> str:
    return text if width < 4 else _abbreviate(strconv.to_bytes(text), 0, width)


def abbrevboth(left: int, right: int, text: str) -> str:
    if right < 4 or (left > 0 and right < 7):
        return text
    return _abbreviate(strconv.to_bytes(text), left, right)


def _abbreviate(data: bytes, offset: int, width: int) -> str:
    if len(data) <= width:
        return strconv.to_str(data)
    offset = min(offset, len(data))
    if len(data) - offset < width - 3:
        offset = len(data) - (width - 3)
    if offset <= 4:
        return strconv.to_str(data[: width - 3]) + "..."
    if width < 7:
        return ""
    if offset + width - 3 < len(data):
        return "..." + _abbreviate(data[offset:], 0, width - 3)
    return "..." + strconv.to_str(data[len(data) - (width - 3) :])


def wrap(width: int, text: str) -> str:
    return _wrap(text, width, "\n", False)


def wrap_with(width: int, separator: str, text: str) -> str:
    return _wrap(text, width, separator or "\n", True)


def _wrap(text: str, width: int, separator: str, break_words: bool) -> str:
    data = strconv.to_bytes(text)
    mark = strconv.to_bytes(separator)
    width = max(width, 1)
    out = bytearray()
    offset = 0
    while len(data) - offset > width:
        if data[offset] == 0x20:
            offset += 1
            continue
        space = data.rfind(b" ", offset, width + offset + 1)
        if space >= offset:
            out += data[offset:space] + mark
            offset = space + 1
        elif break_words:
            out += data[offset : offset + width] + mark
            offset += width
        else:
            space = data.find(b" ", offset + width)
            if space < 0:
                out += data[offset:]
                offset = len(data)
            else:
                out += data[offset:space] + mark
                offset = space + 1
    return strconv.to_str(bytes(out + data[offset:]))


def contains(part: str, text: str) -> bool:
    return part in text


def has_prefix(prefix: str, text: str) -> bool:
    return text.startswith(prefix)


def has_suffix(suffix: str, text: str) -> bool:
    return text.endswith(suffix)


def quote(*values: object) -> str:
    if len(values) == 1:
        value = values[0]
        return "" if value is None else strconv.quote(value if type(value) is str else strval(value))
    return " ".join(strconv.quote(strval(value)) for value in values if value is not None)


def squote(*values: object) -> str:
    return " ".join(f"'{sprint_value(value)}'" for value in values if value is not None)


def cat(*values: object) -> str:
    return " ".join(sprint_value(value) for value in values if value is not None)


def indent(spaces: int, text: str) -> str:
    if spaces < 0:
        raise FuncError("strings: negative Repeat count")
    pad = " " * spaces
    return pad + text.replace("\n", "\n" + pad)


def nindent(spaces: int, text: str) -> str:
    if spaces < 0:
        raise FuncError("strings: negative Repeat count")
    pad = "\n" + " " * spaces
    return pad + text.replace("\n", pad)


def replace(old: str, new: str, text: str) -> str:
    if len(new) > 1 and len(text) * len(new) > MAX_CHARS and len(text) + text.count(old) * len(new) > MAX_CHARS:
        raise LimitError(f"replace writes more than {MAX_CHARS} characters")
    return text.replace(old, new)


def plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


def to_string(value: object) -> str:
    return value if type(value) is str else strval(value)


def join(separator: str, items: object) -> str:
    return separator.join(strslice(items))


def _split(text: str, separator: str, count: int = -1) -> list[str]:
    if count == 0:
        return []
    if separator == "":
        letters = list(text)
        if 0 < count < len(letters):
            return [*letters[: count - 1], "".join(letters[count - 1 :])]
        return letters
    return text.split(separator, -1 if count < 0 else count - 1)


def split(separator: str, text: str) -> StrMap:
    return StrMap((f"_{index}", part) for index, part in enumerate(_split(text, separator)))


def splitn(separator: str, count: int, text: str) -> StrMap:
    return StrMap((f"_{index}", part) for index, part in enumerate(_split(text, separator, count)))


def split_list(separator: str, text: str) -> StrList:
    return StrList(_split(text, separator))


def b64enc(text: str) -> str:
    return binascii.b2a_base64(strconv.to_bytes(text), newline=False).decode()


def b64dec(text: str) -> str:
    try:
        return strconv.to_str(decode_base64(text))
    except ValueError as error:
        return str(error)


_BASE64 = late(r"[A-Za-z0-9+/]*")


def decode_base64(text: str) -> bytes:
    """Return base64.StdEncoding.DecodeString(text).

    Raises:
        ValueError: in Go's words.
    """
    plain = text.replace("\n", "").replace("\r", "")
    found = _BASE64.match(plain)
    assert found is not None
    body = found.group()
    padding = plain[len(body) :]
    if len(plain) % 4 == 0 and padding == "=" * (-len(body) % 4) and len(padding) < 3:
        return binascii.a2b_base64(plain)
    raise ValueError(f"illegal base64 data at input byte {_base64_fault(text)}")


def _base64_fault(text: str) -> int:
    """Return the offset that Go's decoder complains about."""
    quantum = 0
    start = 0
    for index, char in enumerate(strconv.to_bytes(text).decode("latin-1")):
        if char in "\r\n":
            continue
        if quantum == 0:
            start = index
        if char == "=":
            rest = text[index + 1 :].replace("\n", "").replace("\r", "")
            if quantum < 2:
                return index
            if quantum == 2 and not rest:
                return len(text)
            if quantum == 2 and rest[0] != "=":
                return index + 1 + text[index + 1 :].index(rest[0])
            tail = rest[1:] if quantum == 2 else rest
            return text.rindex(tail) if tail else index
        if not _BASE64.fullmatch(char):
            return index
        quantum = (quantum + 1) % 4
    return start if quantum == 0 else len(strconv.to_bytes(text)) - quantum


def b32enc(text: str) -> str:
    import base64

    return base64.b32encode(strconv.to_bytes(text)).decode()


def b32dec(text: str) -> str:
    import base64

    plain = text.replace("\n", "").replace("\r", "")
    try:
        return strconv.to_str(base64.b32decode(plain))
    except (binascii.Error, ValueError):
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567="
        at = next((index for index, char in enumerate(text) if char not in alphabet), len(text) // 8 * 8)
        return f"illegal base32 data at input byte {at}"


# xstrings v1.5: snakecase, kebabcase, camelcase.


def camelcase(text: str) -> str:
    """Return xstrings.ToPascalCase(text)."""
    out: list[str] = []
    position = 0
    while position < len(text) and _is_connector(text[position]):
        out.append(text[position])
        position += 1
    if position == len(text):
        return "".join(out) + text[-1:]  # the last connector is written twice
    first_upper = text[position].isupper()
    current = _upper(text[position])
    for char in text[position + 1 :]:
        previous, current = current, char
        if _is_connector(current) and _is_connector(previous):
            out.append(previous)
            continue
        if _is_connector(previous):
            first_upper = current.isupper()
            current = _upper(current)
        else:
            if first_upper:
                if current.isupper():
                    current = _lower(current)
                else:
                    first_upper = False
            out.append(previous)
    out.append(current)
    return "".join(out)


def _is_connector(char: str) -> bool:
    return char in "-_" or char in _SPACES


def snakecase(text: str) -> str:
    return _hyphenate(text, "_")


def kebabcase(text: str) -> str:
    return _hyphenate(text, "-")


_INVALID, _NUMBER, _UPPER, _ALPHABET, _CONNECTOR, _PUNCTUATION, _OTHER = range(7)


def _class_of(char: str) -> int:
    import unicodedata

    if _is_connector(char):
        return _CONNECTOR
    if unicodedata.category(char).startswith("P"):
        return _PUNCTUATION
    if char.isupper():
        return _UPPER
    if char.isalpha() and not "\u4e00" <= char <= "\u9fff":
        return _ALPHABET
    return _NUMBER if unicodedata.category(char).startswith("N") else _OTHER


def _words(text: str) -> list[tuple[int, str]]:
    """Split *text* as xstrings' nextWord does."""
    words: list[tuple[int, str]] = []
    classes = list(map(_class_of, text))
    position = 0
    while position < len(text):
        kind = classes[position]
        end = position + 1
        if kind == _UPPER and end < len(text) and classes[end] == _UPPER:
            while end < len(text) and classes[end] == _UPPER:
                end += 1
            if end < len(text) and classes[end] == _ALPHABET:
                end -= 1
        elif kind in (_UPPER, _ALPHABET):
            while end < len(text) and classes[end] == _ALPHABET:
                end += 1
        else:
            while end < len(text) and classes[end] == kind:
                end += 1
        words.append((kind, text[position:end]))
        position = end
    return words


def _hyphenate(text: str, mark: str) -> str:  # noqa: C901 - follows camelCaseToLowerCase
    words = _words(text)
    if not words:
        return ""
    out: list[str] = []

    def put(kind: int, word: str) -> None:
        out.append(mark * len(word) if kind == _CONNECTOR else lower(word))

    def take() -> tuple[int, str]:
        return words.pop(0) if words else (_INVALID, "")

    kind, word = take()
    while words:
        if kind != _CONNECTOR:
            put(kind, word)
        previous, last = kind, word
        kind, word = take()
        if previous == _NUMBER:
            while kind in (_ALPHABET, _NUMBER):
                put(kind, word)
                kind, word = take()
            if kind not in (_INVALID, _PUNCTUATION, _CONNECTOR):
                out.append(mark)
        elif previous == _CONNECTOR:
            put(previous, last)
        elif previous != _PUNCTUATION:
            if kind != _NUMBER:
                if kind not in (_CONNECTOR, _PUNCTUATION):
                    out.append(mark)
                continue
            if not words:
                continue
            number = word
            kind, word = take()
            if kind != _ALPHABET:
                put(_NUMBER, number)
                if kind not in (_CONNECTOR, _PUNCTUATION):
                    out.append(mark)
                continue
            out.append(mark)
            put(_NUMBER, number)
            while kind in (_ALPHABET, _NUMBER):
                put(kind, word)
                kind, word = take()
            if kind not in (_INVALID, _CONNECTOR, _PUNCTUATION):
                out.append(mark)
    put(kind, word)
    return "".join(out)

"""urlParse and urlJoin. Source: sprig v3.3 url.go; Go 1.26 net/url."""

from __future__ import annotations

import re

from fairlead.base.patterns import late
from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.gotypes import kind_name
from fairlead.engines.gotemplate.strconv import quote, to_bytes, to_str

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
_SCHEME = late(r"([a-zA-Z][a-zA-Z0-9+\-.]*):")
_BAD_HOST = late(r"[ \"<>\\^`{|}]")
_ESCAPE = re.compile(rb"%([0-9a-fA-F]{2})")


def _unescape(text: str, what: str, url: str) -> str:
    data = to_bytes(text)
    position = data.find(b"%")
    while position >= 0:
        if not _ESCAPE.match(data, position):
            shown = to_str(data[position : position + 3])
            raise FuncError(f"unable to parse url: parse {quote(url)}: invalid URL escape {quote(shown)}")
        position = data.find(b"%", position + 3)
    return to_str(_ESCAPE.sub(lambda found: bytes([int(found.group(1), 16)]), data))


def _escape(text: str, allowed: bytes) -> str:
    return "".join(chr(byte) if byte in _UNRESERVED or byte in allowed else f"%{byte:02X}" for byte in to_bytes(text))


def url_parse(text: str) -> dict[str, Any]:
    """Return the parts of a URL.

    Raises:
        FuncError: in Go's words.
    """
    rest, _, fragment = text.partition("#")  # Go's errors but the fragment's own name the URL without its fragment
    parts: dict[str, Any] = dict.fromkeys(
        ("scheme", "host", "hostname", "path", "query", "opaque", "fragment", "userinfo"), ""
    )
    _parse(parts, rest)
    parts["fragment"] = _unescape(fragment, "fragment", text)
    return parts


def _parse(parts: dict[str, Any], text: str) -> None:
    """Put all parts but the fragment into *parts*. Raises: FuncError."""
    if any(char < " " or char == "\x7f" for char in text):
        raise FuncError(f"unable to parse url: parse {quote(text)}: net/url: invalid control character in URL")
    if text == "*":
        parts["path"] = "*"
        return
    rest = text
    found = _SCHEME.match(rest)
    if found is not None:
        parts["scheme"] = found.group(1).lower()
        rest = rest[found.end() :]
    elif rest.startswith(":"):
        raise FuncError(f"unable to parse url: parse {quote(text)}: missing protocol scheme")
    rest, _, parts["query"] = rest.partition("?")
    if not rest.startswith("/"):
        if parts["scheme"]:
            parts["opaque"] = rest
            return
        if ":" in rest.partition("/")[0]:
            raise FuncError(f"unable to parse url: parse {quote(text)}: first path segment in URL cannot contain colon")
    if rest.startswith("//") and (parts["scheme"] or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        _authority(parts, authority, text)
    parts["path"] = _unescape(rest, "path", text)


def _authority(parts: dict[str, Any], authority: str, url: str) -> None:
    user, mark, host = authority.rpartition("@")
    if mark:
        name, colon, password = user.partition(":")
        parts["userinfo"] = userinfo(
            _unescape(name, "userinfo", url), _unescape(password, "userinfo", url) if colon else None
        )
    lead = f"unable to parse url: parse {quote(url)}:"
    if host.rfind("[") > 0:
        raise FuncError(f"{lead} invalid IP-literal")
    if host.startswith("[") and "]" not in host:
        raise FuncError(f"{lead} missing ']' in host")
    end = host.rfind("]") + 1 if host.startswith("[") else 0
    at = end if end else host.find(":") if parts["scheme"] in ("http", "https") else host.rfind(":")
    port = host[at:] if at >= 0 else ""
    if port and not (port == ":" or (port[0] == ":" and port.isascii() and port[1:].isdigit())):
        raise FuncError(f"{lead} invalid port {quote(port)} after host")
    bad = _BAD_HOST.search(host)
    if bad is not None:
        raise FuncError(f"{lead} invalid character {quote(bad.group())} in host name")
    if host.startswith("["):
        _check_literal(_unescape(host[1 : host.rindex("]")], "host", url), lead)
    escaped = next((found for found in re.findall("%..", host) if found[1] in "01234567" and found != "%25"), None)
    if escaped is not None and not host.startswith("["):
        raise FuncError(f"{lead} invalid URL escape {quote(escaped)}")
    host = parts["host"] = _unescape(host, "host", url)
    name = host[: len(host) - len(port)] if port else host
    parts["hostname"] = name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _check_literal(address: str, lead: str) -> None:
    from fairlead.engines.netip import parse_address

    wrong = parse_address(address)
    if wrong:
        raise FuncError(f"{lead} invalid host: {wrong}")
    if ":" not in address:
        raise FuncError(f"{lead} invalid IP-literal")


def userinfo(name: str, password: str | None) -> str:
    """Return url.Userinfo.String()."""
    text = _escape(name, b"$&+,;=")
    return text if password is None else f"{text}:{_escape(password, b'$&+,;=')}"


def _part(parts: dict[str, Any], key: str) -> str:
    if key not in parts:
        return ""
    value = parts[key]
    if not isinstance(value, str):
        raise FuncError(f"unable to parse {key} key, must be of type string, but {kind_name(value)} found")
    return value


def url_join(parts: dict[str, Any] | None) -> str:
    """Return the URL that *parts* make."""
    parts = parts or {}
    scheme, host, path = _part(parts, "scheme"), _part(parts, "host"), _part(parts, "path")
    query, opaque, fragment = _part(parts, "query"), _part(parts, "opaque"), _part(parts, "fragment")
    user = _part(parts, "userinfo")
    out = f"{scheme}:" if scheme else ""
    if opaque:
        out += opaque
    else:
        if user:
            user = url_parse(f"proto://{user}@host")["userinfo"]
        if scheme or host or user:
            if host or path or user:
                out += "//"
            if user:
                out += f"{user}@"
            out += _escape(host, b"!$&'()*+,;=:[]<>\"")
        escaped = _escape(path, b"$&+,/:;=@") if not _valid_path(path) else path
        if escaped and not escaped.startswith("/") and host:
            out += "/"
        if not out and ":" in escaped.partition("/")[0]:
            out += "./"
        out += escaped
    if query:
        out += f"?{query}"
    if fragment:
        out += f"#{_escape(fragment, b'$&+,/:;=?@!()*')}"
    return out


_PATH = late(r"[!$&'()*+,;=:@\[\]a-zA-Z0-9\-_.~/]*\Z")


def _valid_path(path: str) -> bool:
    return path == "*" or (_PATH.match(path) is not None and _escape(path, b"$&+,/:;=@") == path)

"""Where schemas are: URLs, fragments, JSON pointers.

Source: santhosh-tekuri/jsonschema v6.0.3 util.go; Go 1.26 net/url (ResolveReference, String).
"""

from __future__ import annotations

from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.strconv import quote, to_bytes, to_str
from fairlead.engines.helm.functions.urls import url_parse

_SAFE_IN_PATH = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~$&+,/:;=@!'()*[]%")
_SAFE_IN_SEGMENT = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~$&+=:@")


class AddressError(Exception):
    """The library's words for an address that cannot be read."""


class Url:
    """The parts of a URL without its fragment."""

    __slots__ = ("authority", "opaque", "path", "query", "scheme")

    def __init__(self, text: str) -> None:
        """Take *text* apart. Raises: AddressError in net/url's words."""
        try:
            url_parse(text)
        except FuncError as error:
            raise AddressError(str(error).removeprefix("unable to parse url: ")) from None
        head, colon, rest = text.partition(":")
        is_scheme = (
            bool(colon)
            and head[:1].isalpha()
            and head.isascii()
            and head.replace("+", "a").replace("-", "a").replace(".", "a").isalnum()
        )
        self.scheme = head.lower() if is_scheme else ""
        rest = rest if is_scheme else text
        rest, question, query = rest.partition("?")
        self.query = f"?{query}" if question else ""
        self.authority = self.opaque = ""
        if self.scheme and rest and not rest.startswith("/"):
            self.opaque, rest = rest, ""
        elif rest.startswith("//") and (self.scheme or not rest.startswith("///")):
            self.authority, slash, path = rest[2:].partition("/")
            rest = slash + path
        self.path = rest

    def text(self) -> str:
        lead = f"{self.scheme}:" if self.scheme else ""
        if self.opaque:
            return f"{lead}{self.opaque}{self.query}"
        if self.scheme or self.authority:
            lead += f"//{self.authority}" if self.authority or self.path else ""
        path = "".join(chr(byte) if byte in _SAFE_IN_PATH else f"%{byte:02X}" for byte in to_bytes(self.path))
        return f"{lead}{path}{self.query}"


def parse_url(text: str) -> Url:
    """Return the parts of *text*. Raises: AddressError in the library's words."""
    try:
        return Url(text)
    except AddressError as error:
        raise AddressError(f"error in parsing {quote(text)}: {error}") from None


def split(text: str) -> tuple[str, str]:
    """Return a reference without its fragment, and the fragment decoded. Raises: AddressError."""
    url, _, fragment = text.partition("#")
    try:
        return url, decode(fragment)
    except AddressError as error:
        raise AddressError(f"error in parsing {quote(text)}: {error}") from None


def decode(text: str) -> str:
    """Return *text* with its percent escapes read. Raises: AddressError in net/url's words."""
    if "%" not in text:
        return text
    parts = to_bytes(text).split(b"%")
    out = parts[:1]
    for part in parts[1:]:
        try:
            out.append(bytes.fromhex(part[:2].decode("ascii")) + part[2:])
        except ValueError:
            raise AddressError(f"invalid URL escape {quote(to_str(b'%' + part[:2]))}") from None
        if len(part) < 2 or b" " in part[:2]:
            raise AddressError(f"invalid URL escape {quote(to_str(b'%' + part[:2]))}")
    return to_str(b"".join(out))


def encode(pointer: str) -> str:
    """Return a pointer as a fragment."""
    return "".join(
        chr(byte) if byte in _SAFE_IN_SEGMENT or byte == 47 else f"%{byte:02X}" for byte in to_bytes(pointer)
    )


def join(base: str, reference: str) -> tuple[str, str]:
    """Return the URL and the fragment that *reference* means where *base* is. Raises: AddressError."""
    above = parse_url(base)
    text, fragment = split(reference)
    found = parse_url(text)
    if found.scheme or found.authority:
        found.scheme = found.scheme or above.scheme
        if not found.opaque:
            found.path = _resolve_path(found.path, "")
        return found.text(), fragment
    found.scheme = above.scheme
    if not found.path and not found.query:
        found.query = above.query
    if not found.path and above.opaque:
        found.opaque = above.opaque
        return found.text(), fragment
    found.authority = above.authority
    found.opaque = above.opaque
    found.path = _resolve_path(above.path, found.path)
    return found.text(), fragment


def _resolve_path(base: str, reference: str) -> str:
    if not reference:
        full = base
    elif reference.startswith("/"):
        full = reference
    else:
        full = base[: base.rfind("/") + 1] + reference
    if not full:
        return ""
    steps: list[str] = []
    step = ""
    for step in full.split("/"):
        if step == "..":
            del steps[-1:]
        elif step != ".":
            steps.append(step)
    if step in (".", ".."):
        steps.append("")
    path = "/" + "/".join(steps)
    return path[1:] if path.startswith("//") else path


def escape(step: str) -> str:
    """Return a step of a pointer."""
    return step.replace("~", "~0").replace("/", "~1")


def unescape(step: str) -> str | None:
    """Return what a step of a pointer says; None when it is malformed."""
    parts = step.split("~")
    if any(part[:1] not in ("0", "1") for part in parts[1:]):
        return None
    return parts[0] + "".join(("~" if part[0] == "0" else "/") + part[1:] for part in parts[1:])


def pointer(steps: tuple[str, ...]) -> str:
    return "".join(f"/{escape(step)}" for step in steps)

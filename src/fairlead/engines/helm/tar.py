"""Read a gzipped tar as Go does: what comes before damage counts, and what comes after the end is not looked at.

Source: Go 1.26 archive/tar (reader.go, format.go), compress/gzip (gunzip.go).
Sparse files are refused; fields that a chart has no use for (owners, times)
are judged for their shape alone, as they can make a header invalid.
"""

from __future__ import annotations

import zlib

from fairlead.engines.gotemplate.strconv import to_str
from fairlead.engines.record import Record

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 512
_NO_CONTENT = b"123456"  # the kinds of links, devices, folders and pipes
_ZEROS = b"\0" * BLOCK
_MAX_SPECIAL_BYTES = 1024 * 1024  # of a long name or of PAX records
_MAX_CHUNK_BYTES = 256 * 1024
_MAX_PACKED_BYTES = 64 * 1024

_INVALID = "archive/tar: invalid tar header"
GZIP_HEADER = "gzip: invalid header"
_CUT = "unexpected EOF"


class TarError(Exception):
    """Go's text of what is wrong with the stream."""


class _EndError(Exception):
    """Go's io.EOF."""


class Entry(Record):
    """A header, with what reads its content."""

    name: str
    size: int  # as the header gives it, also where there is no content
    is_dir: bool
    is_extension: bool = False  # PAX records for all that follows; no file


class _Gunzip:
    """The decompressed bytes of a gzip stream, member after member, decompressed as they are asked for."""

    def __init__(self, data: bytes) -> None:
        """Read the first member's header. Raises: TarError."""
        self._data = data
        self._position = 0
        self._buffer = b""
        self._at = 0
        self._flaw: Exception | None = None
        self._crc = self._size = 0
        self._decoder = zlib.decompressobj(wbits=-15)
        try:
            self._header()
        except _EndError:
            raise TarError("EOF") from None

    def read(self, count: int) -> bytes:
        """Return *count* bytes, fewer where the stream ends. Raises: TarError."""
        parts: list[bytes] = []
        while count:
            part = self._buffer[self._at : self._at + count]
            if part:
                self._at += len(part)
                count -= len(part)
                parts.append(part)
                continue
            if not self._fill():
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _fill(self) -> bool:
        """Decompress some more; False at the end. Raises: TarError."""
        if self._flaw is not None:
            if isinstance(self._flaw, _EndError):
                return False
            raise self._flaw
        packed = self._data[self._position : self._position + _MAX_PACKED_BYTES]
        decoder = self._decoder
        try:
            self._buffer, self._at = decoder.decompress(packed, _MAX_CHUNK_BYTES), 0
        except zlib.error:
            raise TarError("flate: corrupt input") from None
        self._position += len(packed) - len(decoder.unconsumed_tail) - len(decoder.unused_data)
        self._crc = zlib.crc32(self._buffer, self._crc)
        self._size += len(self._buffer)
        if decoder.eof:
            try:
                self._trailer()
            except (TarError, _EndError) as error:  # told when what comes before is read
                self._flaw = error
        elif not packed and not self._buffer:
            self._flaw = TarError(_CUT)
        return True

    def _take(self, count: int) -> bytes:
        part = self._data[self._position : self._position + count]
        if len(part) < count:
            raise TarError(_CUT)
        self._position += count
        return part

    def _trailer(self) -> None:
        if self._take(8) != self._crc.to_bytes(4, "little") + (self._size & 0xFFFFFFFF).to_bytes(4, "little"):
            raise TarError("gzip: invalid checksum")
        self._header()
        self._decoder = zlib.decompressobj(wbits=-15)
        self._crc = self._size = 0

    def _header(self) -> None:
        """Pass over a member's header. Raises: TarError, _EndError at the end."""
        start = self._position
        if start == len(self._data):
            raise _EndError
        head = self._take(10)
        if head[:3] != b"\x1f\x8b\x08":
            raise TarError(GZIP_HEADER)
        flags = head[3]
        if flags & 4:
            self._take(int.from_bytes(self._take(2), "little"))
        for flag in (8, 16):  # the name, a comment
            if flags & flag:
                self._text()
        if flags & 2:
            digest = zlib.crc32(self._data[start : self._position]) & 0xFFFF
            if int.from_bytes(self._take(2), "little") != digest:
                raise TarError(GZIP_HEADER)

    def _text(self) -> None:
        end = self._data.find(b"\0", self._position, self._position + BLOCK)
        if end < 0:
            raise TarError(GZIP_HEADER if len(self._data) - self._position >= BLOCK else _CUT)
        self._position = end + 1


class Reader:
    """The entries of a ``.tgz``; each one's content is there until the next is asked for."""

    def __init__(self, data: bytes) -> None:
        """Read the first header. Raises: TarError."""
        self._stream = _Gunzip(data)
        self._unread = self._padding = 0

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries. Raises: TarError."""
        records: dict[str, str] = {}
        long_name = ""
        while True:
            try:
                entry, kind = self._next()
            except _EndError:
                return
            if kind in b"xg":
                records = _pax_records(self._special())
                if kind in b"g":
                    entry.is_extension = True
                    yield entry
                    records = {}
            elif kind in b"LK":
                name = _text(self._special())
                long_name = name if kind in b"L" else long_name
            else:
                if not _merge(entry, records) or (entry.size < 0 and kind not in _NO_CONTENT):
                    raise TarError(_INVALID)
                if kind in b"S" or any(key.startswith("GNU.sparse.") for key in records):
                    raise TarError("cannot read sparse files: pack the chart without them")
                entry.name = long_name or entry.name
                entry.is_dir |= kind in b"\0" and entry.name.endswith("/")
                self._content(entry, kind)
                yield entry
                records, long_name = {}, ""

    def content(self) -> bytes:
        """Return the content of the last entry. Raises: TarError."""
        wanted, self._unread = self._unread, 0
        found = self._stream.read(wanted)
        if len(found) < wanted:
            raise TarError(_CUT)
        return found

    def _content(self, entry: Entry, kind: bytes) -> None:
        self._unread = 0 if kind in _NO_CONTENT else entry.size
        self._padding = -self._unread % BLOCK

    def _next(self) -> tuple[Entry, bytes]:
        while self._unread:  # in parts: an entry that nobody reads may be of any size
            part = len(self._stream.read(min(self._unread, _MAX_CHUNK_BYTES)))
            if not part:
                raise TarError(_CUT)
            self._unread -= part
        if len(self._stream.read(self._padding)) < self._padding:
            raise _EndError
        self._padding = 0
        block = self._block()
        if block == _ZEROS:
            if self._block() == _ZEROS:
                raise _EndError
            raise TarError(_INVALID)
        entry, kind = _parse(block)
        self._content(entry, kind)
        return entry, kind

    def _block(self) -> bytes:
        found = self._stream.read(BLOCK)
        if not found:
            raise _EndError
        if len(found) < BLOCK:
            raise TarError(_CUT)
        return found

    def _special(self) -> bytes:
        if self._unread > _MAX_SPECIAL_BYTES:
            raise TarError("archive/tar: header field too long")
        return self.content()


def _text(field: bytes) -> str:
    return to_str(field.partition(b"\0")[0])


def _octal(field: bytes) -> int:
    """Return a number in octal digits. Raises: TarError."""
    digits = field.strip(b" \0").partition(b"\0")[0]
    if not digits:
        return 0
    if digits.strip(b"01234567"):
        raise TarError(_INVALID)
    return int(digits, 8)


def _numeric(field: bytes) -> int:
    """Return a number in octal digits, or in base 256. Raises: TarError."""
    if not field[0] & 0x80:
        return _octal(field)
    found = int.from_bytes(field, "big") & (1 << (len(field) * 8 - 1)) - 1
    if field[0] & 0x40:
        found -= 1 << (len(field) * 8 - 1)
    if not -(1 << 63) <= found < 1 << 63:
        raise TarError(_INVALID)
    return found


def _parse(block: bytes) -> tuple[Entry, bytes]:
    """Return an entry and its kind. Raises: TarError."""
    wanted = _octal(block[148:156])
    blanked = block[:148] + b" " * 8 + block[156:]
    total = sum(blanked)
    if wanted not in (total, total - 256 * sum(byte > 127 for byte in blanked)):
        raise TarError(_INVALID)
    size, mode = _numeric(block[124:136]), _numeric(block[100:108])
    others = [block[108:116], block[116:124], block[136:148]]
    name, kind = _text(block[:100]), block[156:157]
    magic = block[257:263]
    prefix = b""
    if magic == b"ustar\0" or block[257:265] == b"ustar  \0":
        others += [block[329:337], block[337:345]]
        if magic == b"ustar\0":
            prefix = block[345:476] if block[508:512] == b"tar\0" else block[345:500]
    for field in others:
        _numeric(field)
    lead = _text(prefix)
    if lead:
        name = f"{lead}/{name}"
    if size < 0 and kind not in _NO_CONTENT:
        raise TarError(_INVALID)
    return Entry(name, size, kind == b"5" or mode & ~0o7777 == 0o40000), kind


def _pax_records(data: bytes) -> dict[str, str]:
    """Return extended records: "length key=value" lines. Raises: TarError."""
    found: dict[str, str] = {}
    while data:
        digits, space, _ = data.partition(b" ")
        if not space or not digits.isdigit() or len(digits) > 7 or not len(digits) + 1 < int(digits) <= len(data):
            raise TarError(_INVALID)
        line, data = data[len(digits) + 1 : int(digits)], data[int(digits) :]
        key, equals, value = line.partition(b"=")
        if not line.endswith(b"\n") or not equals or not key or b"\0" in key:
            raise TarError(_INVALID)
        value = value[:-1]
        if b"\0" in value and key in (b"path", b"linkpath", b"uname", b"gname"):
            raise TarError(_INVALID)
        found[to_str(key)] = to_str(value)
    return found


def _merge(entry: Entry, records: dict[str, str]) -> bool:
    """Lay extended records over *entry*; False when one is no number that must be."""
    for key, value in records.items():
        if not value:
            continue
        if key == "path":
            entry.name = value
        elif key in ("size", "uid", "gid"):
            if not value.removeprefix("-").removeprefix("+").isdecimal() or not value.isascii() or len(value) > 19:
                return False
            if key == "size":
                entry.size = int(value)
        elif key in ("mtime", "atime", "ctime"):
            whole, dot, part = value.partition(".")
            if not whole.removeprefix("-").isdecimal() or (dot and part and not part.isdecimal()):
                return False
    return True

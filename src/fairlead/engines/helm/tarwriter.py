"""Tar archives written as Go's archive/tar writes regular files, so that a chart's archive has helm's bytes inside.

Source: Go 1.26 archive/tar writer.go (templateV7Plus, writePAXHeader, splitUSTARPath), strconv.go (formatPAXRecord).
"""

from __future__ import annotations

from collections.abc import Iterable

_NAME, _PREFIX = 100, 155
_MAX_OCTAL = 1 << 33


def write(entries: Iterable[tuple[str, bytes, int]]) -> bytes:
    """Return the archive of (name, content, Unix time in seconds)."""
    parts: list[bytes] = []
    for name, data, time in entries:
        parts += [_header(name, len(data), time), data, bytes(-len(data) % 512)]
    parts.append(bytes(1024))
    return b"".join(parts)


def _header(name: str, size: int, time: int) -> bytes:
    encoded = name.encode("utf-8", "surrogateescape")
    prefix, last = _split(encoded)
    records: dict[str, bytes] = {}
    if len(last) > _NAME or not encoded.isascii():
        records["path"] = encoded
    if not 0 <= time < _MAX_OCTAL:
        records["mtime"] = str(time).encode()
        time = 0
    if not records:
        return _block(last, size, time, b"0", prefix=prefix, mode=0o644, devices=True)
    body = b"".join(_record(key, value) for key, value in sorted(records.items()))
    folder, _, file = encoded.rpartition(b"/")
    extra = _ascii(b"/".join(part for part in (folder, b"PaxHeaders.0", file) if part))[:_NAME].rstrip(b"/")
    return b"".join(
        [
            _block(extra, len(body), 0, b"x"),
            body,
            bytes(-len(body) % 512),
            _block(_ascii(encoded)[:_NAME], size, time, b"0", mode=0o644, devices=True),
        ]
    )


def _split(name: bytes) -> tuple[bytes, bytes]:
    """Return a long name as the two fields of a header have it."""
    if len(name) <= _NAME or not name.isascii():
        return b"", name
    at = name[: _PREFIX + 1].rfind(b"/")
    if at <= 0 or not 0 < len(name) - at - 1 <= _NAME:
        return b"", name
    return name[:at], name[at + 1 :]


def _ascii(name: bytes) -> bytes:
    return bytes(byte for byte in name if 0 < byte < 0x80)


def _record(key: str, value: bytes) -> bytes:
    size = len(key) + len(value) + 3
    size += len(str(size))
    record = b"%d %s=%s\n" % (size, key.encode(), value)
    return record if len(record) == size else b"%d %s=%s\n" % (len(record), key.encode(), value)


def _block(
    name: bytes, size: int, time: int, flag: bytes, *, prefix: bytes = b"", mode: int = 0, devices: bool = False
) -> bytes:
    fields = [
        name.ljust(_NAME, b"\0"),
        *(b"%07o\0" % number for number in (mode, 0, 0)),
        b"%011o\0" % size,
        b"%011o\0" % time,
        b" " * 8,
        flag,
        bytes(100),
        b"ustar\x0000",
        bytes(64),
        *((b"0000000\0",) * 2 if devices else (bytes(8),) * 2),
        prefix.ljust(_PREFIX, b"\0"),
        bytes(12),
    ]
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]

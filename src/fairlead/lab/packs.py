"""What comes with a push, looked at before it is stored: how large it will be, and whether it is whole.

Source: Git's pack format (gitformat-pack) and what receive-pack refuses (receive.denyDeleteCurrent, connectivity).
"""

from __future__ import annotations

import struct
import zlib
from typing import IO

from dulwich.errors import ObjectFormatException
from dulwich.objects import Blob, Commit, Tag, Tree
from dulwich.repo import Repo

OBJECT_LIMIT_BYTES = 64 << 20
UNPACKED_LIMIT_BYTES = 512 << 20
_PIECE_BYTES = 64 << 10
_OFFSET_DELTA, _REFERENCE_DELTA = 6, 7
_NAME_BYTES = 20
_SUBMODULE = 0o160000


class PackError(Exception):
    """What comes with a push cannot be unpacked, or would be more than the server takes."""


def check_pack(request: IO[bytes]) -> None:
    """Look through a receive-pack request, from its beginning on. Raises: PackError."""
    _skip_commands(request)
    source = _Source(request)
    try:
        head = source.take(12)
        if head[:4] != b"PACK":
            raise PackError("it is no pack")
        total = 0
        for _ in range(struct.unpack(">I", head[8:])[0]):
            total += _unpacked_bytes(source)
            if total > UNPACKED_LIMIT_BYTES:
                raise PackError(f"it unpacks to more than the limit of {UNPACKED_LIMIT_BYTES} bytes")
    except EOFError:
        raise PackError("the pack ends before it is whole") from None
    except zlib.error as error:
        raise PackError(f"the pack is damaged: {error}") from error


def _skip_commands(request: IO[bytes]) -> None:
    while True:
        size = request.read(4)
        if size == b"0000" or len(size) < 4:
            return
        try:
            rest = int(size, 16) - 4
        except ValueError:
            return
        if rest < 0 or len(request.read(rest)) < rest:
            return


class _Source:
    """Reads bytes, and takes back what was read too much. Raises: EOFError at the end."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = b""

    def take(self, count: int) -> bytes:
        while len(self._left) < count:
            self._left += self._piece()
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def piece(self) -> bytes:
        piece, self._left = self._left or self._piece(), b""
        return piece

    def put_back(self, data: bytes) -> None:
        self._left = data

    def _piece(self) -> bytes:
        piece = self._file.read(_PIECE_BYTES)
        if not piece:
            raise EOFError
        return piece


def _unpacked_bytes(source: _Source) -> int:
    """Pass over one object; how large it is, or what its delta makes of another one."""
    byte = source.take(1)[0]
    kind, size, shift = byte >> 4 & 7, byte & 15, 4
    while byte & 0x80:
        byte = source.take(1)[0]
        size |= (byte & 0x7F) << shift
        shift += 7
    _check(size)
    if kind == _OFFSET_DELTA:
        while source.take(1)[0] & 0x80:
            pass
    elif kind == _REFERENCE_DELTA:
        source.take(_NAME_BYTES)
    start = _inflate(source, size)
    if kind in (_OFFSET_DELTA, _REFERENCE_DELTA):
        _, rest = _number(start)
        size = _number(rest)[0]
        _check(size)
    return size


def _check(size: int) -> None:
    if size > OBJECT_LIMIT_BYTES:
        raise PackError(f"an object of {size} bytes is over the limit of {OBJECT_LIMIT_BYTES}")


def _inflate(source: _Source, size: int) -> bytes:
    """Pass over compressed data of *size* bytes; returns how they begin. Raises: zlib.error when there are more."""
    inflater = zlib.decompressobj()
    start, seen, data = b"", 0, source.piece()
    while not inflater.eof:
        out = inflater.decompress(data, _PIECE_BYTES)
        start = start or out[:32]
        seen += len(out)
        if seen > size:
            raise zlib.error("an object is larger than it says")
        data = inflater.unconsumed_tail
        if not data and not inflater.eof:
            data = source.piece()
    source.put_back(inflater.unused_data + data)
    return start


def _number(data: bytes) -> tuple[int, bytes]:
    value = shift = 0
    for position, byte in enumerate(data):
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, data[position + 1 :]
    return value, b""


def objection(repository: Repo, reference: bytes, new: bytes) -> bytes | None:
    """Why a reference may not come to name the object *new*, in Git's words; None when it may."""
    store = repository.object_store
    if new not in store:
        return b"missing necessary objects"
    try:
        if reference.startswith(b"refs/heads/") and not isinstance(store[new], Commit):
            return b"trying to write non-commit object to branch"
        return None if _is_whole(repository, new) else b"missing necessary objects"
    except (ObjectFormatException, AssertionError, ValueError, KeyError, TypeError):
        return b"an object cannot be read"


def _is_whole(repository: Repo, new: bytes) -> bool:
    """Whether all that *new* leads to is there; what references lead to already is taken to be."""
    store = repository.object_store
    seen = set(repository.refs.as_dict().values()) - {new}
    waiting = [new]
    while waiting:
        sha = waiting.pop()
        if sha in seen:
            continue
        seen.add(sha)
        if sha not in store:
            return False
        found = store[sha]
        if isinstance(found, Commit):
            waiting += [found.tree, *found.parents]
        elif isinstance(found, Tag):
            waiting.append(found.object[1])
        elif isinstance(found, Tree):
            for _, mode, entry in found.items():
                if mode & 0o170000 == 0o040000:
                    waiting.append(entry)
                elif mode != _SUBMODULE and entry not in seen:
                    seen.add(entry)
                    if entry not in store:
                        return False
        elif not isinstance(found, Blob):
            return False
    return True

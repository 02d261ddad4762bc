"""Read a chart archive (``.tgz``), bounded.

Source: Helm v4.3 pkg/chart/loader/archive/archive.go.
"""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
import zlib

from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.errors import ChartError

MAX_BYTES = 100 * 1024 * 1024  # decompressed, all files together
MAX_FILES = 100_000  # Helm has no bound

_DRIVE = re.compile(r"[a-zA-Z]:/")


def _gunzip(data: bytes, limit_bytes: int) -> bytes:
    """Return the decompressed bytes of all gzip members.

    Raises:
        ChartError: damaged, or more than *limit_bytes*.
    """
    if data[:2] != b"\x1f\x8b":
        raise ChartError("EOF" if not data else "gzip: invalid header")
    out: list[bytes] = []
    left = limit_bytes
    while data:
        decoder = zlib.decompressobj(wbits=31)
        try:
            chunk = decoder.decompress(data, left + 1)
        except zlib.error:
            raise ChartError("gzip: invalid header" if not out else "gzip: invalid checksum") from None
        out.append(chunk)
        left -= len(chunk)
        if left < 0:
            raise _too_large()
        if not decoder.eof:
            raise ChartError("unexpected EOF")
        data = decoder.unused_data
        if data[:2] != b"\x1f\x8b":
            break
    return b"".join(out)


def _too_large() -> ChartError:
    return ChartError(f"decompressed chart is larger than the maximum size {MAX_BYTES}")


def read_archive(data: bytes) -> list[tuple[str, bytes]]:
    """Return (name below the archive's one folder, content) of its files.

    Raises:
        ChartError: damaged, too large, or with a path that leads outside.
    """
    # Headers and padding come on top of the contents that the bound is about.
    plain = _gunzip(data, MAX_BYTES + MAX_BYTES // 4)
    files: list[tuple[str, bytes]] = []
    left = MAX_BYTES
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
            for member in archive:
                if member.isdir():
                    continue
                name = safe_name(member.name)
                if member.size > left:
                    raise _too_large()
                handle = archive.extractfile(member) if member.isreg() else None
                content = handle.read() if handle is not None else b""
                left -= len(content)
                if left <= 0:
                    raise _too_large()
                files.append((name, content))
                if len(files) > MAX_FILES:
                    raise ChartError(f"chart archive has more than {MAX_FILES} files")
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise ChartError(f"archive/tar: invalid tar header: {error}") from error
    if not files:
        raise ChartError("no files in chart archive")
    return files


def safe_name(path: str) -> str:
    """Return *path* without its first folder.

    Raises:
        ChartError: the path is absolute or leads outside.
    """
    delimiter = "\\" if "\\" in path else "/"
    parts = path.split(delimiter)
    name = "/".join(parts[1:])
    if name.startswith("/"):
        raise ChartError("chart illegally contains absolute paths")
    name = posixpath.normpath(name) if name else "."
    if name == ".":
        raise ChartError(f"chart illegally contains content outside the base directory: {quote(path)}")
    if name.startswith(".."):
        raise ChartError("chart illegally references parent directory")
    if _DRIVE.match(name):
        raise ChartError("chart contains illegally named files")
    if parts[0] == "Chart.yaml":
        raise ChartError("chart yaml not in base directory")
    return name

"""Read a chart archive (``.tgz``), bounded.

Source: Helm v4.3 pkg/chart/loader/archive/archive.go.
"""

from __future__ import annotations

import posixpath

from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.errors import ChartError
from fairlead.engines.helm.tar import Reader, TarError

MAX_BYTES = 100 * 1024 * 1024  # decompressed, all files together
MAX_FILES = 100_000  # Helm has no bound


class ArchiveError(ChartError):
    """An archive that cannot be read."""


def _too_large() -> ArchiveError:
    return ArchiveError(f"decompressed chart is larger than the maximum size {MAX_BYTES}")


def read_archive(data: bytes) -> list[tuple[str, bytes]]:
    """Return (name below the archive's one folder, content) of its files; links and pipes count as empty ones.

    Raises:
        ArchiveError: damaged, too large, or with a path that leads outside.
    """
    files: list[tuple[str, bytes]] = []
    left = MAX_BYTES
    entries = 0
    try:
        reader = Reader(data)
        for entry in reader:
            entries += 1
            if entries > MAX_FILES:
                raise ArchiveError(f"chart archive has more than {MAX_FILES} files")
            if entry.is_dir or entry.is_extension:
                continue
            name = safe_name(entry.name)
            if entry.size > left:
                raise _too_large()
            content = reader.content()
            left -= len(content)
            if len(content) < entry.size or left <= 0:
                raise _too_large()
            files.append((name, content))
    except TarError as error:
        raise ArchiveError(str(error)) from error
    if not files:
        raise ArchiveError("no files in chart archive")
    return files


def safe_name(path: str) -> str:
    """Return *path* without its first folder.

    Raises:
        ArchiveError: the path is absolute or leads outside.
    """
    delimiter = "\\" if "\\" in path else "/"
    parts = path.split(delimiter)
    name = "/".join(parts[1:])
    if name.startswith("/"):
        raise ArchiveError("chart illegally contains absolute paths")
    name = posixpath.normpath(name) if name else "."
    if name == ".":
        raise ArchiveError(f"chart illegally contains content outside the base directory: {quote(path)}")
    if name.startswith(".."):
        raise ArchiveError("chart illegally references parent directory")
    if name[1:3] == ":/" and name[0].isascii() and name[0].isalpha():
        raise ArchiveError("chart contains illegally named files")
    if parts[0] == "Chart.yaml":
        raise ArchiveError("chart yaml not in base directory")
    return name

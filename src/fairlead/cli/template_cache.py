"""The folder of what charts were compiled and read to: ~/.cache/fairlead/templates.

A file is used only when it and its folder belong to this user and nobody else
can write them: it holds code. FAIRLEAD_TEMPLATE_CACHE names another folder,
"off" turns the cache off.
"""

from __future__ import annotations

import os
import stat
import sys

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from fairlead.engines.helm.compiled import CompiledCache

MAX_FILES = 400


def _folder() -> str | None:
    given = os.environ.get("FAIRLEAD_TEMPLATE_CACHE", "")
    if given == "off":
        return None
    if given:
        return given
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "fairlead", "templates")


# The sources that what is kept depends on.
_SOURCES = (
    *(
        f"engines/gotemplate/{name}.py"
        for name in ("codegen", "codemodel", "lexer", "nodes", "numbers", "parser", "quick")
    ),
    *(f"engines/helm/{name}.py" for name in ("chart", "documents", "metadata", "schema", "wellformed")),
    *(f"base/yaml/{name}.py" for name in ("compose", "quick", "quick_flow", "quick_scalars", "read", "resolve")),
    "base/patterns.py",
)


def _salt() -> bytes:
    """Return what everything kept depends on: this Python, and the sources above."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = [sys.version]
    for name in _SOURCES:
        state = os.stat(f"{root}/{name}")
        found.append(f"{state.st_size} {state.st_mtime_ns}")
    return "\n".join(found).encode()


def _is_ours(path: str) -> bool:
    found = os.lstat(path)
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _mark(reference: str, version: str) -> bytes:
    """Return what tells a chart from others; what is kept is checked part by part, so it may be wrong."""
    try:
        with open(f"{reference}/Chart.yaml", "rb") as handle:
            return handle.read()
    except OSError:
        pass
    try:
        found = os.stat(reference)
        return f"{os.path.abspath(reference)} {found.st_size} {found.st_mtime_ns}".encode()
    except OSError:
        return f"{reference} {version}".encode()


class TemplateCache:
    """What is kept of one chart, by its Chart.yaml: where it lies does not count, nor the values."""

    def __init__(self, reference: str, version: str) -> None:
        """Read what is kept of the chart that *reference* names: a folder, an archive, or a *version* elsewhere."""
        from fairlead.engines.helm.compiled import CompiledCache
        from fairlead.engines.helm.memo import digest

        self._path = ""
        data = b""
        folder = _folder()
        if folder is not None:
            try:
                os.makedirs(folder, mode=0o700, exist_ok=True)
                if _is_ours(folder):
                    self._path = os.path.join(folder, digest(_salt() + _mark(reference, version)).hex())
                    if _is_ours(self._path):
                        with open(self._path, "rb") as handle:
                            data = handle.read()
            except OSError:
                data = b""
        self.sources: CompiledCache = CompiledCache(data)

    def save(self) -> None:
        """Write what this run added; a cache that cannot be written is no error."""
        if not self._path or not self.sources.changed():
            return
        try:
            temporary = f"{self._path}.{os.getpid()}"
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(self.sources.dump())
            os.replace(temporary, self._path)
            self._trim()
        except OSError:
            return

    def _trim(self) -> None:
        folder = os.path.dirname(self._path)
        entries = [entry for entry in os.scandir(folder) if entry.is_file()]
        if len(entries) > MAX_FILES:
            entries.sort(key=lambda entry: entry.stat().st_mtime)
            for entry in entries[: len(entries) - MAX_FILES]:
                os.unlink(entry.path)

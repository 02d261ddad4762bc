"""The folder of compiled templates: ~/.cache/fairlead/templates.

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
    from fairlead.engines.helm.chart import Chart
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


def _salt() -> bytes:
    """Return what compiled code depends on: this Python and the compiler's own source."""
    from fairlead.engines import gotemplate

    folder = os.path.dirname(gotemplate.__file__)
    found = [sys.version]
    for name in ("codegen.py", "codemodel.py", "lexer.py", "parser.py", "nodes.py"):
        state = os.stat(f"{folder}/{name}")
        found.append(f"{state.st_size} {state.st_mtime_ns}")
    return "\n".join(found).encode()


def _is_ours(path: str) -> bool:
    found = os.lstat(path)
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


class TemplateCache:
    """The compiled templates of one chart."""

    def __init__(self, chart: Chart) -> None:
        from fairlead.engines.helm.compiled import CompiledCache, chart_digest

        self._path = ""
        data = b""
        folder = _folder()
        if folder is not None:
            try:
                os.makedirs(folder, mode=0o700, exist_ok=True)
                if _is_ours(folder):
                    self._path = os.path.join(folder, chart_digest(chart, _salt()))
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

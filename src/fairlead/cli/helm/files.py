"""Charts from folders and archives on disk.

Source: Helm v4.3 internal/sympath/walk.go, pkg/chart/v2/loader/directory.go,
pkg/chart/loader/load.go, pkg/chart/loader/archive/archive.go (EnsureArchive).
"""

from __future__ import annotations

import os
import stat
import sys

from fairlead.engines.helm.chart import load_archive, load_chart
from fairlead.engines.helm.errors import ChartError
from fairlead.engines.helm.helmignore import HELMIGNORE, Rules

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable

    from fairlead.engines.helm.chart import Chart

MAX_BYTES = 100 * 1024 * 1024  # of a folder's files together
MAX_FILES = 100_000  # links can make any number; Helm has no bound
_MAX_LINKS = 255


def load(path: str, *, detect: bool = False, shown: str = "") -> Chart:
    """Return the chart in a folder or archive, and log what is noticed; *detect* as in `load_archive`.

    Errors of an archive speak of it as *shown*, by default its absolute path.
    """
    return _logged(lambda: _load_folder(path, detect) if os.path.isdir(path) else _load_file(path, detect, shown))


def load_folder(path: str) -> Chart:
    """Return the chart in a folder, as `load` does; what is no folder is refused, archives too."""
    return _logged(lambda: _load_folder(path, True))


def _logged(load_it: Callable[[], Chart]) -> Chart:
    """Return what *load_it* loads, and log what was noticed."""
    try:
        chart = load_it()
    except ChartError as error:
        for text in error.warnings:
            log(text)
        raise
    for text in chart.all_warnings():
        log(text)
    return chart


def _load_folder(path: str, detect: bool) -> Chart:
    if detect:
        place = os.path.join(os.path.abspath(path), "Chart.yaml")
        try:
            open(place, "rb").close()
        except OSError as error:
            text = f"unable to detect chart at {place}: {_failed(place, error)}"
            raise ChartError(text, file="Chart.yaml") from error
    return load_chart(read_folder(path), ignore=False, detect=detect)


def _load_file(path: str, detect: bool, shown: str = "") -> Chart:
    place = shown or os.path.abspath(path)
    try:
        with open(path, "rb") as handle:
            data = handle.read()
    except FileNotFoundError:
        raise ChartError(f"stat {path}: no such file or directory") from None
    except OSError as error:
        raise ChartError(f"open {place}: {words(error)}") from error
    return _load_data(data, place, detect)


def load_data(data: bytes, name: str, *, detect: bool = False) -> Chart:
    """Return the chart in a fetched archive whose file is called *name*, as `load` does."""
    return _logged(lambda: _load_data(data, name, detect))


def _load_data(data: bytes, place: str, detect: bool) -> Chart:
    from fairlead.engines.helm.archive import ArchiveError

    if not data.startswith(b"\x1f\x8b\x08"):
        if place.endswith((".yml", ".yaml")):
            raise ChartError(f"file '{place}' seems to be a YAML file, but expected a gzipped archive")
        from fairlead.engines.helm.sniff import content_type

        kind = content_type(data[:512].ljust(512, b"\0"))
        raise ChartError(f"file '{place}' does not appear to be a gzipped archive; got '{kind}'")
    try:
        return load_archive(data, detect=detect)
    except ArchiveError as error:
        cause = str(error.__cause__ or error)
        if cause == "gzip: invalid header":
            text = f"file '{place}' does not appear to be a valid chart file (details: {cause})"
            raise ChartError(text) from error
        raise ChartError("unable to load chart archive" if detect else cause, hint=cause if detect else "") from error


def log(text: str, level: str = "INFO", **pairs: str) -> None:
    """Print a line as Helm logs it."""
    from fairlead.engines.gotemplate.strconv import quote

    shown = "".join(f" {key}={_log_value(value)}" for key, value in pairs.items())
    print(f"level={level} msg={quote(text)}{shown}", file=sys.stderr)


def _log_value(text: str) -> str:
    """Return *text* as slog writes a value: quoted when it has to be."""
    from fairlead.engines.gotemplate.strconv import quote

    plain = text and text.isprintable() and not any(char in ' ="' or char.isspace() for char in text)
    return text if plain else quote(text)


def words(error: OSError) -> str:
    """Return Go's words for a failed call."""
    return (error.strerror or str(error)).lower()


def _failed(path: str, error: OSError) -> str:
    """Return Go's words for a file that cannot be opened; a folder can be, but not read."""
    return f"{'read' if isinstance(error, IsADirectoryError) else 'open'} {path}: {words(error)}"


def read_folder(path: str) -> dict[str, bytes]:
    """Return the files below *path* that belong to the chart, links followed, by name relative to it.

    Raises:
        ChartError: a link that leads nowhere, or a file that is none.
    """
    root = os.path.abspath(path)
    return _Walk(root, _rules(os.path.join(root, HELMIGNORE))).files


def all_files(path: str) -> dict[str, bytes]:
    """Return what can be read below *path*, links to files followed, by name relative to it."""
    files: dict[str, bytes] = {}
    for root, folders, names in os.walk(path):
        folders.sort()
        lead = root[len(path) :].lstrip("/")
        for name in sorted(names):
            place = f"{root}/{name}"
            if os.path.isfile(place):
                with open(place, "rb") as handle:
                    files[f"{lead}/{name}" if lead else name] = handle.read()
    return files


def _rules(path: str) -> Rules:
    try:
        os.stat(path)
    except OSError:
        return Rules()
    try:
        with open(path, "rb") as handle:
            return Rules(handle.read())
    except OSError as error:
        raise ChartError(_failed(path, error), file=HELMIGNORE) from error


class _Walk:
    """Reads a folder in the order of names; links are followed before rules are asked, as in Helm."""

    def __init__(self, root: str, rules: Rules) -> None:
        self.files: dict[str, bytes] = {}
        self._rules = rules
        self._left = MAX_BYTES
        self._folder(root, "")

    def _folder(self, path: str, lead: str) -> None:
        try:
            with os.scandir(path) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            raise ChartError(f"open {path}: {words(error)}", file=lead) from error
        for entry in entries:
            name = lead + entry.name
            if entry.is_symlink():
                self._link(entry.path, name)
            elif entry.is_dir(follow_symlinks=False):
                if not self._rules.ignores(name, True):
                    self._folder(entry.path, f"{name}/")
            elif not self._rules.ignores(name, False):
                self._file(entry.path, name, entry.stat(follow_symlinks=False))

    def _link(self, path: str, name: str) -> None:
        try:
            resolved = os.path.realpath(path, strict=True)
            state = os.lstat(resolved)
            if os.readlink(path).endswith("/") and not stat.S_ISDIR(state.st_mode):
                raise NotADirectoryError
        except OSError:
            raise ChartError(f"error evaluating symlink {path}: {_broken(path)}", file=name) from None
        text = "found symbolic link in path. Contents of linked file included and used"
        log(text, path=path, resolved=resolved)
        is_dir = stat.S_ISDIR(state.st_mode)
        if self._rules.ignores(name, is_dir):
            return
        if is_dir:
            self._folder(path, f"{name}/")
        else:
            self._file(path, name, state)

    def _file(self, path: str, name: str, state: os.stat_result) -> None:
        if not stat.S_ISREG(state.st_mode):
            raise ChartError(f"cannot load irregular file {path} as it has file mode type bits set", file=name)
        if state.st_size > self._left:
            text = f"error reading {name}: chart exceeds maximum decompressed size of {MAX_BYTES} bytes"
            raise ChartError(text, file=name)
        if len(self.files) == MAX_FILES:
            raise ChartError(f"cannot read more than {MAX_FILES} files of a chart: see where its links lead", file=name)
        try:
            with open(path, "rb", buffering=0) as handle:
                data = handle.readall()
        except OSError as error:
            raise ChartError(f"error reading {name}: open {path}: {words(error)}", file=name) from error
        self._left -= len(data)
        self.files[name] = data


def _broken(path: str) -> str:
    """Return what Go's EvalSymlinks says about a link that leads nowhere."""
    waiting = path.split("/")[::-1]
    done = ""
    links = 0
    while waiting:
        step = waiting.pop()
        if step in ("", "."):
            continue
        if step == "..":
            done = done.rpartition("/")[0]
            continue
        here = f"{done}/{step}"
        try:
            mode = os.lstat(here).st_mode
        except OSError as error:
            return f"lstat {here}: {words(error)}"
        if not stat.S_ISLNK(mode):
            if waiting and not stat.S_ISDIR(mode):
                return "not a directory"
            done = here
            continue
        links += 1
        if links > _MAX_LINKS:
            return "EvalSymlinks: too many links"
        target = os.readlink(here)
        if target.startswith("/"):
            done = ""
        waiting += target.split("/")[::-1]
    return "no such file or directory"

"""Which files of a source are left out: patterns in the form of .gitignore. Pure.

Source: fluxcd/pkg/sourceignore (defaults, `.sourceignore` in any folder), go-git's gitignore (its matching, which tells
only the last pattern that matches a path or one of the folders above it).
"""

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

FILE_NAME = ".sourceignore"
VERSION_CONTROL = (".git/", ".gitignore", ".gitmodules", ".gitattributes")
DEFAULTS = (
    *("*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip"),
    *(".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml"),
    *("cloudbuild.yaml", "codeship-services.yml", "codeship-steps.yml"),
    *("**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"),
)
ANY_DEPTH = "**"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: what it matches below `folder`, and whether it leaves out or takes back in."""

    folder: tuple[str, ...]
    parts: tuple[str, ...]
    is_path: bool  # has a slash, so it counts from the folder
    is_inclusion: bool
    only_folders: bool

    @classmethod
    def parse(cls, text: str, folder: tuple[str, ...] = ()) -> "Pattern":
        """Read one line that is neither empty nor a comment."""
        inclusion = text.startswith("!")
        text = text[1:] if inclusion else text
        text = text if text.endswith("\\ ") else text.rstrip(" ")
        only_folders = text.endswith("/")
        text = text[:-1] if only_folders else text
        return cls(folder, tuple(text.split("/")), "/" in text, inclusion, only_folders)

    def matches(self, path: Sequence[str]) -> bool:
        """Whether the file *path* or a folder above it is meant."""
        if len(path) <= len(self.folder) or tuple(path[: len(self.folder)]) != self.folder:
            return False
        rest = path[len(self.folder) :]
        return self._matches_path(rest) if self.is_path else self._matches_name(rest)

    @property
    def simple_name(self) -> str:
        """The name, or `*` and the end of it, that alone decides in any folder; empty where more counts."""
        parts = self.parts[1:] if self.parts[0] == ANY_DEPTH and len(self.parts) == 2 else self.parts
        text = parts[0]
        is_plain = not any(char in text.removeprefix("*") for char in "*?[\\\\")
        return text if len(parts) == 1 and text not in ("", "*") and is_plain else ""

    def _matches_name(self, path: Sequence[str]) -> bool:
        last = len(path) - 1
        return any(
            _glob(self.parts[0]).match(name) is not None and not (self.only_folders and index == last)
            for index, name in enumerate(path)
        )

    def _matches_path(self, path: Sequence[str]) -> bool:
        left, matched, anywhere = list(path), False, False
        for index, part in enumerate(self.parts):
            if not part:
                anywhere = False
            elif part == ANY_DEPTH:
                if index == len(self.parts) - 1:
                    break
                anywhere = True
            elif ANY_DEPTH in part or not left:
                return False
            elif anywhere:
                anywhere = False
                while left:
                    if _glob(part).match(left.pop(0)):
                        matched = True
                        break
                    matched = matched and bool(left)
            else:
                if not _glob(part).match(left.pop(0)):
                    return False
                matched = True
        return matched and not (self.only_folders and not left)


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern.replace("[^", "[!")))


def read_patterns(text: str, folder: tuple[str, ...] = ()) -> list[Pattern]:
    """The patterns of a file's *text*, scoped to *folder*."""
    lines = (line.rstrip("\r") for line in text.split("\n"))
    return [Pattern.parse(line, folder) for line in lines if line.strip() and not line.startswith("#")]


def without_ignored(files: Mapping[str, bytes], ignore: str | None) -> dict[str, bytes]:
    """*files* less what `.sourceignore` files and *ignore* (`spec.ignore`) leave out.

    Either of them replaces the default patterns; version control's own files never stay.
    """
    given: list[Pattern] = []
    for path in sorted(p for p in files if posixpath.basename(p) == FILE_NAME):
        folder = tuple(part for part in posixpath.dirname(path).split("/") if part)
        given += read_patterns(files[path].decode(errors="replace"), folder)
    given += read_patterns(ignore or "")
    texts: Iterable[str] = VERSION_CONTROL if given else (*VERSION_CONTROL, *DEFAULTS)
    rules = _Rules([*(Pattern.parse(text) for text in texts), *given])
    return {path: data for path, data in files.items() if not rules.ignore(path)}


class _Rules:
    """Patterns with a quick answer for the many paths that none of them can match."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = patterns
        simple = [pattern.simple_name for pattern in patterns]
        self._names = frozenset(name for name in simple if name and not name.startswith("*"))
        self._suffixes = tuple(name[1:] for name in simple if name and name.startswith("*"))
        self._others = [pattern for pattern, name in zip(patterns, simple, strict=True) if not name]

    def ignore(self, path: str) -> bool:
        """Whether the last pattern that matches *path* leaves it out."""
        parts = path.split("/")
        named = not self._names.isdisjoint(parts) or any(part.endswith(self._suffixes) for part in parts)
        if not named and not any(pattern.matches(parts) for pattern in self._others):
            return False
        for pattern in reversed(self._patterns):
            if pattern.matches(parts):
                return not pattern.is_inclusion
        return False

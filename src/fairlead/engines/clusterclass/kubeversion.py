"""Kubernetes versions: read them and put them in order.

Source: blang/semver v4 semver.go (ParseTolerant), Cluster API v1.14 util/version/version.go (Compare).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fairlead.engines.schema.errors import quote

_DIGITS: Final = re.compile(r"[0-9]*")
_WORD: Final = re.compile(r"[0-9A-Za-z-]*")


class VersionError(ValueError):
    """A text that is no version, or a way between versions that does not exist; the text says why."""


@dataclass(frozen=True, slots=True)
class Version:
    """A parsed version; equality counts build metadata, :func:`compare` says when it matters."""

    major: int
    minor: int
    patch: int
    pre: tuple[str, ...] = ()
    build: tuple[str, ...] = ()

    def __str__(self) -> str:
        pre = f"-{'.'.join(self.pre)}" if self.pre else ""
        build = f"+{'.'.join(self.build)}" if self.build else ""
        return f"v{self.major}.{self.minor}.{self.patch}{pre}{build}"


def parse(text: str, what: str) -> Version:
    """Return the version that *text* is: with or without ``v``, ``1.33`` for ``1.33.0``.

    Raises:
        VersionError: it is none; *what* opens the message.
    """
    parts = [_without_zeros(part) for part in text.strip().removeprefix("v").split(".", 2)]
    if len(parts) < 3:
        if "+" in parts[-1] or "-" in parts[-1]:
            raise VersionError(f"{what}: Short version cannot contain PreRelease/Build meta data")
        parts += ["0"] * (3 - len(parts))
    patch, plus, build = parts[2].partition("+")
    patch, minus, pre = patch.partition("-")
    numbers = []
    for name, part in (("Major", parts[0]), ("Minor", parts[1]), ("Patch", patch)):
        if not _DIGITS.fullmatch(part):
            raise VersionError(f"{what}: Invalid character(s) found in {name.lower()} number {quote(part)}")
        if len(part) > 1 and part[0] == "0":
            raise VersionError(f"{what}: {name} number must not contain leading zeroes {quote(part)}")
        if not part or int(part) >= 1 << 64:
            problem = "value out of range" if part else "invalid syntax"
            raise VersionError(f"{what}: strconv.ParseUint: parsing {quote(part)}: {problem}")
        numbers.append(int(part))
    before = tuple(pre.split(".")) if minus else ()
    after = tuple(build.split(".")) if plus else ()
    _check_identifiers(before, after, what)
    return Version(numbers[0], numbers[1], numbers[2], before, after)


def _without_zeros(part: str) -> str:
    if len(part) < 2:
        return part
    part = part.lstrip("0")
    return part if part[:1].isascii() and part[:1].isdigit() else "0" + part


def _check_identifiers(pre: tuple[str, ...], build: tuple[str, ...], what: str) -> None:
    for part in pre:
        if not part:
            raise VersionError(f"{what}: Prerelease is empty")
        if not _WORD.fullmatch(part):
            raise VersionError(f"{what}: Invalid character(s) found in prerelease {quote(part)}")
        if _DIGITS.fullmatch(part) and len(part) > 1 and part[0] == "0":
            raise VersionError(f"{what}: Numeric PreRelease version must not contain leading zeroes {quote(part)}")
    for part in build:
        if not part:
            raise VersionError(f"{what}: Build meta data is empty")
        if not _WORD.fullmatch(part):
            raise VersionError(f"{what}: Invalid character(s) found in build meta data {quote(part)}")


def compare(a: Version, b: Version, with_build: bool = True) -> int:
    """Return -1, 0 or 1, or 2 when they differ in build metadata that has no order."""
    mine, theirs = (a.major, a.minor, a.patch), (b.major, b.minor, b.patch)
    if mine != theirs:
        return 1 if mine > theirs else -1
    order = _compare_pre(a.pre, b.pre)
    return order if order or not with_build else _compare_build(a.build, b.build)


def _compare_pre(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    if not a or not b:
        return bool(b) - bool(a)
    for mine, theirs in zip(a, b, strict=False):
        if mine == theirs:
            continue
        if mine.isdigit() and theirs.isdigit():
            return 1 if int(mine) > int(theirs) else -1
        if mine.isdigit() != theirs.isdigit():
            return -1 if mine.isdigit() else 1
        return 1 if mine > theirs else -1
    return (len(a) > len(b)) - (len(a) < len(b))


def _compare_build(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    for mine, theirs in zip(a, b, strict=False):
        if mine.isdigit() and theirs.isdigit():
            if int(mine) != int(theirs):
                return 1 if int(mine) > int(theirs) else -1
        elif mine.isdigit() != theirs.isdigit():
            return -1 if mine.isdigit() else 1
        elif mine != theirs:
            return 2
    return (len(a) > len(b)) - (len(a) < len(b))

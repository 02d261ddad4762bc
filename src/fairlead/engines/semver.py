"""Semantic versions and constraints by Masterminds' rules.

Source: github.com/Masterminds/semver/v3 v3.5.0, version.go and constraints.go.
Its looseness is kept: "1.2" is 1.2.0, "v1" is 1.0.0, a constraint without a
pre-release never admits one, "1.x" means "~1".
"""

from __future__ import annotations

from fairlead.base.patterns import late
from fairlead.engines.record import Record

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MAX_VERSION_BYTES = 256
MAX_CONSTRAINT_BYTES = 512
MAX_GROUPS = 32

_LOOSE = late(
    r"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?"
    r"(-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?\Z"
)
_MAX_SEGMENT = (1 << 64) - 1


class SemverError(ValueError):
    """A version or constraint that does not parse; the text is the library's."""


class Version(Record, frozen=True):
    """A parsed version. ``str()`` is its canonical form, *original* the text it came from."""

    major: int
    minor: int
    patch: int
    pre: str = ""
    metadata: str = ""
    original: str = ""

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.pre:
            text += f"-{self.pre}"
        return f"{text}+{self.metadata}" if self.metadata else text

    def compare(self, other: Version) -> int:
        """Return -1, 0 or 1; build metadata does not count."""
        mine, theirs = (self.major, self.minor, self.patch), (other.major, other.minor, other.patch)
        if mine != theirs:
            return 1 if mine > theirs else -1
        if self.pre == other.pre:
            return 0
        if not self.pre:
            return 1
        if not other.pre:
            return -1
        return _compare_pre(self.pre, other.pre)


def _compare_pre(a: str, b: str) -> int:
    ours, theirs = a.split("."), b.split(".")
    for index in range(max(len(ours), len(theirs))):
        left = ours[index] if index < len(ours) else ""
        right = theirs[index] if index < len(theirs) else ""
        if left == right:
            continue
        if not left or not right:
            return 1 if left else -1
        left_number, right_number = left.isdigit(), right.isdigit()
        if left_number and right_number:
            return 1 if int(left) > int(right) else -1
        if left_number != right_number:
            return -1 if left_number else 1
        return 1 if left > right else -1
    return 0


def _quick_version(text: str) -> tuple[int, int, int, int, str] | None:
    """Return major, minor, patch, how many of them there are, and the pre-release of a version in its everyday form.

    None for all else, right or wrong.
    """
    core, dash, pre = text.partition("-")
    if dash and not _is_plain_pre(pre):
        return None
    parts = core.removeprefix("v").split(".")
    if len(parts) > 3 or not core.isascii():
        return None
    for part in parts:
        if not part.isdigit() or len(part) > 18 or (part[0] == "0" and len(part) > 1):
            return None
    major, minor, patch = map(int, (*parts, "0", "0")[:3])
    return major, minor, patch, len(parts), pre


def _is_plain_pre(pre: str) -> bool:
    for part in pre.split("."):
        if not part.isascii() or not part.replace("-", "a").isalnum() or (part[0] == "0" and len(part) > 1):
            return False
    return True


_MAX_KEPT = 1024
_versions: dict[str, Version] = {}
_constraints: dict[str, Constraints] = {}


def parse_version(text: str) -> Version:
    """Return the version *text* means.

    Raises:
        SemverError: it is none.
    """
    version = _versions.get(text)
    if version is None:
        if len(_versions) >= _MAX_KEPT:
            _versions.clear()
        version = _versions[text] = _parse_version(text)
    return version


def _parse_version(text: str) -> Version:
    if len(text) > MAX_VERSION_BYTES:
        raise SemverError(f"version string is too long (max {MAX_VERSION_BYTES} bytes)")
    quick = _quick_version(text)
    if quick is not None:
        return Version(quick[0], quick[1], quick[2], quick[4], "", text)
    found = _LOOSE.match(text)
    if found is None:
        raise SemverError("invalid semantic version")
    numbers: list[int] = []
    for segment in found.group(1, 2, 3):
        number = int((segment or "0").lstrip("."))
        if number > _MAX_SEGMENT:
            shown = (segment or "").lstrip(".")
            raise SemverError(
                f'error parsing version segment: strconv.ParseUint: parsing "{shown}": value out of range'
            )
        numbers.append(number)
    pre = found.group(5) or ""
    for part in pre.split(".") if pre else ():
        if part.isdigit() and len(part) > 1 and part[0] == "0":
            raise SemverError("version segment starts with 0")
    return Version(numbers[0], numbers[1], numbers[2], pre, found.group(7) or "", text)


def is_version(text: str) -> bool:
    """Report whether *text* parses as a version."""
    try:
        parse_version(text)
    except SemverError:
        return False
    return True


_OPS = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^"
_CV = (
    r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?"
    r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
)
_CONSTRAINT = rf"\s*({_OPS})\s*({_CV})\s*\Z"
_RANGE = rf"\s*({_CV})\s+-\s+({_CV})\s*"
_FIND = rf"({_OPS})\s*({_CV})"
_VALID = rf"(?s)^(\s*({_OPS})\s*({_CV})\s*)((?:\s+|,\s*)({_OPS})\s*({_CV})\s*)*\z"  # RE2's syntax
_CONSTRAINT_PATTERN = late(rf"(?a){_CONSTRAINT}")
_RANGE_PATTERN = late(rf"(?a){_RANGE}")
_FIND_PATTERN = late(rf"(?a){_FIND}")
_valid: Any = None


class _Constraint(Record, frozen=True):
    operator: str
    version: Version
    original: str
    dirty: bool
    minor_dirty: bool
    patch_dirty: bool


class Constraints(Record, frozen=True):
    """A parsed constraint: groups joined by "||", each with all its parts to be met."""

    groups: tuple[tuple[_Constraint, ...], ...]

    def check(self, version: Version) -> bool:
        """Report whether *version* meets the constraint."""
        for group in self.groups:
            with_pre = any(part.version.pre for part in group)
            if version.pre and not with_pre:
                continue
            if all(_CHECKS[part.operator](version, part) for part in group):
                return True
        return False


def parse_constraint(text: str) -> Constraints:
    """Return the constraint *text* means.

    Raises:
        SemverError: it is none.
    """
    found = _constraints.get(text)
    if found is None:
        if len(_constraints) >= _MAX_KEPT:
            _constraints.clear()
        found = _constraints[text] = _parse_constraint(text)
    return found


def _parse_constraint(text: str) -> Constraints:
    if len(text) > MAX_CONSTRAINT_BYTES:
        raise SemverError(f"constraint string is too long (max {MAX_CONSTRAINT_BYTES} bytes)")
    quick = _quick_constraint(text)
    if quick is not None:
        return quick
    rewritten = text
    for found in _RANGE_PATTERN.finditer(text):
        rewritten = rewritten.replace(found.group(), f">= {found.group(1)}, <= {found.group(11)} ", 1)
    pieces = rewritten.split("||")
    if len(pieces) > MAX_GROUPS:
        raise SemverError(f"too many constraint groups (max {MAX_GROUPS})")
    return Constraints(tuple(map(_parse_group, pieces)))


def _quick_constraint(text: str) -> Constraints | None:
    """Return a constraint in its everyday form, such as ">=1.2-0 <2 || ^3.1"; None for all else, right or wrong."""
    if not text.isascii() or not text.isprintable() or text.count("||") >= MAX_GROUPS:
        return None
    groups: list[tuple[_Constraint, ...]] = []
    for group in text.split("||"):
        found: list[_Constraint] = []
        for piece in group.split(","):
            words = piece.split(" ")
            operator = ""
            before = len(found)
            for word in filter(None, words):
                version = word.lstrip("=!<>~^")
                if operator and len(version) != len(word):
                    return None
                operator = operator or word[: len(word) - len(version)]
                if not version:
                    continue
                quick = _quick_version(version.removesuffix(".x").removesuffix(".x"))
                if quick is None or operator not in _CHECKS:
                    return None
                major, minor, patch, given, pre = quick
                if version.endswith("x") and (pre or given + version.count("x") > 3):
                    return None
                spelt = version if given == 3 else f"{major}.{minor}.{patch}{pre and '-'}{pre}"
                parsed = Version(major, minor, patch, pre, "", spelt)
                found.append(_Constraint(operator, parsed, version, given < 3, given == 1, given == 2))
                operator = ""
            if operator or len(found) == before:
                return None
        groups.append(tuple(found))
    return Constraints(tuple(groups))


def _parse_group(text: str) -> tuple[_Constraint, ...]:
    if not _is_valid(text):
        raise SemverError(f"improper constraint: {_quote(text)}")
    return tuple(_parse_one(found.group()) for found in _FIND_PATTERN.finditer(text)) or (_parse_one(text),)


def _is_valid(text: str) -> bool:
    """Tell whether *text* is a row of constraints; in linear time, where Python's own engine needs exponential time."""
    global _valid
    if _valid is None:
        import re2

        _valid = re2.compile(_VALID)
    return _valid.match(text) is not None


def _quote(text: str) -> str:
    from fairlead.engines.gotemplate.strconv import quote

    return quote(text)


def _parse_one(text: str) -> _Constraint:
    found = _CONSTRAINT_PATTERN.match(text)
    if found is None:
        raise SemverError(f"improper constraint: {_quote(text)}")
    operator, original, major, minor, patch, pre = found.group(1, 2, 3, 4, 5, 6)
    dirty = minor_dirty = patch_dirty = False
    version = original
    if major in ("x", "X", "*"):
        version, dirty = f"0.0.0{pre or ''}", True
    elif not minor or minor[1:] in ("x", "X", "*"):
        version, dirty, minor_dirty = f"{major}.0.0{pre or ''}", True, True
    elif not patch or patch[1:] in ("x", "X", "*"):
        version, dirty, patch_dirty = f"{major}{minor}.0{pre or ''}", True, True
    try:
        parsed = parse_version(version)
    except SemverError:
        raise SemverError("constraint parser error") from None
    return _Constraint(operator, parsed, original, dirty, minor_dirty, patch_dirty)


def _not_equal(version: Version, part: _Constraint) -> bool:
    wanted = part.version
    if part.dirty:
        if wanted.major != version.major:
            return True
        if wanted.minor != version.minor and not part.minor_dirty:
            return True
        if part.minor_dirty:
            return False
        if wanted.patch != version.patch and not part.patch_dirty:
            return True
        if part.patch_dirty:
            return bool(version.pre or wanted.pre) and version.pre != wanted.pre
    return version.compare(wanted) != 0


def _greater(version: Version, part: _Constraint) -> bool:
    wanted = part.version
    if not part.dirty:
        return version.compare(wanted) > 0
    if version.major != wanted.major:
        return version.major > wanted.major
    if part.minor_dirty:
        return False
    if part.patch_dirty:
        return version.minor > wanted.minor
    return version.compare(wanted) > 0


def _less(version: Version, part: _Constraint) -> bool:
    return version.compare(part.version) < 0


def _at_least(version: Version, part: _Constraint) -> bool:
    return version.compare(part.version) >= 0


def _at_most(version: Version, part: _Constraint) -> bool:
    wanted = part.version
    if not part.dirty:
        return version.compare(wanted) <= 0
    if version.major > wanted.major:
        return False
    return not (version.major == wanted.major and version.minor > wanted.minor and not part.minor_dirty)


def _tilde(version: Version, part: _Constraint) -> bool:
    wanted = part.version
    if version.compare(wanted) < 0:
        return False
    if (wanted.major, wanted.minor, wanted.patch) == (0, 0, 0) and not part.minor_dirty and not part.patch_dirty:
        return True
    if version.major != wanted.major:
        return False
    return version.minor == wanted.minor or part.minor_dirty


def _tilde_or_equal(version: Version, part: _Constraint) -> bool:
    return _tilde(version, part) if part.dirty else version.compare(part.version) == 0


def _caret(version: Version, part: _Constraint) -> bool:
    wanted = part.version
    if version.compare(wanted) < 0:
        return False
    if wanted.major > 0 or part.minor_dirty:
        return version.major == wanted.major
    if version.major > 0:
        return False
    if wanted.minor > 0 or part.patch_dirty:
        return version.minor == wanted.minor
    if version.minor > 0:
        return False
    return wanted.patch == version.patch


_CHECKS: dict[str, Callable[[Version, _Constraint], bool]] = {
    "": _tilde_or_equal,
    "=": _tilde_or_equal,
    "!=": _not_equal,
    ">": _greater,
    "<": _less,
    ">=": _at_least,
    "=>": _at_least,
    "<=": _at_most,
    "=<": _at_most,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}


def is_compatible_range(constraint: str, version: str) -> bool:
    """Report whether *version* meets *constraint*; False when either does not parse."""
    try:
        return parse_constraint(constraint).check(parse_version(version))
    except SemverError:
        return False

"""semver and semverCompare. Source: sprig v3.3 semver.go."""

from __future__ import annotations

from fairlead.engines import semver as rules
from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.gotypes import GoObject, Method, Uint64

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import ClassVar


class Version(GoObject):
    """A *semver.Version."""

    __slots__ = ("parsed",)
    go_type: ClassVar[str] = "*semver.Version"
    go_kind: ClassVar[str] = "ptr"

    def __init__(self, parsed: rules.Version) -> None:
        self.parsed = parsed

    def go_string(self) -> str:
        return str(self.parsed)

    def go_json(self) -> object:
        return str(self.parsed)

    def _with(self, major: int, minor: int, patch: int, pre: str = "", metadata: str = "") -> Version:
        made = rules.Version(major, minor, patch, pre, metadata)
        prefix = "v" if self.parsed.original.startswith("v") else ""
        return Version(rules.Version(major, minor, patch, pre, metadata, prefix + str(made)))

    def inc_patch(self) -> Version:
        parsed = self.parsed
        return self._with(parsed.major, parsed.minor, parsed.patch + (0 if parsed.pre else 1))

    def inc_minor(self) -> Version:
        return self._with(self.parsed.major, self.parsed.minor + 1, 0)

    def inc_major(self) -> Version:
        return self._with(self.parsed.major + 1, 0, 0)

    def compare(self, other: Version) -> int:
        return self.parsed.compare(other.parsed)

    methods: ClassVar[Mapping[str, Method]] = {
        "Major": Method("", lambda self: Uint64(self.parsed.major)),
        "Minor": Method("", lambda self: Uint64(self.parsed.minor)),
        "Patch": Method("", lambda self: Uint64(self.parsed.patch)),
        "Prerelease": Method("", lambda self: self.parsed.pre),
        "Metadata": Method("", lambda self: self.parsed.metadata),
        "Original": Method("", lambda self: self.parsed.original),
        "String": Method("", go_string),
        "IncPatch": Method("", inc_patch),
        "IncMinor": Method("", inc_minor),
        "IncMajor": Method("", inc_major),
        "Compare": Method("V", compare),
        "Equal": Method("V", lambda self, other: self.compare(other) == 0),
        "LessThan": Method("V", lambda self, other: self.compare(other) < 0),
        "LessThanEqual": Method("V", lambda self, other: self.compare(other) <= 0),
        "GreaterThan": Method("V", lambda self, other: self.compare(other) > 0),
        "GreaterThanEqual": Method("V", lambda self, other: self.compare(other) >= 0),
    }


def semver(text: str) -> Version:
    try:
        return Version(rules.parse_version(text))
    except rules.SemverError as error:
        raise FuncError(str(error)) from None


def semver_compare(constraint: str, version: str) -> bool:
    try:
        return rules.parse_constraint(constraint).check(rules.parse_version(version))
    except rules.SemverError as error:
        raise FuncError(str(error)) from None

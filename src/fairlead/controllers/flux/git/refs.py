"""Which commit a reference of a Git repository means. Pure.

Source: Flux source API v1 (order: commit, name, semver, tag, branch), fluxcd/pkg/git/gogit clone.go (texts).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.engines.semver import parse_constraint, parse_version

DEFAULT_BRANCH = "master"


class RefError(Exception):
    """No commit is meant; the text is upstream's."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`spec.ref`."""

    branch: str = ""
    tag: str = ""
    semver: str = ""
    name: str = ""
    commit: str = ""

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> "Reference":
        given = spec.get("ref") or {}
        known = {key: given[key] for key in ("branch", "tag", "semver", "name", "commit") if given.get(key)}
        return cls(**known) if known else cls(branch=DEFAULT_BRANCH)


@dataclass(frozen=True, slots=True)
class Choice:
    """The object to fetch (a commit or a tag), and what comes before `@sha1:` in the revision."""

    sha: str
    shown: str

    def revision(self, commit: str) -> str:
        """The revision, once the tag has led to its *commit*."""
        return f"{self.shown}@sha1:{commit}" if self.shown else f"sha1:{commit}"


def choose(refs: Mapping[bytes, bytes], reference: Reference, url: str) -> Choice:
    """What *reference* means among *refs*. Raises: RefError."""
    if not refs and not reference.commit:
        raise RefError(f"unable to clone '{url}': remote repository is empty")
    if reference.commit:
        return Choice(reference.commit, reference.branch)
    if reference.name:
        return _named(refs, reference.name, reference.name, url)
    if reference.semver:
        return _highest(refs, reference.semver, url)
    if reference.tag:
        return _named(refs, f"refs/tags/{reference.tag}", reference.tag, url)
    return _named(refs, f"refs/heads/{reference.branch}", reference.branch, url)


def _named(refs: Mapping[bytes, bytes], full: str, shown: str, url: str) -> Choice:
    found = refs.get(f"{full}^{{}}".encode()) or refs.get(full.encode())
    if found is None:
        raise RefError(f"unable to clone '{url}': couldn't find remote ref \"{full}\"")
    return Choice(found.decode(), shown)


def _highest(refs: Mapping[bytes, bytes], expression: str, url: str) -> Choice:
    try:
        constraint = parse_constraint(expression)
    except ValueError as error:
        raise RefError(f"semver parse error: {error}") from error
    best: tuple[Any, str] | None = None
    for ref in sorted(refs):
        name = ref.decode(errors="replace").removeprefix("refs/tags/")
        if not ref.startswith(b"refs/tags/") or name.endswith("^{}"):
            continue
        try:
            version = parse_version(name)
        except ValueError:
            continue
        if constraint.check(version) and (best is None or version.compare(best[0]) > 0):
            best = (version, name)
    if best is None:
        raise RefError(f"no match found for semver: {expression}")
    return _named(refs, f"refs/tags/{best[1]}", best[1], url)

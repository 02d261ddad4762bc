"""``.Capabilities``: what the cluster offers, as templates see it.

Source: Helm v4.3 pkg/chart/common/capabilities.go; the versions are those of
the client-go (v0.37) that Helm 4.3.1 is built with.
"""

from __future__ import annotations

from fairlead.base.patterns import late
from fairlead.engines.gotemplate.gotypes import GoObject, Method
from fairlead.engines.helm.errors import HelmError

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import ClassVar

DEFAULT_KUBE_VERSION = "v1.37.0"
HELM_VERSION = "v4.3"
GO_VERSION = "go1.26.8"
KUBE_CLIENT_VERSION = "v1.37"

_GROUPS = """
v1
admissionregistration.k8s.io v1 v1alpha1 v1beta1
internal.apiserver.k8s.io v1alpha1
apps v1 v1beta1 v1beta2
authentication.k8s.io v1 v1alpha1 v1beta1
authorization.k8s.io v1 v1beta1
autoscaling v1 v2
batch v1 v1beta1
certificates.k8s.io v1 v1beta1 v1alpha1
coordination.k8s.io v1alpha2 v1beta1 v1
discovery.k8s.io v1 v1beta1
events.k8s.io v1 v1beta1
extensions v1beta1
flowcontrol.apiserver.k8s.io v1 v1beta1 v1beta2 v1beta3
lifecycle.k8s.io v1alpha1
networking.k8s.io v1 v1beta1
node.k8s.io v1 v1alpha1 v1beta1
policy v1 v1beta1
rbac.authorization.k8s.io v1 v1beta1 v1alpha1
resource.k8s.io v1 v1beta2 v1beta1 v1alpha3
scheduling.k8s.io v1alpha3 v1beta1 v1
storage.k8s.io v1beta1 v1 v1alpha1
storagemigration.k8s.io v1 v1beta1
apiextensions.k8s.io v1beta1 v1
"""


def _known() -> tuple[str, ...]:
    found: list[str] = []
    for line in _GROUPS.split("\n"):
        group, *versions = line.split() or [""]
        found.extend([f"{group}/{version}" for version in versions] or ([group] if group else []))
    return tuple(found)


DEFAULT_API_VERSIONS = _known()


class VersionSet(list[str], GoObject):
    """The API versions: a list with Has."""

    __slots__ = ()
    go_type: ClassVar[str] = "common.VersionSet"
    go_kind: ClassVar[str] = "slice"

    def has(self, version: str) -> bool:
        return version in self

    methods: ClassVar[Mapping[str, Method]] = {"Has": Method("s", has)}


class KubeVersion(GoObject):
    """The Kubernetes version; an action prints its normalized form (String has a pointer receiver)."""

    __slots__ = ("major", "minor", "normalized", "version")
    go_type: ClassVar[str] = "common.KubeVersion"

    def __init__(self, version: str, normalized: str, major: str, minor: str) -> None:
        self.version = version
        self.normalized = normalized
        self.major = major
        self.minor = minor

    def go_fields(self) -> Mapping[str, object]:
        return {
            "Version": self.version,
            "normalizedVersion": self.normalized,
            "Major": self.major,
            "Minor": self.minor,
        }

    def go_action_text(self) -> str | None:
        return str(self)

    def go_json(self) -> object:
        return {"Version": self.version, "Major": self.major, "Minor": self.minor}

    def __str__(self) -> str:
        return self.normalized or self.version

    def git_version(self) -> str:
        return self.version

    methods: ClassVar[Mapping[str, Method]] = {
        "String": Method("", lambda self: str(self)),
        "GitVersion": Method("", git_version),
    }


_VERSION = late(r"(?s)\s*v?([0-9]+(?:\.[0-9]+)*)(.*)\s*\Z")


def parse_kube_version(text: str) -> KubeVersion:
    """Return the version that ``--kube-version`` names.

    Raises:
        HelmError: it does not parse, in apimachinery's words.
    """
    parts = text.removeprefix("v").split(".")
    if not (text.isascii() and all(map(str.isdigit, parts))):
        found = _VERSION.match(text)
        parts = found.group(1).split(".") if found else []
    if len(parts) < 2:
        raise HelmError(f'could not parse "{text}" as version' if not parts else f'illegal version string "{text}"')
    for part in parts:
        if len(part) > 1 and part[0] == "0":
            raise HelmError(f'illegal zero-prefixed version component "{part}" in "{text}"')
    normalized = "v" + ".".join(parts)
    return KubeVersion(text if text.startswith("v") else f"v{text}", normalized, parts[0], parts[1])


class HelmVersion(GoObject):
    """The version of Helm that templates see."""

    __slots__ = ()
    go_type: ClassVar[str] = "version.BuildInfo"

    def go_fields(self) -> Mapping[str, object]:
        return {
            "Version": HELM_VERSION,
            "GitCommit": "",
            "GitTreeState": "",
            "GoVersion": GO_VERSION,
            "KubeClientVersion": KUBE_CLIENT_VERSION,
        }

    def go_json(self) -> object:
        return {"version": HELM_VERSION, "go_version": GO_VERSION, "kube_client_version": KUBE_CLIENT_VERSION}


class Capabilities(GoObject):
    """``.Capabilities``."""

    __slots__ = ("_fields", "api_versions", "kube_version")
    go_type: ClassVar[str] = "*common.Capabilities"
    go_kind: ClassVar[str] = "ptr"

    def __init__(
        self, kube_version: str | KubeVersion = DEFAULT_KUBE_VERSION, api_versions: Iterable[str] = ()
    ) -> None:
        """Describe a cluster: *api_versions* are added to those Helm knows by itself."""
        if isinstance(kube_version, str):
            kube_version = parse_kube_version(kube_version)
        self.kube_version = kube_version
        self.api_versions = VersionSet((*DEFAULT_API_VERSIONS, *api_versions))
        self._fields = {
            "KubeVersion": self.kube_version,
            "APIVersions": self.api_versions,
            "HelmVersion": HelmVersion(),
        }

    @classmethod
    def of_cluster(cls, kube_version: str | KubeVersion, api_versions: Iterable[str]) -> Capabilities:
        """Describe a real cluster: *api_versions* are all it serves."""
        made = cls(kube_version)
        made.api_versions = VersionSet(api_versions)
        made._fields["APIVersions"] = made.api_versions
        return made

    def go_fields(self) -> Mapping[str, object]:
        return self._fields

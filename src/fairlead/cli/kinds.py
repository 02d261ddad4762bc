"""The words by which commands call kinds, and where the API serves them.

Flux's and Cluster API's kinds are known here (with the words that `flux` takes for them); any other kind is looked up
in the API's discovery, as kubectl does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.base.objects import Json
from fairlead.cli.errors import UsageError

if TYPE_CHECKING:
    from fairlead.cli.connection import Connection


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind as the API serves it. `words` are short names and aliases besides kind, singular and plural."""

    group: str
    version: str
    kind: str
    plural: str
    words: tuple[str, ...] = ()
    namespaced: bool = True
    suspend: tuple[str, ...] = ()  # path of the field that stops its controller
    requests: bool = False  # whether its controller heeds reconcile.fluxcd.io/requestedAt

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        return self.kind.lower()

    def is_called(self, word: str) -> bool:
        """Whether *word* (lower case, maybe with `.group`) means this kind."""
        name, _, group = word.partition(".")
        if group and self.group != group and not self.group.startswith(f"{group}."):
            return False
        return name in (self.singular, self.plural, *self.words)


_SOURCE = "source.toolkit.fluxcd.io"
_CAPI = "cluster.x-k8s.io"
_INFRASTRUCTURE = "infrastructure.cluster.x-k8s.io"
_SUPERVISOR = "vmware.infrastructure.cluster.x-k8s.io"
_SUSPEND = ("spec", "suspend")


def _flux(group: str, version: str, kind: str, plural: str, *words: str) -> Resource:
    return Resource(group, version, kind, plural, words, suspend=_SUSPEND, requests=True)


GIT_REPOSITORY = _flux(_SOURCE, "v1", "GitRepository", "gitrepositories", "gitrepo", "git")
HELM_REPOSITORY = _flux(_SOURCE, "v1", "HelmRepository", "helmrepositories", "helmrepo", "helm")
HELM_CHART = _flux(_SOURCE, "v1", "HelmChart", "helmcharts", "hc", "chart", "charts")
OCI_REPOSITORY = _flux(_SOURCE, "v1", "OCIRepository", "ocirepositories", "ocirepo", "oci")
BUCKET = _flux(_SOURCE, "v1", "Bucket", "buckets")
KUSTOMIZATION = _flux("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations", "ks")
HELM_RELEASE = _flux("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases", "hr")
CLUSTER = Resource(_CAPI, "v1beta2", "Cluster", "clusters", ("cl",), suspend=("spec", "paused"))
MACHINE = Resource(_CAPI, "v1beta2", "Machine", "machines", ("ma",))
MACHINE_SET = Resource(_CAPI, "v1beta2", "MachineSet", "machinesets", ("ms",))
MACHINE_DEPLOYMENT = Resource(_CAPI, "v1beta2", "MachineDeployment", "machinedeployments", ("md",))
MACHINE_POOL = Resource(_CAPI, "v1beta2", "MachinePool", "machinepools", ("mp",))
CONTROL_PLANE = Resource(
    "controlplane.cluster.x-k8s.io", "v1beta2", "KubeadmControlPlane", "kubeadmcontrolplanes", ("kcp",)
)
KUBEADM_CONFIG = Resource("bootstrap.cluster.x-k8s.io", "v1beta2", "KubeadmConfig", "kubeadmconfigs")
RESOURCE_SET_BINDING = Resource(
    "addons.cluster.x-k8s.io", "v1beta2", "ClusterResourceSetBinding", "clusterresourcesetbindings"
)
VSPHERE_CLUSTER = Resource(_INFRASTRUCTURE, "v1beta2", "VSphereCluster", "vsphereclusters")
VSPHERE_MACHINE = Resource(_INFRASTRUCTURE, "v1beta2", "VSphereMachine", "vspheremachines")
VSPHERE_VM = Resource(_INFRASTRUCTURE, "v1beta2", "VSphereVM", "vspherevms", ("vm", "vms"))
SUPERVISOR_CLUSTER = Resource(_SUPERVISOR, "v1beta2", "VSphereCluster", "vsphereclusters")
SUPERVISOR_MACHINE = Resource(_SUPERVISOR, "v1beta2", "VSphereMachine", "vspheremachines")
VIRTUAL_MACHINE = Resource("vmoperator.vmware.com", "v1alpha2", "VirtualMachine", "virtualmachines")
SECRET = Resource("", "v1", "Secret", "secrets")
NAMESPACE = Resource("", "v1", "Namespace", "namespaces", ("ns",), namespaced=False)
EVENT = Resource("", "v1", "Event", "events", ("ev",))

SOURCES = (GIT_REPOSITORY, OCI_REPOSITORY, HELM_REPOSITORY, HELM_CHART, BUCKET)
FLUX = (*SOURCES, KUSTOMIZATION, HELM_RELEASE)
CLUSTER_API = (
    CLUSTER,
    CONTROL_PLANE,
    MACHINE_DEPLOYMENT,
    MACHINE_SET,
    MACHINE_POOL,
    MACHINE,
    KUBEADM_CONFIG,
    VSPHERE_CLUSTER,
    VSPHERE_MACHINE,
    VSPHERE_VM,
    SUPERVISOR_CLUSTER,
    SUPERVISOR_MACHINE,
    VIRTUAL_MACHINE,
)
KNOWN = (*FLUX, *CLUSTER_API)
GROUPS = {"all": FLUX, "source": SOURCES, "sources": SOURCES}
_SOURCE_WORDS = ("source", "sources")


def known(word: str) -> Resource | None:
    """The kind that *word* means, when it is one of those known here."""
    wanted = word.lower()
    return next((each for each in KNOWN if each.is_called(wanted)), None)


def by_kind(kind: str, group: str = "") -> Resource | None:
    """The known kind with exactly this name."""
    return next((each for each in KNOWN if each.kind == kind and (not group or each.group == group)), None)


def lookup(connection: Connection, word: str) -> Resource:
    """The kind that *word* means, asking the API when it is not known here. Raises: UsageError."""
    found = known(word)
    if found is not None:
        return found
    wanted = word.lower()
    for resource in _discover(connection):
        if resource.is_called(wanted):
            return resource
    raise UsageError(
        f'the server doesn\'t have a resource type "{word}"',
        "`fairlead get --help` lists the known words; `kubectl api-resources` lists all that is served",
    )


def _discover(connection: Connection) -> Iterator[Resource]:
    """Every kind the API serves, in the preferred version of its group."""
    yield from _resources(connection.raw("/api/v1"), "", "v1")
    for group in connection.raw("/apis").get("groups") or ():
        version = (group.get("preferredVersion") or group["versions"][0])["version"]
        yield from _resources(connection.raw(f"/apis/{group['name']}/{version}"), group["name"], version)


def _resources(listing: Json, group: str, version: str) -> Iterator[Resource]:
    for entry in listing.get("resources") or ():
        if "/" in entry["name"]:
            continue
        words = (*(entry.get("shortNames") or ()), entry.get("singularName") or "")
        yield Resource(group, version, entry["kind"], entry["name"], tuple(filter(None, words)), entry["namespaced"])


def split_target(words: list[str], what: str = "KIND NAME") -> tuple[str, list[str]]:
    """Kind and names out of `KIND NAME…`, `KIND/NAME` or flux's `source KIND NAME…`. Raises: UsageError."""
    rest = [word for word in words if word]
    if rest and rest[0].lower() in _SOURCE_WORDS and len(rest) > 1:
        rest = rest[1:]
    if not rest:
        raise UsageError(f"{what} is missing")
    kind, slash, name = rest[0].partition("/")
    names = [*([name] if slash else []), *rest[1:]]
    if slash and not name:
        raise UsageError(f"{rest[0]!r} names no object: give {what}")
    return kind, names

"""The table of Flux's kinds. Source: Flux 2.9 CRDs (names, short names, categories, printer columns)."""

from fairlead.api.flux.helm.helmrelease import HelmRelease
from fairlead.api.flux.kustomize.kustomization import Kustomization
from fairlead.api.flux.source.bucket import Bucket
from fairlead.api.flux.source.gitrepository import GitRepository
from fairlead.api.flux.source.helmchart import HelmChart
from fairlead.api.flux.source.helmrepository import HelmRepository
from fairlead.api.flux.source.ocirepository import OCIRepository
from fairlead.api.kind import Column, Kind, Version
from fairlead.api.model import Resource
from fairlead.api.schema import schema_of
from fairlead.base.objects import GVK

SOURCE = "source.toolkit.fluxcd.io"
GIT_REPOSITORY = GVK(SOURCE, "v1", "GitRepository")
HELM_REPOSITORY = GVK(SOURCE, "v1", "HelmRepository")
HELM_CHART = GVK(SOURCE, "v1", "HelmChart")
KUSTOMIZATION = GVK("kustomize.toolkit.fluxcd.io", "v1", "Kustomization")
HELM_RELEASE = GVK("helm.toolkit.fluxcd.io", "v2", "HelmRelease")


def _kind(
    model: type[Resource],
    group: str,
    version: str,
    plural: str,
    columns: tuple[Column, ...],
    short_names: tuple[str, ...],
) -> Kind:
    return Kind(
        group=group,
        kind=model.__name__,
        plural=plural,
        short_names=short_names,
        categories=("all", "fluxcd", "fluxcd-sources" if group == SOURCE else "fluxcd-appliers"),
        versions=(Version(version, schema_of(model), columns),),
        crd_labels={"app.kubernetes.io/part-of": "flux"},
    )


KINDS: tuple[Kind, ...] = (
    _kind(
        GitRepository,
        "source.toolkit.fluxcd.io",
        "v1",
        "gitrepositories",
        (
            Column("URL", ".spec.url"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            Column("Status", '.status.conditions[?(@.type=="Ready")].message'),
        ),
        ("gitrepo",),
    ),
    _kind(
        HelmRepository,
        "source.toolkit.fluxcd.io",
        "v1",
        "helmrepositories",
        (
            Column("URL", ".spec.url"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            Column("Status", '.status.conditions[?(@.type=="Ready")].message'),
        ),
        ("helmrepo",),
    ),
    _kind(
        HelmChart,
        "source.toolkit.fluxcd.io",
        "v1",
        "helmcharts",
        (
            Column("Chart", ".spec.chart"),
            Column("Version", ".spec.version"),
            Column("Source Kind", ".spec.sourceRef.kind"),
            Column("Source Name", ".spec.sourceRef.name"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            Column("Status", '.status.conditions[?(@.type=="Ready")].message'),
        ),
        ("hc",),
    ),
    _kind(
        OCIRepository,
        "source.toolkit.fluxcd.io",
        "v1",
        "ocirepositories",
        (
            Column("URL", ".spec.url"),
            Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            Column("Status", '.status.conditions[?(@.type=="Ready")].message'),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        ("ocirepo",),
    ),
    _kind(
        Bucket,
        "source.toolkit.fluxcd.io",
        "v1",
        "buckets",
        (
            Column("Endpoint", ".spec.endpoint"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            Column("Status", '.status.conditions[?(@.type=="Ready")].message'),
        ),
        (),
    ),
    _kind(
        Kustomization,
        "kustomize.toolkit.fluxcd.io",
        "v1",
        "kustomizations",
        (
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            Column("Status", '.status.conditions[?(@.type=="Ready")].message'),
        ),
        ("ks",),
    ),
    _kind(
        HelmRelease,
        "helm.toolkit.fluxcd.io",
        "v2",
        "helmreleases",
        (
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            Column("Status", '.status.conditions[?(@.type=="Ready")].message'),
        ),
        ("hr",),
    ),
)

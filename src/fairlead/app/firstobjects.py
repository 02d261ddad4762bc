"""The first objects of a management cluster: what ties the repository, the vCenter and the controllers together."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from fairlead.api.errors import ApiError
from fairlead.api.flux.kinds import GIT_REPOSITORY
from fairlead.app.settings import BRANCH, CLUSTERS_PATH, VCenterAccess
from fairlead.base.objects import GVK, Json, Key
from fairlead.runtime.client import Client, PatchType
from fairlead.runtime.clock import Clock

FLUX_NAMESPACE, IDENTITY_NAMESPACE = "flux-system", "capv-system"
NAME = "vcenter"  # of the Secret, the identity and the ConfigMap
SOURCE, KUSTOMIZATION = "fleet", "clusters"
MANAGER = "fairlead"
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"


async def write_first_objects(client: Client, access: VCenterAccess, git_url: str) -> None:
    """Bring the objects up to date; the Kustomization, once made, is its owner's to change."""
    for obj in _present(access, git_url):
        await client.apply(obj, field_manager=MANAGER)
    try:
        await client.create(_kustomization(), field_manager=MANAGER)
    except ApiError as error:
        if not error.is_already_exists:
            raise


def _named(api: str, kind: str, name: str, namespace: str = "", **rest: object) -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def _present(access: VCenterAccess, git_url: str) -> Iterator[Json]:
    yield _named("v1", "Namespace", FLUX_NAMESPACE)
    yield _named("v1", "Namespace", IDENTITY_NAMESPACE)
    secret = {"username": access.username, "password": access.password}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in secret.items()}
    yield _named("v1", "Secret", NAME, IDENTITY_NAMESPACE, data=data)
    yield _named(
        "infrastructure.cluster.x-k8s.io/v1beta2",
        "VSphereClusterIdentity",
        NAME,
        spec={"secretName": NAME, "allowedNamespaces": {"selector": {}}},
    )
    words = {"vcenter_server": access.server, "vcenter_thumbprint": access.thumbprint}
    yield _named("v1", "ConfigMap", NAME, FLUX_NAMESPACE, data=words)
    yield _named(
        "source.toolkit.fluxcd.io/v1",
        GIT_REPOSITORY.kind,
        SOURCE,
        FLUX_NAMESPACE,
        spec={"interval": "1m", "url": git_url, "ref": {"branch": BRANCH}},
    )


def _kustomization() -> Json:
    spec = {
        "interval": "10m",
        "retryInterval": "15s",
        "path": CLUSTERS_PATH,
        "prune": True,
        "sourceRef": {"kind": GIT_REPOSITORY.kind, "name": SOURCE},
        "postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": NAME}]},
    }
    return _named("kustomize.toolkit.fluxcd.io/v1", "Kustomization", KUSTOMIZATION, FLUX_NAMESPACE, spec=spec)


async def wake_sources(client: Client, clock: Clock, git_url: str) -> None:
    """Ask every GitRepository that follows *git_url* to look at once: somebody pushed."""
    url = git_url.removesuffix(".git")
    asked = clock.now().isoformat()  # to the microsecond: two pushes in one second are two requests
    for source in (await client.list(GIT_REPOSITORY)).items:
        if source["spec"].get("url", "").removesuffix(".git") != url:
            continue
        key = Key.of(source)
        body = {"metadata": {"annotations": {REQUESTED_AT: asked}}}
        try:
            await client.patch(GVK.of(source), key.name, key.namespace, body, PatchType.MERGE, field_manager=MANAGER)
        except ApiError as error:
            if not error.is_not_found:
                raise

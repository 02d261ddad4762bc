"""Flux's controllers, put together."""

from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.git.fetching import Fetcher
from fairlead.controllers.flux.git.gitrepository import GitRepositoryController
from fairlead.controllers.flux.helm import fetch as helmfetch
from fairlead.controllers.flux.helm.helmchart import HelmChartController
from fairlead.controllers.flux.helm.helmrelease import HelmReleaseController
from fairlead.controllers.flux.helm.helmrepository import HelmRepositoryController
from fairlead.controllers.flux.kustomize.kustomization import KustomizationController
from fairlead.controllers.flux.targets import Targets
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Controller
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.remote import Dialer


def flux_controllers(
    *,
    client: Client,
    clock: Clock,
    ids: Ids,
    dialer: Dialer,
    artifacts: ArtifactStore,
    fetcher: Fetcher | None = None,
    web: helmfetch.Fetcher | None = None,
) -> list[Controller]:
    """All of them, sharing artifacts; *fetcher* reads Git, *web* reads charts (the real ones unless given)."""

    def recorder(component: str) -> Recorder:
        return Recorder(client, clock, ids, component)

    source = recorder("source-controller")
    return [
        GitRepositoryController(client=client, clock=clock, artifacts=artifacts, recorder=source, fetcher=fetcher),
        HelmRepositoryController(client=client, clock=clock, artifacts=artifacts, recorder=source, fetcher=web),
        HelmChartController(client=client, clock=clock, artifacts=artifacts, recorder=source, fetcher=web),
        KustomizationController(
            client=client,
            clock=clock,
            artifacts=artifacts,
            targets=Targets(client, dialer),
            recorder=recorder("kustomize-controller"),
        ),
        HelmReleaseController(
            client=client,
            clock=clock,
            ids=ids,
            artifacts=artifacts,
            targets=Targets(client, dialer),
            recorder=recorder("helm-controller"),
        ),
    ]

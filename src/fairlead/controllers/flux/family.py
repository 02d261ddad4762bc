"""Flux's controllers, put together."""

import importlib
from typing import Any

from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.git import Fetcher
from fairlead.controllers.flux.gitrepository import GitRepositoryController
from fairlead.controllers.flux.kustomization import KustomizationController
from fairlead.controllers.flux.targets import Targets
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Controller
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.remote import Dialer

HELM = (
    ("helmrepository", "HelmRepositoryController", "source-controller"),
    ("helmchart", "HelmChartController", "source-controller"),
    ("helmrelease", "HelmReleaseController", "helm-controller"),
)


def flux_controllers(
    *,
    client: Client,
    clock: Clock,
    ids: Ids,
    dialer: Dialer,
    artifacts: ArtifactStore,
    fetcher: Fetcher | None = None,
) -> list[Controller]:
    """All of them, sharing artifacts; *fetcher* reads Git repositories (the real one unless given)."""

    def recorder(component: str) -> Recorder:
        return Recorder(client, clock, ids, component)

    controllers: list[Controller] = [
        GitRepositoryController(
            client=client,
            clock=clock,
            artifacts=artifacts,
            recorder=recorder("source-controller"),
            fetcher=fetcher,
        ),
        KustomizationController(
            client=client,
            clock=clock,
            artifacts=artifacts,
            targets=Targets(client, dialer),
            recorder=recorder("kustomize-controller"),
        ),
    ]
    for module, name, component in HELM:
        try:
            found: Any = importlib.import_module(f"fairlead.controllers.flux.{module}")
        except ModuleNotFoundError:
            continue
        wanted = {
            "client": client,
            "clock": clock,
            "ids": ids,
            "artifacts": artifacts,
            "targets": Targets(client, dialer),
            "recorder": recorder(component),
        }
        factory = getattr(found, name)
        accepted = factory.__init__.__code__.co_varnames
        controllers.append(factory(**{key: value for key, value in wanted.items() if key in accepted}))
    return controllers

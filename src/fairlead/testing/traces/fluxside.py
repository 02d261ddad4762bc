"""Flux's side of a recording of clusters: what its manager applied comes from Git again, and what it pruned leaves Git.

The recording tells the objects, not the commit: all that Flux applied or deleted in it is one commit at its beginning,
followed at once by a request to the GitRepository, as the recordings' README says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from fairlead.api.flux.kinds import GIT_REPOSITORY
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, get_in, labels, meta
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.family import flux_controllers
from fairlead.runtime.client import PatchType
from fairlead.runtime.clock import timestamp
from fairlead.runtime.controller import Controller
from fairlead.testing.traces.actions import Action, Apply, Delete
from fairlead.testing.traces.applying import managers_of
from fairlead.testing.traces.fluxgit import RecordedGit
from fairlead.testing.traces.reading import Id, Trace
from fairlead.testing.world import World

MANAGER = "kustomize-controller"
KINDS = ("GitRepository", "Kustomization")
OWN_LABELS = "kustomize.toolkit.fluxcd.io/"
REQUESTED = "reconcile.fluxcd.io/requestedAt"


@dataclass
class FluxSide:
    """A repository in memory with the controllers that follow it."""

    source: Json  # the recording's GitRepository
    kustomization: Json
    git: RecordedGit = field(default_factory=RecordedGit)

    @classmethod
    def of(cls, traces: Sequence[Trace]) -> FluxSide | None:
        """What the recordings have of it, or None."""
        found = {id_.kind: obj for trace in reversed(traces) for id_, obj in trace.start.items() if id_.kind in KINDS}
        return cls(found["GitRepository"], found["Kustomization"]) if len(found) == len(KINDS) else None

    def controllers(self, world: World) -> list[Controller]:
        return flux_controllers(
            client=world.client,
            clock=world.clock,
            ids=world.ids,
            dialer=world.network,
            artifacts=ArtifactStore(),
            fetcher=self.git,
        )

    def split(self, trace: Trace, actions: Iterable[Action]) -> tuple[list[Action], list[Action]]:
        """The actions of persons, and those that Flux did."""
        mine: list[Action] = []
        theirs: list[Action] = []
        for action in actions:
            (mine if self._is_fluxs(trace, action) else theirs).append(action)
        return [action for action in theirs if getattr(action, "id", Id("", "", "")).kind not in KINDS], mine

    def _is_fluxs(self, trace: Trace, action: Action) -> bool:
        if isinstance(action, Apply):
            return action.manager == MANAGER
        return isinstance(action, Delete) and MANAGER in managers_of(trace.start.get(action.id, {"metadata": {}}))

    async def begin(self, world: World, objects: Iterable[Json], filled: Callable[[Json], Json]) -> None:
        """Commit what Flux had applied already, and follow the repository."""
        self._commit([filled(obj) for obj in objects], [])
        namespace = meta(self.source)["namespace"]
        await world.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        for obj in (self.source, self.kustomization):
            kept = {"name": meta(obj)["name"], "namespace": meta(obj)["namespace"]}
            body = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": kept, "spec": obj["spec"]}
            await world.client.apply(body, field_manager="kubectl")

    async def push(self, world: World, actions: Sequence[Action], filled: Callable[[Json], Json]) -> None:
        """One commit with what *actions* did, and the request to look at it."""
        if not actions:
            return
        self._commit(
            [filled(action.object) for action in actions if isinstance(action, Apply)],
            [action.id for action in actions if isinstance(action, Delete)],
        )
        body = {"metadata": {"annotations": {REQUESTED: timestamp(world.clock.now())}}}
        key = meta(self.source)
        await world.client.patch(
            GIT_REPOSITORY, key["name"], key["namespace"], body, PatchType.MERGE, field_manager="unknown"
        )

    def _commit(self, written: Sequence[Json], removed: Sequence[Id]) -> None:
        path = str(get_in(self.kustomization, "spec", "path", default="./")).strip("./")
        url = str(self.source["spec"]["url"])
        files = {f"{path}/README.md": "What runs.\n"}
        files |= {f"{path}/{_file(Id.of(obj))}": goyaml.dump(_plain(obj)) for obj in written}
        branch = str(get_in(self.source, "spec", "ref", "branch", default="master"))
        name = url.rpartition("/")[2].removesuffix(".git")
        self.git.commit(name, branch, files, [f"{path}/{_file(id_)}" for id_ in removed])


def _file(id_: Id) -> str:
    return f"{id_.namespace}-{id_.kind}-{id_.name}.yaml".lower()


def _plain(obj: Json) -> Json:
    """Without the labels that Flux adds."""
    kept = {key: value for key, value in labels(obj).items() if not key.startswith(OWN_LABELS)}
    metadata = {key: value for key, value in meta(obj).items() if key != "labels"}
    return {**obj, "metadata": {**metadata, **({"labels": kept} if kept else {})}}

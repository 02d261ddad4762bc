"""Run our Flux controllers as a recorded scenario was run: the same commits and requests at the same times.

A scenario is a folder with `input.yaml` (what was done, step by step) and one recording a step.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.api.flux.kinds import KINDS
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, Key, get_in, meta
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.family import flux_controllers
from fairlead.lab.network import LabNetwork
from fairlead.runtime.client import Client, PatchType
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.controller import Manager
from fairlead.runtime.ids import Ids
from fairlead.runtime.remote import Dialer
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer
from fairlead.testing.traces.comparing import Difference, View, compare_events, compare_objects
from fairlead.testing.traces.fluxgit import RecordedGit
from fairlead.testing.traces.reading import BEFORE, Id, Row, Trace, read_trace

INPUT = "input.yaml"
CORE = ("Secret", "ConfigMap", "Service", "Event")
WATCHED = (
    *(GVK("", "v1", kind) for kind in CORE),
    GVK("apps", "v1", "Deployment"),
    GVK("batch", "v1", "Job"),
    *(GVK(kind.group, kind.versions[0].name, kind.kind) for kind in KINDS),
)
# Upstream's numbers and folders of one run; both sides lose them before they are compared.
RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"/tmp/kustomization-\d+/"), ""),
    (re.compile(r"/tmp/helmchart-[^/ ]+/source/"), ""),
    (re.compile(r"\n\nLast Helm logs:\n\n.*", re.DOTALL), ""),
    (re.compile(r"http://(?:127\.0\.0\.1:9090|source-controller\.[^/]*)/"), "http://<source-controller>/"),
    (re.compile(r"\b(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?(?:ms|µs|s)(?=[,:]|$)"), "<duration>"),
    (re.compile(r"(finished|passed|failed after) in \S+"), r"\1 in <duration>"),
)
DROPPED = (
    "status.artifact.size",
    "status.history.lastReconciledDuration",
    "status.lastAttemptedReleaseActionDuration",
    "metadata.labels.createdAt",  # seconds, of Helm's revisions
    "metadata.labels.modifiedAt",
    "spec.clusterIP",
    "spec.clusterIPs",
)


@dataclass(frozen=True)
class Step:
    """What one step of a scenario left, theirs and ours."""

    name: str
    differences: tuple[Difference, ...]
    writes_theirs: int
    writes_ours: int


@dataclass(frozen=True)
class Scenario:
    """One folder: what was done and what the real controllers did."""

    folder: Path
    namespaces: tuple[str, ...]
    steps: tuple[Json, ...]

    @classmethod
    def read(cls, folder: Path) -> Scenario:
        """Raises: ValueError when the folder holds no scenario."""
        file = folder / INPUT
        if not file.is_file():
            raise ValueError(f"cannot read scenario '{folder}': there is no {INPUT}")
        found = goyaml.load(file.read_bytes(), source=str(file))
        return cls(folder, tuple(found["namespaces"]), tuple(found["steps"]))

    def trace(self, step: Json) -> Trace:
        """The recording of *step*. Raises: ValueError when it is missing."""
        found = sorted(self.folder.glob(f"{step['step']}.jsonl*"))
        if not found:
            raise ValueError(f"cannot find the recording of step {step['step']} in '{self.folder}'")
        return read_trace(found[0])

    @property
    def needs_helm(self) -> bool:
        """Whether HelmReleases are in play."""
        return any(get_in(action, "apply", "kind") == "HelmRelease" for s in self.steps for action in s["actions"])


class FluxWorld:
    """A management cluster with our Flux controllers, in virtual time."""

    def __init__(
        self,
        git: RecordedGit,
        *,
        dialer: Dialer | None = None,
        wrap: Callable[[Client], Client] = lambda client: client,
    ) -> None:
        self.clock, self.ids = LoopClock(), Ids(1)
        self.server = ApiServer(self.clock, self.ids, KINDS)
        self.client = self.server.client()
        self.rows: list[tuple[float, str, Json]] = []
        self.live: dict[Id, Json] = {}
        self._git = git
        self._dialer = dialer or LabNetwork(self.clock)
        self._wrap = wrap
        self._tasks: list[asyncio.Task[None]] = []
        self.manager = self._new_manager()

    def _new_manager(self) -> Manager:
        client = self._wrap(self.client)
        controllers = flux_controllers(
            client=client,
            clock=self.clock,
            ids=self.ids,
            dialer=self._dialer,
            artifacts=ArtifactStore(),
            fetcher=self._git,
        )
        return Manager(client, self.clock, self.ids, controllers)

    async def start(self, namespaces: Sequence[str]) -> None:
        """Serve, run the controllers, and take down what happens in *namespaces*."""
        await self.server.start()
        for name in namespaces:
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            await self.client.create(body)
        self._tasks = [asyncio.create_task(self._follow(gvk, namespaces)) for gvk in WATCHED]
        self._tasks.append(asyncio.create_task(self.manager.run()))

    async def restart(self) -> None:
        """Stop the controllers and run new ones that remember nothing."""
        await self._cancel([self._tasks.pop()])
        self.manager = self._new_manager()
        self._tasks.append(asyncio.create_task(self.manager.run()))

    async def stop(self) -> None:
        await self._cancel(self._tasks)
        await self.server.stop()

    async def _cancel(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, gvk: GVK, namespaces: Sequence[str]) -> None:
        with contextlib.suppress(ApiError):
            async for event in self.client.watch(gvk):
                obj = {**event.object, "apiVersion": gvk.api_version, "kind": gvk.kind}
                if event.type not in ("ADDED", "MODIFIED", "DELETED") or Key.of(obj).namespace not in namespaces:
                    continue
                self.rows.append((self.clock.monotonic(), event.type, obj))
                if event.type == "DELETED":
                    self.live.pop(Id.of(obj), None)
                else:
                    self.live[Id.of(obj)] = obj


def replay(scenario: Scenario) -> list[Step]:
    """Run *scenario* and compare every step."""
    found: list[Step] = []

    async def main() -> None:
        git = RecordedGit()
        world = FluxWorld(git)
        await world.start(scenario.namespaces)
        try:
            for step in scenario.steps:
                found.append(await _step(world, git, scenario, step))
        finally:
            await world.stop()

    run_virtual(main())
    return found


async def _step(world: FluxWorld, git: RecordedGit, scenario: Scenario, step: Json) -> Step:
    theirs = scenario.trace(step)
    before, mark, zero = dict(world.live), len(world.rows), world.clock.monotonic()
    for action in step["actions"]:
        wait = zero + float(action["t"]) - world.clock.monotonic()
        await world.clock.sleep(timedelta(seconds=max(wait, 0)))
        await _act(world, git, action)
    left = zero + float(step["seconds"]) - world.clock.monotonic()
    await world.clock.sleep(timedelta(seconds=max(left, 1)))
    rows = [Row(at - zero, type_, obj) for at, type_, obj in world.rows[mark:]]
    ours = Trace(step["step"], (*(Row(BEFORE, "ADDED", obj) for obj in before.values()), *rows))
    left_view, right_view = _view(theirs), _view(ours)
    differences = [
        *compare_objects(left_view, left_view.trace.end, right_view, right_view.trace.end),
        *compare_events(left_view, right_view),
    ]
    return Step(step["step"], tuple(differences), len(list(theirs.changes)), len(rows))


async def _act(world: FluxWorld, git: RecordedGit, action: Json) -> None:
    if "git" in action:
        body = action["git"]
        made = git.commit(body["repository"], body["branch"], body.get("write") or {}, body.get("delete") or [])
        if made != body["commit"]:
            raise ValueError(f"commit of '{body['repository']}' is {made}, recorded was {body['commit']}")
    elif "apply" in action:
        await world.client.apply(action["apply"], field_manager="kubectl")
    elif "mergePatch" in action:
        body = action["mergePatch"]
        await world.client.patch(
            _kind(body["kind"]),
            body["name"],
            body["namespace"],
            body["patch"],
            PatchType.MERGE,
            subresource=body.get("subresource", ""),
            field_manager=body["fieldManager"],
        )
    elif "delete" in action:
        body = action["delete"]
        await world.client.delete(_kind(body["kind"]), body["name"], body.get("namespace", ""))
    else:
        raise ValueError(f"cannot replay the action {sorted(action)}")


def _kind(name: str) -> GVK:
    found = next((gvk for gvk in WATCHED if gvk.kind == name), None)
    if found is None:
        raise ValueError(f"cannot replay an action on the kind {name}: it is not watched")
    return found


def _view(trace: Trace) -> View:
    rows = tuple(Row(row.t, row.type, _plain(row.object)) for row in trace.rows)
    return View.of(Trace(trace.name, rows, trace.path))


def _plain(obj: Json) -> Json:
    """*obj* without what no two runs share; who manages it becomes a field."""
    if obj["kind"] == "Event":
        return {**obj, "message": _words(obj.get("message", ""))}
    kept = {key: _plain_value(value, key) for key, value in obj.items() if key != "data"}
    if obj["kind"] == "ConfigMap":
        kept["content"] = obj.get("data") or {}
    managers = {f"{e['manager']} {e['operation']}" for e in meta(obj).get("managedFields") or () if _is_shown(e)}
    kept["managers"] = ", ".join(sorted(managers))
    return kept


def _is_shown(entry: Json) -> bool:
    return bool(entry.get("manager"))


def _plain_value(value: Any, path: str) -> Any:
    if path in DROPPED:
        return "<dropped>"
    if isinstance(value, dict):
        return {key: _plain_value(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_value(item, path) for item in value]
    return _words(value) if isinstance(value, str) and path.endswith((".message", ".url")) else value


def _words(text: str) -> str:
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return text


def scenarios_in(folder: Path) -> Iterable[Path]:
    """The scenarios below *folder*, or *folder* itself."""
    return [folder] if (folder / INPUT).is_file() else sorted(path.parent for path in folder.glob(f"*/{INPUT}"))

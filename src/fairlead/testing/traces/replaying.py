"""Run ours as a recording was run: the same objects applied, the same actions at the same times, in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.api.flux.kinds import KINDS as FLUX_KINDS
from fairlead.base.objects import GVK, Json, Key, get_in, meta, owner_references
from fairlead.runtime.client import PatchType
from fairlead.runtime.virtual import run_virtual
from fairlead.testing.traces.actions import Action, Apply, Delete, DestroyVM, Patch, actions_of, is_lost
from fairlead.testing.traces.applying import applied_part, managers_of, with_credentials
from fairlead.testing.traces.comparing import View, pair_names
from fairlead.testing.traces.environment import Environment, environment_of
from fairlead.testing.traces.fluxside import KINDS as FLUX
from fairlead.testing.traces.fluxside import MANAGER, FluxSide
from fairlead.testing.traces.reading import BEFORE, Id, Row, Trace, without
from fairlead.testing.world import KINDS, World
from fairlead.vcenter.model import VM
from fairlead.vcenter.tasks import Delays
from fairlead.vcenter.work import Destroy, Power

NAMESPACE_KIND = GVK("", "v1", "Namespace")
CORE = (GVK("", "v1", "Secret"), GVK("", "v1", "ConfigMap"), GVK("", "v1", "Event"))
CALM = timedelta(seconds=90)  # nothing written for so long: it is over
LIMIT = timedelta(minutes=15)
SECOND = timedelta(seconds=1)
VCENTER_DELAYS = Delays(clone=SECOND, power_on=SECOND, power_off=SECOND, shut_down=SECOND, destroy=SECOND)
AFTERWARDS = timedelta(seconds=20)


@dataclass(frozen=True)
class Run:
    """What ours did: the trace, how much it wrote, and the names of ours that stand for the recording's."""

    theirs: Trace
    ours: Trace
    writes: int
    actions: tuple[Action, ...]
    errors: dict[str, str] = field(default_factory=dict)


class Recorder:
    """Follows a namespace's objects, and notes when what happened."""

    def __init__(self, world: World, namespaces: Sequence[str], kinds: Sequence[GVK]) -> None:
        self._world = world
        self._namespaces = namespaces
        self._kinds = kinds
        self._rows: list[tuple[float, str, Json]] = []
        self._live: dict[Id, Json] = {}
        self._last = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._follow(gvk)) for gvk in self._kinds]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def live(self) -> dict[Id, Json]:
        """The objects as they are now."""
        return dict(self._live)

    @property
    def last(self) -> float:
        """When something happened last, on the world's monotonic clock; a source's regular look does not count."""
        return self._last

    def mark(self) -> int:
        return len(self._rows)

    def trace(self, theirs: Trace, before: dict[Id, Json], mark: int, zero: float) -> Trace:
        """What happened since *mark* in the recording's namespaces, with *before* as the state that was found."""
        found = [Row(BEFORE, "ADDED", obj) for obj in before.values()]
        since = sorted(self._rows[mark:], key=lambda row: int(meta(row[2])["resourceVersion"]))  # over all kinds
        rows = (*found, *(Row(at - zero, type_, obj) for at, type_, obj in since))
        return Trace(theirs.name, tuple(row for row in rows if Id.of(row.object).namespace in theirs.namespaces))

    async def _follow(self, gvk: GVK) -> None:
        with contextlib.suppress(ApiError):
            async for event in self._world.client.watch(gvk):
                if event.type not in ("ADDED", "MODIFIED", "DELETED"):
                    continue
                obj = {**event.object, "apiVersion": gvk.api_version, "kind": gvk.kind}
                if Key.of(obj).namespace in self._namespaces:
                    self._rows.append((self._world.clock.monotonic(), event.type, obj))
                    if get_in(obj, "involvedObject", "kind", default=obj["kind"]) not in FLUX:
                        self._last = self._world.clock.monotonic()
                    if event.type == "DELETED":
                        self._live.pop(Id.of(obj), None)
                    else:
                        self._live[Id.of(obj)] = obj


class Replay:
    """One world, in which recordings of the same cluster are run one after the other."""

    def __init__(
        self, world: World, environment: Environment, namespaces: Sequence[str], flux: FluxSide | None = None
    ) -> None:
        self.world = world
        self._environment = environment
        self._namespaces = namespaces
        self._flux = flux
        kinds = KINDS if flux is None else (*KINDS, *FLUX_KINDS)
        self._recorder = Recorder(world, namespaces, (*CORE, *(kind.gvk for kind in kinds)))
        self._fresh = True

    async def start(self) -> None:
        await self.world.start()
        flux_namespace = meta(self._flux.source)["namespace"] if self._flux is not None else ""
        for namespace in self._namespaces:
            if namespace and namespace != flux_namespace:
                body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
                await self.world.client.create(body)
        self._recorder.start()

    async def stop(self) -> None:
        await self._recorder.stop()
        await self.world.stop()

    async def run(self, trace: Trace) -> Run:
        """Do what was done in *trace*, wait until all is calm, and return what happened."""
        if self._fresh:
            await self._build(trace.start.values())
        await self.calm()
        if self._fresh:
            await self._own(trace.start.values())
            await self._lose(trace)
            await self.calm()
        self._fresh = False
        before, mark, zero = self._recorder.live, self._recorder.mark(), self.world.clock.monotonic()
        revision = self.world.server.store.revision
        names = self._pairs(trace)
        actions = actions_of(trace)
        persons, fluxs = (actions, []) if self._flux is None else self._flux.split(trace, actions)
        if self._flux is not None:
            await self._flux.push(self.world, fluxs, self._filled)
        for action in persons:
            await self._wait_until(zero + max(action.t, 0))
            await self._act(action, names)
        await self._wait_until(zero + trace.seconds)
        await self.world.clock.sleep(AFTERWARDS)
        await self.calm()
        ours = self._recorder.trace(trace, before, mark, zero)
        errors = {f"{name} {key}": text for (name, key), text in self.world.manager.errors.items()}
        return Run(trace, ours, self.world.server.store.revision - revision, tuple(actions), errors)

    async def calm(self) -> None:
        """Wait until nothing has been written for a while. What goes on for ever is cut off."""
        end = self.world.clock.monotonic() + LIMIT.total_seconds()
        while self.world.clock.monotonic() < end:
            rest = self._recorder.last + CALM.total_seconds() - self.world.clock.monotonic()
            if rest <= 0:
                return
            await self.world.clock.sleep(timedelta(seconds=rest + 0.001))

    async def _build(self, objects: Iterable[Json]) -> None:
        """Bring about the state that was found: apply what users applied, and let the controllers do the rest."""
        objects = list(objects)
        if self._flux is not None:
            objects = [obj for obj in objects if obj["kind"] not in (*FLUX, "Event")]
            committed = [part for obj in objects if MANAGER in managers_of(obj) and (part := applied_part(obj))]
            await self._flux.begin(self.world, committed, self._filled)
            objects = [obj for obj in objects if MANAGER not in managers_of(obj)]
        for obj in objects:
            part = applied_part(obj)
            touched = part is not None and "spec" in obj and "spec" not in part  # a controller's, with a note on it
            if part is not None and not touched and not any(o.get("controller") for o in owner_references(obj)):
                await self._apply(part, "kubectl")

    async def _own(self, objects: Iterable[Json]) -> None:
        """Give what users applied the owners that it was found with: some come from an earlier life of the cluster."""
        live = self._recorder.live
        for obj in objects:
            mine = live.get(Id.of(obj))
            if mine is None or applied_part(obj) is None:
                continue
            known = {(owner["kind"], owner["name"]) for owner in owner_references(mine)}
            missing = []
            for owner in owner_references(obj):
                there = live.get(Id(owner["kind"], Id.of(obj).namespace, owner["name"]))
                if (owner["kind"], owner["name"]) not in known and there is not None:
                    missing.append({**owner, "uid": meta(there)["uid"]})
            if missing:
                body = {"metadata": {"ownerReferences": [*owner_references(mine), *missing]}}
                id_ = Id.of(mine)
                await self.world.client.patch(GVK.of(mine), id_.name, id_.namespace, body, PatchType.MERGE)

    async def _lose(self, trace: Trace) -> None:
        """Destroy the VMs that were lost already."""
        names = self._pairs(trace)
        for id_, obj in trace.start.items():
            if id_.kind == "VSphereVM" and is_lost(obj) and id_ in names:
                await self._destroy(names[id_])

    def _pairs(self, trace: Trace) -> dict[Id, Id]:
        """Which of the objects that are there now stands for which of the recording's start."""
        now = Trace(trace.name, tuple(Row(BEFORE, "ADDED", obj) for obj in self._recorder.live.values()))
        return pair_names(View.of(trace), trace.start, View.of(now), now.start)

    async def _wait_until(self, instant: float) -> None:
        rest = instant - self.world.clock.monotonic()
        if rest > 0:
            await self.world.clock.sleep(timedelta(seconds=rest + 0.001))

    async def _act(self, action: Action, names: dict[Id, Id]) -> None:
        match action:
            case Apply(create=True):
                await self.world.client.create(self._filled(action.object), field_manager=action.manager)
            case Apply():
                await self._apply(action.object, action.manager)
            case Patch():
                id_ = names.get(action.id, action.id)
                gvk = GVK.parse(action.api_version, id_.kind)
                await self.world.client.patch(
                    gvk, id_.name, id_.namespace, action.body, PatchType.MERGE, field_manager=action.manager
                )
            case Delete():
                id_ = names.get(action.id, action.id)
                gvk = GVK.parse(action.api_version, id_.kind)
                with contextlib.suppress(ApiError):
                    await self.world.client.delete(gvk, id_.name, id_.namespace)
            case DestroyVM():
                await self._destroy(names.get(action.id, action.id))

    def _filled(self, obj: Json) -> Json:
        return with_credentials(obj, self._environment.username, self._environment.password)

    async def _apply(self, obj: Json, manager: str) -> None:
        await self.world.client.apply(self._filled(obj), field_manager=manager)

    async def _destroy(self, id_: Id) -> None:
        obj = self._recorder.live[id_]
        uuid = get_in(obj, "spec", "biosUUID")
        vm = next(vm for vm in self.world.vcenter.inventory.all(VM) if vm.bios_uuid == uuid)
        for work in (Power(vm=vm.id, op="off"), Destroy(object=vm.id)):
            self.world.vcenter.submit(work, self._environment.username)
            await self.world.clock.sleep(2 * SECOND)


def replay(traces: Sequence[Trace]) -> list[Run]:
    """Run recordings of one cluster one after the other in one world of their own."""
    flux = FluxSide.of(traces)
    if flux is None:
        traces = [without(trace, FLUX) for trace in traces]
    environment = environment_of(row for trace in traces for row in trace.rows)
    namespaces = list(dict.fromkeys(namespace for trace in traces for namespace in trace.namespaces))

    async def main() -> list[Run]:
        world = World(
            boot=environment.boot,
            layout=environment.layout,
            connector=environment.connector,
            delays=VCENTER_DELAYS,
            kinds=KINDS if flux is None else (*KINDS, *FLUX_KINDS),
            more=flux.controllers if flux is not None else lambda world: (),
        )
        session = Replay(world, environment, namespaces, flux)
        await session.start()
        try:
            return [await session.run(trace) for trace in traces]
        finally:
            await session.stop()

    return run_virtual(main())


def grouped(traces: Iterable[Trace]) -> list[list[Trace]]:
    """Recordings of the same Cluster (by uid) that begin where an earlier one ended, together; others alone."""
    groups: list[list[Trace]] = []
    for trace in traces:
        begin = {meta(obj).get("uid") for id_, obj in trace.start.items() if id_.kind == "Cluster"}
        known = next((g for g in groups if begin & {_uid(o) for o in g[-1].end.values()}), None) if begin else None
        if known is None:
            groups.append([trace])
        else:
            known.append(trace)
    return groups


def _uid(obj: Json) -> str:
    return str(meta(obj).get("uid", ""))

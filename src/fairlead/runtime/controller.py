"""Controllers and the manager that runs them: watch, queue by key, reconcile, retry.

Level-triggered: an event only says which key to look at; what is true is read afresh by the reconciler. One watch per
kind feeds every controller that asked for it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, owner_references
from fairlead.runtime.client import Client, WatchEvent
from fairlead.runtime.clock import Clock
from fairlead.runtime.ids import Ids
from fairlead.runtime.outcome import Result, StalledError, TroubleError, WaitingError
from fairlead.runtime.queue import WorkQueue

log = logging.getLogger(__name__)

Wake = Callable[[Json], Iterable[Key] | Awaitable[Iterable[Key]]]

RECONNECT = timedelta(seconds=1)
LONGEST_REST = timedelta(seconds=1)
CONFLICT_RETRY = timedelta(milliseconds=5)


@dataclass(frozen=True, slots=True)
class Watch:
    """Look at the objects of `gvk`; `wake` names the keys of the controller's own kind that a change concerns.

    An `optional` one ends where the API does not serve the kind.
    """

    gvk: GVK
    wake: Wake
    optional: bool = False


def wake_self(obj: Json) -> tuple[Key, ...]:
    """Wake the object itself."""
    return (Key.of(obj),)


def wake_owner(kind: GVK, *, controller_only: bool = False) -> Wake:
    """Wake the owners of *kind* (any version), in the object's namespace."""

    def wake(obj: Json) -> list[Key]:
        namespace = Key.of(obj).namespace
        return [
            Key(namespace, owner["name"])
            for owner in owner_references(obj)
            if owner.get("kind") == kind.kind
            and owner.get("apiVersion", "").rpartition("/")[0] == kind.group
            and (owner.get("controller") or not controller_only)
        ]

    return wake


class Controller(Protocol):
    """Brings the objects of one kind to what they ask for."""

    name: str
    kind: GVK
    settle: timedelta  # how long after a change its pass comes, so that changes in a row cost one pass
    rest: float  # how many times as long as its last pass an object is left alone when it changes: for large sets

    def concerned(self, obj: Json) -> Iterable[Key]:
        """Whom a change of *obj*, of the controller's own kind, concerns: usually the object itself."""
        ...

    def watches(self) -> Sequence[Watch]:
        """What else, beside `kind` itself, should wake it."""
        ...

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        """Streams of keys from outside the API (vCenter changes, another cluster's nodes); usually none."""
        ...

    async def reconcile(self, key: Key) -> Result:
        """One pass over one object. Safe to repeat; raises for what should be tried again."""
        ...


class BaseController:
    """What most controllers need: no further watches, no outside sources, no waiting."""

    name: str
    kind: GVK
    settle = timedelta(0)
    rest = 0.0

    def concerned(self, obj: Json) -> Iterable[Key]:
        return wake_self(obj)

    def watches(self) -> Sequence[Watch]:
        return ()

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return ()


class Manager:
    """Runs controllers against one API until cancelled."""

    def __init__(
        self, client: Client, clock: Clock, ids: Ids, controllers: Sequence[Controller], *, concurrency: int = 16
    ) -> None:
        self._client = client
        self._clock = clock
        self._controllers = list(controllers)
        self._queues = {controller.name: WorkQueue[Key](clock, ids) for controller in controllers}
        self._windows = {controller.name: controller.settle for controller in controllers}
        self._rests: dict[tuple[str, Key], timedelta] = {}
        self._slots = {controller.name: asyncio.Semaphore(concurrency) for controller in controllers}
        self._passes: dict[str, int] = dict.fromkeys(self._queues, 0)
        self._errors: dict[tuple[str, Key], str] = {}
        self._mapping: set[asyncio.Task[None]] = set()
        self._needed: set[GVK] = set()  # kinds that must be served

    @property
    def passes(self) -> dict[str, int]:
        """How often each controller has reconciled, for benchmarks and tests."""
        return dict(self._passes)

    @property
    def errors(self) -> dict[tuple[str, Key], str]:
        """The last error of each key whose last pass failed."""
        return dict(self._errors)

    @property
    def is_idle(self) -> bool:
        """Whether no key waits or is in work; appointments in the future do not count."""
        return not self._mapping and all(queue.is_idle for queue in self._queues.values())

    def wake(self, controller: str, key: Key) -> None:
        """Ask for a pass over *key*."""
        self._queues[controller].add(key)

    async def run(self) -> None:
        """Run until cancelled; an error inside a controller never ends it."""
        async with asyncio.TaskGroup() as group:
            for gvk, watches in self._by_kind().items():
                group.create_task(self._follow(gvk, watches), name=f"watch {gvk.kind}")
            for controller in self._controllers:
                for source in controller.sources():
                    group.create_task(self._drain(controller, source), name=f"source {controller.name}")
                group.create_task(self._work(controller, group), name=f"controller {controller.name}")

    def _by_kind(self) -> dict[GVK, list[tuple[str, Wake]]]:
        kinds: dict[GVK, list[tuple[str, Wake]]] = {}
        for controller in self._controllers:
            kinds.setdefault(controller.kind, []).append((controller.name, controller.concerned))
            self._needed.add(controller.kind)
            for watch in controller.watches():
                kinds.setdefault(watch.gvk, []).append((controller.name, watch.wake))
                if not watch.optional:
                    self._needed.add(watch.gvk)
        return kinds

    async def _follow(self, gvk: GVK, watches: Sequence[tuple[str, Wake]]) -> None:
        while True:
            try:
                async for event in self._client.watch(gvk):
                    self._dispatch(event, watches)
            except ApiError as error:
                if error.is_not_found and gvk not in self._needed:
                    return
                if error.reason != "Expired":
                    log.warning("watch lost, trying again", extra={"kind": gvk.kind, "error": error.message})
                    await self._clock.sleep(RECONNECT)

    def _dispatch(self, event: WatchEvent, watches: Sequence[tuple[str, Wake]]) -> None:
        if event.type in ("BOOKMARK", "SYNCED"):
            return
        for name, wake in watches:
            keys = wake(event.object)
            if isinstance(keys, Awaitable):
                task = asyncio.ensure_future(self._add_all(name, keys))
                self._mapping.add(task)
                task.add_done_callback(self._mapping.discard)
            else:
                self._add(name, keys)

    def _add(self, name: str, keys: Iterable[Key]) -> None:
        queue, window = self._queues[name], self._windows[name]
        for key in keys:
            queue.add_settled(key, max(window, self._rests.get((name, key), window)))

    async def _add_all(self, name: str, keys: Awaitable[Iterable[Key]]) -> None:
        try:
            self._add(name, await keys)
        except ApiError as error:
            log.warning("cannot tell whom a change concerns", extra={"controller": name, "error": error.message})

    async def _drain(self, controller: Controller, source: AsyncIterator[Key]) -> None:
        async for key in source:
            self._add(controller.name, (key,))

    async def _work(self, controller: Controller, group: asyncio.TaskGroup) -> None:
        queue, slots = self._queues[controller.name], self._slots[controller.name]
        while True:
            await slots.acquire()
            key = await queue.get()
            group.create_task(self._pass(controller, key), name=f"{controller.name} {key}")

    async def _pass(self, controller: Controller, key: Key) -> None:
        queue = self._queues[controller.name]
        self._passes[controller.name] += 1
        began = self._clock.monotonic()
        try:
            result = await controller.reconcile(key)
        except WaitingError as waiting:
            self._settle(controller, key, Result.again(waiting.after))
        except StalledError as stalled:
            self._settle(controller, key, Result.done())
            self._errors[controller.name, key] = str(stalled)
        except Exception as error:  # one object's failure must not stop the others; it is kept, logged and retried
            if isinstance(error, ApiError) and error.is_conflict:
                queue.add_after(key, CONFLICT_RETRY)
            else:
                self._fail(controller, key, error)
        else:
            self._settle(controller, key, result)
        finally:
            self._note_rest(controller, key, timedelta(seconds=self._clock.monotonic() - began))
            queue.done(key)
            self._slots[controller.name].release()

    def _note_rest(self, controller: Controller, key: Key, took: timedelta) -> None:
        rest = min(took * controller.rest, LONGEST_REST)
        if rest > controller.settle:
            self._rests[controller.name, key] = rest
        else:
            self._rests.pop((controller.name, key), None)

    def _settle(self, controller: Controller, key: Key, result: Result) -> None:
        queue = self._queues[controller.name]
        queue.forget(key)
        self._errors.pop((controller.name, key), None)
        if result.after is not None:
            queue.add_after(key, result.after)

    def _fail(self, controller: Controller, key: Key, error: Exception) -> None:
        delay = self._queues[controller.name].add_failed(key)
        expected = isinstance(error, ApiError | TroubleError)
        text = str(error) if expected else f"{type(error).__name__}: {error}"
        unseen = self._errors.get((controller.name, key)) != text
        self._errors[controller.name, key] = text
        log.log(
            logging.WARNING if unseen else logging.DEBUG,
            "reconcile failed",
            extra={
                "controller": controller.name,
                "key": str(key),
                "error": text,
                "retry_seconds": delay.total_seconds(),
            },
            exc_info=None if expected else error,
        )

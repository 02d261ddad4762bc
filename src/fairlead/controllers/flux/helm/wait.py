"""Waiting for a release's objects: until they are ready, or gone. By watching, never by polling.

Source: helm-controller v1.6 internal/action/wait.go (what is waited for, failing fast), fluxcd/pkg ssa (texts).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.controllers.flux.health import CustomCheck
from fairlead.engines.readiness import CURRENT, Readiness, readiness
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock

Judge = Callable[[Json | None], Readiness]
RECONNECT = timedelta(seconds=1)


class WaitError(Exception):
    """What was waited for did not come; the text is upstream's."""


class Waiter:
    """Waits in one cluster. `on_wait` is called once before anything is waited for."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        on_wait: Callable[[], Awaitable[None]],
        checks: Sequence[CustomCheck] = (),
    ) -> None:
        self._client = client
        self._clock = clock
        self._on_wait = on_wait
        self._checks = {(check.group, check.kind): check for check in checks}

    async def ready(self, objects: Sequence[Json], seconds: float, *, jobs: bool = True) -> None:
        """Return when all of *objects* are as they should be. Raises: WaitError when one failed, or in time."""
        wanted = [obj for obj in objects if not _is_paused(obj)]
        await self._wait(wanted, seconds, lambda obj: self._judge(obj, jobs=jobs), fail_fast=True)

    async def hook(self, objects: Sequence[Json], seconds: float) -> None:
        """Return when a hook's Jobs and Pods have run; other kinds are not waited for. Raises: WaitError."""
        await self._wait(objects, seconds, self._judge_hook, fail_fast=False)

    async def gone(self, objects: Sequence[Json], seconds: float) -> None:
        """Return when none of *objects* is left. Raises: WaitError."""
        await self._wait(objects, seconds, _judge_gone, fail_fast=False)

    def _judge(self, obj: Json | None, *, jobs: bool) -> Readiness:
        check = self._checks.get((GVK.of(obj).group, obj["kind"])) if obj is not None else None
        if check is not None and obj is not None:
            return check.readiness(obj)
        return readiness(obj, now=self._clock.now(), wait_for_jobs=jobs)

    def _judge_hook(self, obj: Json | None) -> Readiness:
        if obj is None or obj["kind"] not in ("Job", "Pod"):
            return CURRENT
        if obj["kind"] == "Job":
            return readiness(obj, now=self._clock.now())
        phase = get_in(obj, "status", "phase", default="")
        if phase == "Succeeded":
            return CURRENT
        return Readiness("Failed", "Pod failed") if phase == "Failed" else Readiness("InProgress", "Pod is running")

    async def _wait(self, objects: Sequence[Json], seconds: float, judge: Judge, *, fail_fast: bool) -> None:
        open_: dict[tuple[GVK, Key], Readiness] = {}
        for obj in objects:
            found = judge(await self._get(obj))
            if not found.is_current:
                open_[GVK.of(obj), Key.of(obj)] = found
        if not open_:
            return
        await self._on_wait()
        watch = asyncio.create_task(self._watch(open_, judge, fail_fast=fail_fast))
        timed_out = False
        try:
            async with asyncio.timeout(seconds):
                await watch
        except TimeoutError:
            timed_out = True
        finally:
            watch.cancel()
        if open_:
            raise WaitError(_text(open_, timed_out=timed_out))

    async def _get(self, obj: Json) -> Json | None:
        key = Key.of(obj)
        try:
            return await self._client.get(GVK.of(obj), key.name, key.namespace)
        except ApiError as error:
            if error.is_not_found:
                return None
            raise

    async def _watch(self, open_: dict[tuple[GVK, Key], Readiness], judge: Judge, *, fail_fast: bool) -> None:
        done = asyncio.Event()

        def check() -> None:
            failed = sum(item.status == "Failed" for item in open_.values())
            if failed == len(open_) or (failed and fail_fast):
                done.set()

        def note(gvk: GVK, key: Key, obj: Json | None) -> None:
            if (gvk, key) not in open_:
                return
            found = judge(obj)
            if found.is_current:
                del open_[gvk, key]
            else:
                open_[gvk, key] = found
            check()

        check()
        places = sorted({(gvk, key.namespace) for gvk, key in open_})
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._follow(gvk, namespace, note)) for gvk, namespace in places]
            await done.wait()
            for task in tasks:
                task.cancel()

    async def _follow(self, gvk: GVK, namespace: str, note: Callable[[GVK, Key, Json | None], None]) -> None:
        while True:
            try:
                async for event in self._client.watch(gvk, namespace):
                    if event.type in ("ADDED", "MODIFIED"):
                        note(gvk, Key.of(event.object), event.object)
                    elif event.type == "DELETED":
                        note(gvk, Key.of(event.object), None)
            except ApiError as error:
                if error.reason != "Expired":
                    await self._clock.sleep(RECONNECT)


def _judge_gone(obj: Json | None) -> Readiness:
    return CURRENT if obj is None else Readiness("Terminating", "Resource scheduled for deletion")


def _is_paused(obj: Json) -> bool:
    return obj["kind"] == "Deployment" and bool(get_in(obj, "spec", "paused"))


def _text(open_: dict[tuple[GVK, Key], Readiness], *, timed_out: bool) -> str:
    """`timeout waiting for: [Deployment/ns/app status: 'InProgress']`, or `failed early due to stalled resources`."""
    items = sorted(open_.items(), key=lambda item: (item[0][0].group, item[0][0].kind, item[0][1]))
    if all(found.status == "Terminating" for _, found in items):
        (gvk, key), _ = items[0]
        return f"{gvk.kind}/{key} termination timeout: context deadline exceeded"
    if timed_out:
        names = ", ".join(f"{gvk.kind}/{key} status: '{found.status}'" for (gvk, key), found in items)
        return f"timeout waiting for: [{names}]"
    failed = [item for item in items if item[1].status == "Failed"]
    names = ", ".join(f"{gvk.kind}/{key} status: '{found.status}'" for (gvk, key), found in failed)
    return f"failed early due to stalled resources: [{names}]"

"""Hooks: objects that Helm makes before and after an action, and waits for.

Source: Helm v4.3 pkg/action/hooks.go (order, delete policies, texts).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json
from fairlead.controllers.flux.helm.resources import ResourceError, Resources
from fairlead.controllers.flux.helm.wait import Waiter, WaitError
from fairlead.engines.helm.record import HookRecord, HookRun, Record, go_time
from fairlead.runtime.clock import Clock

SUCCEEDED, FAILED, BEFORE = "hook-succeeded", "hook-failed", "before-hook-creation"
Save = Callable[[Record], Awaitable[None]]


class HookError(Exception):
    """A hook failed; `record` says which and when."""

    def __init__(self, message: str, record: Record) -> None:
        super().__init__(message)
        self.record = record


class Hooks:
    """Runs a release's hooks in one cluster."""

    def __init__(self, resources: Resources, waiter: Waiter, clock: Clock, save: Save, *, waits: bool = True) -> None:
        self._resources = resources
        self._waiter = waiter
        self._clock = clock
        self._save = save
        self._waits = waits  # whether deletions are waited for

    async def run(self, record: Record, event: str, seconds: float, names: Sequence[str] | None = None) -> Record:
        """Run the hooks of *event*, lightest first; returns the record with their runs. Raises: HookError."""
        chosen = sorted(
            (hook for hook in record.hooks if event in hook.events and (names is None or hook.name in names)),
            key=lambda hook: (hook.weight, hook.name),
        )
        done: list[HookRecord] = []
        for hook in chosen:
            await self._delete(hook, BEFORE, seconds, record)
            try:
                objects = await self._resources.build(hook.manifest)
            except ResourceError as error:
                text = f"unable to build kubernetes object for {event} hook {hook.path}: {error}"
                raise HookError(text, record) from error
            started = go_time(self._clock.now())
            record = _with_run(record, hook, HookRun("Running", started))
            await self._save(record)
            record = await self._one(record, hook, objects, event, seconds, done)
            done.append(hook)
        for hook in reversed(done):
            await self._delete(hook, SUCCEEDED, seconds, record)
        return record

    async def _one(
        self,
        record: Record,
        hook: HookRecord,
        objects: Sequence[Json],
        event: str,
        seconds: float,
        done: Sequence[HookRecord],
    ) -> Record:
        started = next(item.last_run.started for item in record.hooks if _same(item, hook))

        def ended(phase: str) -> Record:
            return _with_run(record, hook, HookRun(phase, started, go_time(self._clock.now())))

        try:
            await self._resources.create(objects)
        except (ResourceError, ApiError) as error:
            raise HookError(f"warning: Hook {event} {hook.path} failed: {error}", ended("Failed")) from error
        try:
            await self._waiter.hook(objects, seconds)
        except WaitError as error:
            failed = ended("Failed")
            await self._delete(hook, FAILED, seconds, failed)
            for earlier in done:
                await self._delete(earlier, SUCCEEDED, seconds, failed)
            raise HookError(str(error), failed) from error
        return ended("Succeeded")

    async def _delete(self, hook: HookRecord, policy: str, seconds: float, record: Record) -> None:
        policies = hook.delete_policies or (BEFORE,)
        if hook.kind == "CustomResourceDefinition" or policy not in policies:
            return
        try:
            objects = await self._resources.build(hook.manifest)
            await self._resources.delete(objects)
            if self._waits:
                await self._waiter.gone(objects, seconds)
        except (ResourceError, WaitError) as error:
            raise HookError(
                f"unable to build kubernetes object for deleting hook {hook.path}: {error}", record
            ) from error


def _same(one: HookRecord, other: HookRecord) -> bool:
    return (one.path, one.kind, one.name) == (other.path, other.kind, other.name)


def _with_run(record: Record, hook: HookRecord, run: HookRun) -> Record:
    hooks = tuple(
        replace(item, last_run=run, delete_policies=item.delete_policies or (BEFORE,)) if _same(item, hook) else item
        for item in record.hooks
    )
    return replace(record, hooks=hooks)

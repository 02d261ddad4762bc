"""Long-running tasks: queued, running with progress, then success or a fault.

A task is a value that carries its work; running it waits for its delay, then applies the work in one step. A task that
was not done when the simulator stopped is run again when it starts.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from fairlead.vcenter import configuring, power, provisioning, snapshots, tree
from fairlead.vcenter.clock import Clock
from fairlead.vcenter.faults import VimFault, cancelled
from fairlead.vcenter.inventory import Journal
from fairlead.vcenter.model import Entity, Fault
from fairlead.vcenter.work import (
    Clone,
    Create,
    Destroy,
    Maintenance,
    Move,
    Power,
    Reconfigure,
    RemoveSnapshot,
    Rename,
    RevertSnapshot,
    ShutDown,
    TakeSnapshot,
    Task,
    Upgrade,
    Work,
)
from fairlead.vcenter.world import FaultKind, World

KEPT = 1000  # finished tasks remembered
STEPS = (25, 50, 75)
ZERO = timedelta(0)

Listener = Callable[[Task], None]


class Delays(msgspec.Struct, kw_only=True):
    """How long things take; all may be changed while running. `jitter` adds up to that fraction."""

    clone: timedelta = ZERO
    power_on: timedelta = ZERO
    power_off: timedelta = ZERO
    shut_down: timedelta = ZERO
    reconfigure: timedelta = ZERO
    destroy: timedelta = ZERO
    other: timedelta = ZERO
    jitter: float = 0.0

    def of(self, work: Work) -> timedelta:
        match work:
            case Clone():
                return self.clone
            case Power(op="on" | "reset"):
                return self.power_on
            case Power():
                return self.power_off
            case ShutDown():
                return self.shut_down
            case Reconfigure():
                return self.reconfigure
            case Destroy():
                return self.destroy
        return self.other


def apply(world: World, work: Work) -> str:
    """Do a task's work; return the id of its result, or "". Raises: VimFault."""
    table: dict[type, Callable[..., str]] = {
        Clone: provisioning.clone,
        Create: provisioning.create,
        Destroy: provisioning.destroy,
        Reconfigure: configuring.reconfigure,
        Power: power.power,
        ShutDown: power.shut_down,
        TakeSnapshot: snapshots.take_snapshot,
        RemoveSnapshot: snapshots.remove_snapshot,
        RevertSnapshot: snapshots.revert_snapshot,
        Upgrade: tree.upgrade,
        Rename: tree.rename,
        Move: tree.move,
        Maintenance: tree.maintenance,
    }
    return table[type(work)](world, work)


class Tasks:
    """All tasks of one vCenter, the oldest finished ones forgotten."""

    def __init__(self, world: World, clock: Clock, delays: Delays, journal: Journal | None = None) -> None:
        self._world = world
        self._clock = clock
        self._delays = delays
        self._journal = journal
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._done: OrderedDict[str, None] = OrderedDict()
        self.listeners: list[Listener] = []
        self.before: Callable[[Task], None] | None = None
        self.after: Callable[[Task], None] | None = None

    def get(self, id_: str) -> Task | None:
        return self._tasks.get(id_)

    def all(self) -> list[Task]:
        return list(self._tasks.values())

    def submit(self, work: Work, operation: str, entity: Entity, user: str) -> Task:
        """Queue a task and return its first reading; it starts at the loop's next turn."""
        task = Task(
            id=self._world.inventory.new_id("task"),
            operation=operation,
            entity=entity.id,
            entity_type=entity.type,
            entity_name=entity.name,
            work=work,
            user=user,
            queued=self._clock.now(),
        )
        self._put(task)
        self._start(task)
        return task

    def cancel(self, id_: str) -> None:
        """Ask a task to stop; it ends with RequestCanceled unless its work is already done."""
        task = self._tasks.get(id_)
        if task is not None and not task.is_done:
            self._put(msgspec.structs.replace(task, cancelled=True))

    def resume(self) -> None:
        """Run the tasks that were not done when the simulator stopped."""
        for task in self.all():
            if not task.is_done and task.id not in self._running:
                self._start(task)

    async def stop(self) -> None:
        """Stop running tasks; they stay undone."""
        running = list(self._running.values())
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _start(self, task: Task) -> None:
        job = asyncio.get_running_loop().create_task(self._run(task.id), name=f"vcenter {task.operation} {task.id}")
        self._running[task.id] = job
        job.add_done_callback(lambda _: self._running.pop(task.id, None))

    async def _run(self, id_: str) -> None:
        task = self._tasks[id_]
        if task.started is None:
            task = msgspec.structs.replace(task, state="running", started=self._clock.now(), progress=0)
            self._put(task)
            if self.before:
                self.before(task)
        try:
            await self._wait(task)
            result, fault = self._apply(self._tasks[id_]), None
        except VimFault as error:
            result, fault = "", error.fault
        self._finish(self._tasks[id_], result, fault)

    async def _wait(self, task: Task) -> None:
        """Let the task's time pass, telling progress. Raises: VimFault when it is cancelled."""
        delay = self._delays.of(task.work) * (1 + self._delays.jitter * self._world.dice.random())
        slow = self._world.strike(FaultKind.SLOW, task.operation, task.entity_name)
        if slow:
            delay = delay * slow.factor + timedelta(minutes=1)
        already = self._clock.now() - (task.started or task.queued)
        left = max(ZERO, delay - already)
        if not left:
            await self._clock.sleep(ZERO)
        for step in STEPS if left else ():
            await self._clock.sleep(left / (len(STEPS) + 1))
            self._check_cancelled(task.id)
            self._put(msgspec.structs.replace(self._tasks[task.id], progress=step))
        if left:
            await self._clock.sleep(left / (len(STEPS) + 1))
        self._check_cancelled(task.id)

    def _check_cancelled(self, id_: str) -> None:
        if self._tasks[id_].cancelled:
            raise cancelled()

    def _apply(self, task: Task) -> str:
        new_name = task.work.name if isinstance(task.work, Clone) else ""
        injected = self._world.strike(FaultKind.TASK, task.operation, task.entity_name, new_name)
        if injected:
            raise VimFault(injected.fault, injected.message)
        return apply(self._world, task.work)

    def _finish(self, task: Task, result: str, fault: Fault | None) -> None:
        done = msgspec.structs.replace(
            task,
            state="error" if fault else "success",
            progress=None if fault else 100,
            completed=self._clock.now(),
            result=result,
            fault=fault,
        )
        if self.after:
            self.after(done)
        self._put(done)

    def _put(self, task: Task) -> None:
        self._tasks[task.id] = task
        self._write(task.id, msgspec.json.encode(task))
        if task.is_done:
            self._done[task.id] = None
            if len(self._done) > KEPT:
                oldest, _ = self._done.popitem(last=False)
                del self._tasks[oldest]
                self._write(oldest, None)
        for listener in tuple(self.listeners):
            listener(task)

    def _write(self, id_: str, value: bytes | None) -> None:
        if self._journal is not None:
            self._journal(f"task/{id_}", value)

    def restore(self, key: str, value: bytes) -> bool:
        """Take back one journal record; return whether it was a task."""
        if not key.startswith("task/"):
            return False
        task = msgspec.json.decode(value, type=Task)
        self._tasks[task.id] = task
        return True

    def settle(self) -> None:
        """Put restored tasks in order."""
        ordered = sorted(self._tasks.values(), key=lambda t: (t.queued, len(t.id), t.id))
        self._tasks = OrderedDict((t.id, t) for t in ordered)
        self._done = OrderedDict((t.id, None) for t in sorted(ordered, key=_completion) if t.is_done)

    def records(self) -> list[tuple[str, bytes]]:
        return [(f"task/{t.id}", msgspec.json.encode(t)) for t in self._tasks.values()]


def _completion(task: Task) -> datetime:
    return task.completed or task.queued

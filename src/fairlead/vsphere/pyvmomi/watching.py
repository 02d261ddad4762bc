"""The one watch of a session: a property collector over all VMs and this session's tasks, read in its own thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from pyVmomi import vim, vmodl

from fairlead.vsphere import port
from fairlead.vsphere.errors import SessionLost, Unreachable, VSphereError
from fairlead.vsphere.feed import Feed
from fairlead.vsphere.port import Change, Ref
from fairlead.vsphere.pyvmomi.faults import translated
from fairlead.vsphere.pyvmomi.reading import Properties, query, ref_of, task_info

WAIT_SECONDS = 60  # also keeps the session from idling out
IDENTITY = ("name", "config.uuid", "config.instanceUuid", "config.template", "runtime.powerState")
SIGNALS = (
    "config.changeVersion",
    "runtime.host",
    "runtime.connectionState",
    "guest.net",
    "guest.toolsRunningStatus",
    "guest.hostName",
)


class Watch:
    """Started by the first feed; tells every feed, and ends them all when the session is lost."""

    def __init__(self, content: Any, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._content = content
        self._url = url
        self._loop = loop
        self._feeds: list[Feed] = []
        self._known: dict[Ref, Properties] = {}
        self._synced = False
        self._thread: threading.Thread | None = None
        self._collector: Any = None
        self._tasks: Any = None
        self._early: set[str] = set()  # tasks met before the watch began
        self._lock = threading.Lock()
        self._stopping = False
        self._end: VSphereError | None = None

    # On the event loop.

    def feed(self) -> Feed:
        """Return a new feed, beginning with all that is known."""
        feed = Feed()
        if self._end is not None:
            feed.close(self._end)
            return feed
        for ref, properties in self._known.items():
            feed.put(ref, _changed(ref, properties))
        if self._synced:
            feed.put("", port.Synced())
        self._feeds.append(feed)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="vsphere-watch", daemon=True)
            self._thread.start()
        return feed

    def forget(self, feed: Feed) -> None:
        if feed in self._feeds:
            self._feeds.remove(feed)

    def close(self) -> None:
        """End all feeds quietly."""
        self._stopping = True
        self._finish(None)

    # In worker threads.

    def add_task(self, task: Any) -> None:
        """Tell the end of a task through the feeds."""
        with self._lock:
            tasks = self._tasks
            if tasks is None:
                self._early.add(task._moId)
                return
        tasks.ModifyListView([task], [])

    def cancel(self) -> None:
        """End the waiting call, so that the thread can end."""
        self._stopping = True
        collector = self._collector
        if collector is not None:
            collector.CancelWaitForUpdates()

    def _run(self) -> None:
        error: VSphereError | None = None
        try:
            with translated(self._url):
                self._watch()
        except VSphereError as caught:
            error = caught if isinstance(caught, SessionLost | Unreachable) else SessionLost(str(caught))
        if self._stopping:
            self._content.viewManager._stub.DropConnections()  # the waiting call's own went back to the pool
        else:
            self._call(lambda: self._finish(error))

    def _watch(self) -> None:
        """Create the filter, then wait for updates until told to stop."""
        self._begin()
        options = query.WaitOptions(maxWaitSeconds=WAIT_SECONDS)
        version = ""
        while not self._stopping:
            try:
                updates = self._collector.WaitForUpdatesEx(version, options)
            except vmodl.fault.RequestCanceled:
                return
            if updates is None:
                continue
            version = updates.version
            objects = [o for f in updates.filterSet for o in f.objectSet]
            truncated = bool(updates.truncated)
            ended = self._ended_tasks(objects)
            self._call(partial(self._tell, objects, ended, truncated))

    def _begin(self) -> None:
        views, root = self._content.viewManager, self._content.rootFolder
        vms = views.CreateContainerView(root, [vim.VirtualMachine], True)
        tasks = views.CreateListView([])
        collector = self._content.propertyCollector.CreatePropertyCollector()
        # A filter each: vcsim starts a filter over when a list view in it changes.
        for view, kind, paths in ((vms, vim.VirtualMachine, (*IDENTITY, *SIGNALS)), (tasks, vim.Task, ("info",))):
            contents = query.TraversalSpec(type=type(view), path="view", skip=False)
            spec = query.FilterSpec(
                objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[contents])],
                propSet=[query.PropertySpec(type=kind, all=False, pathSet=list(paths))],
            )
            collector.CreateFilter(spec, False)
        with self._lock:
            self._collector, self._tasks = collector, tasks
            early, self._early = self._early, set()
        if early:
            tasks.ModifyListView([vim.Task(i, self._content.viewManager._stub) for i in early], [])

    def _ended_tasks(self, objects: list[Any]) -> list[port.TaskInfo]:
        """Return the tasks that ended, and stop watching them."""
        ended = []
        for update in objects:
            for change in update.changeSet:
                if change.name == "info" and change.val is not None:
                    info = task_info(change.val)
                    if info.done:
                        ended.append(info)
        if ended:
            stub = self._content.viewManager._stub
            self._tasks.ModifyListView([], [vim.Task(i.ref.id, stub) for i in ended])
        return ended

    def _call(self, work: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work)

    # On the event loop again.

    def _tell(self, objects: list[Any], ended: list[port.TaskInfo], truncated: bool) -> None:
        for update in objects:
            if isinstance(update.obj, vim.VirtualMachine):
                self._tell_vm(ref_of(update.obj), update)
        for info in ended:
            self._put(info.ref, port.TaskDone(info))
        if not self._synced and not truncated:
            self._synced = True
            self._put("", port.Synced())

    def _tell_vm(self, ref: Ref, update: Any) -> None:
        if str(update.kind) == "leave":
            gone = self._known.pop(ref, {})
            self._put(ref, port.VMGone(ref, *_identity(gone)))
            return
        properties = self._known.setdefault(ref, {})
        for change in update.changeSet:
            if change.name in IDENTITY:
                properties[change.name] = change.val
        self._put(ref, _changed(ref, properties))

    def _put(self, key: Ref | str, change: Change) -> None:
        for feed in self._feeds:
            feed.put(key, change)

    def _finish(self, error: VSphereError | None) -> None:
        self._end = error or SessionLost("ServerFaultCode: The session is not authenticated.")
        for feed in self._feeds:
            feed.close(error)
        self._feeds.clear()


def _identity(properties: Properties) -> tuple[str, str, str]:
    return (
        str(properties.get("name", "")),
        str(properties.get("config.instanceUuid") or "").lower(),
        str(properties.get("config.uuid") or "").lower(),
    )


def _changed(ref: Ref, properties: Properties) -> port.VMChanged:
    name, instance, bios = _identity(properties)
    power = port.PowerState(str(properties.get("runtime.powerState", "poweredOff")))
    return port.VMChanged(ref, name, instance, bios, power, bool(properties.get("config.template", False)))

"""The SOAP service: bytes in, bytes out. It knows sessions by their cookie, and wakes waiting collectors on change."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fairlead.vcenter import faults
from fairlead.vcenter.faults import VimFault
from fairlead.vcenter.inventory import Change, relations
from fairlead.vcenter.model import Event
from fairlead.vcenter.sessions import UserSession
from fairlead.vcenter.simulator import VCenter
from fairlead.vcenter.soap import entities, machines, managers, methods, watching
from fairlead.vcenter.soap.desk import METHODS, Desk, Drawer
from fairlead.vcenter.soap.wire import BadRequest, Call, fault_response, parse, response, result_xml
from fairlead.vcenter.work import Task

_filled = (entities, machines, managers, methods, watching)  # importing them fills PROVIDERS and METHODS
log = logging.getLogger("fairlead.vcenter.soap")


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; `cookie` is set at login."""

    status: int
    body: bytes
    cookie: str = ""


class SoapService:
    """Serves one simulated vCenter's SOAP API."""

    def __init__(self, vcenter: VCenter) -> None:
        self._vcenter = vcenter
        self._drawers: dict[str, Drawer] = {}
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="vcenter-soap")
        self._unsubscribe = vcenter.inventory.subscribe(self._on_change)
        vcenter.tasks.listeners.append(self._on_task)
        vcenter.events.listeners.append(self._on_event)
        vcenter.sessions.ended.append(self._on_end)

    def close(self) -> None:
        """Stop watching the vCenter; waiting calls end."""
        self._unsubscribe()
        self._vcenter.tasks.listeners.remove(self._on_task)
        self._vcenter.events.listeners.remove(self._on_event)
        self._vcenter.sessions.ended.remove(self._on_end)
        for drawer in self._drawers.values():
            for collector in drawer.collectors():
                collector.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def serve(self, body: bytes, cookie: str, user_agent: str = "") -> Reply:
        """Answer one request."""
        session = self._vcenter.sessions.touch(cookie) if cookie else None
        drawer = self._drawers.setdefault(session.key, Drawer()) if session else Drawer()
        desk = Desk(self._vcenter, session, drawer, self._in_thread, user_agent)
        try:
            call: Call = await self._in_thread(lambda: parse(body))
            result = await self._run(desk, call, session)
            return Reply(200, result, desk.cookie)
        except VimFault as error:
            return Reply(500, fault_response(error.fault))
        except BadRequest as error:
            return Reply(400, str(error).encode())
        except Exception as error:  # a defect must not end the service, and its cause must not be hidden
            log.exception("SOAP call failed")
            fault = faults.VimFault("SystemError", f"A general system error occurred: {error!r}").fault
            return Reply(500, fault_response(fault))

    async def _run(self, desk: Desk, call: Call, session: UserSession | None) -> bytes:
        method = METHODS.get(call.method)
        if method is None:
            raise faults.not_supported(f"The simulator does not know {call.method}.")
        if session is None and not method.public:
            raise faults.not_authenticated()
        if method.reads:
            return bytes(await self._in_thread(lambda: _encoded(call, method.handler(desk, call))))
        result = method.handler(desk, call)
        if inspect.isawaitable(result):
            result = await result
        return _encoded(call, result)

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    # What wakes the collectors.

    def _on_change(self, change: Change) -> None:
        ids = {change.id}
        for entity in (change.old, change.new):
            if entity is not None:
                ids |= relations(entity)
        self._mark(ids)

    def _on_task(self, task: Task) -> None:
        self._mark({task.id, task.entity, "TaskManager"})

    def _on_event(self, event: Event) -> None:
        self._mark({"EventManager"})

    def _mark(self, ids: set[str]) -> None:
        for drawer in self._drawers.values():
            for collector in drawer.collectors():
                collector.mark(ids)

    def _on_end(self, session: UserSession) -> None:
        drawer = self._drawers.pop(session.key, None)
        if drawer is not None:
            for collector in drawer.collectors():
                collector.end(faults.not_authenticated())


def _encoded(call: Call, result: Any) -> bytes:
    return response(call, result_xml(result, call.info))

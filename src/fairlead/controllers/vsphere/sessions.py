"""vCenter sessions: one per vCenter and user, with one watch each that wakes the VMs it concerns.

A rejected password is not tried again until the credentials change or a while has passed: an account that locks after a
few failures must not be locked by us. A vCenter that does not answer is asked by one of those who wait for it.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fairlead.base.objects import Key
from fairlead.runtime.clock import Clock
from fairlead.vsphere.errors import LoginFailed, SessionLost, VSphereError
from fairlead.vsphere.port import Connector, Session, TaskDone, VMChanged, VMGone

log = logging.getLogger(__name__)

LOGIN_PAUSE = timedelta(minutes=1)
ANSWER_PAUSE = timedelta(seconds=5)
RECONNECT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Login:
    """What a session is opened with."""

    server: str
    username: str
    password: str = field(repr=False)
    thumbprint: str = ""

    def digest(self) -> str:
        """A name for this login that does not give the password away."""
        parts = "\0".join((self.server, self.username, self.password, self.thumbprint))
        return hashlib.sha256(parts.encode()).hexdigest()


class Sessions:
    """Open sessions, and who wants to hear of which VM or task."""

    def __init__(self, connector: Connector, clock: Clock) -> None:
        self._connector = connector
        self._clock = clock
        self._open: dict[str, Session] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._failed: dict[str, tuple[datetime, VSphereError]] = {}  # by login: until when not to try, and why
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._by_uuid: dict[str, Key] = {}
        self._by_task: dict[str, Key] = {}
        self._hoping: set[Key] = set()
        self._woken: asyncio.Queue[Key] = asyncio.Queue()

    async def get(self, login: Login) -> Session:
        """The session for *login*, opened if need be. Raises: VSphereError."""
        name = login.digest()
        session = self._open.get(name)
        if session is not None:
            return session
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name in self._open:
                return self._open[name]
            self._refuse_failed(name)
            try:
                session = await self._connector.connect(login.server, login.username, login.password, login.thumbprint)
            except VSphereError as error:
                pause = LOGIN_PAUSE if isinstance(error, LoginFailed) else ANSWER_PAUSE
                self._failed[name] = (self._clock.now() + pause, error)
                raise
            self._open[name] = session
            task = asyncio.get_running_loop().create_task(self._follow(name, session), name=f"vcenter {login.server}")
            self._watches[name] = task
            return session

    def lost(self, session: Session) -> None:
        """A call found the session gone: the next `get` opens a new one."""
        for name, known in list(self._open.items()):
            if known is session:
                del self._open[name]
                self._watches.pop(name).cancel()

    def expect_vm(self, instance_uuid: str, bios_uuid: str, key: Key) -> None:
        """Wake *key* when a VM with one of these UUIDs changes."""
        for uuid in filter(None, (instance_uuid, bios_uuid)):
            self._by_uuid[uuid.lower()] = key

    def expect_task(self, task_id: str, key: Key) -> None:
        """Wake *key* when the task ends."""
        self._by_task[task_id] = key

    def hope(self, key: Key) -> None:
        """Wake *key* at the next change of the inventory: something it needs was missing."""
        self._hoping.add(key)

    def forget(self, key: Key) -> None:
        """Nobody asks for *key* any more."""
        self._hoping.discard(key)
        for table in (self._by_uuid, self._by_task):
            for name in [name for name, known in table.items() if known == key]:
                del table[name]

    async def keys(self) -> AsyncIterator[Key]:
        """The keys to look at, as the vCenters change."""
        while True:
            yield await self._woken.get()

    async def close(self) -> None:
        """Log out everywhere."""
        for task in self._watches.values():
            task.cancel()
        await asyncio.gather(*self._watches.values(), return_exceptions=True)
        for session in self._open.values():
            await session.close()

    def _refuse_failed(self, name: str) -> None:
        failed = self._failed.get(name)
        if failed is None:
            return
        until, error = failed
        if self._clock.now() < until:
            raise error.with_traceback(None)
        del self._failed[name]

    async def _follow(self, name: str, session: Session) -> None:
        synced = False
        try:
            async for change in session.watch():
                if isinstance(change, VMChanged | VMGone):
                    self._wake(self._by_uuid.get(change.instance_uuid.lower()))
                    self._wake(self._by_uuid.get(change.bios_uuid.lower()))
                    if synced and isinstance(change, VMChanged):
                        self._wake_hoping()
                elif isinstance(change, TaskDone):
                    self._wake(self._by_task.pop(change.info.ref.id, None))
                else:
                    synced = True
        except (VSphereError, SessionLost) as error:
            log.info("vCenter watch ended", extra={"server": session.server, "error": str(error)})
        self._open.pop(name, None)
        self._watches.pop(name, None)
        await self._clock.sleep(RECONNECT)
        for key in {*self._by_uuid.values(), *self._by_task.values()}:
            self._wake(key)

    def _wake(self, key: Key | None) -> None:
        if key is not None:
            self._woken.put_nowait(key)

    def _wake_hoping(self) -> None:
        for key in self._hoping:
            self._wake(key)
        self._hoping.clear()

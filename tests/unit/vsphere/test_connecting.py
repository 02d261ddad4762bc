"""A connection that nobody waits for any more."""

import asyncio
import contextlib
import threading
from typing import Any

import pytest

from fairlead.vsphere.pyvmomi import PyvmomiConnector


def test_abandoned_session_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stops waiting for a log-in leaves no connection behind, however late the log-in succeeds."""
    begun, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    class Session:
        def abandon(self) -> None:
            closed.set()

    def connect(*_: Any) -> Session:
        begun.set()
        assert go_on.wait(10)
        return Session()

    monkeypatch.setattr(PyvmomiConnector, "_connect", connect)

    async def main() -> None:
        waiting = asyncio.ensure_future(PyvmomiConnector().connect("vcenter.test", "user", "pass"))
        await asyncio.to_thread(begun.wait, 10)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        assert not closed.is_set()
        go_on.set()
        assert await asyncio.to_thread(closed.wait, 10)

    asyncio.run(main())

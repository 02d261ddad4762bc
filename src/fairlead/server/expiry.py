"""Events do not stay: each goes an hour after it was last written, when a later event is written.

Source: kube-apiserver v1.36 --event-ttl (1h). No timer runs: what is old is looked for when something is added.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fairlead.server.store import Record

if TYPE_CHECKING:
    from fairlead.server.objects import Objects

EVENT_LIFE = timedelta(hours=1)


class Expiry:
    """The events of one server in the order in which they will go."""

    def __init__(self) -> None:
        self._due: deque[tuple[datetime, str, int]] = deque()  # when, uid, revision
        self._started = False

    def written(self, record: Record, objects: Objects) -> None:
        """An event was stored: remember it, and remove those whose time has come."""
        now = objects.clock.now()
        if not self._started:  # after a start, what was there before counts from now
            self._started = True
            found = sorted(objects.store.select("events"), key=lambda each: each.revision)
            self._due.extend((now + EVENT_LIFE, each.uid, each.revision) for each in found if each is not record)
        self._due.append((now + EVENT_LIFE, record.uid, record.revision))
        while self._due and self._due[0][0] <= now:
            _, uid, revision = self._due.popleft()
            old = objects.store.by_uid(uid)
            if old is not None and old.revision == revision:
                objects.store.remove(old, old.view)

"""One look at one HelmRelease: what was read, the draft that becomes its new state, and what was written of it."""

import asyncio
from dataclasses import dataclass, field
from typing import Self

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, copy, is_deleting
from fairlead.controllers.flux.helm.report import HelmReport
from fairlead.controllers.flux.helm.spec import HelmSpec
from fairlead.controllers.flux.helm.template import MANAGER
from fairlead.controllers.flux.reporting import READY, REQUESTED_AT
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.edit import write_changes
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result


@dataclass(slots=True)
class Pass:
    """Changes its draft; `flush` writes what changed so far."""

    client: Client
    recorder: Recorder
    stored: Json
    draft: Json
    spec: HelmSpec
    report: HelmReport
    waits: asyncio.Event
    inputs: object = field(default=None)  # what the release is made with, once that is known

    @classmethod
    def over(cls, found: Json, client: Client, clock: Clock, recorder: Recorder, waits: asyncio.Event) -> Self:
        """A pass over *found*."""
        draft = copy(found)
        draft.setdefault("status", {})
        return cls(client, recorder, found, draft, HelmSpec(draft), HelmReport(draft, clock.now()), waits)

    async def flush(self) -> None:
        """Write what changed so far."""
        try:
            self.stored = await write_changes(self.client, self.stored, self.draft, field_manager=MANAGER)
        except ApiError as error:
            if not (error.is_not_found and is_deleting(self.stored)):
                raise

    async def park(self) -> None:
        """The pass is going to wait: say so, and let others go on."""
        await self.flush()
        self.waits.set()

    async def not_ready(self, reason: str, message: str, *, normal: bool = False) -> None:
        """Not ready; an event only where that is news."""
        before = self.report.get(READY)
        if before is None or before["message"] != message:
            record = self.recorder.normal if normal else self.recorder.warning
            await record(self.stored, reason, message)
        self.report.set(READY, False, reason, message)

    def close(self, result: Result, *, observed: bool) -> Result:
        """The end: what was asked for by annotation is answered, and with *observed* the spec is too."""
        asked = (self.draft["metadata"].get("annotations") or {}).get(REQUESTED_AT)
        if asked:
            self.report.status["lastHandledReconcileAt"] = asked
        self.report.status.setdefault("observedGeneration", -1)
        if observed:
            self.report.status["observedGeneration"] = self.draft["metadata"].get("generation", 1)
        return result

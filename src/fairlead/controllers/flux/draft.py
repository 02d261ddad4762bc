"""A draft of one object that is written more than once in a pass: each write patches only what differs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fairlead.base.objects import Json, copy
from fairlead.runtime.client import Client
from fairlead.runtime.edit import write_changes


class Draft:
    """`value` is changed freely; `flush` writes it and takes over what others wrote meanwhile."""

    def __init__(self, client: Client, obj: Json, field_manager: str) -> None:
        self._client = client
        self._stored = obj
        self._manager = field_manager
        self.value: Json = copy(obj)

    async def flush(self) -> None:
        """Write what changed since the last time. Raises: ApiError."""
        stored = await write_changes(self._client, self._stored, self.value, field_manager=self._manager)
        if stored is self._stored:
            return
        self._stored = stored
        self.value.clear()
        self.value.update(copy(stored))


@asynccontextmanager
async def drafting(client: Client, obj: Json, field_manager: str) -> AsyncIterator[Draft]:
    """Yield a draft of *obj* and write it when the block ends, however it ends."""
    draft = Draft(client, obj, field_manager)
    try:
        yield draft
    except Exception:
        await draft.flush()
        raise
    await draft.flush()

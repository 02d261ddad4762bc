"""Kubernetes Events: what happened to an object, for people.

Source: client-go v0.37 tools/record: name `<object>.<hex time>`, equal events of an object are counted, not repeated.
"""

import logging
from collections import OrderedDict

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, meta
from fairlead.runtime.client import Client, PatchType
from fairlead.runtime.clock import Clock, timestamp
from fairlead.runtime.ids import Ids

log = logging.getLogger(__name__)

EVENT = GVK("", "v1", "Event")
REMEMBERED = 4096
MESSAGE_LIMIT_BYTES = 1024


class Recorder:
    """Writes the events of one component. Never raises: an event that cannot be written is logged."""

    def __init__(self, client: Client, clock: Clock, ids: Ids, component: str) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._component = component
        self._seen: OrderedDict[tuple[str, str, str, str], tuple[Key, int]] = OrderedDict()

    async def normal(self, obj: Json, reason: str, message: str, annotations: dict[str, str] | None = None) -> None:
        """Record that something went as it should."""
        await self._record(obj, "Normal", reason, message, annotations)

    async def warning(self, obj: Json, reason: str, message: str, annotations: dict[str, str] | None = None) -> None:
        """Record that something needs a look."""
        await self._record(obj, "Warning", reason, message, annotations)

    async def _record(
        self, obj: Json, type_: str, reason: str, message: str, annotations: dict[str, str] | None
    ) -> None:
        message = message.encode()[:MESSAGE_LIMIT_BYTES].decode(errors="ignore")
        identity = (meta(obj).get("uid", ""), type_, reason, message)
        try:
            if not await self._count_again(identity):
                await self._create(obj, identity, annotations)
        except ApiError as error:
            if error.is_not_found or error.reason == "Forbidden":  # the namespace is going away
                log.debug("event dropped", extra={"reason": reason, "error": error.message})
            else:
                log.warning("cannot write event", extra={"reason": reason, "error": error.message})

    async def _count_again(self, identity: tuple[str, str, str, str]) -> bool:
        known = self._seen.get(identity)
        if known is None:
            return False
        key, count = known
        body = {"count": count + 1, "lastTimestamp": timestamp(self._clock.now())}
        try:
            await self._client.patch(
                EVENT, key.name, key.namespace, body, PatchType.MERGE, field_manager=self._component
            )
        except ApiError as error:
            if error.is_not_found:
                del self._seen[identity]
                return False
            raise
        self._seen[identity] = (key, count + 1)
        return True

    async def _create(self, obj: Json, identity: tuple[str, str, str, str], annotations: dict[str, str] | None) -> None:
        _, type_, reason, message = identity
        key, now = Key.of(obj), self._clock.now()
        namespace = key.namespace or "default"
        name = f"{key.name}.{int(now.timestamp() * 1e9) + int(self._ids.fraction() * 1e6):x}"
        event: Json = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": name,
                "namespace": namespace,
                **({"annotations": annotations} if annotations else {}),
            },
            "involvedObject": {
                "apiVersion": obj["apiVersion"],
                "kind": obj["kind"],
                "name": key.name,
                "resourceVersion": meta(obj).get("resourceVersion", ""),
                "uid": meta(obj).get("uid", ""),
                **({"namespace": key.namespace} if key.namespace else {}),
            },
            "type": type_,
            "reason": reason,
            "message": message,
            "count": 1,
            "firstTimestamp": timestamp(now),
            "lastTimestamp": timestamp(now),
            "source": {"component": self._component},
            "reportingComponent": self._component,
            "reportingInstance": "",
        }
        await self._client.create(event, field_manager=self._component)
        self._seen[identity] = (Key(namespace, name), 1)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

"""Helm's storage: one Secret for every revision of a release.

Source: Helm v4.3 pkg/storage/storage.go, pkg/storage/driver/secrets.go (names, labels, which revisions are kept).
"""

import base64
import hashlib
from collections import OrderedDict
from dataclasses import replace

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, labels
from fairlead.engines.helm.record import SECRET_TYPE, SYSTEM_LABELS, Record, decode, encode, secret_name
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock

SECRET = GVK("", "v1", "Secret")
CACHED = 256

_decoded: OrderedDict[bytes, Record] = OrderedDict()  # by digest of the stored text


class Storage:
    """The revisions of the releases in one namespace of one cluster."""

    def __init__(self, client: Client, clock: Clock, namespace: str, manager: str) -> None:
        self._client = client
        self._clock = clock
        self._namespace = namespace
        self._manager = manager

    async def history(self, name: str) -> list[Record]:
        """All revisions, oldest first. Raises: RecordError, ApiError."""
        found = await self._client.list(SECRET, self._namespace, label_selector=f"name={name},owner=helm")
        records = [_record(secret) for secret in found.items if secret.get("type") == SECRET_TYPE]
        return sorted(records, key=lambda record: record.version)

    async def last(self, name: str, hint: int = 0) -> Record | None:
        """The newest revision, or None; *hint* is the newest that is known of, which saves searching the namespace."""
        record = await self.get(name, hint) if hint else None
        if record is None:
            found = await self.history(name)
            return found[-1] if found else None
        while (newer := await self.get(name, record.version + 1)) is not None:
            record = newer
        return record

    async def recent(self, name: str, hint: int = 0) -> list[Record]:
        """The newest revisions without a gap, oldest first; all of them where the deployed one lies further back."""
        last = await self.last(name, hint)
        if last is None:
            return []
        found = [last]
        while (older := await self.get(name, found[-1].version - 1)) is not None:
            found.append(older)
        if not any(record.status == "deployed" for record in found):
            return await self.history(name)
        return found[::-1]

    async def get(self, name: str, version: int) -> Record | None:
        """One revision, or None."""
        try:
            return _record(await self._client.get(SECRET, secret_name(name, version), self._namespace))
        except ApiError as error:
            if error.is_not_found:
                return None
            raise

    async def create(self, record: Record, *, keep: int) -> None:
        """Store a new revision; of the older ones *keep* - 1 stay (0 keeps all), the deployed one always."""
        if keep > 0:
            await self._forget_oldest(record.name, keep - 1, record.version - 1)
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": secret_name(record.name, record.version),
                "namespace": self._namespace,
                "labels": {**_labels(record), "createdAt": self._now()},
            },
            "type": SECRET_TYPE,
            "data": {"release": _packed(record)},
        }
        await self._client.create(secret, field_manager=self._manager)

    async def update(self, record: Record) -> None:
        """Store a revision's new state."""
        name = secret_name(record.name, record.version)
        wanted = {**_labels(record), "modifiedAt": self._now(), "createdAt": None}
        await self._client.patch(
            SECRET,
            name,
            self._namespace,
            {"metadata": {"labels": wanted}, "data": {"release": _packed(record)}},
            field_manager=self._manager,
        )

    async def delete(self, record: Record) -> None:
        """Remove a revision; nothing happens when it is not there."""
        try:
            await self._client.delete(SECRET, secret_name(record.name, record.version), self._namespace)
        except ApiError as error:
            if not error.is_not_found:
                raise

    async def _forget_oldest(self, name: str, limit: int, newest: int) -> None:
        records = await self.recent(name, newest)
        deployed = max((record.version for record in records if record.status == "deployed"), default=0)
        left = len(records)
        for record in records:
            if left <= limit:
                return
            if record.version != deployed:
                await self.delete(record)
                left -= 1

    def _now(self) -> str:
        return str(int(self._clock.now().timestamp()))


def _labels(record: Record) -> dict[str, str]:
    return {
        **record.labels,
        "name": record.name,
        "owner": "helm",
        "status": record.status,
        "version": str(record.version),
    }


def _packed(record: Record) -> str:
    return base64.b64encode(encode(record).encode()).decode()


def _record(secret: Json) -> Record:
    stored = (secret.get("data") or {}).get("release", "")
    digest = hashlib.sha256(stored.encode()).digest()
    record = _decoded.get(digest)
    if record is None:
        record = _decoded[digest] = decode(base64.b64decode(stored).decode("ascii", "replace"))
        if len(_decoded) > CACHED:
            _decoded.popitem(last=False)
    own = {key: value for key, value in labels(secret).items() if key not in SYSTEM_LABELS}
    return replace(record, labels=own) if own else record

"""The cluster that a Flux object is for: this one, or the one its kubeConfig names."""

import asyncio
import base64

from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.controllers.contract import get_or_none
from fairlead.runtime.client import Client
from fairlead.runtime.remote import Dialer, Remotes, UnreachableError

SECRET = GVK("", "v1", "Secret")
KEYS = ("value", "value.yaml")  # what Cluster API writes, and Flux's default


class Targets:
    """Finds clients; one connection per kubeconfig."""

    def __init__(self, client: Client, dialer: Dialer) -> None:
        self._client = client
        self._dialer = dialer
        self._remotes = Remotes(dialer)
        self._waiting: dict[Key, asyncio.Task[None]] = {}
        self.reached: asyncio.Queue[Key] = asyncio.Queue()

    def name_of(self, obj: Json) -> str:
        """A stable name for *obj*'s cluster; empty for this one."""
        name = get_in(obj, "spec", "kubeConfig", "secretRef", "name")
        return str(Key(Key.of(obj).namespace, name)) if name else ""

    async def client_for(self, obj: Json) -> Client:
        """The client for *obj*'s cluster. Raises: UnreachableError."""
        reference = get_in(obj, "spec", "kubeConfig", "secretRef")
        if not reference:
            return self._client
        key = Key(Key.of(obj).namespace, reference["name"])
        config = await self._kubeconfig(key, reference.get("key", ""))
        try:
            return (await self._remotes.get(str(key), config)).client
        except UnreachableError:
            await self._remotes.drop(str(key))
            raise

    async def _kubeconfig(self, key: Key, entry: str) -> bytes:
        secret = await get_or_none(self._client, SECRET, key)
        if secret is None:
            raise UnreachableError(f"unable to read KubeConfig secret '{key}' error: secrets \"{key.name}\" not found")
        data = secret.get("data") or {}
        found = next((data[name] for name in ((entry,) if entry else KEYS) if data.get(name)), None)
        if found is None:
            wanted = entry or "value"
            raise UnreachableError(f"KubeConfig secret '{key}' does not contain a '{wanted}' key with a kubeconfig")
        return base64.b64decode(found)

    async def drop(self, obj: Json) -> None:
        """Forget the connection of *obj*'s cluster."""
        name = get_in(obj, "spec", "kubeConfig", "secretRef", "name")
        if name:
            await self._remotes.drop(str(Key(Key.of(obj).namespace, name)))

    async def expect(self, obj: Json) -> None:
        """Put *obj*'s key into `reached` as soon as its cluster answers."""
        reference = get_in(obj, "spec", "kubeConfig", "secretRef")
        key = Key.of(obj)
        if not reference or key in self._waiting:
            return
        try:
            config = await self._kubeconfig(Key(key.namespace, reference["name"]), reference.get("key", ""))
        except UnreachableError:
            return

        async def wait() -> None:
            try:
                await self._dialer.wait_reachable(config)
                self.reached.put_nowait(key)
            except UnreachableError:
                return
            finally:
                self._waiting.pop(key, None)

        self._waiting[key] = asyncio.create_task(wait(), name=f"wait for the cluster of {key}")

"""The client protocol over HTTP, to any Kubernetes API.

Source: Kubernetes API conventions (paths, verbs, media types).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp
import orjson

from fairlead.api.errors import ApiError, service_unavailable
from fairlead.base.objects import GVK, Json, Key
from fairlead.runtime.client import ListResult, PatchType, WatchEvent
from fairlead.runtime.kubeconfig import Access
from fairlead.runtime.tls import tls_context

APPLY = "application/apply-patch+yaml"
CLOSING_TURNS = 5
PAGE = 1000
WATCH_SECONDS = 240  # the server ends a watch then, and it is taken up again
CLOSE_SECONDS = 2.0  # a WebSocket's other end has that long to say goodbye
SILENCE_SECONDS = 30.0  # later than that without a word, the connection is dead although nobody said so


class HttpClient:
    """A Kubernetes API over HTTP. Implements `runtime.client.Client`; close it when done."""

    def __init__(self, access: Access, *, user_agent: str = "fairlead") -> None:
        self._access = access
        self._base = access.server.rstrip("/")
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None
        self._resources: dict[tuple[str, str], dict[str, tuple[str, bool]]] = {}
        self._discovering: dict[tuple[str, str], asyncio.Lock] = {}

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
            for _ in range(CLOSING_TURNS):  # the sockets below TLS close some turns of the loop later
                await asyncio.sleep(0)

    # The protocol.

    async def get(self, gvk: GVK, name: str, namespace: str = "") -> Json:
        return await self._call("GET", await self._path(gvk, namespace, name))

    async def list(
        self, gvk: GVK, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> ListResult:
        path = await self._path(gvk, namespace)
        query = {"limit": str(PAGE), **_selectors(label_selector, field_selector)}
        items: list[Json] = []
        while True:
            page = await self._call("GET", path, query=query)
            for item in page.get("items") or ():
                items.append({"apiVersion": gvk.api_version, "kind": gvk.kind, **item})
            token = page["metadata"].get("continue")
            if not token:
                return ListResult(tuple(items), page["metadata"].get("resourceVersion", ""))
            query["continue"] = token

    async def watch(
        self,
        gvk: GVK,
        namespace: str = "",
        *,
        resource_version: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncIterator[WatchEvent]:
        if not resource_version:
            found = await self.list(gvk, namespace, label_selector=label_selector, field_selector=field_selector)
            for item in found.items:
                yield WatchEvent("ADDED", item)
            yield WatchEvent("SYNCED", {})
            resource_version = found.resource_version
        path = await self._path(gvk, namespace)
        while True:
            query = {
                "watch": "true",
                "allowWatchBookmarks": "true",
                "timeoutSeconds": str(WATCH_SECONDS),
                "resourceVersion": resource_version,
                **_selectors(label_selector, field_selector),
            }
            async for event in self._stream(path, query):
                resource_version = event.object["metadata"]["resourceVersion"]
                yield event

    async def create(self, obj: Json, *, field_manager: str = "", dry_run: bool = False) -> Json:
        path = await self._path(GVK.of(obj), Key.of(obj).namespace)
        return await self._call("POST", path, obj, query=_write_query(field_manager, dry_run))

    async def update(self, obj: Json, *, subresource: str = "", field_manager: str = "", dry_run: bool = False) -> Json:
        key = Key.of(obj)
        path = await self._path(GVK.of(obj), key.namespace, key.name, subresource)
        return await self._call("PUT", path, obj, query=_write_query(field_manager, dry_run))

    async def patch(
        self,
        gvk: GVK,
        name: str,
        namespace: str,
        body: Json | Sequence[Json],
        patch_type: PatchType = PatchType.MERGE,
        *,
        subresource: str = "",
        field_manager: str = "",
        dry_run: bool = False,
    ) -> Json:
        path = await self._path(gvk, namespace, name, subresource)
        query = _write_query(field_manager, dry_run)
        return await self._call("PATCH", path, body, query=query, content_type=str(patch_type))

    async def apply(
        self, obj: Json, *, field_manager: str, force: bool = True, subresource: str = "", dry_run: bool = False
    ) -> Json:
        key = Key.of(obj)
        path = await self._path(GVK.of(obj), key.namespace, key.name, subresource)
        query = {**_write_query(field_manager, dry_run), "force": "true" if force else "false"}
        return await self._call("PATCH", path, obj, query=query, content_type=APPLY)

    async def delete(
        self,
        gvk: GVK,
        name: str,
        namespace: str = "",
        *,
        propagation: str = "Background",
        uid: str = "",
        resource_version: str = "",
        grace_seconds: int | None = None,
    ) -> Json:
        preconditions = {k: v for k, v in (("uid", uid), ("resourceVersion", resource_version)) if v}
        options: Json = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if preconditions:
            options["preconditions"] = preconditions
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        return await self._call("DELETE", await self._path(gvk, namespace, name), options)

    async def version(self) -> str:
        """What the server says it is, like `v1.33.1`."""
        return str((await self._call("GET", "/version"))["gitVersion"])

    async def evict(self, name: str, namespace: str, *, grace_seconds: int | None = None) -> None:
        """Ask for a Pod to go. Raises: ApiError TooManyRequests when a disruption budget forbids it, NotFound."""
        body: Json = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
            "deleteOptions": {} if grace_seconds is None else {"gracePeriodSeconds": grace_seconds},
        }
        await self._call("POST", await self._path(GVK("", "v1", "Pod"), namespace, name, "eviction"), body)

    async def raw(self, path: str) -> Any:
        """GET any path of the API, decoded from JSON."""
        return await self._call("GET", path)

    async def websocket(
        self, path: str, query: Mapping[str, str], *, protocol: str, limit_bytes: int
    ) -> aiohttp.ClientWebSocketResponse:
        """A WebSocket to any path of the API; *limit_bytes* bounds a message. Raises: ApiError."""
        try:
            return await self._http().ws_connect(
                self._base + path,
                params=query,
                protocols=(protocol,),
                max_msg_size=limit_bytes,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
                server_hostname=self._access.tls_server_name or None,
            )
        except aiohttp.WSServerHandshakeError as error:
            text = f"GET {path}: {error.message} (HTTP {error.status})"
            raise ApiError(error.status, "InternalError", text) from error
        except (aiohttp.ClientError, OSError) as error:
            raise service_unavailable(f"GET {self._base}{path}: {error}") from error

    # The wire.

    async def _path(self, gvk: GVK, namespace: str = "", name: str = "", subresource: str = "") -> str:
        plural, namespaced = await self._resource(gvk)
        prefix = f"/apis/{gvk.group}/{gvk.version}" if gvk.group else f"/api/{gvk.version}"
        parts = [prefix]
        if namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(plural)
        return "/".join(parts + [part for part in (name, subresource) if part])

    async def _resource(self, gvk: GVK) -> tuple[str, bool]:
        """Plural and scope of a kind, from discovery. Raises: ApiError NotFound for a kind the API does not serve."""
        group = (gvk.group, gvk.version)
        async with self._discovering.setdefault(group, asyncio.Lock()):
            known = self._resources.get(group)
            if known is None or gvk.kind not in known:
                path = f"/apis/{gvk.group}/{gvk.version}" if gvk.group else f"/api/{gvk.version}"
                listing = await self._call("GET", path)
                known = self._resources[group] = {
                    resource["kind"]: (resource["name"], resource["namespaced"])
                    for resource in listing.get("resources") or ()
                    if "/" not in resource["name"]
                }
        if gvk.kind not in known:
            raise ApiError(404, "NotFound", f'no matches for kind "{gvk.kind}" in version "{gvk.api_version}"')
        return known[gvk.kind]

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"User-Agent": self._user_agent, "Accept": "application/json"}
            if self._access.token:
                headers["Authorization"] = f"Bearer {self._access.token}"
            secure = self._base.startswith("https")
            connector = aiohttp.TCPConnector(ssl=tls_context(self._access) if secure else False, limit=0)
            self._session = aiohttp.ClientSession(connector=connector, headers=headers)
        return self._session

    async def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Json:
        data = orjson.dumps(body) if body is not None else None
        try:
            async with self._http().request(
                method,
                self._base + path,
                params=query,
                data=data,
                headers={"Content-Type": content_type} if data is not None else None,
                server_hostname=self._access.tls_server_name or None,
            ) as response:
                answer = await response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise service_unavailable(f"{method} {self._base}{path}: {error}") from error
        return _decode(response.status, answer, f"{method} {path}")

    async def _stream(self, path: str, query: Mapping[str, str]) -> AsyncIterator[WatchEvent]:
        try:
            async with self._http().get(
                self._base + path,
                params=query,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=WATCH_SECONDS + SILENCE_SECONDS),
                server_hostname=self._access.tls_server_name or None,
            ) as response:
                if response.status != 200:
                    _decode(response.status, await response.read(), f"WATCH {path}")
                buffer = b""
                async for chunk in response.content.iter_any():
                    *lines, buffer = (buffer + chunk).split(b"\n")
                    for line in filter(None, lines):
                        yield _event(orjson.loads(line))
        except (aiohttp.ClientError, OSError) as error:
            raise service_unavailable(f"watch {self._base}{path}: {error}") from error


def _event(frame: Json) -> WatchEvent:
    if frame["type"] == "ERROR":
        raise ApiError.from_status(frame["object"])
    return WatchEvent(frame["type"], frame["object"])


def _selectors(label_selector: str, field_selector: str) -> dict[str, str]:
    both = (("labelSelector", label_selector), ("fieldSelector", field_selector))
    return {name: value for name, value in both if value}


def _write_query(field_manager: str, dry_run: bool) -> dict[str, str]:
    query = {"fieldManager": field_manager} if field_manager else {}
    return {**query, "dryRun": "All"} if dry_run else query


def _decode(status: int, answer: bytes, what: str) -> Json:
    try:
        decoded: Json = orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        text = answer[:200].decode(errors="replace")
        raise ApiError(status, "ServiceUnavailable", f"{what}: HTTP {status}, not JSON: {text}") from error
    if status >= 400:
        if decoded.get("kind") == "Status":
            raise ApiError.from_status(decoded)
        raise ApiError(status, "InternalError", f"{what}: HTTP {status}")
    return decoded

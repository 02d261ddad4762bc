"""What the embedded API server costs: writes, reads, watches, an empty server, in process and over TLS.

Run: python bench/api_server.py [COUNT]. Figures of a real kube-apiserver on a like machine stand beside ours where
there are any (creates 397, merge patches 265, reads 1089 a second with 16 clients over TLS).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from fairlead.base.objects import GVK, Json
from fairlead.runtime.clock import WallClock
from fairlead.runtime.ids import Ids
from fairlead.server.listener import Face, Listener
from fairlead.server.local import LocalClient
from fairlead.server.pki import Authority
from fairlead.server.server import ApiServer
from fairlead.server.storage import SqliteStorage

CONFIG_MAP = GVK("", "v1", "ConfigMap")
CLIENTS = 16


def config_map(name: str, size: int = 3500) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": {"text": "x" * size, "count": "0"},
    }


def show(what: str, count: int, seconds: float, reference: str = "") -> None:
    beside = f"   (reference {reference}/s)" if reference else ""
    print(f"{what:46}{count / seconds:10.0f} /s {seconds / count * 1e6:9.0f} us{beside}")


async def timed(
    what: str, count: int, deed: Callable[[int], Awaitable[object]], clients: int, reference: str = ""
) -> None:
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await deed(number)

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(clients)))
    show(what, count, time.perf_counter() - start, reference)


async def in_process(count: int, path: Path | None) -> None:
    """Writes through the in-process client, in memory or durable."""
    where = "SQLite" if path else "memory"
    server = ApiServer(WallClock(), Ids(1), (), SqliteStorage(path) if path else None)
    await server.start()
    client = server.client()
    for clients in (1, CLIENTS):
        await writes(client, where, count, clients)
    await timed(f"{where}: get", count, lambda n: client.get(CONFIG_MAP, f"c1-{n}", "default"), 1)
    await timed(f"{where}: list of {2 * count}", 5, lambda n: client.list(CONFIG_MAP, "default"), 1)
    await server.stop()


async def writes(client: LocalClient, where: str, count: int, clients: int) -> None:
    """Create *count* objects, then patch each."""
    prefix = f"c{clients}"

    async def create(number: int) -> None:
        await client.create(config_map(f"{prefix}-{number}"))

    async def patch(number: int) -> None:
        await client.patch(CONFIG_MAP, f"{prefix}-{number}", "default", {"data": {"count": str(number)}})

    await timed(f"{where}: create 4 KB, {clients} clients", count, create, clients)
    await timed(f"{where}: merge patch, {clients} clients", count, patch, clients)


async def over_tls(count: int, folder: Path) -> None:
    """The same through HTTP over TLS with a client certificate; both ends share this process."""
    clock = WallClock()
    authority = Authority.create("bench", clock.now())
    server = ApiServer(clock, Ids(1), (), SqliteStorage(folder / "tls.db"))
    await server.start()
    listener = Listener()
    face = Face(server.asgi, authority.issue_server(["127.0.0.1"], clock.now()), authority.certificate)
    port = await listener.open(face)
    pair = authority.issue_client("admin", ["system:masters"], clock.now())
    pem = folder / "client.pem"
    pem.write_text(pair.certificate + pair.key)
    context = ssl.create_default_context(cadata=authority.certificate)
    context.load_cert_chain(pem)
    url = f"https://127.0.0.1:{port}/api/v1/namespaces/default/configmaps"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context, limit=CLIENTS)) as session:

        async def call(method: str, address: str, body: object = None, media_type: str = "application/json") -> None:
            data = json.dumps(body) if body is not None else None
            async with session.request(method, address, data=data, headers={"Content-Type": media_type}) as response:
                await response.read()
                response.raise_for_status()

        merge = "application/merge-patch+json"
        name = f"TLS, {CLIENTS} clients:"
        await timed(f"{name} create 4 KB", count, lambda n: call("POST", url, config_map(f"t{n}")), CLIENTS, "397")
        patch = lambda n: call("PATCH", f"{url}/t{n}", {"data": {"count": str(n)}}, merge)  # noqa: E731
        await timed(f"{name} merge patch", count, patch, CLIENTS, "265")
        await timed(f"{name} get", count, lambda n: call("GET", f"{url}/t{n}"), CLIENTS, "1089")
        await timed(f"TLS: list of {count}", 5, lambda n: call("GET", url), 1, "22")
    await listener.close()
    await server.stop()


async def empty() -> None:
    """How much time and memory one more empty server takes."""
    servers = [ApiServer(WallClock(), Ids(1)) for _ in range(101)]
    await servers[0].start()
    tracemalloc.start()
    start = time.perf_counter()
    for server in servers[1:]:
        await server.start()
    await asyncio.sleep(0.2)
    seconds = time.perf_counter() - start - 0.2
    kilobytes = tracemalloc.get_traced_memory()[0] / 1024 / 100
    tracemalloc.stop()
    print(f"{'one more empty server':46}{seconds * 10:10.2f} ms {kilobytes:9.0f} KB (traced: slower than untraced)")
    for server in servers:
        await server.stop()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=2000, metavar="COUNT", help="objects (default 2000)")
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await in_process(count, None)
        await in_process(count, folder / "store.db")
        await over_tls(count, folder)
    await empty()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())

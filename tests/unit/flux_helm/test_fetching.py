"""Reading over HTTP from a server of this test's own on loopback."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from fairlead.controllers.flux.helm.fetch import Access, FetchError, WebFetcher
from fairlead.testing.peers import free_port


async def _index(request: web.Request) -> web.Response:
    if request.headers.get("If-None-Match") == '"one"':
        return web.Response(status=304)
    return web.Response(body=b"entries", headers={"ETag": '"one"'})


async def _private(request: web.Request) -> web.Response:
    given = request.headers.get("Authorization", "")
    wanted = "Basic bWU6cHc="  # me:pw
    return web.Response(body=b"secret") if given == wanted else web.Response(status=401)


async def _slow(request: web.Request) -> web.Response:
    await asyncio.sleep(5)
    return web.Response()


def served(scenario: Callable[[str], Awaitable[None]]) -> None:
    async def main() -> None:
        app = web.Application()
        app.add_routes([web.get("/index.yaml", _index), web.get("/private", _private), web.get("/slow", _slow)])
        runner = web.AppRunner(app)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            await scenario(f"http://127.0.0.1:{port}")
        finally:
            await runner.cleanup()

    asyncio.run(main())


def test_unchanged_page_is_not_sent_again() -> None:
    """The mark of the first answer is asked with, and no body comes."""

    async def scenario(url: str) -> None:
        first = await WebFetcher().get(f"{url}/index.yaml", Access())
        assert (first.body, first.marks) == (b"entries", (("ETag", '"one"'),))
        again = await WebFetcher().get(f"{url}/index.yaml", Access(), first.marks)
        assert (again.is_unchanged, again.body) == (True, b"")

    served(scenario)


def test_user_and_password() -> None:
    """Basic authentication; without it the refusal is told as one."""

    async def scenario(url: str) -> None:
        answer = await WebFetcher().get(f"{url}/private", Access("me", "pw"))
        assert answer.body == b"secret"
        with pytest.raises(FetchError, match=r"failed to fetch .*/private : 401 Unauthorized") as caught:
            await WebFetcher().get(f"{url}/private", Access())
        assert caught.value.is_refused

    served(scenario)


def test_bounds() -> None:
    """Neither size nor time without end."""

    async def scenario(url: str) -> None:
        with pytest.raises(FetchError, match="exceeds the maximum size of 3 bytes"):
            await WebFetcher().get(f"{url}/index.yaml", Access(limit_bytes=3))
        with pytest.raises(FetchError, match="context deadline exceeded"):
            await WebFetcher().get(f"{url}/slow", Access(seconds=0.05))

    served(scenario)


def test_nobody_there() -> None:
    """In Go's words."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/index.yaml"
    text = f'Get "{url}": dial tcp 127.0.0.1:{port}: connect: connection refused'
    with pytest.raises(FetchError) as caught:
        asyncio.run(WebFetcher().get(url, Access()))
    assert str(caught.value) == text

"""The program with its sockets: what it tells, who is let in, and that a push is followed at once."""

import asyncio
import base64
import json
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fairlead.api.clusterapi.kinds import MACHINE
from fairlead.api.errors import ApiError
from fairlead.api.flux.kinds import GIT_REPOSITORY
from fairlead.app.firstobjects import FLUX_NAMESPACE, SOURCE, wake_sources
from fairlead.app.fleet import sample_fleet
from fairlead.app.program import Program
from fairlead.app.settings import Ports, Settings, StartError
from fairlead.base.objects import GVK, get_in
from fairlead.lab.front import server_name
from fairlead.runtime.conditions import is_true
from fairlead.runtime.http import HttpClient
from fairlead.runtime.kubeconfig import Access, load_access, parse_access

NODE = GVK("", "v1", "Node")
SECRET = GVK("", "v1", "Secret")
SKIFF = "192.168.20.11:6443"
PATIENCE_SECONDS = 60.0


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_SECONDS
    while not await condition():
        assert loop.time() < end, f"not within {PATIENCE_SECONDS} s: {what}"
        await asyncio.sleep(0.05)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t.invalid", *arguments], cwd=folder, check=True, timeout=60
    )


class Running:
    """A program with the sample's small cluster."""

    def __init__(self, program: Program, folder: Path) -> None:
        self.program = program
        self.folder = folder

    @property
    def endpoints(self) -> dict[str, str]:
        return dict(self.program.endpoints)

    async def workload_access(self, **changes: object) -> Access:
        """How kubectl reaches the workload cluster: the kubeconfig of its Secret, through the door."""
        secret = await self.program.client.get(SECRET, "skiff-kubeconfig", "staging")
        access = parse_access(base64.b64decode(secret["data"]["value"]))
        fields = {name: getattr(access, name) for name in Access.__slots__}
        door = {"server": f"https://{self.endpoints['workloads']}", "tls_server_name": server_name(SKIFF)}
        return Access(**{**fields, **door, **changes})  # type: ignore[arg-type]  # of the right types


def with_program(scenario: Callable[[Running], Awaitable[None]], tmp_path: Path) -> None:
    fleet = {path: file for path, file in sample_fleet().items() if "/harbour/" not in path}

    async def main() -> None:
        program = Program(Settings(folder=tmp_path / "data", ephemeral=True, fleet=fleet))
        await program.start()
        try:
            await scenario(Running(program, tmp_path))
        finally:
            await program.stop()
        assert list((tmp_path / "data").iterdir()) == []

    asyncio.run(main())


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_fleet_comes_up_and_follows_pushes(tmp_path: Path) -> None:
    """Everything at once, because starting is the dear part: the files, the door, three pushes in a row."""

    async def scenario(running: Running) -> None:
        await check_files(running)
        await until(lambda: has_nodes(running, 2), "two Ready nodes")
        await check_door(running)
        await check_pushes(running)

    with_program(scenario, tmp_path)


async def check_files(running: Running) -> None:
    """endpoints.json is what the program says, and the kubeconfig leads to its API."""
    folder = running.program.folder
    assert json.loads(folder.endpoints.read_text()) == running.program.endpoints
    assert set(running.endpoints) == {"api", "git", "vcenter", "workloads", "inventory", "kubeconfig"}
    client = HttpClient(load_access(Path(running.endpoints["kubeconfig"])))
    assert (await client.get(GIT_REPOSITORY, SOURCE, FLUX_NAMESPACE))["spec"]["url"] == running.endpoints["git"]
    await client.close()
    stranger = HttpClient(Access(server=running.endpoints["api"], insecure=True))
    with pytest.raises(ApiError, match="forbidden"):
        await stranger.list(SECRET)
    await stranger.close()


async def has_nodes(running: Running, count: int) -> bool:
    machines = (await running.program.client.list(MACHINE)).items
    ready = [is_true(get_in(m, "status", "conditions"), "NodeReady") for m in machines]
    return len(ready) == count and all(ready)


async def check_door(running: Running) -> None:
    """The kubeconfig's certificate opens it; no certificate, a wrong name and a wrong CA do not."""
    client = HttpClient(await running.workload_access())
    nodes = (await client.list(NODE)).items
    assert len(nodes) == 2
    await client.close()
    nobody = HttpClient(await running.workload_access(client_certificate=b"", client_key=b""))
    with pytest.raises(ApiError) as refused:
        await nobody.list(NODE)
    assert refused.value.code == 403
    await nobody.close()
    bearer = HttpClient(await running.workload_access(client_certificate=b"", client_key=b"", token="abcdef.0123"))
    with pytest.raises(ApiError) as unknown:
        await bearer.list(NODE)
    assert unknown.value.code == 401
    await bearer.close()
    elsewhere = HttpClient(await running.workload_access(tls_server_name=server_name("192.168.99.1:6443")))
    with pytest.raises(ApiError, match="certificate verify failed"):
        await elsewhere.list(NODE)
    await elsewhere.close()
    host, _, port = running.endpoints["workloads"].partition(":")
    plain = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection(host, int(port), ssl=plain, server_hostname=server_name(SKIFF))


async def check_pushes(running: Running) -> None:
    """Of pushes that come while the source is being fetched, none is lost: the last one is what is applied."""

    def push() -> str:
        clone = running.folder / "clone"
        git(running.folder, "clone", "-q", running.endpoints["git"], str(clone))
        values = clone / "clusters" / "staging" / "skiff" / "values.yaml"
        for replicas in (2, 3, 2):
            text = values.read_text()
            was = text.index("replicas: ", text.index("workers:"))
            values.write_text(f"{text[:was]}replicas: {replicas}{text[was + len('replicas: 1') :]}")
            git(clone, "commit", "-q", "-am", f"{replicas} workers")
            git(clone, "push", "-q")
        return subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True).stdout.strip()

    head = await asyncio.get_running_loop().run_in_executor(None, push)

    async def followed() -> bool:
        source = await running.program.client.get(GIT_REPOSITORY, SOURCE, FLUX_NAMESPACE)
        return bool(get_in(source, "status", "artifact", "revision") == f"main@sha1:{head}")

    await until(followed, "the last push to be fetched")
    await until(lambda: has_nodes(running, 3), "one control plane and two workers")


def test_two_pushes_in_one_second_are_two_requests(tmp_path: Path) -> None:
    """Each push asks anew, with or without `.git` in the source's URL; other sources are left alone."""

    async def scenario(running: Running) -> None:
        client, clock, url = running.program.client, running.program.clock, running.endpoints["git"]
        seen = []
        for each in (url, url.removesuffix(".git")):
            await wake_sources(client, clock, each)
            source = await client.get(GIT_REPOSITORY, SOURCE, FLUX_NAMESPACE)
            seen.append(source["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"])
        await wake_sources(client, clock, "http://127.0.0.1:1/other.git")
        source = await client.get(GIT_REPOSITORY, SOURCE, FLUX_NAMESPACE)
        assert source["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"] == seen[1]
        assert seen[0] != seen[1]

    with_program(scenario, tmp_path)


@pytest.mark.parametrize("name", ["api", "git", "vcenter", "workloads"])
def test_port_that_is_taken(tmp_path: Path, name: str) -> None:
    """The error names the port and the flag, and the folder can be used by the next start."""

    async def main() -> None:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        program = Program(Settings(folder=tmp_path, ports=Ports(**{name: port})))
        with pytest.raises(StartError, match=rf"127\.0\.0\.1:{port} .*--{name}-port"):
            await program.start()
        server.close()
        assert not program.folder.endpoints.exists()
        program.folder.take()
        program.folder.leave()

    asyncio.run(main())

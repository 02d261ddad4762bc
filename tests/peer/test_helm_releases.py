"""Releases that HelmReleases made, under an unmodified helm: list, history, get, and what it does to them."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fairlead.api.errors import ApiError
from fairlead.api.flux.kinds import HELM_RELEASE, KINDS
from fairlead.base import yaml as goyaml
from fairlead.runtime.clock import WallClock
from fairlead.runtime.http import HttpClient
from fairlead.runtime.kubeconfig import Access, render, write_private
from fairlead.server.listener import Face, Listener
from fairlead.server.pki import Authority, kubeconfig
from fairlead.testing import peers
from tests.unit.flux_helm.fleet import CHART, CONFIG_MAP, NAMESPACE, Fleet
from tests.unit.flux_helm.test_releases import is_gone

HELM = peers.find("helm")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(HELM is None, reason=peers.missing("helm") or "helm is there")]
PATIENCE_SECONDS = 20.0
NOTES = {"charts/parcel/templates/NOTES.txt": "Color is {{ .Values.color }}.\n"}
HOOK = {
    "charts/parcel/templates/hook.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hooked\n  annotations:\n    helm.sh/hook: pre-install\n"
    )
}


class Helm:
    """The real helm, on our server."""

    def __init__(self, config: Path) -> None:
        self._environment = {**os.environ, "KUBECONFIG": str(config), "HOME": str(config.parent)}

    async def run(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            str(HELM),
            *arguments,
            "--namespace",
            NAMESPACE,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
        assert process.returncode == 0, err.decode()
        return out.decode()

    async def read(self, *arguments: str) -> Any:
        return json.loads(await self.run(*arguments, "--output", "json"))


def on_our_server(folder: Path, scenario: Callable[[Fleet, Helm], Awaitable[None]]) -> None:
    """Run *scenario* with the controllers and a TLS face of the API server, in real time."""

    async def main() -> None:
        fleet, listener, now = Fleet(clock=WallClock()), Listener(), datetime.now(UTC)
        await fleet.start()
        authority = Authority.create("fairlead", now)
        names = ("localhost", "127.0.0.1")
        port = await listener.open(Face(fleet.server.asgi, authority.issue_server(names, now), authority.certificate))
        admin = authority.issue_client("admin", ("system:masters",), now)
        config = kubeconfig("fairlead", f"https://127.0.0.1:{port}", authority.certificate, pair=admin)
        write_private(folder / "kubeconfig", goyaml.dump(config))
        try:
            await scenario(fleet, Helm(folder / "kubeconfig"))
        finally:
            await listener.close()
            await fleet.stop()

    asyncio.run(main())


async def until_ready(fleet: Fleet, reason: str, version: int) -> None:
    """Wait until the release's newest revision came by *reason*."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        history = (await fleet.get()).get("status", {}).get("history") or [{}]
        ready = (await fleet.conditions()).get("Ready")
        if ready is not None and ready[:2] == ("True", reason) and history[0].get("version") == version:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not ready: {await fleet.conditions()}")


def test_helm_reads_our_releases(tmp_path: Path) -> None:
    """`helm list`, `history`, `status` and `get` show what was released, in two revisions."""

    async def scenario(fleet: Fleet, helm: Helm) -> None:
        await fleet.source({**CHART, **NOTES, **HOOK})
        await fleet.release(values={"color": "red", "replicas": 3})
        await until_ready(fleet, "InstallSucceeded", 1)
        await fleet.patch(spec={"values": {"color": "green"}})
        await until_ready(fleet, "UpgradeSucceeded", 2)
        (listed,) = await helm.read("list")
        assert (listed["name"], listed["revision"], listed["status"]) == ("app", "2", "deployed")
        assert (listed["chart"], listed["app_version"]) == ("parcel-0.1.0", "1.0")
        history = await helm.read("history", "app")
        assert [(item["revision"], item["status"], item["description"]) for item in history] == [
            (1, "superseded", "Install complete"),
            (2, "deployed", "Upgrade complete"),
        ]
        assert await helm.read("get", "values", "app") == {"color": "green", "replicas": 3}
        assert (await helm.read("get", "values", "app", "--all"))["extra"] == {}
        assert (await helm.run("get", "notes", "app")).endswith("Color is green.\n\n")
        manifest = await helm.run("get", "manifest", "app")
        assert manifest.startswith("---\n# Source: parcel/templates/config.yaml\n")
        assert "color: green" in manifest
        assert "name: hooked" in await helm.run("get", "hooks", "app")
        metadata = await helm.read("get", "metadata", "app")
        assert (metadata["chart"], metadata["version"], metadata["namespace"]) == ("parcel", "0.1.0", NAMESPACE)
        assert "STATUS: deployed" in await helm.run("status", "app")

    on_our_server(tmp_path, scenario)


def test_helm_rolls_our_release_back(tmp_path: Path) -> None:
    """What a person does with helm is found by the next look and put right as upstream does."""

    async def scenario(fleet: Fleet, helm: Helm) -> None:
        await fleet.source(CHART)
        await fleet.release(values={"color": "red"})
        await until_ready(fleet, "InstallSucceeded", 1)
        await fleet.patch(spec={"values": {"color": "green"}})
        await until_ready(fleet, "UpgradeSucceeded", 2)
        await helm.run("rollback", "app", "1", "--force-conflicts")
        assert (await fleet.data())["color"] == "red"
        await fleet.patch(metadata={"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}})
        await until_ready(fleet, "UpgradeSucceeded", 4)
        assert (await fleet.data())["color"] == "green"
        history = await helm.read("history", "app")
        assert [item["status"] for item in history] == ["superseded", "superseded", "superseded", "deployed"]

    on_our_server(tmp_path, scenario)


def test_we_read_helms_releases(tmp_path: Path) -> None:
    """A release that helm installed is taken over by a HelmRelease of its name; helm uninstalls ours."""

    async def scenario(fleet: Fleet, helm: Helm) -> None:
        chart = tmp_path / "parcel"
        for path, text in CHART.items():
            file = chart / path.removeprefix("charts/parcel/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        await helm.run("install", "app", str(chart), "--set", "color=black")
        (record,) = await fleet.records()
        assert (record.status, record.config) == ("deployed", {"color": "black"})
        assert record.metadata["name"] == "parcel"
        await fleet.source(CHART)
        await fleet.release(values={"color": "white"})
        await until_ready(fleet, "UpgradeSucceeded", 2)
        assert (await fleet.data())["color"] == "white"
        await fleet.patch(spec={"suspend": True})
        await helm.run("uninstall", "app")
        assert await fleet.records() == []

    on_our_server(tmp_path, scenario)


@pytest.mark.skipif(bool(peers.missing("etcd", "kube-apiserver")), reason=peers.missing("etcd", "kube-apiserver"))
def test_life_of_a_release_on_a_real_api(tmp_path: Path) -> None:
    """Installed, upgraded, drifted, read by helm and removed on a kube-apiserver; quiet in between."""

    async def main(access: Access) -> None:
        client = HttpClient(access)
        try:
            for kind in KINDS:
                await client.apply(kind.crd(), field_manager="fairlead")
            await until_served(client)
            write_private(tmp_path / "kubeconfig", goyaml.dump(render(access, cluster="real", user="admin")))
            fleet = Fleet(clock=WallClock(), client=client)
            await fleet.start()
            try:
                await life_of_a_release(fleet, Helm(tmp_path / "kubeconfig"))
            finally:
                await fleet.stop()
        finally:
            await client.close()

    with peers.kube_apiserver(tmp_path) as access:
        asyncio.run(main(access))


async def until_served(client: HttpClient) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            for kind in KINDS:
                await client.list(kind.gvk)
        except ApiError:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        else:
            return


async def life_of_a_release(fleet: Fleet, helm: Helm) -> None:
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec:\n"
        "  selector: {app: a}\n  ports: [{name: http, port: 80}]\n"
    )
    await fleet.source({**CHART, **NOTES, "charts/parcel/templates/service.yaml": service})
    await fleet.release(values={"color": "red"}, driftDetection={"mode": "enabled"})
    await until_ready(fleet, "InstallSucceeded", 1)
    await fleet.patch(spec={"values": {"color": "green"}})
    await until_ready(fleet, "UpgradeSucceeded", 2)
    await fleet.client.patch(CONFIG_MAP, "app-config", NAMESPACE, {"data": {"color": "odd"}}, field_manager="someone")
    await until(lambda: has_color(fleet, "green"))
    await fleet.client.delete(CONFIG_MAP, "app-config", NAMESPACE)
    await until(lambda: has_color(fleet, "green"))
    await until_ready(fleet, "UpgradeSucceeded", 2)
    (listed,) = await helm.read("list")
    assert (listed["name"], listed["revision"], listed["status"]) == ("app", "2", "deployed")
    before = (await fleet.get())["metadata"]["resourceVersion"]
    await asyncio.sleep(2)
    assert (await fleet.get())["metadata"]["resourceVersion"] == before
    await fleet.client.delete(HELM_RELEASE, "app", NAMESPACE)
    await until(lambda: is_gone(fleet, HELM_RELEASE, "app"))
    assert await is_gone(fleet, CONFIG_MAP, "app-config")
    assert await fleet.records() == []
    assert fleet.manager.errors == {}


async def has_color(fleet: Fleet, color: str) -> bool:
    try:
        return (await fleet.data())["color"] == color
    except ApiError:
        return False


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 (nothing tells when a server far away has caught up)
            await asyncio.sleep(0.05)

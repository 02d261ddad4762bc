"""HelmReleases into other clusters: through their kubeconfig, and only when they answer."""

import asyncio
import base64

import pytest

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK
from fairlead.runtime.client import Client
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.remote import CredentialsSource, Etcd, Remote, UnreachableError
from fairlead.server.server import ApiServer
from tests.unit.flux_helm.fleet import CHART, NAMESPACE, Fleet, simulate

CONFIG_MAP, SECRET = GVK("", "v1", "ConfigMap"), GVK("", "v1", "Secret")


class Away:
    """One other cluster, reached by a kubeconfig that says `away`."""

    def __init__(self) -> None:
        self.server = ApiServer(LoopClock(), Ids(7))
        self.is_up = asyncio.Event()
        self.dials = 0

    @property
    def client(self) -> Client:
        return self.server.client()

    async def etcd(self, credentials: CredentialsSource) -> Etcd:
        raise UnreachableError("no etcd here")

    async def close(self) -> None:
        return

    async def wait_reachable(self, kubeconfig: bytes) -> None:
        await self.is_up.wait()

    async def dial(self, kubeconfig: bytes) -> Remote:
        self.dials += 1
        if kubeconfig != b"away" or not self.is_up.is_set():
            raise UnreachableError("cannot reach the API at away:6443: connection refused")
        return self


def in_two_clusters(fleet: Fleet) -> Away:
    away = Away()
    fleet.dialer.other = away
    return away


def test_release_lands_in_the_other_cluster() -> None:
    """Objects and revisions are there, the HelmRelease and its events here; it goes on when the cluster answers."""

    async def scenario(fleet: Fleet) -> None:
        away = in_two_clusters(fleet)
        await away.server.start()
        await away.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        await fleet.source(CHART)
        await fleet.release(kubeConfig={"secretRef": {"name": "away-kubeconfig"}})
        await fleet.settle()
        assert (await fleet.conditions())["Ready"] == (
            "False",
            "RESTClientError",
            "could not get KubeConfig secret 'team/away-kubeconfig': secrets \"away-kubeconfig\" not found",
        )
        data = {"value": base64.b64encode(b"away").decode()}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "away-kubeconfig", "namespace": NAMESPACE}}
        await fleet.apply({**secret, "data": data})
        await fleet.settle(1)
        assert (await fleet.conditions())["Ready"] == (
            "False",
            "StateError",
            "Could not determine release state: failed to retrieve last release from storage: "
            "cannot reach the API at away:6443: connection refused",
        )
        away.is_up.set()
        await fleet.settle(0.5)
        assert (await fleet.conditions())["Ready"][0] == "True"
        found = await away.client.get(CONFIG_MAP, "app-config", NAMESPACE)
        assert found["data"]["color"] == "blue"
        stored = await away.client.list(SECRET, NAMESPACE, label_selector="owner=helm")
        assert [item["metadata"]["name"] for item in stored.items] == ["sh.helm.release.v1.app.v1"]
        assert await fleet.records() == []
        dials = away.dials
        await fleet.settle(1800)
        assert away.dials == dials
        await away.server.stop()

    simulate(scenario)


def test_drift_in_the_other_cluster_is_seen() -> None:
    """Watched there as here."""

    async def scenario(fleet: Fleet) -> None:
        away = in_two_clusters(fleet)
        await away.server.start()
        away.is_up.set()
        await away.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        data = {"value": base64.b64encode(b"away").decode()}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k", "namespace": NAMESPACE}}
        await fleet.apply({**secret, "data": data})
        await fleet.source(CHART)
        await fleet.release(kubeConfig={"secretRef": {"name": "k"}}, driftDetection={"mode": "enabled"})
        await fleet.settle()
        await away.client.delete(CONFIG_MAP, "app-config", NAMESPACE)
        await fleet.settle(0.5)
        assert (await away.client.get(CONFIG_MAP, "app-config", NAMESPACE))["data"]["color"] == "blue"
        await away.server.stop()

    simulate(scenario)


def test_release_of_a_cluster_that_is_gone_can_be_deleted() -> None:
    """Without its kubeconfig there is nothing to uninstall from; nothing hangs."""

    async def scenario(fleet: Fleet) -> None:
        from fairlead.api.flux.kinds import HELM_RELEASE

        away = in_two_clusters(fleet)
        await away.server.start()
        away.is_up.set()
        await away.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        data = {"value": base64.b64encode(b"away").decode()}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k", "namespace": NAMESPACE}}
        await fleet.apply({**secret, "data": data})
        await fleet.source(CHART)
        await fleet.release(kubeConfig={"secretRef": {"name": "k"}})
        await fleet.settle()
        await fleet.client.delete(SECRET, "k", NAMESPACE)
        await fleet.client.delete(HELM_RELEASE, "app", NAMESPACE)
        await fleet.settle()
        with pytest.raises(ApiError, match="not found"):
            await fleet.get()
        await away.server.stop()

    simulate(scenario)


def test_templates_see_the_version_of_their_cluster() -> None:
    """`.Capabilities` speaks of the cluster that is released into, not of this one."""

    async def scenario(fleet: Fleet) -> None:
        away = in_two_clusters(fleet)
        away.server.version = "v1.29.3"
        await away.server.start()
        away.is_up.set()
        await away.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        data = {"value": base64.b64encode(b"away").decode()}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k", "namespace": NAMESPACE}}
        await fleet.apply({**secret, "data": data})
        template = (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seen}\ndata:\n"
            "  version: {{ .Capabilities.KubeVersion.Version }}\n"
            '  jobs: {{ .Capabilities.APIVersions.Has "batch/v1/Job" | quote }}\n'
            '  boats: {{ .Capabilities.APIVersions.Has "sea.example.com/v1" | quote }}\n'
        )
        await fleet.source({**CHART, "charts/parcel/templates/seen.yaml": template})
        await fleet.release(kubeConfig={"secretRef": {"name": "k"}})
        await fleet.settle()
        seen = await away.client.get(CONFIG_MAP, "seen", NAMESPACE)
        assert seen["data"] == {"version": "v1.29.3", "jobs": "true", "boats": "false"}
        await away.server.stop()

    simulate(scenario)

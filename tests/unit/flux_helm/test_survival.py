"""Whatever is interrupted goes on: the controllers are killed after each write, and come to the same end."""

from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from fairlead.api.errors import ApiError
from fairlead.api.flux.kinds import HELM_CHART, HELM_RELEASE
from fairlead.base.objects import Json
from fairlead.runtime.client import Client
from tests.unit.flux_helm.fleet import CHART, CONFIG_MAP, DEPLOYMENT, NAMESPACE, Fleet, Mortal, simulate
from tests.unit.flux_helm.test_hooks import JOB, JOBS, complete
from tests.unit.flux_helm.test_releases import WAITING, is_gone

EXTRA = {
    "charts/parcel/templates/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\ndata: {x: '1'}\n"
}
NEWER = {"charts/parcel/Chart.yaml": CHART["charts/parcel/Chart.yaml"].replace("0.1.0", "0.2.0")}


Act = Callable[[], Awaitable[None]]


async def killed_after(fleet: Fleet, writes: int, commit: str, files: dict[str, str], act: Act) -> None:
    """Start the controllers anew, let them write *writes* times after *act*, kill them, and start them once more."""
    await fleet.kill()
    mortal = Mortal(fleet.client, writes)
    fleet.run_controllers(cast(Client, mortal))
    await fleet.source(files, commit=commit)
    await act()
    await fleet.settle()
    assert mortal.died.is_set()
    await fleet.kill()
    fleet.run_controllers()
    await fleet.source(files, commit=commit)
    await fleet.settle(60)


async def outcome(fleet: Fleet) -> Json:
    """What must not depend on when the controllers died."""
    records = await fleet.records()
    found = await fleet.client.list(CONFIG_MAP, NAMESPACE)
    return {
        "ready": (await fleet.conditions())["Ready"][0],
        "deployed": [record.status for record in records].count("deployed"),
        "last": records[-1].status,
        "config": records[-1].config,
        "objects": sorted(item["metadata"]["name"] for item in found.items),
        "color": (await fleet.data())["color"],
    }


@pytest.mark.parametrize("writes", range(13))
def test_killed_while_installing(writes: int) -> None:
    """One deployed release with all its objects, whenever the process died."""

    async def scenario(fleet: Fleet) -> None:
        files = {**CHART, **EXTRA}
        await killed_after(fleet, writes, "1" * 40, files, lambda: fleet.release(values={"color": "red"}))
        assert await outcome(fleet) == {
            "ready": "True",
            "deployed": 1,
            "last": "deployed",
            "config": {"color": "red"},
            "objects": ["app-config", "more"],
            "color": "red",
        }
        before = fleet.revision
        await fleet.settle(1200)
        assert fleet.revision == before

    simulate(scenario)


@pytest.mark.parametrize("writes", range(9))
def test_killed_while_upgrading(writes: int) -> None:
    """The objects that left the chart are gone, one release is deployed."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source({**CHART, **EXTRA})
        await fleet.release(values={"color": "red"})
        await fleet.settle()
        files = {**CHART, **NEWER}
        await killed_after(fleet, writes, "2" * 40, files, lambda: fleet.patch(spec={"values": {"color": "green"}}))
        assert await outcome(fleet) == {
            "ready": "True",
            "deployed": 1,
            "last": "deployed",
            "config": {"color": "green"},
            "objects": ["app-config"],
            "color": "green",
        }

    simulate(scenario)


@pytest.mark.parametrize("writes", range(8))
def test_killed_while_uninstalling(writes: int) -> None:
    """Nothing is left, nothing hangs on a finalizer."""

    async def scenario(fleet: Fleet) -> None:
        files = {**CHART, **EXTRA}
        await fleet.source(files)
        await fleet.release()
        await fleet.settle()

        async def delete() -> None:
            await fleet.client.delete(HELM_RELEASE, "app", NAMESPACE)

        await killed_after(fleet, writes, "1" * 40, files, delete)
        assert await fleet.records() == []
        assert (await fleet.client.list(CONFIG_MAP, NAMESPACE)).items == ()
        assert await is_gone(fleet, HELM_RELEASE, "app")
        assert await is_gone(fleet, HELM_CHART, "team-app")

    simulate(scenario)


@pytest.mark.parametrize("writes", range(11, 23))
def test_killed_while_remediating(writes: int) -> None:
    """An uninstallation after a failure that was interrupted is finished, and installing goes on."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.kill()
        mortal = Mortal(fleet.client, writes)
        fleet.run_controllers(cast(Client, mortal))
        await fleet.source(WAITING)
        await fleet.release(timeout="6s", install={"remediation": {"retries": 3}})
        await fleet.settle(12)
        assert mortal.died.is_set()
        await fleet.kill()
        fleet.run_controllers()
        await fleet.source(WAITING)
        for _ in range(30):
            await fleet.settle(1)
            if not await is_gone(fleet, DEPLOYMENT, "app"):
                await fleet.make_ready()
        assert (await fleet.conditions())["Ready"][0] == "True"
        assert [record.status for record in await fleet.records()].count("deployed") == 1

    simulate(scenario)


def test_history_is_kept_on_request() -> None:
    """uninstall.keepHistory leaves the revisions, as uninstalled and superseded."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(uninstall={"keepHistory": True})
        await fleet.settle()
        await fleet.patch(spec={"values": {"color": "red"}})
        await fleet.settle()
        await fleet.client.delete(HELM_RELEASE, "app", NAMESPACE)
        await fleet.settle()
        assert await is_gone(fleet, HELM_RELEASE, "app")
        assert await is_gone(fleet, CONFIG_MAP, "app-config")
        assert [(record.version, record.status) for record in await fleet.records()] == [
            (1, "superseded"),
            (2, "uninstalled"),
        ]
        await fleet.release()
        await fleet.settle()
        assert "cannot reuse a name that is still in use" in (await fleet.conditions())["Ready"][2]
        await fleet.patch(spec={"install": {"replace": True}})
        await fleet.settle()
        assert (await fleet.records())[-1].status == "deployed"

    simulate(scenario)


def test_deletion_waits_for_its_hook() -> None:
    """A pre-delete hook runs to its end before anything is deleted."""

    async def scenario(fleet: Fleet) -> None:
        job = JOB.format(name="farewell", event="pre-delete", weight=0, policy="hook-succeeded")
        await fleet.source({**CHART, "charts/parcel/templates/a.yaml": job})
        await fleet.release()
        await fleet.settle()
        assert await is_gone(fleet, JOBS, "farewell")
        await fleet.client.delete(HELM_RELEASE, "app", NAMESPACE)
        await fleet.settle()
        assert not await is_gone(fleet, CONFIG_MAP, "app-config")
        job_uid = (await fleet.client.get(JOBS, "farewell", NAMESPACE))["metadata"]["uid"]
        await fleet.patch(metadata={"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}})
        await fleet.settle()
        assert (await fleet.client.get(JOBS, "farewell", NAMESPACE))["metadata"]["uid"] == job_uid
        await complete(fleet, "farewell")
        await fleet.settle()
        assert await is_gone(fleet, HELM_RELEASE, "app")
        assert await is_gone(fleet, JOBS, "farewell")

    simulate(scenario)


def test_refused_object_fails_the_upgrade_and_new_objects_are_cleaned_up() -> None:
    """The API's refusal is in the message; with cleanupOnFail what was new is gone again."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(upgrade={"cleanupOnFail": True})
        await fleet.settle()
        bad = "apiVersion: v1\nkind: Service\nmetadata: {name: zz}\nspec: {ports: [{port: 99999999}]}\n"
        files = {**CHART, **NEWER, **EXTRA, "charts/parcel/templates/z.yaml": bad}
        await fleet.source(files, commit="2" * 40)
        await fleet.settle()
        message = (await fleet.conditions())["Ready"][2]
        assert message.startswith(
            "Helm upgrade failed for release team/app with chart parcel@0.2.0: failed to create resource: "
            "server-side apply failed for object team/zz /v1, Kind=Service: "
        )
        assert await is_gone(fleet, CONFIG_MAP, "more")
        assert [(record.version, record.status) for record in await fleet.records()] == [(1, "deployed"), (2, "failed")]
        with pytest.raises(ApiError):
            await fleet.data("more")

    simulate(scenario)

"""Drift of released objects, in virtual time: found by watching, put right at once, with restraint."""

import asyncio

from fairlead.base.objects import GVK
from fairlead.controllers.flux.helm.values import CONFIG_MAP
from tests.unit.flux_helm.fleet import CHART, NAMESPACE, Fleet, simulate


def test_drift_is_corrected_as_it_happens() -> None:
    """An edited and a deleted object are put right; what the chart does not set is nobody's business."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(driftDetection={"mode": "enabled"})
        await fleet.settle()
        assert (await fleet.conditions())["Drifted"] == (
            "False",
            "NoDriftDetected",
            "No drift detected against the cluster state",
        )
        await fleet.client.patch(
            CONFIG_MAP, "app-config", NAMESPACE, {"data": {"color": "odd"}}, field_manager="someone"
        )
        await fleet.settle(0.5)
        assert (await fleet.data())["color"] == "blue"
        start = "Cluster state of release team/app.v1 has"
        assert (await fleet.events())[-2:] == [
            (
                "DriftDetected",
                f"{start} drifted from the desired state:\n"
                "ConfigMap/team/app-config changed (0 additions, 1 changes, 0 removals)",
            ),
            ("DriftCorrected", f"{start} been corrected:\nConfigMap/team/app-config configured"),
        ]
        await fleet.client.delete(CONFIG_MAP, "app-config", NAMESPACE)
        await fleet.settle(0.5)
        assert (await fleet.data())["color"] == "blue"
        assert (await fleet.conditions())["Ready"][0] == "True"
        await fleet.client.patch(CONFIG_MAP, "app-config", NAMESPACE, {"data": {"extra": "x"}}, field_manager="someone")
        await fleet.settle(0.5)
        before = fleet.revision
        await fleet.settle(1800)
        assert fleet.revision == before
        assert (await fleet.data())["extra"] == "x"

    simulate(scenario)


def test_fight_with_another_manager_slows_down() -> None:
    """An object that another keeps changing is put right less and less often, and at last when the other gave up."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(driftDetection={"mode": "enabled"})
        await fleet.settle()
        odd, lost = {"data": {"color": "odd"}}, 0

        async def fight() -> None:
            nonlocal lost
            async for event in fleet.client.watch(CONFIG_MAP, NAMESPACE):
                if event.type == "MODIFIED" and event.object["data"]["color"] == "blue":
                    lost += 1
                    await fleet.client.patch(CONFIG_MAP, "app-config", NAMESPACE, odd, field_manager="other")

        other = asyncio.create_task(fight())
        await fleet.client.patch(CONFIG_MAP, "app-config", NAMESPACE, odd, field_manager="other")
        await fleet.settle(600)
        other.cancel()
        assert 5 <= lost <= 15
        await fleet.settle(310)
        assert (await fleet.data())["color"] == "blue"
        assert (await fleet.conditions())["Drifted"][0] == "False"

    simulate(scenario)


def test_two_helmreleases_of_one_release_slow_down() -> None:
    """Each takes the release from the other, less and less often, and says who the other is; one that goes ends it."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(driftDetection={"mode": "enabled"})
        await fleet.settle()
        await fleet.release("twin", releaseName="app", driftDetection={"mode": "enabled"}, values={"color": "red"})
        await fleet.settle(600)
        assert max(record.version for record in await fleet.records()) < 30
        told = [(await fleet.conditions(name))["Ready"] for name in ("app", "twin")]
        [(status, reason, message)] = [ready for ready in told if ready[1] == "ReleaseContested"]
        assert status == "False"
        maker = "twin" if told[0][1] == reason else "app"
        assert f"was made by HelmRelease team/{maker}, again and again; give one of the two another" in message
        await fleet.patch("twin", spec={"suspend": True})
        await fleet.settle(310)
        assert (await fleet.data())["color"] == "blue"
        assert (await fleet.conditions())["Ready"][0] == "True"
        before = fleet.revision
        await fleet.settle(1800)
        assert fleet.revision == before

    simulate(scenario)


def test_drift_is_only_reported_in_warn_mode() -> None:
    """The condition says so, the object stays as it was changed."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(driftDetection={"mode": "warn"})
        await fleet.settle()
        await fleet.client.patch(CONFIG_MAP, "app-config", NAMESPACE, {"data": {"color": "odd"}}, field_manager="x")
        await fleet.settle(0.5)
        assert (await fleet.conditions())["Drifted"][:2] == ("True", "DriftDetected")
        assert (await fleet.data())["color"] == "odd"
        before = fleet.revision
        await fleet.settle(3600)
        assert fleet.revision == before

    simulate(scenario)


def test_ignored_drift_is_left_alone() -> None:
    """Paths under driftDetection.ignore are not compared."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        ignore = [{"paths": ["/data/color"], "target": {"kind": "ConfigMap"}}]
        await fleet.release(driftDetection={"mode": "enabled", "ignore": ignore})
        await fleet.settle()
        await fleet.client.patch(CONFIG_MAP, "app-config", NAMESPACE, {"data": {"color": "odd"}}, field_manager="x")
        await fleet.settle(2)
        assert (await fleet.data())["color"] == "odd"

    simulate(scenario)


def test_drift_that_cannot_be_compared_is_a_state_error() -> None:
    """The API's refusal of the dry run is named; once the object is as it was, all is well again."""

    async def scenario(fleet: Fleet) -> None:
        service = "apiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec:\n  ports: [{name: http, port: 80}]\n"
        await fleet.source({**CHART, "charts/parcel/templates/service.yaml": service})
        await fleet.release(driftDetection={"mode": "enabled"})
        await fleet.settle()
        services = GVK("", "v1", "Service")
        for port, status in ((81, "False"), (80, "True")):
            ports = [{"name": "http", "port": port, "protocol": "TCP", "targetPort": 80}]
            await fleet.client.patch(services, "front", NAMESPACE, {"spec": {"ports": ports}}, field_manager="someone")
            await fleet.settle(35)
            assert (await fleet.conditions())["Ready"][0] == status
            if status == "False":
                assert (await fleet.conditions())["Ready"][1:] == (
                    "StateError",
                    "Could not determine release state: unable to determine cluster state: Service/team/front dry-run "
                    'failed (Invalid): Service "front" is invalid: spec.ports[1].name: Duplicate value: "http"',
                )

    simulate(scenario)

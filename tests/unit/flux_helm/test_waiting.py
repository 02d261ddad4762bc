"""Releases that wait, fail, are remediated and tried again, in virtual time."""

from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK
from fairlead.controllers.flux.helm.values import CONFIG_MAP
from tests.unit.flux_helm.fleet import CHART, NAMESPACE, Fleet, simulate
from tests.unit.flux_helm.test_releases import INSTALLED, WAITING, is_gone


def test_installs_and_then_writes_nothing() -> None:
    """A release is installed once; after that hours pass without a write."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(values={"color": "red"})
        await fleet.settle()
        assert await fleet.conditions() == {
            "Ready": ("True", "InstallSucceeded", INSTALLED),
            "Released": ("True", "InstallSucceeded", INSTALLED),
        }
        assert (await fleet.data())["color"] == "red"
        before = fleet.revision
        await fleet.settle(6 * 3600)
        assert fleet.revision == before

    simulate(scenario)


def test_waits_for_what_it_installed() -> None:
    """Ready comes with the Deployment; until then the status says what is going on."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(WAITING)
        await fleet.release()
        await fleet.settle(60)
        running = ("Progressing", "Running 'install' action with timeout of 5m0s")
        assert await fleet.conditions() == {"Reconciling": ("True", *running), "Ready": ("Unknown", *running)}
        assert [record.status for record in await fleet.records()] == ["pending-install"]
        await fleet.make_ready()
        await fleet.settle(0.5)
        assert (await fleet.conditions())["Ready"] == ("True", "InstallSucceeded", INSTALLED)

    simulate(scenario)


def test_many_waiting_releases_hold_nobody_up() -> None:
    """Forty releases that wait leave room for one that need not."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(WAITING)
        await fleet.source(CHART, name="quick")
        for number in range(40):
            await fleet.release(f"slow-{number}")
        await fleet.settle(5)
        await fleet.release("quick", chart={"sourceRef": {"kind": "GitRepository", "name": "quick"}})
        await fleet.settle(5)
        assert (await fleet.conditions("quick"))["Ready"][0] == "True"
        assert (await fleet.conditions("slow-3"))["Ready"][0] == "Unknown"

    simulate(scenario)


def test_install_that_never_gets_ready_stalls() -> None:
    """Without retries the failed release stays, and a person must change something."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(WAITING)
        await fleet.release(timeout="6s")
        await fleet.settle(20)
        text = (
            "Helm install failed for release team/app with chart parcel@0.1.0: "
            "timeout waiting for: [Deployment/team/app status: 'InProgress']"
        )
        assert await fleet.conditions() == {
            "Stalled": ("True", "RetriesExceeded", "Failed to install after 1 attempt(s)"),
            "Ready": ("False", "InstallFailed", text),
            "Released": ("False", "InstallFailed", text),
        }
        before = fleet.revision
        await fleet.settle(3600)
        assert fleet.revision == before
        await fleet.patch(spec={"values": {"color": "red"}})
        await fleet.settle(1)
        await fleet.make_ready()
        await fleet.settle(1)
        assert (await fleet.conditions())["Ready"][1] == "UpgradeSucceeded"
        assert [record.version for record in await fleet.records()] == [1, 2]

    simulate(scenario)


def test_install_is_remediated_and_tried_again() -> None:
    """With one retry: install, uninstall, install, then stalled."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(WAITING)
        await fleet.release(timeout="6s", install={"remediation": {"retries": 1}})
        await fleet.settle(6.5)
        conditions = await fleet.conditions()
        assert conditions["Remediated"] == (
            "True",
            "UninstallSucceeded",
            "Helm uninstall remediation for release team/app.v1 with chart parcel@0.1.0 succeeded",
        )
        assert await is_gone(fleet, CONFIG_MAP, "app-config")
        await fleet.settle(20)
        assert (await fleet.conditions())["Stalled"] == (
            "True",
            "RetriesExceeded",
            "Failed to install after 2 attempt(s)",
        )
        reasons = [reason for reason, _ in await fleet.events()]
        assert set(reasons) == {"HelmChartCreated", "InstallFailed", "UninstallSucceeded"}

    simulate(scenario)


def test_failed_upgrade_is_rolled_back() -> None:
    """The last good revision's objects are back, as a new revision."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(WAITING)
        remediation = {"retries": 0, "remediateLastFailure": True, "strategy": "rollback"}
        await fleet.release(timeout="8s", upgrade={"remediation": remediation})
        await fleet.settle(1)
        await fleet.make_ready()
        await fleet.settle(1)
        await fleet.patch(spec={"values": {"color": "red"}})
        await fleet.settle(8.5)
        await fleet.make_ready()
        await fleet.settle(1)
        rolled = "Helm rollback to previous release team/app.v1 with chart parcel@0.1.0 succeeded"
        conditions = await fleet.conditions()
        assert conditions["Ready"] == ("False", "RollbackSucceeded", rolled)
        assert conditions["Remediated"] == ("True", "RollbackSucceeded", rolled)
        assert (await fleet.data())["color"] == "blue"
        assert [(record.version, record.status) for record in await fleet.records()] == [
            (1, "superseded"),
            (2, "failed"),
            (3, "deployed"),
        ]
        before = fleet.revision
        await fleet.settle(3600)
        assert fleet.revision == before
        await fleet.patch(spec={"values": {"color": "white"}})
        await fleet.settle(1)
        await fleet.make_ready()
        await fleet.settle(1)
        assert (await fleet.conditions())["Ready"][2].startswith("Helm upgrade succeeded for release team/app.v4")
        assert "Remediated" not in await fleet.conditions()

    simulate(scenario)


def test_dependency_is_waited_for_without_polling() -> None:
    """The dependant goes on the moment its dependency is ready."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(WAITING)
        await fleet.source(CHART, name="quick")
        await fleet.release("low", timeout="90s")
        await fleet.release(
            "high", dependsOn=[{"name": "low"}], chart={"sourceRef": {"kind": "GitRepository", "name": "quick"}}
        )
        await fleet.settle(5)
        assert (await fleet.conditions("high"))["Ready"] == (
            "False",
            "DependencyNotReady",
            "dependency 'team/low' is not ready",
        )
        await fleet.make_ready("low")
        await fleet.settle(0.2)
        assert (await fleet.conditions("high"))["Ready"][0] == "True"

    simulate(scenario)


def test_releases_that_wait_for_each_other_name_the_ring() -> None:
    """The reason and the words are upstream's, followed by the way from the release back to it."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release("low", dependsOn=[{"name": "high"}])
        await fleet.release("high", dependsOn=[{"name": "low"}])
        await fleet.settle(65)
        assert (await fleet.conditions("high"))["Ready"] == (
            "False",
            "DependencyNotReady",
            "dependency 'team/low' is not ready: a cycle of dependsOn: team/high -> team/low -> team/high; "
            "take one of these entries out",
        )

    simulate(scenario)


def test_new_values_interrupt_a_wait() -> None:
    """A spec that changes while a release waits is not made to wait for the timeout."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(WAITING)
        await fleet.release(values={"color": "bad"})
        await fleet.settle(5)
        await fleet.patch(spec={"values": {"color": "good"}})
        await fleet.settle(1)
        await fleet.make_ready()
        await fleet.settle(2)
        assert (await fleet.conditions())["Ready"][0] == "True"
        assert (await fleet.data())["color"] == "good"

    simulate(scenario)


def test_new_config_map_interrupts_a_wait() -> None:
    """Values that change while a release waits count at once; a status of its own does not."""

    async def scenario(fleet: Fleet) -> None:
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "v", "namespace": NAMESPACE}}
        await fleet.apply({**config, "data": {"values.yaml": "color: bad"}})
        await fleet.source(WAITING)
        await fleet.release(valuesFrom=[{"kind": "ConfigMap", "name": "v"}])
        await fleet.settle(5)
        assert [record.status for record in await fleet.records()] == ["pending-install"]
        await fleet.apply({**config, "data": {"values.yaml": "color: good"}})
        await fleet.settle(1)
        await fleet.make_ready()
        await fleet.settle(1)
        assert (await fleet.conditions())["Ready"][0] == "True"
        assert (await fleet.data())["color"] == "good"

    simulate(scenario)


def test_custom_health() -> None:
    """healthCheckExprs say when an object of one's own kind is ready."""

    async def scenario(fleet: Fleet) -> None:
        crd = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "boats.sea.example.com"},
            "spec": {
                "group": "sea.example.com",
                "names": {"kind": "Boat", "plural": "boats", "singular": "boat", "listKind": "BoatList"},
                "scope": "Namespaced",
                "versions": [
                    {
                        "name": "v1",
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                    }
                ],
            },
        }
        boat = "apiVersion: sea.example.com/v1\nkind: Boat\nmetadata: {name: skiff}\nspec: {}\n"
        files = {"charts/parcel/crds/boat.yaml": goyaml.dump(crd), "charts/parcel/templates/boat.yaml": boat}
        await fleet.source({**CHART, **files})
        check = {"apiVersion": "sea.example.com/v1", "kind": "Boat", "current": "status.afloat == true"}
        await fleet.release(healthCheckExprs=[check])
        await fleet.settle()
        assert (await fleet.conditions())["Ready"][0] == "Unknown"
        boats = GVK("sea.example.com", "v1", "Boat")
        await fleet.client.patch(boats, "skiff", NAMESPACE, {"status": {"afloat": True}})
        await fleet.settle()
        assert (await fleet.conditions())["Ready"][0] == "True"
        entries = (await fleet.get())["status"]["inventory"]["entries"]
        assert {"id": "_boats.sea.example.com_apiextensions.k8s.io_CustomResourceDefinition", "v": "v1"} in entries

    simulate(scenario)


def test_reset_gives_new_attempts() -> None:
    """The annotation resetAt forgets failures, so that a stalled release is tried again."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(WAITING)
        await fleet.release(timeout="5s")
        await fleet.settle(10)
        assert (await fleet.conditions())["Stalled"][1] == "RetriesExceeded"
        asked = {"reconcile.fluxcd.io/requestedAt": "one", "reconcile.fluxcd.io/resetAt": "one"}
        await fleet.patch(metadata={"annotations": asked})
        await fleet.settle(1)
        await fleet.make_ready()
        await fleet.settle(1)
        assert (await fleet.conditions())["Ready"][1] == "UpgradeSucceeded"
        assert (await fleet.get())["status"]["lastHandledResetAt"] == "one"

    simulate(scenario)


def test_retry_on_failure() -> None:
    """With the strategy RetryOnFailure a failed release is upgraded again after the interval, without remediation."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(WAITING)
        retry = {"strategy": {"name": "RetryOnFailure", "retryInterval": "30s"}}
        await fleet.release(timeout="5s", install=retry, upgrade=retry)
        await fleet.settle(10)
        conditions = await fleet.conditions()
        assert conditions["Reconciling"] == ("True", "ProgressingWithRetry", "retrying after 30s")
        assert conditions["Ready"][1] == "InstallFailed"
        await fleet.settle(26)
        await fleet.make_ready()
        await fleet.settle(2)
        assert (await fleet.conditions())["Ready"][1] == "UpgradeSucceeded"
        assert "failures" not in (await fleet.get())["status"]

    simulate(scenario)


def test_deletion_interrupts_a_wait() -> None:
    """A release that waits for something that never comes can be deleted at once."""

    async def scenario(fleet: Fleet) -> None:
        from fairlead.api.flux.kinds import HELM_RELEASE

        await fleet.source(WAITING)
        await fleet.release()
        await fleet.settle(5)
        await fleet.client.delete(HELM_RELEASE, "app", NAMESPACE)
        await fleet.settle(3)
        assert await is_gone(fleet, HELM_RELEASE, "app")
        assert await is_gone(fleet, CONFIG_MAP, "app-config")
        assert await fleet.records() == []

    simulate(scenario)

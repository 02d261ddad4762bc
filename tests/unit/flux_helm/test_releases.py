"""HelmReleases in virtual time: what a person sees after each change."""

import asyncio

import pytest

from fairlead.api.errors import ApiError
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, get_in
from fairlead.controllers.flux.helmvalues import CONFIG_MAP
from tests.unit.flux_helm.fleet import CHART, DEPLOY, NAMESPACE, SECRET, Fleet, simulate

WAITING = {**CHART, "charts/parcel/templates/deployment.yaml": DEPLOY}
INSTALLED = "Helm install succeeded for release team/app.v1 with chart parcel@0.1.0"


async def is_gone(fleet: Fleet, gvk: GVK, name: str) -> bool:
    try:
        await fleet.client.get(gvk, name, NAMESPACE)
    except ApiError as error:
        return error.is_not_found
    return False


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


def test_upgrade_follows_values() -> None:
    """Changed values are a new revision; the history keeps the one before, the storage too."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release()
        await fleet.settle()
        await fleet.patch(spec={"values": {"color": "green"}})
        await fleet.settle()
        status = (await fleet.get())["status"]
        assert [(item["version"], item["status"], item.get("action")) for item in status["history"]] == [
            (2, "deployed", "upgrade"),
            (1, "superseded", None),
        ]
        assert [(record.version, record.status) for record in await fleet.records()] == [
            (1, "superseded"),
            (2, "deployed"),
        ]
        assert await fleet.data() == {"color": "green", "revision": "2"}
        assert status["lastAttemptedConfigDigest"].startswith("sha256:5b056e7a74cf")

    simulate(scenario)


def test_only_five_revisions_are_kept() -> None:
    """Older revisions leave Helm's storage."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release()
        for color in "abcdefg":
            await fleet.settle()
            await fleet.patch(spec={"values": {"color": color}})
        await fleet.settle()
        assert [record.version for record in await fleet.records()] == [4, 5, 6, 7, 8]

    simulate(scenario)


def test_changed_config_map_wakes_the_release() -> None:
    """Values in a ConfigMap count at once; a missing one is said, and healed when it comes."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(valuesFrom=[{"kind": "ConfigMap", "name": "later"}])
        await fleet.settle()
        text = (
            "could not resolve ConfigMap chart values reference 'team/later' with key 'values.yaml': "
            'configmaps "later" not found'
        )
        assert (await fleet.conditions())["Ready"] == ("False", "ValuesError", text)
        assert (await fleet.events()).count(("ValuesError", text)) == 1
        later = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "later", "namespace": NAMESPACE}}
        await fleet.apply({**later, "data": {"values.yaml": "color: black\n"}})
        await fleet.settle(0.5)
        assert (await fleet.data())["color"] == "black"
        await fleet.apply({**later, "data": {"values.yaml": "color: white\n"}})
        await fleet.settle(0.5)
        assert (await fleet.data()) == {"color": "white", "revision": "2"}

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


def test_template_error_names_the_place() -> None:
    """What a template says reaches the condition; nothing is stored; new values heal it."""

    async def scenario(fleet: Fleet) -> None:
        broken = (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n"
            '  size: {{ required "a size is needed" .Values.size }}\n'
        )
        await fleet.source({**CHART, "charts/parcel/templates/extra.yaml": broken})
        await fleet.release()
        await fleet.settle(30)
        text = (
            "Helm install failed for release team/app with chart parcel@0.1.0: "
            "execution error at (parcel/templates/extra.yaml:6:11): a size is needed"
        )
        conditions = await fleet.conditions()
        assert conditions["Ready"] == ("False", "InstallFailed", text)
        assert conditions["Reconciling"][1] == "Progressing"
        assert await fleet.records() == []
        assert (await fleet.get())["status"]["observedGeneration"] == -1
        assert (await fleet.events()).count(("InstallFailed", text)) == 1
        await fleet.patch(spec={"values": {"size": "big"}})
        await fleet.settle()
        assert (await fleet.conditions())["Ready"][0] == "True"

    simulate(scenario)


def test_values_that_the_schema_refuses() -> None:
    """Helm's text, in the condition."""

    async def scenario(fleet: Fleet) -> None:
        schema = '{"type":"object","properties":{"replicas":{"type":"integer","minimum":0}}}'
        await fleet.source({**CHART, "charts/parcel/values.schema.json": schema})
        await fleet.release(values={"replicas": -1})
        await fleet.settle()
        message = (await fleet.conditions())["Ready"][2]
        assert message.endswith(
            "values don't meet the specifications of the schema(s) in the following chart(s):\n"
            "parcel:\n- at '/replicas': minimum: got -1, want 0"
        )

    simulate(scenario)


def test_chart_that_is_not_there() -> None:
    """The HelmChart says what is missing, the release repeats it; a corrected path heals it at once."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(chart={"chart": "./charts/none"})
        await fleet.settle()
        text = "invalid chart reference: stat charts/none: no such file or directory"
        assert (await fleet.conditions())["Ready"] == (
            "False",
            "SourceNotReady",
            f"HelmChart 'team/team-app' is not ready: {text}",
        )
        chart = (await fleet.chart())["status"]["conditions"]
        assert [(item["type"], item["reason"]) for item in chart] == [
            ("Stalled", "InvalidChartReference"),
            ("Ready", "InvalidChartReference"),
            ("FetchFailed", "InvalidChartReference"),
        ]
        source = {"kind": "GitRepository", "name": "src"}
        await fleet.patch(spec={"chart": {"spec": {"chart": "./charts/parcel", "sourceRef": source}}})
        await fleet.settle()
        assert (await fleet.conditions())["Ready"][0] == "True"

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


def test_deletion_takes_everything_along() -> None:
    """Objects, revisions, HelmChart and the release itself are gone; nothing hangs on a finalizer."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release()
        await fleet.settle()
        from fairlead.api.flux.kinds import HELM_CHART, HELM_RELEASE

        await fleet.client.delete(HELM_RELEASE, "app", NAMESPACE)
        await fleet.settle()
        assert await is_gone(fleet, HELM_RELEASE, "app")
        assert await is_gone(fleet, HELM_CHART, "team-app")
        assert await is_gone(fleet, CONFIG_MAP, "app-config")
        assert await fleet.records() == []
        assert ("UninstallSucceeded", "Helm uninstall succeeded for release team/app.v1 with chart parcel@0.1.0") in (
            await fleet.events()
        )

    simulate(scenario)


def test_suspended_release_is_left_alone() -> None:
    """Neither changed nor, on deletion, uninstalled."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release()
        await fleet.settle()
        await fleet.patch(spec={"suspend": True, "values": {"color": "red"}})
        await fleet.settle()
        assert (await fleet.data())["color"] == "blue"
        await fleet.patch(spec={"suspend": False})
        await fleet.settle()
        assert (await fleet.data())["color"] == "red"

    simulate(scenario)


def test_objects_that_left_the_chart_are_deleted_unless_kept() -> None:
    """`helm.sh/resource-policy: keep` holds what an upgrade would delete."""

    async def scenario(fleet: Fleet) -> None:
        def extra(name: str, annotations: str = "") -> str:
            return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n{annotations}data: {{x: '1'}}\n"

        keep = "  annotations: {helm.sh/resource-policy: keep}\n"
        more = {
            "charts/parcel/templates/gone.yaml": extra("gone"),
            "charts/parcel/templates/kept.yaml": extra("kept", keep),
        }
        await fleet.source({**CHART, **more})
        await fleet.release()
        await fleet.settle()
        newer = CHART["charts/parcel/Chart.yaml"].replace("0.1.0", "0.2.0")
        await fleet.source({**CHART, "charts/parcel/Chart.yaml": newer}, commit="2" * 40)
        await fleet.settle()
        assert (await fleet.conditions())["Ready"][1] == "UpgradeSucceeded"
        assert await is_gone(fleet, CONFIG_MAP, "gone")
        assert not await is_gone(fleet, CONFIG_MAP, "kept")

    simulate(scenario)


def test_foreign_object_is_not_taken_where_that_is_off() -> None:
    """Helm's ownership text; nothing of the release is stored."""

    async def scenario(fleet: Fleet) -> None:
        foreign = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app-config", "namespace": NAMESPACE}}
        await fleet.apply({**foreign, "data": {"color": "mine"}})
        await fleet.source(CHART)
        await fleet.release(install={"disableTakeOwnership": True})
        await fleet.settle(1)
        assert (await fleet.conditions())["Ready"][2] == (
            "Helm install failed for release team/app with chart parcel@0.1.0: unable to continue with install: "
            'ConfigMap "app-config" in namespace "team" exists and cannot be imported into the current release: '
            'invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must '
            'be set to "Helm"; annotation validation error: missing key "meta.helm.sh/release-name": must be set to '
            '"app"; annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to "team"'
        )
        assert (await fleet.data())["color"] == "mine"
        assert await fleet.records() == []

    simulate(scenario)


def test_killed_in_the_middle_goes_on() -> None:
    """A pending record of a dead process is unlocked, not an obstacle."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(WAITING)
        await fleet.release()
        await fleet.settle(5)
        assert [record.status for record in await fleet.records()] == ["pending-install"]
        await fleet.kill()
        fleet.run_controllers()
        await fleet.source(WAITING)
        await fleet.settle(5)
        await fleet.make_ready()
        await fleet.settle(5)
        assert (await fleet.conditions())["Ready"][0] == "True"
        assert (await fleet.records())[-1].status == "deployed"
        assert any(reason == "PendingRelease" for reason, _ in await fleet.events())

    simulate(scenario)


def test_restart_changes_nothing() -> None:
    """After a restart sources bring their trees again; no release is touched."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release()
        await fleet.settle()
        await fleet.kill()
        before = await fleet.records()
        mark = fleet.revision
        fleet.run_controllers()
        await fleet.settle(5)
        assert fleet.revision == mark
        await fleet.source(CHART)
        await fleet.settle(60)
        assert await fleet.records() == before
        assert (await fleet.conditions())["Ready"] == ("True", "InstallSucceeded", INSTALLED)
        mark = fleet.revision
        await fleet.settle(3600)
        assert fleet.revision == mark

    simulate(scenario)


def test_source_that_does_not_come_back_is_named() -> None:
    """After ten seconds without the artifact both objects say what is missing, and heal when it comes."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release()
        await fleet.settle()
        await fleet.kill()
        fleet.run_controllers()
        await fleet.settle(15)
        chart = {item["type"]: item["reason"] for item in (await fleet.chart())["status"]["conditions"]}
        assert chart["FetchFailed"] == "NoSourceArtifact"
        assert (await fleet.conditions())["Ready"][1] in ("ArtifactFailed", "SourceNotReady")
        await fleet.source(CHART)
        await fleet.settle(1)
        assert (await fleet.conditions())["Ready"] == ("True", "InstallSucceeded", INSTALLED)

    simulate(scenario)


def test_commit_beside_the_chart_upgrades_nothing() -> None:
    """With reconcileStrategy Revision a release follows its chart's files, not every commit."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART, commit="1" * 40)
        await fleet.release(chart={"reconcileStrategy": "Revision"})
        await fleet.settle()
        assert (await fleet.get())["status"]["history"][0]["chartVersion"] == "0.1.0+111111111111"
        before = await fleet.records()
        await fleet.source({**CHART, "README.md": "more"}, commit="2" * 40)
        await fleet.settle()
        assert await fleet.records() == before
        changed = {"charts/parcel/values.yaml": "color: gold\nextra: {}\n"}
        await fleet.source({**CHART, **changed}, commit="3" * 40)
        await fleet.settle()
        assert (await fleet.get())["status"]["history"][0]["chartVersion"] == "0.1.0+333333333333"
        assert (await fleet.data())["color"] == "gold"

    simulate(scenario)


def test_forced_upgrade() -> None:
    """The annotation forceAt, together with requestedAt, makes a new revision of what is in sync."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release()
        await fleet.settle()
        asked = {"reconcile.fluxcd.io/requestedAt": "one", "reconcile.fluxcd.io/forceAt": "one"}
        await fleet.patch(metadata={"annotations": asked})
        await fleet.settle()
        status = (await fleet.get())["status"]
        assert (status["lastHandledForceAt"], status["lastHandledReconcileAt"]) == ("one", "one")
        assert [record.version for record in await fleet.records()] == [1, 2]
        await fleet.settle(1800)
        assert [record.version for record in await fleet.records()] == [1, 2]

    simulate(scenario)


def test_other_namespace_and_storage() -> None:
    """targetNamespace is made, names follow, and moving away uninstalls what was."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(targetNamespace="elsewhere", install={"createNamespace": True})
        await fleet.settle()
        found = await fleet.client.get(CONFIG_MAP, "elsewhere-app-config", "elsewhere")
        assert found["metadata"]["annotations"]["meta.helm.sh/release-namespace"] == "elsewhere"
        assert [record.name for record in await fleet.records()] == ["elsewhere-app"]
        await fleet.patch(spec={"releaseName": "other"})
        await fleet.settle()
        assert [record.name for record in await fleet.records()] == ["other"]
        with pytest.raises(ApiError):
            await fleet.client.get(CONFIG_MAP, "elsewhere-app-config", "elsewhere")

    simulate(scenario)


JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\n  annotations:\n    helm.sh/hook: {event}\n"
    "    helm.sh/hook-weight: '{weight}'\n    helm.sh/hook-delete-policy: {policy}\nspec:\n  template:\n    spec:\n"
    "      restartPolicy: Never\n      containers: [{{name: a, image: b}}]\n"
)
JOBS = GVK("batch", "v1", "Job")


async def complete(fleet: Fleet, name: str, *, fails: bool = False) -> None:
    kind = "Failed" if fails else "Complete"
    now = "2026-01-01T00:00:00Z"
    status = {
        "conditions": [
            {"type": "SuccessCriteriaMet" if not fails else "FailureTarget", "status": "True"},
            {"type": kind, "status": "True"},
        ],
        "startTime": now,
        **({"completionTime": now, "succeeded": 1} if not fails else {"failed": 1}),
    }
    await fleet.client.patch(JOBS, name, NAMESPACE, {"status": status}, subresource="status")


def test_hooks_run_in_order_of_weight() -> None:
    """A lighter hook is through before the heavier starts; only then come the objects."""

    async def scenario(fleet: Fleet) -> None:
        hooks = {
            "charts/parcel/templates/a.yaml": JOB.format(
                name="second", event="pre-install", weight=5, policy="hook-succeeded"
            ),
            "charts/parcel/templates/b.yaml": JOB.format(
                name="first", event="pre-install", weight=-5, policy="before-hook-creation"
            ),
        }
        await fleet.source({**CHART, **hooks})
        await fleet.release()
        await fleet.settle()
        assert await is_gone(fleet, JOBS, "second")
        assert await is_gone(fleet, CONFIG_MAP, "app-config")
        await complete(fleet, "first")
        await fleet.settle()
        await complete(fleet, "second")
        await fleet.settle()
        assert (await fleet.data())["color"] == "blue"
        assert await is_gone(fleet, JOBS, "second")
        assert not await is_gone(fleet, JOBS, "first")
        runs = {hook.name: hook.last_run.phase for hook in (await fleet.records())[0].hooks}
        assert runs == {"first": "Succeeded", "second": "Succeeded"}

    simulate(scenario)


def test_failed_hook_fails_the_install() -> None:
    """The text names the hook's Job."""

    async def scenario(fleet: Fleet) -> None:
        job = JOB.format(name="check", event="pre-install", weight=0, policy="hook-failed")
        await fleet.source({**CHART, "charts/parcel/templates/a.yaml": job})
        await fleet.release()
        await fleet.settle()
        await complete(fleet, "check", fails=True)
        await fleet.settle()
        assert (await fleet.conditions())["Ready"][2].endswith(
            "failed pre-install: failed early due to stalled resources: [Job/team/check status: 'Failed']"
        )
        assert await is_gone(fleet, JOBS, "check")
        assert (await fleet.conditions())["Stalled"][1] == "RetriesExceeded"

    simulate(scenario)


def test_tests_are_run_after_the_release() -> None:
    """Test hooks run when spec.test.enable is set; their result is a condition and part of the history."""

    async def scenario(fleet: Fleet) -> None:
        job = JOB.format(name="probe", event="test", weight=0, policy="before-hook-creation")
        await fleet.source({**CHART, "charts/parcel/templates/a.yaml": job})
        await fleet.release(test={"enable": True})
        await fleet.settle()
        assert (await fleet.conditions())["TestSuccess"][:2] == ("Unknown", "AwaitingTests")
        await complete(fleet, "probe")
        await fleet.settle()
        conditions = await fleet.conditions()
        assert conditions["TestSuccess"] == (
            "True",
            "TestSucceeded",
            "Helm test succeeded for release team/app.v1 with chart parcel@0.1.0: 1 test hook completed successfully",
        )
        assert conditions["Ready"][1] == "TestSucceeded"
        latest = (await fleet.get())["status"]["history"][0]
        assert latest["testHooks"]["probe"]["phase"] == "Succeeded"
        before = fleet.revision
        await fleet.settle(3600)
        assert fleet.revision == before

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


def test_preserved_values() -> None:
    """With upgrade.preserveValues what was given before stays, and nothing is released again and again."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(values={"extra": {"a": "1"}}, upgrade={"preserveValues": True})
        await fleet.settle()
        await fleet.patch(spec={"values": {"extra": None, "color": "red"}})
        await fleet.settle()
        assert await fleet.data() == {"a": "1", "color": "red", "revision": "2"}
        await fleet.settle(3600)
        assert (await fleet.data())["revision"] == "2"

    simulate(scenario)


def test_other_rights_are_not_put_in_place_of_those_asked_for() -> None:
    """A service account cannot be acted as yet: the release is refused, not made with more rights."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(serviceAccountName="small")
        await fleet.settle()
        conditions = await fleet.conditions()
        assert conditions["Stalled"][0] == "True"
        assert "'small': acting as a service account is not supported" in conditions["Ready"][2]
        assert await fleet.records() == []
        before = fleet.revision
        await fleet.settle(1800)
        assert fleet.revision == before

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


def test_helm_chart_that_was_meddled_with_is_restored() -> None:
    """A deleted or edited HelmChart is as the template says again at once; the release is not touched."""

    async def scenario(fleet: Fleet) -> None:
        from fairlead.api.flux.kinds import HELM_CHART

        await fleet.source(CHART)
        await fleet.release()
        await fleet.settle()
        await fleet.client.delete(HELM_CHART, "team-app", NAMESPACE)
        await fleet.settle(1)
        assert get_in(await fleet.chart(), "status", "artifact", "revision") == "0.1.0"
        await fleet.client.patch(HELM_CHART, "team-app", NAMESPACE, {"spec": {"chart": "other"}})
        await fleet.settle(1)
        assert (await fleet.chart())["spec"]["chart"] == "./charts/parcel"
        await fleet.settle(60)
        assert (await fleet.conditions())["Ready"] == ("True", "InstallSucceeded", INSTALLED)
        assert [record.version for record in await fleet.records()] == [1]

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


def test_post_renderers_and_common_metadata() -> None:
    """Patches and metadata are part of the release, and changing them is an upgrade."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        patch = "- op: replace\n  path: /data/color\n  value: patched\n"
        await fleet.release(
            postRenderers=[{"kustomize": {"patches": [{"patch": patch, "target": {"kind": "ConfigMap"}}]}}],
            commonMetadata={"labels": {"team": "blue"}, "annotations": {"note": "x"}},
        )
        await fleet.settle()
        found = await fleet.client.get(CONFIG_MAP, "app-config", NAMESPACE)
        assert found["data"]["color"] == "patched"
        assert found["metadata"]["labels"]["team"] == "blue"
        assert found["metadata"]["annotations"]["note"] == "x"
        await fleet.patch(spec={"commonMetadata": {"labels": {"team": "red"}}})
        await fleet.settle()
        found = await fleet.client.get(CONFIG_MAP, "app-config", NAMESPACE)
        assert found["metadata"]["labels"]["team"] == "red"
        assert [record.version for record in await fleet.records()] == [1, 2]

    simulate(scenario)


def test_lookup_sees_the_cluster() -> None:
    """A template's lookup gives what is in the cluster."""

    async def scenario(fleet: Fleet) -> None:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "seed", "namespace": NAMESPACE}}
        await fleet.apply({**secret, "stringData": {"word": "open"}})
        looked = (
            'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seen}\ndata:\n  word: {{ (lookup "v1" "Secret" '
            '.Release.Namespace "seed").data.word | b64dec }}\n'
        )
        await fleet.source({**CHART, "charts/parcel/templates/seen.yaml": looked})
        await fleet.release()
        await fleet.settle()
        assert await fleet.data("seen") == {"word": "open"}

    simulate(scenario)


def test_release_made_by_hand_is_adopted() -> None:
    """A release that Helm's own command made is upgraded and managed from then on."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(suspend=False)
        await fleet.settle()
        await fleet.client.patch(
            GVK("helm.toolkit.fluxcd.io", "v2", "HelmRelease"),
            "app",
            NAMESPACE,
            {"status": {"history": None}},
            subresource="status",
        )
        await fleet.patch(metadata={"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}})
        await fleet.settle()
        assert [(record.version, record.status) for record in await fleet.records()] == [
            (1, "superseded"),
            (2, "deployed"),
        ]

    simulate(scenario)


def test_release_secret_carries_helms_labels() -> None:
    """What `helm list` selects by."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release()
        await fleet.settle()
        secret = await fleet.client.get(SECRET, "sh.helm.release.v1.app.v1", NAMESPACE)
        labels = dict(secret["metadata"]["labels"])
        assert secret["type"] == "helm.sh/release.v1"
        assert labels.pop("modifiedAt").isdigit()
        assert labels == {"name": "app", "owner": "helm", "status": "deployed", "version": "1"}

    simulate(scenario)


def test_unreachable_cluster_is_named() -> None:
    """A kubeConfig whose Secret is missing is a condition, and healed by the Secret's coming."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        await fleet.release(kubeConfig={"secretRef": {"name": "away-kubeconfig"}})
        await fleet.settle()
        ready = (await fleet.conditions())["Ready"]
        assert ready[0] == "False"
        assert "away-kubeconfig" in ready[2]
        await asyncio.sleep(0)
        assert get_in(await fleet.get(), "status", "history", default=[]) == []

    simulate(scenario)

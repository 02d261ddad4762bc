"""HelmReleases in virtual time: what a person sees after each change."""

import asyncio

import pytest

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, get_in
from fairlead.controllers.flux.helm.values import CONFIG_MAP
from tests.unit.flux_helm.fleet import CHART, DEPLOY, NAMESPACE, SECRET, Fleet, simulate

WAITING = {**CHART, "charts/parcel/templates/deployment.yaml": DEPLOY}
INSTALLED = "Helm install succeeded for release team/app.v1 with chart parcel@0.1.0"


async def is_gone(fleet: Fleet, gvk: GVK, name: str) -> bool:
    try:
        await fleet.client.get(gvk, name, NAMESPACE)
    except ApiError as error:
        return error.is_not_found
    return False


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

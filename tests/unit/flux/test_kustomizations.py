"""Kustomizations in virtual time: real server, real controllers, commits in memory."""

import json
import re
from typing import Any

import pytest

from fairlead.api.flux.kinds import GIT_REPOSITORY, KUSTOMIZATION
from fairlead.base.objects import GVK, get_in, labels
from fairlead.runtime.conditions import find
from fairlead.testing.garden import CONFIG_MAP, DEPLOYMENT, NAMESPACE, Garden, config_map, deployment, in_garden

NAMESPACE_KIND = GVK("", "v1", "Namespace")
AVAILABLE = {
    "observedGeneration": 1,
    "replicas": 1,
    "updatedReplicas": 1,
    "readyReplicas": 1,
    "availableReplicas": 1,
    "conditions": [
        {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
    ],
}


async def set_status(garden: Garden, name: str, status: dict[str, object]) -> None:
    await garden.client.patch(DEPLOYMENT, name, NAMESPACE, {"status": status}, subresource="status")


def test_applies_what_is_committed_and_prunes_what_left() -> None:
    """A commit's objects appear with the owner's labels; what a later commit drops is deleted, last kind first."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one"), "app/two.yaml": config_map("two")})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(1)
        obj = await garden.get(CONFIG_MAP, "one")
        assert obj is not None
        assert labels(obj)["kustomize.toolkit.fluxcd.io/name"] == "k"
        revision = garden.commit({"app/one.yaml": config_map("one", "2")}, ("app/two.yaml",))
        await garden.pull()
        assert (await garden.value("one"), await garden.value("two")) == ("2", None)
        assert await garden.ready() == ("True", "ReconciliationSucceeded", f"Applied revision: {revision}")
        ks = await garden.get(KUSTOMIZATION, "k")
        assert get_in(ks, "status", "inventory", "entries") == [{"id": "garden_one__ConfigMap", "v": "v1"}]
        told = await garden.events()
        assert ("Progressing", "ConfigMap/garden/one configured") in told
        assert ("Progressing", "ConfigMap/garden/two deleted") in told

    in_garden(scenario)


def test_keeps_what_says_so_when_pruning() -> None:
    """An object with the annotation prune: disabled outlives its commit."""

    async def scenario(garden: Garden) -> None:
        kept = config_map("kept", annotations="kustomize.toolkit.fluxcd.io/prune: disabled")
        garden.commit({"app/kept.yaml": kept, "app/one.yaml": config_map("one")})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(1)
        garden.commit({}, ("app/kept.yaml",))
        await garden.pull()
        assert await garden.value("kept") == "1"
        assert ("Progressing", "ConfigMap/garden/kept skipped") in await garden.events()

    in_garden(scenario)


def test_writes_nothing_when_nothing_changes() -> None:
    """Six hours of intervals, in which nothing changes, write nothing."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one"), "more/web.yaml": deployment("web")})
        await garden.source(interval="1m")
        await garden.kustomization(interval="1m")
        await garden.kustomization("waiting", path="./more", wait=True, interval="5m")
        await garden.sleep(1)
        await set_status(garden, "web", AVAILABLE)
        await garden.sleep(60)
        assert (await garden.ready("waiting"))[0] == "True"
        before, passes = garden.revision, garden.passes()
        await garden.sleep(6 * 3600)
        assert garden.revision == before
        assert garden.passes() > passes  # they did look

    in_garden(scenario)


@pytest.mark.parametrize("act", ["edit", "delete", "unlabel"])
def test_restores_drift_at_once(act: str) -> None:
    """What a person changes or deletes is put back within the same second, and told."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(5)
        if act == "edit":
            await garden.client.patch(CONFIG_MAP, "one", NAMESPACE, {"data": {"k": "mine"}}, field_manager="me")
        elif act == "delete":
            await garden.client.delete(CONFIG_MAP, "one", NAMESPACE)
        else:
            body = {"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": None}}}
            await garden.client.patch(CONFIG_MAP, "one", NAMESPACE, body, field_manager="me")
        await garden.sleep(0.1)
        obj = await garden.get(CONFIG_MAP, "one")
        assert obj is not None
        assert obj["data"] == {"k": "1"}
        assert labels(obj)["kustomize.toolkit.fluxcd.io/name"] == "k"
        action = "created" if act == "delete" else "configured"
        assert (await garden.events())[-1] == ("Progressing", f"ConfigMap/garden/one {action}")
        assert (await garden.ready())[0] == "True"

    in_garden(scenario)


def test_takes_back_what_kubectl_added() -> None:
    """A key that kubectl added is removed; one that another manager added stays."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(5)
        for manager in ("kubectl-edit", "other"):
            body = {"data": {manager: "x"}}
            await garden.client.patch(CONFIG_MAP, "one", NAMESPACE, body, field_manager=manager)
            await garden.sleep(1)
        obj = await garden.get(CONFIG_MAP, "one")
        assert obj is not None
        assert obj["data"] == {"k": "1", "other": "x"}

    in_garden(scenario)


def test_does_not_fight_for_ever() -> None:
    """Against a manager that changes an object back at once, corrections become rare: under 15 in ten minutes."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(5)
        corrected = 0
        for _ in range(600):
            if await garden.value("one") != "mine":
                corrected += 1
                await garden.client.patch(CONFIG_MAP, "one", NAMESPACE, {"data": {"k": "mine"}}, field_manager="op")
            await garden.sleep(1)
        assert 3 < corrected < 15

    in_garden(scenario)


def test_waits_for_dependencies_and_goes_on_at_once() -> None:
    """A dependant waits with upstream's words and follows in the same second, also after a commit to both."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"low/a.yaml": config_map("low"), "high/a.yaml": config_map("high")})
        await garden.source()
        await garden.kustomization("high", path="./high", dependsOn=[{"name": "low"}])
        await garden.sleep(1)
        status, reason, message = await garden.ready("high")
        assert (status, reason) == ("False", "DependencyNotReady")
        assert message.startswith("dependency 'garden/low' not found: ")
        await garden.kustomization("low", path="./low")
        await garden.sleep(0.5)
        assert await garden.value("high") == "1"
        garden.commit({"low/a.yaml": config_map("low", "2"), "high/a.yaml": config_map("high", "2")})
        await garden.pull()
        assert await garden.value("high") == "2"

    in_garden(scenario)


def test_a_dependency_that_was_not_ready_for_a_while() -> None:
    """A dependant follows its dependency into NotReady and out of it, with nothing new to apply."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"low/a.yaml": config_map("low"), "high/a.yaml": config_map("high")})
        await garden.source()
        await garden.kustomization("low", path="./low")
        await garden.kustomization("high", path="./high", dependsOn=[{"name": "low"}])
        await garden.sleep(5)
        await garden.kustomization("low", path="./none")
        await garden.pull("high", KUSTOMIZATION)
        assert (await garden.ready("high"))[1] == "DependencyNotReady"
        await garden.kustomization("low", path="./low")
        await garden.sleep(0.5)
        assert (await garden.ready("high"))[0] == "True"

    in_garden(scenario)


@pytest.mark.parametrize(
    ("names", "ring"),
    [("a", "garden/a -> garden/a"), ("abc", "garden/a -> garden/b -> garden/c -> garden/a")],
    ids=["itself", "three"],
)
def test_a_cycle_is_named_and_can_be_broken(names: str, ring: str) -> None:
    """Those that wait for each other keep upstream's words and name the ring; with one entry less they go on."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/a.yaml": config_map("one"), "out/a.yaml": config_map("two")})
        await garden.source()
        for name, dependency in zip(names, names[1:] + names[0], strict=True):
            await garden.kustomization(name, path="./app", dependsOn=[{"name": dependency}])
        await garden.kustomization("outside", path="./out", dependsOn=[{"name": "a"}])
        await garden.sleep(65)
        status, reason, message = await garden.ready("a")
        assert (status, reason) == ("False", "DependencyNotReady")
        first = f"garden/{(names + names)[1]}"
        assert message == (
            f"dependency '{first}' is not ready: a cycle of dependsOn: {ring}; take one of these entries out"
        )
        assert (await garden.ready("outside"))[2] == "dependency 'garden/a' is not ready"
        revision = garden.revision
        await garden.sleep(600)
        assert garden.revision == revision
        await garden.kustomization(names[-1], path="./app")
        await garden.sleep(1)
        assert [(await garden.ready(name))[0] for name in (*names, "outside")] == ["True"] * (len(names) + 1)

    in_garden(scenario)


def test_a_ready_expression_replaces_the_built_in_check() -> None:
    """dependsOn.readyExpr decides alone, over self and dep."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"low/a.yaml": config_map("low"), "high/a.yaml": config_map("high")})
        await garden.source()
        expression = "dep.metadata.labels['stage'] == self.metadata.namespace"
        await garden.kustomization("low", path="./low", suspend=True)
        await garden.kustomization("high", path="./high", dependsOn=[{"name": "low", "readyExpr": expression}])
        await garden.sleep(1)
        assert (await garden.ready("high"))[1] == "DependencyNotReady"
        await garden.client.patch(KUSTOMIZATION, "low", NAMESPACE, {"metadata": {"labels": {"stage": NAMESPACE}}})
        await garden.sleep(0.5)
        assert await garden.value("high") == "1"
        await garden.kustomization("high", path="./high", dependsOn=[{"name": "low", "readyExpr": "dep."}])
        await garden.sleep(1)
        status, reason, message = await garden.ready("high")
        assert (status, reason) == ("False", "InvalidCELExpression")
        assert "terminally" in message

    in_garden(scenario)


def test_health_wait_fails_in_time_and_recovers_at_once() -> None:
    """`wait` fails after the timeout with upstream's text; the moment the object is healthy, it is Ready."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/web.yaml": deployment("web")})
        await garden.source()
        await garden.kustomization(wait=True, timeout="45s")
        await garden.sleep(40)
        assert (await garden.ready())[:2] == ("Unknown", "Progressing")
        await garden.sleep(6)
        status, reason, message = await garden.ready()
        assert (status, reason) == ("False", "HealthCheckFailed")
        assert re.fullmatch(
            r"health check failed after 45\S*s: timeout waiting for: \[Deployment/garden/web status: 'InProgress'\]",
            message,
        )
        await set_status(garden, "web", AVAILABLE)
        await garden.sleep(0.1)
        assert (await garden.ready())[0] == "True"

    in_garden(scenario)


def test_a_new_revision_ends_an_old_health_wait() -> None:
    """A commit that arrives while health is waited for is applied at once."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/web.yaml": deployment("web")})
        await garden.source()
        await garden.kustomization(wait=True, timeout="9m")
        await garden.sleep(5)
        revision = garden.commit({"app/web.yaml": deployment("web", "web:2"), "app/one.yaml": config_map("one")})
        await garden.pull()
        assert await garden.value("one") == "1"
        ks = await garden.get(KUSTOMIZATION, "k")
        assert get_in(ks, "status", "lastAttemptedRevision") == revision
        assert (await garden.ready())[:2] == ("Unknown", "Progressing")
        await set_status(garden, "web", {**AVAILABLE, "observedGeneration": 2})
        await garden.sleep(0.1)
        assert (await garden.ready())[2] == f"Applied revision: {revision}"

    in_garden(scenario)


def test_health_checks_of_objects_that_others_made() -> None:
    """`healthChecks` waits for an object that does not exist yet and belongs to nobody."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source()
        check = {"apiVersion": "v1", "kind": "ConfigMap", "name": "made-later", "namespace": NAMESPACE}
        await garden.kustomization(healthChecks=[check])
        await garden.sleep(5)
        assert (await garden.ready())[:2] == ("Unknown", "Progressing")
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made-later", "namespace": NAMESPACE}}
        await garden.client.create(body)
        await garden.sleep(0.1)
        assert (await garden.ready())[0] == "True"

    in_garden(scenario)


def test_health_by_expression() -> None:
    """healthCheckExprs tell the health of a kind that has no conditions."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one", "starting")})
        await garden.source()
        expression = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "current": "data.k == 'done'",
            "failed": "data.k == 'bad'",
        }
        await garden.kustomization(wait=True, timeout="5m", healthCheckExprs=[expression])
        await garden.sleep(5)
        assert (await garden.ready())[:2] == ("Unknown", "Progressing")
        garden.commit({"app/one.yaml": config_map("one", "bad")})
        await garden.pull()
        status, reason, message = await garden.ready()
        assert (status, reason) == ("False", "HealthCheckFailed")
        assert message.endswith("failed early due to stalled resources: [ConfigMap/garden/one status: 'Failed']")
        garden.commit({"app/one.yaml": config_map("one", "done")})
        await garden.pull()
        assert (await garden.ready())[0] == "True"

    in_garden(scenario)


def test_nothing_of_a_refused_commit_is_applied() -> None:
    """One object that the API refuses keeps all others of its commit out."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/a.yaml": config_map("a"), "app/web.yaml": deployment("web")})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(1)
        broken = deployment("web").replace("app: web", "app: other")
        garden.commit({"app/a.yaml": config_map("a", "2"), "app/web.yaml": broken})
        await garden.pull()
        status, reason, message = await garden.ready()
        assert (status, reason) == ("False", "ReconciliationFailed")
        assert message.startswith("Deployment/garden/web dry-run failed (Invalid): ")
        assert await garden.value("a") == "1"
        passes = garden.passes()
        await garden.sleep(600)
        assert garden.passes() - passes < 25  # the retry interval is a minute

    in_garden(scenario)


def test_force_makes_anew_what_cannot_be_changed() -> None:
    """spec.force replaces an object whose immutable field changed."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/web.yaml": deployment("web")})
        await garden.source()
        await garden.kustomization(force=True)
        await garden.sleep(1)
        before = await garden.get(DEPLOYMENT, "web")
        garden.commit({"app/web.yaml": deployment("web").replace("app: web", "app: other")})
        await garden.pull()
        after = await garden.get(DEPLOYMENT, "web")
        assert before is not None
        assert after is not None
        assert before["metadata"]["uid"] != after["metadata"]["uid"]
        assert (await garden.ready())[0] == "True"

    in_garden(scenario)


def test_suspended_it_leaves_drift_and_commits_alone() -> None:
    """While suspended nothing is corrected or applied; afterwards both are."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(1)
        await garden.client.patch(KUSTOMIZATION, "k", NAMESPACE, {"spec": {"suspend": True}})
        await garden.client.delete(CONFIG_MAP, "one", NAMESPACE)
        garden.commit({"app/two.yaml": config_map("two")})
        await garden.pull()
        assert (await garden.value("one"), await garden.value("two")) == (None, None)
        await garden.client.patch(KUSTOMIZATION, "k", NAMESPACE, {"spec": {"suspend": False}})
        await garden.sleep(1)
        assert (await garden.value("one"), await garden.value("two")) == ("1", "1")

    in_garden(scenario)


def test_variables_come_from_config_maps_and_change_with_them() -> None:
    """substituteFrom is read anew when the ConfigMap changes; spec.substitute wins over it."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one", "${a}-${b:=none}-${c}")})
        await garden.source()
        post = {"substitute": {"c": "own"}, "substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}
        await garden.kustomization(postBuild=post)
        await garden.sleep(1)
        _, reason, message = await garden.ready()
        assert reason == "BuildFailed"
        assert message == (
            "post build failed for 'ConfigMap.v1.[noGrp]/one': "
            "substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found"
        )
        variables = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "vars", "namespace": NAMESPACE}}
        await garden.client.create({**variables, "data": {"a": "1", "c": "theirs"}})
        await garden.sleep(0.5)
        assert await garden.value("one") == "1-none-own"
        await garden.client.patch(CONFIG_MAP, "vars", NAMESPACE, {"data": {"a": "2"}})
        await garden.sleep(0.5)
        assert await garden.value("one") == "2-none-own"

    in_garden(scenario)


def test_two_that_apply_one_object_name_each_other() -> None:
    """Both say so once, with the object; an object that moves from one to the other is no conflict."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one"), "more/one.yaml": config_map("one", "2")})
        await garden.source()
        await garden.kustomization()
        await garden.kustomization("other", path="./more")
        await garden.sleep(600)
        for name, other in (("k", "other"), ("other", "k")):
            told = [text for reason, text in await garden.events(name) if reason == "OwnershipConflict"]
            assert told == [
                f"ConfigMap/garden/one is also applied by Kustomization garden/{other}: they take it from each other; "
                "keep it in one of them"
            ]

    in_garden(scenario)


def test_what_moves_from_one_to_another_is_no_conflict() -> None:
    """One commit takes it out here and puts it in there."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one"), "more/two.yaml": config_map("two")})
        await garden.source()
        await garden.kustomization()
        await garden.kustomization("other", path="./more")
        await garden.sleep(1)
        garden.commit({"more/one.yaml": config_map("one", "2"), "app/two.yaml": config_map("three")}, ("app/one.yaml",))
        await garden.pull()
        await garden.sleep(60)
        assert await garden.value("one") == "2"
        told = {reason for name in ("k", "other") for reason, _ in await garden.events(name)}
        assert "OwnershipConflict" not in told

    in_garden(scenario)


def test_a_deletion_that_is_refused_says_of_what_and_why() -> None:
    """In the condition, and in one event however often it is tried; the other objects go."""

    async def scenario(garden: Garden) -> None:
        system = "apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system}\n"
        garden.commit({"app/one.yaml": config_map("one"), "app/two.yaml": system})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(1)
        await garden.client.delete(KUSTOMIZATION, "k", NAMESPACE)
        await garden.sleep(60)
        assert await garden.get(CONFIG_MAP, "one") is None
        status, reason, message = await garden.ready()
        assert (status, reason) == ("False", "PruneFailed")
        assert "Namespace/kube-system delete failed" in message
        assert "may not be deleted" in message
        told = [text for _, text in await garden.events() if "pruning for deleted resource failed" in text]
        assert len(told) == 1
        assert "Namespace/kube-system" in told[0]

    in_garden(scenario)


def test_deletion_takes_the_objects_and_waits_when_told_to() -> None:
    """With WaitForTermination the Kustomization stays until the last object is gone."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source()
        await garden.kustomization(deletionPolicy="WaitForTermination")
        await garden.sleep(1)
        await garden.client.patch(CONFIG_MAP, "one", NAMESPACE, {"metadata": {"finalizers": ["example.com/hold"]}})
        await garden.sleep(1)
        await garden.client.delete(KUSTOMIZATION, "k", NAMESPACE)
        await garden.sleep(60)
        left = await garden.get(KUSTOMIZATION, "k")
        assert left is not None
        told = find(left["status"]["conditions"], "Reconciling") or {}
        assert told["message"] == "waiting for the end of ConfigMap/garden/one"
        await garden.client.patch(CONFIG_MAP, "one", NAMESPACE, {"metadata": {"finalizers": None}})
        await garden.sleep(0.5)
        assert await garden.get(CONFIG_MAP, "one") is None
        assert await garden.get(KUSTOMIZATION, "k") is None

    in_garden(scenario)


@pytest.mark.parametrize(
    ("spec", "stays"),
    [
        pytest.param({"prune": True}, False, id="prune"),
        pytest.param({"prune": False}, True, id="no-prune"),
        pytest.param({"prune": False, "deletionPolicy": "Delete"}, False, id="delete"),
        pytest.param({"prune": True, "deletionPolicy": "Orphan"}, True, id="orphan"),
        pytest.param({"prune": True, "suspend": True}, True, id="suspended"),
    ],
)
def test_deletion_policies(spec: dict[str, Any], stays: bool) -> None:
    """Who goes with the Kustomization: prune, deletionPolicy and suspend decide."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source()
        await garden.kustomization(**{**spec, "suspend": False})
        await garden.sleep(1)
        await garden.kustomization(**spec)
        await garden.sleep(1)
        await garden.client.delete(KUSTOMIZATION, "k", NAMESPACE)
        await garden.sleep(1)
        assert await garden.get(KUSTOMIZATION, "k") is None
        assert (await garden.value("one") is not None) is stays

    in_garden(scenario)


def test_definitions_and_namespaces_go_first() -> None:
    """One commit may bring a namespace, a CRD, an object of each, and is applied in one go."""

    async def scenario(garden: Garden) -> None:
        definition = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.demo.example.com
spec:
  group: demo.example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""
        garden.commit(
            {
                "app/a-widget.yaml": "apiVersion: demo.example.com/v1\nkind: Widget\n"
                "metadata: {name: w, namespace: fresh}\nspec: {size: 1}\n",
                "app/crd.yaml": definition,
                "app/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh}\n",
            }
        )
        await garden.source()
        await garden.kustomization()
        await garden.sleep(3)
        assert (await garden.ready())[0] == "True"
        ks = await garden.get(KUSTOMIZATION, "k")
        ids = [entry["id"] for entry in get_in(ks, "status", "inventory", "entries")]
        assert ids == [
            "_widgets.demo.example.com_apiextensions.k8s.io_CustomResourceDefinition",
            "_fresh__Namespace",
            "fresh_w_demo.example.com_Widget",
        ]
        widget = GVK("demo.example.com", "v1", "Widget")
        await garden.client.delete(widget, "w", "fresh")
        await garden.sleep(0.1)
        assert await garden.get(widget, "w", "fresh") is not None

    in_garden(scenario)


def test_a_source_in_another_namespace() -> None:
    """sourceRef.namespace is honoured, and its new artifacts wake the Kustomization."""

    async def scenario(garden: Garden) -> None:
        await garden.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}})
        garden.commit({"app/one.yaml": config_map("one")})
        source = {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"}
        await garden.kustomization(sourceRef=source)
        await garden.sleep(1)
        assert (await garden.ready())[1] == "ArtifactFailed"
        spec = {"interval": "1m", "url": "http://127.0.0.1:3080/fleet.git", "ref": {"branch": "main"}}
        metadata = {"name": "fleet", "namespace": "flux-system"}
        body = {"apiVersion": GIT_REPOSITORY.api_version, "kind": "GitRepository", "metadata": metadata, "spec": spec}
        await garden.client.create(body)
        await garden.sleep(1)
        assert await garden.value("one") == "1"

    in_garden(scenario)


def test_target_namespace_prefix_images_and_common_metadata() -> None:
    """What the Kustomization itself asks for lies over the files."""

    async def scenario(garden: Garden) -> None:
        await garden.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
        garden.commit({"app/web.yaml": deployment("web")})
        await garden.source()
        await garden.kustomization(
            targetNamespace="other",
            namePrefix="pre-",
            images=[{"name": "web", "newTag": "9"}],
            commonMetadata={"labels": {"team": "sea"}, "annotations": {"note": "yes"}},
            patches=[{"patch": "- op: add\n  path: /spec/replicas\n  value: 3\n", "target": {"kind": "Deployment"}}],
        )
        await garden.sleep(1)
        obj = await garden.get(DEPLOYMENT, "pre-web", "other")
        assert obj is not None
        assert obj["spec"]["replicas"] == 3
        assert get_in(obj, "spec", "template", "spec", "containers")[0]["image"] == "web:9"
        assert labels(obj)["team"] == "sea"

    in_garden(scenario)


def test_ignored_fields_are_left_to_others() -> None:
    """What spec.ignore names may be changed by others, also across commits; everything else is restored."""

    async def scenario(garden: Garden) -> None:
        web = deployment("web").replace("spec:\n  selector", "spec:\n  replicas: 1\n  selector", 1)
        garden.commit({"app/web.yaml": web})
        await garden.source()
        await garden.kustomization(ignore=[{"paths": ["/spec/replicas"], "target": {"kind": "Deploy.*"}}])
        await garden.sleep(1)
        for body in ({"spec": {"replicas": 5}}, {"spec": {"paused": True}}):
            await garden.client.patch(DEPLOYMENT, "web", NAMESPACE, body, field_manager="scaler")
            await garden.sleep(1)
        garden.commit({"app/web.yaml": web.replace("web:1", "web:2")})
        await garden.pull()
        obj = await garden.get(DEPLOYMENT, "web")
        assert obj is not None
        assert obj["spec"]["replicas"] == 5
        assert get_in(obj, "spec", "template", "spec", "containers")[0]["image"] == "web:2"
        assert (await garden.ready())[0] == "True"

    in_garden(scenario)


@pytest.mark.parametrize("mark", ["reconcile: disabled", "ssa: Ignore", "ssa: IfNotPresent"])
def test_objects_that_say_so_are_not_touched(mark: str) -> None:
    """Marked objects stay in the inventory, keep what others wrote, and are not waited for."""

    async def scenario(garden: Garden) -> None:
        marked = config_map("one", annotations=f"kustomize.toolkit.fluxcd.io/{mark}")
        garden.commit({"app/one.yaml": marked, "app/two.yaml": config_map("two")})
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": NAMESPACE}}
        await garden.client.create({**body, "data": {"k": "mine"}})
        await garden.source()
        await garden.kustomization(wait=True)
        await garden.sleep(1)
        await garden.client.patch(CONFIG_MAP, "one", NAMESPACE, {"data": {"k": "still mine"}})
        await garden.sleep(60)
        assert (await garden.value("one"), await garden.value("two")) == ("still mine", "1")
        ks = await garden.get(KUSTOMIZATION, "k")
        ids = [entry["id"] for entry in get_in(ks, "status", "inventory", "entries")]
        assert ids == ["garden_one__ConfigMap", "garden_two__ConfigMap"]

    in_garden(scenario)


def test_what_cannot_be_put_back_is_put_back_when_it_can() -> None:
    """A namespace that goes with its objects comes back with them, whatever the retry interval."""

    async def scenario(garden: Garden) -> None:
        namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shed}\n"
        garden.commit({"app/ns.yaml": namespace, "app/tool.yaml": config_map("tool", namespace="shed")})
        await garden.source()
        await garden.kustomization(retryInterval="1h")
        await garden.sleep(5)
        await garden.client.delete(NAMESPACE_KIND, "shed")
        await garden.sleep(60)
        obj = await garden.get(CONFIG_MAP, "tool", "shed")
        assert obj is not None
        assert (await garden.ready())[0] == "True"

    in_garden(scenario)


def test_a_request_by_kubectl_is_not_taken_away_by_a_parent() -> None:
    """requestedAt on a Kustomization that another one applied reaches its controller."""

    async def scenario(garden: Garden) -> None:
        child = {
            "interval": "10m",
            "path": "./app",
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": "src"},
        }
        metadata = {"name": "child", "namespace": NAMESPACE}
        body = {"apiVersion": KUSTOMIZATION.api_version, "kind": "Kustomization", "metadata": metadata, "spec": child}
        garden.commit({"parents/child.yaml": json.dumps(body), "app/one.yaml": config_map("one")})
        await garden.source()
        await garden.kustomization("parent", path="./parents")
        await garden.sleep(5)
        request = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}}
        await garden.client.patch(KUSTOMIZATION, "child", NAMESPACE, request, field_manager="kubectl-annotate")
        await garden.sleep(1)
        ks = await garden.get(KUSTOMIZATION, "child")
        assert get_in(ks, "status", "lastHandledReconcileAt") == "now"
        assert get_in(ks, "metadata", "annotations") == {"reconcile.fluxcd.io/requestedAt": "now"}

    in_garden(scenario)


@pytest.mark.parametrize("wait", [False, True])
def test_status_updates_of_applied_objects_wake_nobody(wait: bool) -> None:
    """What is applied, and was healthy, may report as much as it likes; ill health is seen at the interval."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/web.yaml": deployment("web")})
        await garden.source()
        await garden.kustomization(wait=wait, interval="5m")
        await garden.sleep(5)
        await set_status(garden, "web", AVAILABLE)
        await garden.sleep(5)
        passes = garden.passes()
        for count in range(20):
            await set_status(garden, "web", {"availableReplicas": count % 2, "readyReplicas": count % 2})
            await garden.sleep(0.1)
        assert garden.passes() == passes
        await set_status(garden, "web", {"availableReplicas": 0, "readyReplicas": 0})
        await garden.sleep(300)
        assert (await garden.ready())[0] == ("Unknown" if wait else "True")
        await set_status(garden, "web", AVAILABLE)
        await garden.sleep(0.5)
        assert (await garden.ready())[0] == "True"

    in_garden(scenario)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param({"app/one.yaml": "a: b\nc: d: e\n"}, "BuildFailed", id="yaml"),
        pytest.param({"elsewhere/one.yaml": "a: b\n"}, "ArtifactFailed", id="path"),
    ],
)
def test_a_broken_commit_is_built_once(files: dict[str, str], reason: str) -> None:
    """What cannot be built costs nothing until it changes; a request builds it again, a commit repairs it."""

    async def scenario(garden: Garden) -> None:
        garden.commit(files)
        await garden.source()
        await garden.kustomization(retryInterval="5s")
        await garden.sleep(5)
        assert (await garden.ready())[:2] == ("False", reason)
        before, passes = garden.revision, garden.passes()
        await garden.sleep(3600)
        assert garden.revision == before
        assert garden.passes() - passes < 3  # an appointment from before the source was there
        await garden.pull("k", KUSTOMIZATION)
        assert len([told for told, _ in await garden.events() if told == reason]) == 1
        ks = await garden.get(KUSTOMIZATION, "k")
        assert get_in(ks, "status", "lastHandledReconcileAt") == "request-1"
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.pull()
        assert (await garden.ready())[0] == "True"

    in_garden(scenario)

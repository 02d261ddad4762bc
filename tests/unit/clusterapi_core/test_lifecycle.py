"""The life of a cluster's machines, seen through its API objects."""

from fairlead.base.objects import Key, annotations, finalizers, get_in, labels, meta
from fairlead.controllers.contract import CLUSTER, MACHINE, MACHINE_DEPLOYMENT, MACHINE_SET

from .world import (
    CORE,
    MACHINE_TEMPLATE,
    NAMESPACE,
    NODE,
    POD,
    VSPHERE_MACHINE,
    CoreWorld,
    condition,
    is_true,
    machine_template,
    simulate,
    told,
)


def test_cluster_comes_up() -> None:
    """Parts are owned, addresses and nodes are taken over, everything ends Available."""

    async def scenario(world: CoreWorld) -> None:
        await world.up(replicas=2)
        cluster = await world.get(CLUSTER, "demo")
        assert cluster["status"]["phase"] == "Provisioned"
        assert cluster["spec"]["controlPlaneEndpoint"] == {"host": "10.0.0.1", "port": 6443}
        assert is_true(cluster, "Available")
        assert finalizers(cluster) == ["cluster.cluster.x-k8s.io"]
        for machine in await world.machines():
            name = meta(machine)["name"]
            assert machine["status"]["phase"] == "Running"
            assert machine["status"]["nodeRef"] == {"name": name}
            owner = meta(await world.get(VSPHERE_MACHINE, name))["ownerReferences"]
            assert [(o["kind"], o.get("controller")) for o in owner] == [("Machine", True)]
            node = await world.workload.client.get(NODE, name)
            assert annotations(node)["cluster.x-k8s.io/machine"] == name
            assert annotations(node)["cluster.x-k8s.io/owner-kind"] == "MachineSet"
        template = await world.get(MACHINE_TEMPLATE, "demo")
        assert [o["kind"] for o in meta(template)["ownerReferences"]] == ["Cluster"]

    simulate(scenario)


def test_nothing_is_written_once_all_is_well() -> None:
    """A pass over converged objects makes no API write, however often it comes."""

    async def scenario(world: CoreWorld) -> None:
        await world.up(replicas=2)
        before = {(gvk.kind, meta(o)["name"]): meta(o)["resourceVersion"] for gvk in CORE for o in await world.all(gvk)}
        for gvk, controller in zip(CORE, ("cluster", "machine", "machineset", "machinedeployment"), strict=False):
            for obj in await world.all(gvk):
                world.manager.wake(controller, Key.of(obj))
        await world.settle(3600)
        after = {(gvk.kind, meta(o)["name"]): meta(o)["resourceVersion"] for gvk in CORE for o in await world.all(gvk)}
        assert after == before

    simulate(scenario)


def test_scale_up_and_down() -> None:
    """More machines are made, and the ill one goes first."""

    async def scenario(world: CoreWorld) -> None:
        await world.up(replicas=2)
        await world.patch(MACHINE_DEPLOYMENT, "demo-md", {"spec": {"replicas": 3}})
        await world.until(lambda: world.has_ready(3), "the third worker")
        ill = meta((await world.machines())[1])["name"]
        await world.providers.node_condition(ill, "Ready", "False", "kubelet stopped")
        await world.settle()
        await world.patch(MACHINE_DEPLOYMENT, "demo-md", {"spec": {"replicas": 2}})
        await world.settle()
        left = [meta(machine)["name"] for machine in await world.machines()]
        assert len(left) == 2
        assert ill not in left
        deployment = await world.get(MACHINE_DEPLOYMENT, "demo-md")
        assert deployment["status"]["phase"] == "Running"
        (machine_set,) = await world.all(MACHINE_SET)
        assert annotations(machine_set)["machinedeployment.clusters.x-k8s.io/desired-replicas"] == "2"
        assert annotations(machine_set)["machinedeployment.clusters.x-k8s.io/max-replicas"] == "3"

    simulate(scenario)


def test_rolling_update_keeps_what_is_asked_for() -> None:
    """With maxUnavailable 0 there are never fewer available machines than replicas, nor more than one too many."""

    async def scenario(world: CoreWorld) -> None:
        await world.up(replicas=2)
        counts: list[tuple[int, int]] = []

        async def rolled() -> bool:
            machines = await world.machines()
            available = sum(is_true(machine, "Available") for machine in machines)
            counts.append((available, len(machines)))
            sets = await world.all(MACHINE_SET)
            return len(sets) == 1 and all(m["spec"]["infrastructureRef"] for m in machines) and len(machines) == 2

        body = {"spec": {"template": {"spec": {"infrastructureRef": {"name": "demo-next"}}}}}
        old = meta((await world.all(MACHINE_SET))[0])["name"]
        await world.patch(MACHINE_DEPLOYMENT, "demo-md", body)
        await world.settle(0.001)

        async def done() -> bool:
            await rolled()
            return [meta(s)["name"] for s in await world.all(MACHINE_SET)] != [old] and await rolled()

        await world.until(done, "the roll-out")
        assert min(available for available, _ in counts) >= 2
        assert max(total for _, total in counts) <= 3
        (machine_set,) = await world.all(MACHINE_SET)
        assert annotations(machine_set)["machinedeployment.clusters.x-k8s.io/revision"] == "2"
        reasons = await world.reasons("MachineDeployment")
        assert reasons[0] == "SuccessfulCreate"
        assert reasons[-1] == "SuccessfulDelete"

    simulate(scenario)


def test_in_place_changes_reach_existing_machines() -> None:
    """Labels and timeouts of the template go to the Machines that are there; a label that is dropped goes away."""

    async def scenario(world: CoreWorld) -> None:
        await world.up()
        name = meta(await world.machine())["name"]
        carried = {"node-role.kubernetes.io/db": "", "team": "blue"}
        body = {
            "spec": {
                "template": {"metadata": {"labels": carried}, "spec": {"deletion": {"nodeDrainTimeoutSeconds": 7}}}
            }
        }
        await world.patch(MACHINE_DEPLOYMENT, "demo-md", body)
        await world.settle()
        machine = await world.machine()
        assert meta(machine)["name"] == name
        assert machine["spec"]["deletion"]["nodeDrainTimeoutSeconds"] == 7
        assert labels(machine).items() >= carried.items()
        assert labels(await world.get(VSPHERE_MACHINE, name))["team"] == "blue"
        node = await world.workload.client.get(NODE, name)
        assert "node-role.kubernetes.io/db" in labels(node)
        assert "team" not in labels(node)
        await world.patch(
            MACHINE_DEPLOYMENT,
            "demo-md",
            {"spec": {"template": {"metadata": {"labels": {"node-role.kubernetes.io/db": None, "team": None}}}}},
        )
        await world.settle()
        assert not labels(await world.machine()).keys() & carried.keys()
        assert "node-role.kubernetes.io/db" not in labels(await world.workload.client.get(NODE, name))
        assert "team" not in labels(await world.get(VSPHERE_MACHINE, name))

    simulate(scenario)


def test_machine_deletion_drains_and_removes_the_node() -> None:
    """Deleting a Machine drains its node, deletes its parts and the node, and another Machine takes its place."""

    async def scenario(world: CoreWorld) -> None:
        await world.up()
        name = meta(await world.machine())["name"]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"nodeName": name, "containers": [{"name": "web", "image": "web"}]},
        }
        await world.workload.client.create(pod)
        await world.client.delete(MACHINE, name, NAMESPACE)
        await world.settle()
        machine = await world.get(MACHINE, name)
        status, reason, text = told(machine, "Deleting")
        assert (status, reason) == ("True", "DrainingNode")
        assert text.endswith("\n* Pod default/web: deletionTimestamp set, but still not removed from the Node")
        assert (await world.workload.client.get(NODE, name))["spec"]["unschedulable"]
        await world.workload.client.delete(POD, "web", "default", grace_seconds=0)  # the kubelet is done with it
        await world.settle(60)
        assert meta(await world.machine())["name"] != name
        nodes = {meta(n)["name"] for n in (await world.workload.client.list(NODE)).items}
        assert nodes == {"demo-cp", meta(await world.machine())["name"]}
        reasons = await world.reasons("Machine")
        assert [reason for reason in reasons if reason != "SuccessfulSetNodeRef"] == [
            "SuccessfulDrainNode",
            "NodeVolumesDetached",
        ]

    simulate(scenario)


def test_hooks_hold_a_deletion() -> None:
    """A pre-drain hook, then a pre-terminate hook, each hold the deletion until somebody takes them away."""

    async def scenario(world: CoreWorld) -> None:
        await world.up()
        name = meta(await world.machine())["name"]
        first = "pre-drain.delete.hook.machine.cluster.x-k8s.io/backup"
        second = "pre-terminate.delete.hook.machine.cluster.x-k8s.io/audit"
        await world.patch(MACHINE, name, {"metadata": {"annotations": {first: "", second: ""}}})
        await world.client.delete(MACHINE, name, NAMESPACE)
        await world.settle()
        machine = await world.get(MACHINE, name)
        text = f"Waiting for pre-drain hooks to succeed (hooks: {first})"
        assert told(machine, "Deleting") == ("True", "WaitingForPreDrainHook", text)
        await world.patch(MACHINE, name, {"metadata": {"annotations": {first: None}}})
        await world.settle()
        machine = await world.get(MACHINE, name)
        assert told(machine, "Deleting")[1] == "WaitingForPreTerminateHook"
        assert machine["status"]["deletion"].keys() >= {"nodeDrainStartTime", "waitForPreTerminateHookStartTime"}
        assert condition(machine, "PreDrainDeleteHookSucceeded", old=True)["status"] == "True"
        await world.patch(MACHINE, name, {"metadata": {"annotations": {second: None}}})
        await world.settle()
        assert name not in [meta(m)["name"] for m in await world.machines()]

    simulate(scenario)


def test_cluster_deletion_goes_in_order() -> None:
    """Workers go first, then the control plane, then the infrastructure, then the Cluster."""

    async def scenario(world: CoreWorld) -> None:
        await world.up()
        seen: list[str] = []

        async def gone() -> bool:
            clusters = await world.all(CLUSTER)
            for cluster in clusters:
                reason = told(cluster, "Deleting")[1]
                if reason not in ("NotDeleting", *seen[-1:]):
                    seen.append(reason)
            return not clusters

        await world.client.delete(CLUSTER, "demo", NAMESPACE)
        await world.until(gone, "the end of the cluster")
        await world.settle()
        assert not await world.machines()
        assert (await world.reasons("Cluster"))[-2:] == ["Deleting", "Deleted"]
        assert not world.manager.errors

    simulate(scenario)


def test_paused_cluster_is_left_alone() -> None:
    """A paused Cluster says so everywhere, and nothing happens until it goes on."""

    async def scenario(world: CoreWorld) -> None:
        await world.up()
        await world.patch(CLUSTER, "demo", {"spec": {"paused": True}})
        await world.settle()
        await world.patch(MACHINE_DEPLOYMENT, "demo-md", {"spec": {"replicas": 2}})
        await world.settle()
        assert len(await world.machines()) == 1
        for gvk in (CLUSTER, MACHINE_DEPLOYMENT, MACHINE_SET, MACHINE):
            for obj in await world.all(gvk):
                assert told(obj, "Paused")[:2] == ("True", "Paused"), gvk.kind
        await world.patch(CLUSTER, "demo", {"spec": {"paused": False}})
        await world.until(lambda: world.has_ready(2), "the second worker")

    simulate(scenario)


def test_lost_connection_is_told_after_a_while() -> None:
    """A lost connection is told after 50 s on the Cluster and after 5 min on the Machines; then it comes back."""

    async def scenario(world: CoreWorld) -> None:
        await world.up()
        world.workload.lose()
        await world.settle(40)
        assert is_true(await world.get(CLUSTER, "demo"), "RemoteConnectionProbe")
        await world.settle(20)
        status, reason, text = told(await world.get(CLUSTER, "demo"), "RemoteConnectionProbe")
        assert (status, reason) == ("False", "ProbeFailed")
        assert text.startswith("Remote connection probe failed, probe last succeeded at 2026-01-01T")
        assert is_true(await world.machine(), "NodeHealthy")
        await world.settle(300)
        assert told(await world.machine(), "NodeHealthy")[:2] == ("Unknown", "ConnectionDown")
        world.workload.answers.set()
        await world.settle()
        assert is_true(await world.get(CLUSTER, "demo"), "RemoteConnectionProbe")
        assert is_true(await world.machine(), "NodeHealthy")

    simulate(scenario)


def test_missing_template_is_named() -> None:
    """Without the bootstrap template no MachineSet is made, and the MachineDeployment says why."""

    async def scenario(world: CoreWorld) -> None:
        spec = machine_template()
        spec["bootstrap"]["configRef"]["name"] = "nothing"
        await world.up(deployment={"template": {"spec": spec}}, ready=False)
        await world.settle()
        found = await world.get(MACHINE_DEPLOYMENT, "demo-md")
        text = "Scaling up from 0 to 1 replicas is blocked because KubeadmConfigTemplate does not exist"
        assert told(found, "ScalingUp") == ("True", "ScalingUp", text)
        assert not await world.all(MACHINE_SET)
        assert get_in(found, "status", "phase") == "ScalingUp"

    simulate(scenario)

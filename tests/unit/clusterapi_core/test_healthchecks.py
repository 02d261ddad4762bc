"""Machines that are ill: who is, how many may be replaced, and that they are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fairlead.base.objects import Json, meta
from fairlead.controllers.clusterapi.healthchecks import Target, allowance, examine
from fairlead.controllers.contract import CONTROL_PLANE, MACHINE, MACHINE_DEPLOYMENT, MACHINE_HEALTH_CHECK, MACHINE_SET
from fairlead.runtime.clock import timestamp

from .world import NAMESPACE, NODE, CoreWorld, condition, is_true, simulate, told

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
READY_UNKNOWN = [
    {"type": "Ready", "status": "Unknown", "timeoutSeconds": 300},
    {"type": "Ready", "status": "False", "timeoutSeconds": 300},
]


def ago(seconds: float) -> str:
    return timestamp(NOW - timedelta(seconds=seconds))


def said(type_: str, status: str, since: float = 10_000, reason: str = "Because") -> Json:
    return {"type": type_, "status": status, "reason": reason, "lastTransitionTime": ago(since)}


def machine(*conditions: Json, made: float = 10_000, node: str = "node", **metadata: Any) -> Json:
    status: Json = {"conditions": list(conditions), **({"nodeRef": {"name": node}} if node else {})}
    return {"metadata": {"name": "m", "creationTimestamp": ago(made), **metadata}, "spec": {}, "status": status}


def node(*conditions: Json) -> Json:
    return {"metadata": {"name": "node"}, "status": {"conditions": list(conditions)}}


STARTED = {"status": {"conditions": [said("ControlPlaneInitialized", "True"), said("InfrastructureReady", "True")]}}
NOT_STARTED = {"status": {"conditions": [said("InfrastructureReady", "True")]}}
CHECK = {"spec": {"checks": {"unhealthyNodeConditions": READY_UNKNOWN, "nodeStartupTimeoutSeconds": 600}}}
MACHINE_CHECK = {
    "spec": {
        "checks": {
            "unhealthyMachineConditions": [{"type": "InfrastructureReady", "status": "False", "timeoutSeconds": 90}]
        }
    }
}


@pytest.mark.parametrize(
    ("target", "check", "cluster", "reason", "message"),
    [
        pytest.param(
            Target(machine(annotations={"cluster.x-k8s.io/remediate-machine": ""}), node()),
            CHECK,
            NOT_STARTED,
            "HasRemediateAnnotation",
            "Health check failed: marked for remediation via cluster.x-k8s.io/remediate-machine annotation",
            id="marked by a person, whatever else",
        ),
        pytest.param(
            Target(machine(), node(said("Ready", "Unknown", 301, "NodeStatusUnknown"))),
            CHECK,
            STARTED,
            "UnhealthyNode",
            "Health check failed:\n  * Condition Ready on Node is reporting status Unknown"
            " with reason NodeStatusUnknown for more than 5m0s",
            id="node silent for too long",
        ),
        pytest.param(
            Target(machine(), None, node_missing=True),
            CHECK,
            STARTED,
            "NodeDeleted",
            "Health check failed:\n  * Node node has been deleted",
            id="node gone",
        ),
        pytest.param(
            Target(machine(node="")),
            CHECK,
            STARTED,
            "NodeStartupTimeout",
            "Health check failed:\n  * Node failed to report startup in 10m0s",
            id="node never came",
        ),
        pytest.param(
            Target(machine(said("InfrastructureReady", "False", 91)), node(said("Ready", "True"))),
            MACHINE_CHECK,
            STARTED,
            "UnhealthyMachine",
            "Health check failed:\n  * Condition InfrastructureReady on Machine is reporting status False"
            " with reason Because for more than 1m30s",
            id="the Machine's own condition",
        ),
        pytest.param(
            Target(
                machine(node="", labels={"cluster.x-k8s.io/control-plane": ""}),
            ),
            CHECK,
            NOT_STARTED,
            "NodeStartupTimeout",
            "Health check failed:\n  * Node failed to report startup in 10m0s",
            id="the first control-plane machine counts before the cluster is up",
        ),
    ],
)
def test_ill(target: Target, check: Json, cluster: Json, reason: str, message: str) -> None:
    """What makes a machine ill, and how it is told."""
    found = examine(target, check, cluster, NOW)
    assert found.illness is not None
    assert (found.illness.reason, found.illness.message) == (reason, message)


@pytest.mark.parametrize(
    ("target", "cluster", "healthy", "again"),
    [
        pytest.param(Target(machine(), node(said("Ready", "True"))), STARTED, True, None, id="well"),
        pytest.param(
            Target(machine(), node(said("Ready", "Unknown", 200))), STARTED, False, 101, id="silent, not long"
        ),
        pytest.param(Target(machine(node="", made=100)), STARTED, False, 501, id="young"),
        pytest.param(
            Target(machine(said("InfrastructureReady", "True", 50), node="")), STARTED, False, 551, id="VM is young"
        ),
        pytest.param(Target(machine(node="")), NOT_STARTED, False, None, id="worker before the control plane"),
    ],
)
def test_not_ill(target: Target, cluster: Json, healthy: bool, again: float | None) -> None:
    """A machine that may become ill is looked at again just when it would."""
    found = examine(target, CHECK, cluster, NOW)
    assert found.illness is None
    assert found.is_healthy is healthy
    assert found.again == (timedelta(seconds=again) if again is not None else None)


@pytest.mark.parametrize(
    ("trigger", "total", "healthy", "allowed", "count"),
    [
        pytest.param({}, 3, 0, True, 0, id="without a bound all may go"),
        pytest.param({"unhealthyLessThanOrEqualTo": "40%"}, 5, 3, True, 0, id="40% of 5 is 2"),
        pytest.param({"unhealthyLessThanOrEqualTo": "40%"}, 5, 2, False, 0, id="3 are too many"),
        pytest.param({"unhealthyLessThanOrEqualTo": 2}, 5, 4, True, 1, id="a number"),
        pytest.param({"unhealthyInRange": "[1-3]"}, 5, 3, True, 1, id="in the range"),
        pytest.param({"unhealthyInRange": "[1-3]"}, 5, 5, False, 0, id="below the range"),
        pytest.param({"unhealthyInRange": "[1-3]"}, 5, 1, False, 0, id="above the range"),
    ],
)
def test_allowance(trigger: Json, total: int, healthy: int, allowed: bool, count: int) -> None:
    """How many may be replaced; those not known to be well count as ill."""
    found = allowance({"spec": {"remediation": {"triggerIf": trigger}}}, total, healthy, total - healthy)
    assert (found.is_allowed, found.count) == (allowed, count)
    assert bool(found.message) is not allowed


def health_check(**remediation: Any) -> Json:
    return {
        "apiVersion": MACHINE_HEALTH_CHECK.api_version,
        "kind": MACHINE_HEALTH_CHECK.kind,
        "metadata": {"name": "workers", "namespace": NAMESPACE},
        "spec": {
            "clusterName": "demo",
            "selector": {"matchLabels": {"cluster.x-k8s.io/deployment-name": "demo-md"}},
            "checks": {"unhealthyNodeConditions": READY_UNKNOWN},
            **({"remediation": remediation} if remediation else {}),
        },
    }


def test_ill_worker_is_replaced() -> None:
    """A node silent for five minutes: its Machine is deleted by the MachineSet and another one made."""

    async def scenario(world: CoreWorld) -> None:
        await world.up(replicas=2)
        await world.client.create(health_check())
        await world.settle()
        check = await world.get(MACHINE_HEALTH_CHECK, "workers")
        assert check["status"]["expectedMachines"] == check["status"]["currentHealthy"] == 2
        assert is_true(check, "RemediationAllowed")
        ill = meta((await world.machines())[0])["name"]
        assert is_true(await world.get(MACHINE, ill), "HealthCheckSucceeded")
        await world.providers.node_condition(ill, "Ready", "Unknown", "kubelet stopped posting node status.")
        await world.settle(290)
        assert ill in [meta(m)["name"] for m in await world.machines()]
        await world.settle(30)
        assert ill not in [meta(m)["name"] for m in await world.machines()]
        await world.until(lambda: world.has_ready(2), "the replacement")
        assert "MachineMarkedUnhealthy" in await world.reasons("Machine")
        assert "SuccessfulDelete" in await world.reasons("MachineSet")

    simulate(scenario)


def test_too_many_ill_are_left_alone() -> None:
    """Over the bound nothing is replaced; the check says why, with an event."""

    async def scenario(world: CoreWorld) -> None:
        await world.up(replicas=2)
        await world.client.create(health_check(triggerIf={"unhealthyLessThanOrEqualTo": 1}))
        names = [meta(m)["name"] for m in await world.machines()]
        for name in names:
            await world.providers.node_condition(name, "Ready", "Unknown")
        await world.settle(400)
        assert [meta(m)["name"] for m in await world.machines()] == names
        status, reason, text = told(await world.get(MACHINE_HEALTH_CHECK, "workers"), "RemediationAllowed")
        assert (status, reason) == ("False", "TooManyUnhealthy")
        assert text.endswith("exceeds maxUnhealthy (total: 2, unhealthy: 2, maxUnhealthy: 1)")
        assert "RemediationRestricted" in await world.reasons("MachineHealthCheck")

    simulate(scenario)


def test_recovered_machine_is_kept() -> None:
    """A machine that is well again before its turn came loses the mark."""

    async def scenario(world: CoreWorld) -> None:
        await world.up(replicas=2)
        await world.client.create(health_check())
        ill = meta((await world.machines())[0])["name"]
        revision = "machinedeployment.clusters.x-k8s.io/revision"
        (machine_set,) = await world.all(MACHINE_SET)
        await world.patch(MACHINE_DEPLOYMENT, "demo-md", {"spec": {"paused": True}})
        await world.providers.set_status(CONTROL_PLANE, "demo", {"versions": [{"version": "v1.34.0", "replicas": 1}]})
        await world.providers.node_condition(ill, "Ready", "Unknown")
        await world.settle(310)
        machine = await world.get(MACHINE, ill)
        status, reason, text = told(machine, "OwnerRemediated")
        assert (status, reason) == ("False", "RemediationDeferred")
        assert text == '* KubeadmControlPlane default/demo is upgrading ("ControlPlaneIsStable" preflight check failed)'
        assert meta(machine_set)["annotations"][revision] == "1"
        await world.providers.node_condition(ill, "Ready", "True")
        await world.settle()
        machine = await world.get(MACHINE, ill)
        assert is_true(machine, "HealthCheckSucceeded")
        assert not condition(machine, "OwnerRemediated")

    simulate(scenario)


def test_node_that_was_deleted() -> None:
    """A node that somebody deletes makes its Machine ill at once."""

    async def scenario(world: CoreWorld) -> None:
        await world.up()
        await world.client.create(health_check())
        await world.settle()
        name = meta(await world.machine())["name"]
        await world.workload.client.delete(NODE, name)
        await world.settle()
        assert meta(await world.machine())["name"] != name

    simulate(scenario)

"""The control-plane endpoint: one that another cluster has, and one that is changed too late."""

import json
from datetime import timedelta

from fairlead.api.infrastructure.kinds import VSPHERE_CLUSTER
from fairlead.base.objects import Json
from fairlead.controllers.contract import CLUSTER, SECRET
from fairlead.testing.fleet import EVENT, NAME, NAMESPACE, Fleet, Written, names, run

SECOND = "teal"
PROBE = "RemoteConnectionProbe"


def second(written: Written) -> list[Json]:
    """The same cluster under another name: it asks for the endpoint of the first."""
    text = json.dumps(written.objects()).replace(f'"{NAME}', f'"{SECOND}')
    found: list[Json] = json.loads(text)
    return found


def test_an_endpoint_that_another_cluster_has() -> None:
    """The second cluster says who answers there, cluster and machine, and goes on when the address is free."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        [machine] = names((await fleet.machines())[0])
        await fleet.world.apply(second(Written(workers=0)), namespace=NAMESPACE)
        await fleet.world.settle(timedelta(minutes=3))
        status, reason, message = await fleet.condition(CLUSTER, SECOND, PROBE)
        assert (status, reason) == ("False", "ProbeFailed")
        told = f"192.168.1.140:6443 is answered by another cluster: {NAMESPACE}/{NAME} (machine {machine})"
        assert message == f"Remote connection not established yet: {told}"
        assert told in (await fleet.condition(CLUSTER, SECOND, "Available"))[2]
        assert (await fleet.condition(CLUSTER, NAME, "Available"))[0] == "True"
        await fleet.client.delete(CLUSTER, NAME, NAMESPACE)

        async def is_up() -> bool:
            return (await fleet.condition(CLUSTER, SECOND, PROBE))[0] == "True"

        await fleet.until(is_up, "the second cluster at the address")
        assert (await fleet.condition(CLUSTER, SECOND, PROBE))[2] == ""

    run(scenario, Written(workers=0))


def test_a_cluster_that_nobody_manages() -> None:
    """Of a cluster whose Secrets are gone, the certificate's machines are what can be said."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        await fleet.world.apply(second(Written(workers=0)), namespace=NAMESPACE)
        secrets = await fleet.all(SECRET)
        [own] = [secret for secret in secrets if secret["metadata"]["name"] == f"{NAME}-ca"]
        own = {**own, "data": {}}
        await fleet.client.update(own)
        await fleet.world.settle(timedelta(minutes=3))
        message = (await fleet.condition(CLUSTER, SECOND, PROBE))[2]
        assert "answered by another cluster that is not managed here (machine blue-" in message

    run(scenario, Written(workers=0))


def test_an_endpoint_is_for_good() -> None:
    """Another one in the VSphereCluster is accepted, as upstream does; one warning says that it does nothing."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        change: Json = {"spec": {"controlPlaneEndpoint": {"host": "192.168.1.141"}}}
        await fleet.client.patch(VSPHERE_CLUSTER, NAME, NAMESPACE, change)
        await fleet.world.settle(timedelta(minutes=30))
        assert (await fleet.get(CLUSTER))["spec"]["controlPlaneEndpoint"]["host"] == "192.168.1.140"
        [told] = [e for e in await fleet.all(EVENT) if e["reason"] == "ControlPlaneEndpointIgnored"]
        assert (told["type"], told["count"]) == ("Warning", 1)
        assert (
            "asks for the control plane endpoint 192.168.1.141:6443, the cluster stays at 192.168.1.140"
            in told["message"]
        )

    run(scenario, Written(workers=0))

"""The address of a control plane, where the VSphereCluster gives none."""

from datetime import timedelta

import pytest

from fairlead.api.supervisor.kinds import VSPHERE_CLUSTER, VSPHERE_MACHINE
from fairlead.api.vmoperator.kinds import VIRTUAL_MACHINE_SERVICE
from fairlead.base.objects import Json, get_in
from fairlead.controllers.contract import CLUSTER
from fairlead.controllers.supervisor.endpoint import EndpointError, endpoint_of
from fairlead.controllers.supervisor.networks import DUMMY
from fairlead.runtime.client import PatchType
from fairlead.runtime.conditions import find

from .site import INFRASTRUCTURE, NAME, NAMESPACE, Site, cluster, everything, machine_spec, obj, run


def test_service_gives_the_address() -> None:
    """A VirtualMachineService in front of the control plane is made; its address is the cluster's."""

    async def scenario(site: Site) -> None:
        await site.up(everything(address=""))
        infra = await site.client.get(VSPHERE_CLUSTER, NAME, NAMESPACE)
        service = await site.client.get(VIRTUAL_MACHINE_SERVICE, NAME, NAMESPACE)
        assert service["spec"] == {
            "type": "LoadBalancer",
            "ports": [{"name": "apiserver", "protocol": "TCP", "port": 6443, "targetPort": 6443}],
            "selector": {
                "capv.vmware.com/cluster.name": NAME,
                "capv.vmware.com/cluster.role": "controlplane",
                "capw.vmware.com/cluster.name": NAME,
                "capw.vmware.com/cluster.role": "controlplane",
            },
        }
        assert service["metadata"]["ownerReferences"][0]["uid"] == infra["metadata"]["uid"]
        [ingress] = service["status"]["loadBalancer"]["ingress"]
        assert infra["spec"]["controlPlaneEndpoint"] == {"host": ingress["ip"], "port": 6443}
        found = await site.client.get(CLUSTER, NAME, NAMESPACE)
        assert found["spec"]["controlPlaneEndpoint"] == infra["spec"]["controlPlaneEndpoint"]

    run(scenario)


def test_each_service_has_an_address_of_its_own() -> None:
    """Two services do not get one address, an asked-for one is given, and a free one is given again."""

    def service(name: str, **spec: object) -> Json:
        ports = [{"name": "web", "protocol": "TCP", "port": 80, "targetPort": 80}]
        return {
            "apiVersion": VIRTUAL_MACHINE_SERVICE.api_version,
            "kind": VIRTUAL_MACHINE_SERVICE.kind,
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"type": "LoadBalancer", "ports": ports, "selector": {"app": name}, **spec},
        }

    async def address(site: Site, name: str) -> str:
        found = await site.client.get(VIRTUAL_MACHINE_SERVICE, name, NAMESPACE)
        entries = get_in(found, "status", "loadBalancer", "ingress", default=[{}])
        return str(entries[0].get("ip", ""))

    async def scenario(site: Site) -> None:
        inner = service("inner", type="ClusterIP")
        await site.apply(service("a"), service("b"), service("c", loadBalancerIP="10.1.2.3"), inner)
        await site.world.settle(timedelta(seconds=1))
        first, second = await address(site, "a"), await address(site, "b")
        assert {first, second} == {"172.31.0.1", "172.31.0.2"}
        assert await address(site, "c") == "10.1.2.3"
        assert await address(site, "inner") == ""
        await site.client.delete(VIRTUAL_MACHINE_SERVICE, "a", NAMESPACE)
        await site.apply(service("d"))
        await site.world.settle(timedelta(seconds=1))
        assert await address(site, "d") == first

    run(scenario)


def test_without_load_balancer_the_first_machine_gives_it() -> None:
    """With upstream's default network provider the cluster is where its first machine is, once it has an address."""

    async def scenario(site: Site) -> None:
        await site.apply(*everything(nodes=0, address=""))
        await site.world.settle(timedelta(minutes=1))
        infra = await site.client.get(VSPHERE_CLUSTER, NAME, NAMESPACE)
        assert get_in(infra, "spec", "controlPlaneEndpoint") is None
        assert await site.all(VIRTUAL_MACHINE_SERVICE) == []
        ready = find(infra["status"]["conditions"], "Ready")
        assert ready is not None
        assert (ready["status"], ready["message"]) == ("Unknown", "* LoadBalancerReady: Condition not yet reported")
        first = obj(INFRASTRUCTURE, "VSphereMachine", "first", machine_spec())
        first["metadata"]["labels"] = {"cluster.x-k8s.io/cluster-name": NAME, "cluster.x-k8s.io/control-plane": ""}
        await site.apply(first)
        status = {"status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.7"}]}}
        await site.client.patch(VSPHERE_MACHINE, "first", NAMESPACE, status, PatchType.MERGE, subresource="status")
        await site.world.settle(timedelta(seconds=2))
        infra = await site.client.get(VSPHERE_CLUSTER, NAME, NAMESPACE)
        assert infra["spec"]["controlPlaneEndpoint"] == {"host": "10.0.0.7", "port": 6443}
        assert infra["status"]["initialization"] == {"provisioned": True}

    run(scenario, DUMMY)


def test_two_address_families_are_refused() -> None:
    """An IPv6 range is refused in upstream's words."""

    async def scenario(site: Site) -> None:
        owner, infra = cluster(address="")
        owner["spec"]["clusterNetwork"]["pods"]["cidrBlocks"] = ["192.168.0.0/16", "fd00::/48"]
        await site.apply(owner, infra)
        await site.world.settle(timedelta(seconds=2))
        found = await site.client.get(VSPHERE_CLUSTER, NAME, NAMESPACE)
        condition = find(found["status"]["conditions"], "LoadBalancerReady")
        assert condition is not None
        assert (condition["status"], condition["reason"]) == ("False", "NotReady")
        assert condition["message"].startswith("IPv6 and DualStack require the IPv6DualStack feature gate")

    run(scenario)


def _service(*ingress: Json, **spec: object) -> Json:
    ports = [{"name": "apiserver", "protocol": "TCP", "port": 6443}]
    return {
        "metadata": {"name": "blue", "namespace": "fleet"},
        "spec": {"type": "LoadBalancer", "ports": ports, **spec},
        "status": {"loadBalancer": {"ingress": list(ingress)}},
    }


@pytest.mark.parametrize(
    ("service", "message"),
    [
        pytest.param(
            _service(type="ClusterIP"), "VirtualMachineService fleet/blue does not have load balancer", id="type"
        ),
        pytest.param(
            _service(), "VirtualMachineService fleet/blue LoadBalancer does not have any Ingresses", id="no-ingress"
        ),
        pytest.param(
            _service({"ip": "fd00::1"}),
            "VirtualMachineService fleet/blue does not yet have IPv4 VIP assigned",
            id="other-family",
        ),
        pytest.param(
            _service({"ip": "10.0.0.1"}, ports=[]),
            "VirtualMachineService fleet/blue does not have an apiserver endpoint: VirtualMachineService does not have "
            'port entry for "apiserver"',
            id="no-port",
        ),
    ],
)
def test_service_without_address(service: Json, message: str) -> None:
    """What a service lacks is said in upstream's words, with its reason."""
    with pytest.raises(EndpointError) as caught:
        endpoint_of(service)
    assert str(caught.value) == message
    assert (caught.value.reason, caught.value.old_reason) == ("WaitingForIP", "WaitingForLoadBalancerIP")


def test_service_with_address() -> None:
    """The first IPv4 address, and the port of the API server."""
    assert endpoint_of(_service({"ip": "fd00::1"}, {"ip": "10.0.0.1"})) == {"host": "10.0.0.1", "port": 6443}

"""The kinds of a supervisor: versions, conversions and refusals."""

from typing import Any

import pytest

from fairlead.api.errors import ApiError
from fairlead.api.infrastructure.naming import MachineNameError, vm_name
from fairlead.api.kind import Kind
from fairlead.api.supervisor.kinds import KINDS, VSPHERE_CLUSTER, VSPHERE_MACHINE
from fairlead.api.vmoperator.kinds import KINDS as VM_OPERATOR_KINDS
from fairlead.api.vmoperator.kinds import VIRTUAL_MACHINE
from fairlead.base.objects import GVK, Json
from fairlead.runtime.client import PatchType

from .site import NAMESPACE, Site, machine_spec, obj, run, template

GROUP = "vmware.infrastructure.cluster.x-k8s.io"
OLD = f"{GROUP}/v1beta1"
NETWORK = {"kind": "K", "name": "n", "apiVersion": "a/v1"}
BY_KIND = {kind.kind: kind for kind in KINDS}

OLDER = [
    pytest.param(
        "VSphereMachine",
        {
            "spec": {
                "className": "c",
                "imageName": "i",
                "namingStrategy": {"template": "t"},
                "network": {"interfaces": {"primary": {"network": NETWORK}}},
            },
            "status": {
                "ready": True,
                "vmID": "uuid",
                "vmstatus": "poweredon",
                "conditions": [{"type": "Ready", "status": "True"}],
                "v1beta2": {"conditions": [{"type": "Ready", "status": "False"}]},
            },
        },
        {
            "spec": {
                "className": "c",
                "imageName": "i",
                "naming": {"template": "t"},
                "network": {
                    "interfaces": {"primary": {"networkRef": {"kind": "K", "name": "n", "apiVersion": "a/v1"}}}
                },
            },
            "status": {
                "initialization": {"provisioned": True},
                "biosUUID": "uuid",
                "phase": "PoweredOn",
                "conditions": [{"type": "Ready", "status": "False"}],
                "deprecated": {"v1beta1": {"conditions": [{"type": "Ready", "status": "True"}]}},
            },
        },
        id="machine",
    ),
    pytest.param(
        "VSphereMachineTemplate",
        {"spec": {"template": {"spec": {"className": "c", "imageName": "i", "namingStrategy": {"template": "t"}}}}},
        {"spec": {"template": {"spec": {"className": "c", "imageName": "i", "naming": {"template": "t"}}}}},
        id="machine-template",
    ),
    pytest.param(
        "VSphereCluster",
        {
            "spec": {"controlPlaneEndpoint": {"host": "h", "port": 6443}},
            "status": {"ready": False, "failureDomains": {"a": {"controlPlane": True}}},
        },
        {
            "spec": {"controlPlaneEndpoint": {"host": "h", "port": 6443}},
            "status": {
                "initialization": {"provisioned": False},
                "failureDomains": [{"name": "a", "controlPlane": True}],
            },
        },
        id="cluster",
    ),
]


@pytest.mark.parametrize(("kind", "old", "new"), OLDER)
def test_conversion(kind: str, old: Json, new: Json) -> None:
    """The older version becomes the newer one, and back."""
    older = {"apiVersion": OLD, "kind": kind, **old}
    newer = {"apiVersion": f"{GROUP}/v1beta2", "kind": kind, **new}
    convert = BY_KIND[kind].convert
    assert convert is not None
    assert convert(older, "v1beta2") == newer
    assert convert(newer, "v1beta1") == older
    assert convert(newer, "v1beta2") is newer


def test_empty_endpoint_of_the_older_version_is_none() -> None:
    """What v1beta1 says with an empty host and port 0 is absent in v1beta2."""
    convert = BY_KIND["VSphereCluster"].convert
    assert convert is not None
    old = {
        "apiVersion": OLD,
        "kind": "VSphereCluster",
        "spec": {"controlPlaneEndpoint": {"host": "", "port": 0}},
    }
    assert convert(old, "v1beta2")["spec"] == {}


def test_host_of_a_virtual_machine() -> None:
    """v1alpha5 calls the ESXi host nodeName; all else is the same."""
    [kind] = [kind for kind in VM_OPERATOR_KINDS if kind.kind == "VirtualMachine"]
    assert kind.convert is not None
    old = {
        "apiVersion": "vmoperator.vmware.com/v1alpha2",
        "kind": "VirtualMachine",
        "status": {"host": "h", "zone": "z"},
    }
    new = kind.convert(old, "v1alpha5")
    assert new["status"] == {"nodeName": "h", "zone": "z"}
    assert kind.convert(new, "v1alpha2") == old


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.kind) for kind in (*KINDS, *VM_OPERATOR_KINDS)])
def test_definitions(kind: Kind) -> None:
    """Every version has a schema of an object with the fields that all objects have, and one version is stored."""
    spec = kind.crd()["spec"]
    assert [v["storage"] for v in spec["versions"]].count(True) == 1
    for version in spec["versions"]:
        assert {"apiVersion", "kind", "metadata", "spec"} <= set(version["schema"]["openAPIV3Schema"]["properties"])


def test_older_defaults() -> None:
    """v1beta1 fills in the mode of switching off; v1beta2 leaves it open."""

    async def scenario(site: Site) -> None:
        spec = machine_spec(powerOffMode=None)
        await site.apply(obj(GROUP, "VSphereMachine", "new", spec))
        old = {**obj(GROUP, "VSphereMachine", "old", spec), "apiVersion": OLD}
        await site.apply(old)
        new = await site.client.get(VSPHERE_MACHINE, "new", NAMESPACE)
        assert "powerOffMode" not in new["spec"]
        assert (await site.client.get(VSPHERE_MACHINE, "old", NAMESPACE))["spec"]["powerOffMode"] == "hard"
        read = await site.client.get(GVK(GROUP, "v1beta1", "VSphereMachine"), "new", NAMESPACE)
        assert read["apiVersion"] == OLD

    run(scenario)


async def refused(site: Site, change: Any) -> str:
    with pytest.raises(ApiError) as caught:
        await change
    return caught.value.message


def test_refusals() -> None:
    """Fields that cannot change, and fields of feature gates that are off, are refused in upstream's words."""

    async def scenario(site: Site) -> None:
        await site.apply(obj(GROUP, "VSphereMachine", "m", machine_spec()), template("t"))
        for field in ("className", "imageName", "storageClass", "minHardwareVersion"):
            patch = {"spec": {field: "other"}}
            change = site.client.patch(VSPHERE_MACHINE, "m", NAMESPACE, patch, PatchType.MERGE)
            assert f"spec.{field}: Forbidden: cannot be modified" in await refused(site, change)
        patch = {"spec": {"template": {"spec": {"className": "other"}}}}
        change = site.client.patch(
            GVK(GROUP, "v1beta2", "VSphereMachineTemplate"), "t", NAMESPACE, patch, PatchType.MERGE
        )
        text = await refused(site, change)
        assert "VSphereMachineTemplate spec.template.spec field is immutable" in text
        policies = obj(GROUP, "VSphereMachine", "p", machine_spec(policies=[{"kind": "ComputePolicy", "name": "p"}]))
        text = await refused(site, site.apply(policies))
        assert "spec.policies: Forbidden: policies can only be set when feature gate InfrastructurePolicies" in text
        cluster = obj(GROUP, "VSphereCluster", "c", {"network": {"nsxVPC": {"createSubnetSet": False}}})
        text = await refused(site, site.apply(cluster))
        assert "createSubnetSet can only be set when MultiNetworks feature gate is enabled" in text
        assert (
            'admission webhook "validation.vspherecluster.vmware.infrastructure.cluster.x-k8s.io" denied the request'
            in text
        )
        assert await site.all(VSPHERE_CLUSTER) == []

    run(scenario)


def test_power_off_mode_of_a_template_may_be_spelled_out() -> None:
    """hard is what an empty mode means, so writing it is no change."""

    async def scenario(site: Site) -> None:
        await site.apply(template("t", powerOffMode=None))
        await site.apply(template("t", powerOffMode="hard"))

    run(scenario)


@pytest.mark.parametrize(
    ("template_text", "name"),
    [
        pytest.param("", "blue-md-0-abc", id="default"),
        pytest.param("{{ .machine.name }}", "blue-md-0-abc", id="machine"),
        pytest.param("{{ .machine.name | trunc 4 }}-{{ .machine.name | trunc -3 }}", "blue-abc", id="trunc"),
        pytest.param('{{ .machine.name | trimSuffix "-abc" }}', "blue-md-0", id="trim-suffix"),
        pytest.param("a" * 70, "a" * 63, id="cut"),
    ],
)
def test_names(template_text: str, name: str) -> None:
    """The functions that upstream's naming templates have."""
    assert vm_name("blue-md-0-abc", template_text) == name


@pytest.mark.parametrize("text", ["{{ .machine.name | upper }}", "{{ .machine ", "{{ .machine.name }}_x", "-"])
def test_names_that_are_none(text: str) -> None:
    """Unknown functions, broken templates, and texts that name no object."""
    with pytest.raises(MachineNameError):
        vm_name("blue", text)


def test_virtual_machine_keeps_what_is_not_known_here() -> None:
    """A supervisor's objects have fields beyond those that something here uses."""

    async def scenario(site: Site) -> None:
        spec = {"className": "c", "crypto": {"encryptionClassName": "e"}}
        metadata = {"name": "mine", "namespace": NAMESPACE}
        await site.apply(
            {"apiVersion": VIRTUAL_MACHINE.api_version, "kind": "VirtualMachine", "metadata": metadata, "spec": spec}
        )
        found = await site.client.get(VIRTUAL_MACHINE, "mine", NAMESPACE)
        assert found["spec"] == {**spec, "powerOffMode": "TrySoft"}

    run(scenario)

"""What one pass over a VSphereMachine decides, row by row."""

import pytest

from fairlead.base.objects import Json
from fairlead.controllers.supervisor.virtualmachines import (
    HardwareVersionError,
    Progress,
    hardware_number,
    progress,
    wanted_vm,
)
from fairlead.controllers.supervisor.vspheremachine import Hold, Make, Remove, Rest, Seen, decide

MACHINE: Json = {"spec": {"bootstrap": {"dataSecretName": "s"}}}
WITHOUT_DATA: Json = {"spec": {"bootstrap": {}}}
CLUSTER: Json = {"spec": {}, "status": {}}
INITIALIZED: Json = {"status": {"conditions": [{"type": "ControlPlaneInitialized", "status": "True"}]}}


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        pytest.param(Seen(None, None, None, True, False), Remove, id="deleting"),
        pytest.param(Seen(None, CLUSTER, {}, False, False), Rest, id="no-machine"),
        pytest.param(Seen(MACHINE, None, {}, False, False), Rest, id="no-cluster"),
        pytest.param(Seen(MACHINE, CLUSTER, None, False, False), Rest, id="no-infrastructure"),
        pytest.param(Seen(MACHINE, CLUSTER, {}, False, False), Make, id="make"),
        pytest.param(
            Seen(WITHOUT_DATA, CLUSTER, {}, False, False),
            Hold("WaitingForControlPlaneInitialized", "WaitingForControlPlaneAvailable"),
            id="worker-before-the-control-plane",
        ),
        pytest.param(
            Seen(WITHOUT_DATA, CLUSTER, {}, False, True),
            Hold("WaitingForBootstrapData", "WaitingForBootstrapData"),
            id="control-plane-without-data",
        ),
        pytest.param(
            Seen(WITHOUT_DATA, INITIALIZED, {}, False, False),
            Hold("WaitingForBootstrapData", "WaitingForBootstrapData"),
            id="worker-without-data",
        ),
    ],
)
def test_next_step(seen: Seen, step: object) -> None:
    """Machines do not wait for the cluster's infrastructure; for their bootstrap data they do."""
    decided = decide(seen)
    assert decided == step if isinstance(step, Hold) else isinstance(decided, step)  # type: ignore[arg-type]


def vm(*conditions: tuple[str, str, str, str], **status: object) -> Json:
    names = ("type", "status", "reason", "message")
    return {"status": {"conditions": [dict(zip(names, c, strict=True)) for c in conditions], **status}}


CREATED = ("VirtualMachineCreated", "True", "True", "")
CLASS_MISSING = ("VirtualMachineClassReady", "False", "NotFound", "no class")
IMAGE_MISSING = ("VirtualMachineImageReady", "False", "NotFound", "no image")
ADDRESS = {"network": {"primaryIP4": "10.0.0.1"}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param({}, Progress("Pending", "Provisioning", "VMProvisionStarted"), id="new"),
        pytest.param(
            vm(IMAGE_MISSING, CLASS_MISSING),
            Progress("Pending", "NotFound", "NotFound", "Error", "no class"),
            id="first-of-the-prerequisites",
        ),
        pytest.param(
            vm(("VirtualMachineClassReady", "Unknown", "Wait", "")),
            Progress("Pending", "Provisioning", "VMProvisionStarted"),
            id="unknown-is-no-error",
        ),
        pytest.param(vm(CREATED, CLASS_MISSING), Progress("Created", "PoweringOn", "PoweringOn"), id="created"),
        pytest.param(
            vm(CREATED, powerState="PoweredOn"),
            Progress("PoweredOn", "WaitingForNetworkAddress", "WaitingForNetworkAddress"),
            id="powered-on",
        ),
        pytest.param(
            vm(CREATED, powerState="PoweredOn", **ADDRESS),
            Progress("PoweredOn", "WaitingForBIOSUUID", "WaitingForBIOSUUID"),
            id="address",
        ),
        pytest.param(
            vm(CREATED, powerState="PoweredOn", biosUUID="u", network={"primaryIP6": "fd00::1"}),
            Progress("Ready", "Provisioned"),
            id="ready",
        ),
    ],
)
def test_progress(found: Json, expected: Progress) -> None:
    """How far a VirtualMachine is, with the reasons of both forms of the condition."""
    assert progress(found) == expected


def test_what_others_set_is_kept() -> None:
    """Class, image, storage class and further fields of a VirtualMachine stay; what the machine decides is set."""
    there = {
        "apiVersion": "vmoperator.vmware.com/v1alpha2",
        "kind": "VirtualMachine",
        "metadata": {"name": "m", "namespace": "n", "labels": {"mine": "1"}, "annotations": {"mine": "1"}},
        "spec": {
            "className": "resized",
            "powerState": "PoweredOff",
            "network": {"interfaces": []},
            "reserved": {"resourcePolicyName": "other"},
            "bootstrap": {"cloudInit": {"rawCloudConfig": {"name": "old", "key": "k"}}, "more": {}},
        },
    }
    metadata = {"name": "m", "namespace": "n", "uid": "u"}
    machine = {"metadata": {**metadata, "labels": {"cluster.x-k8s.io/deployment-name": "md"}}, **MACHINE}
    found = {
        "apiVersion": "vmware.infrastructure.cluster.x-k8s.io/v1beta2",
        "kind": "VSphereMachine",
        "metadata": metadata,
        "spec": {"className": "c", "imageName": "i", "minHardwareVersion": "vmx-19"},
    }
    cluster = {"metadata": {"name": "blue"}}
    wanted = wanted_vm("m", machine, cluster, found, there, probe=True)
    assert wanted["spec"] == {
        "className": "resized",
        "imageName": "i",
        "powerState": "PoweredOn",
        "powerOffMode": "Hard",
        "network": {"interfaces": []},
        "minHardwareVersion": 19,
        "reserved": {"resourcePolicyName": "other"},
        "bootstrap": {"cloudInit": {"rawCloudConfig": {"name": "s", "key": "user-data"}}, "more": {}},
    }
    assert wanted["metadata"]["labels"]["mine"] == "1"
    assert wanted["metadata"]["labels"]["cluster.x-k8s.io/deployment-name"] == "md"
    assert wanted["metadata"]["annotations"]["mine"] == "1"
    [owner] = wanted["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["controller"]) == ("VSphereMachine", True)
    assert wanted_vm("m", machine, cluster, found, wanted, probe=True) == wanted
    assert there["spec"]["powerState"] == "PoweredOff", "the stored object was changed"


def test_hardware_versions() -> None:
    """With and without prefix; anything else is refused in Go's words."""
    assert hardware_number("vmx-19") == hardware_number("19") == 19
    with pytest.raises(HardwareVersionError, match=r'strconv\.Atoi: parsing "abc": invalid syntax'):
        hardware_number("vmx-abc")

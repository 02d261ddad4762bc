"""Values of the wrong type are refused in the words of a webhook that reads typed objects."""

import pytest

from fairlead.api.clusterapi.cluster import Cluster
from fairlead.api.decoding import decoding_problem
from fairlead.api.infrastructure.machine import VSphereMachineTemplate
from fairlead.api.kind import Kind
from fairlead.api.model import Model
from fairlead.base.objects import Json
from fairlead.testing.world import KINDS


@pytest.mark.parametrize(
    ("model", "spec", "said"),
    [
        (
            VSphereMachineTemplate,
            {"template": {"spec": {"numCPUs": "four"}}},
            "string into Go struct field VSphereMachineSpec.spec.template.spec.VirtualMachineCloneSpec.numCPUs "
            "of type int32",
        ),
        (
            VSphereMachineTemplate,
            {"template": {"spec": {"network": {"devices": [{"dhcp4": "x"}]}}}},
            "string into Go struct field NetworkDeviceSpec.spec.template.spec.VirtualMachineCloneSpec.network.devices."
            "dhcp4 of type bool",
        ),
        (Cluster, {"paused": 1}, "number into Go struct field ClusterSpec.spec.paused of type bool"),
        (
            Cluster,
            {"infrastructureRef": True},
            "bool into Go struct field ClusterSpec.spec.infrastructureRef of type "
            "v1beta2.ContractVersionedObjectReference",
        ),
        (
            Cluster,
            {"topology": {"controlPlane": {"replicas": "three"}}},
            "string into Go struct field ControlPlaneTopology.spec.topology.controlPlane.replicas of type int32",
        ),
        (
            Cluster,
            {"topology": {"workers": {"machineDeployments": [{"replicas": "three"}]}}},
            "string into Go struct field MachineDeploymentTopology.spec.topology.workers.machineDeployments.replicas "
            "of type int32",
        ),
    ],
)
def test_the_decoders_words(model: type[Model], spec: Json, said: str) -> None:
    """The struct that has the field, the path through embedded structs, the Go type."""
    assert decoding_problem(model, {"spec": spec}) == f"json: cannot unmarshal {said}"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.misread is not None], ids=lambda kind: kind.kind)
def test_an_object_without_a_spec_is_read(kind: Kind) -> None:
    """No complaint about what is absent."""
    assert kind.misread is not None
    assert kind.misread({"spec": {}}) == ""
    assert "cannot unmarshal string" in kind.misread({"spec": "text"})

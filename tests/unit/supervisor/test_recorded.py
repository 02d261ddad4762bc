"""What Cluster API Provider vSphere itself left in the API, beside what our controllers leave there.

Recorded: the real provider in place of ours, all else the same (tests/golden/supervisor/PEER).
"""

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.api.supervisor.kinds import VSPHERE_CLUSTER, VSPHERE_MACHINE, VSPHERE_MACHINE_TEMPLATE
from fairlead.api.vmoperator.kinds import RESOURCE_POLICY, VIRTUAL_MACHINE, VIRTUAL_MACHINE_SERVICE
from fairlead.base.objects import Json, labels
from fairlead.controllers.supervisor.networks import DUMMY, DUMMY_LB, NetworkProvider

from .site import ADDRESS, Site, everything, run

GOLDEN = Path(__file__).parents[2] / "golden" / "supervisor" / "states.json"
KINDS = (
    VSPHERE_CLUSTER,
    VSPHERE_MACHINE,
    VSPHERE_MACHINE_TEMPLATE,
    VIRTUAL_MACHINE,
    VIRTUAL_MACHINE_SERVICE,
    RESOURCE_POLICY,
)
MORE = {
    "className": "guaranteed-small",
    "minHardwareVersion": "vmx-20",
    "naming": {"template": "{{ .machine.name | trunc 50 }}-vm"},
    "volumes": [{"name": "etcd", "capacity": {"storage": "4Gi"}}],
    "powerOffMode": "soft",
}
CASES: dict[str, tuple[NetworkProvider, list[Json]]] = {
    "given-address": (DUMMY, everything(address=ADDRESS)),
    "service": (DUMMY_LB, everything(address="")),
    "missing-class": (DUMMY_LB, everything(address="", className="gold")),
    "every-field": (DUMMY_LB, everything(address="", **MORE)),
}
_DROPPED = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_PATTERNS = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>"),
    (r"([0-9a-f]{2}:){5}[0-9a-f]{2}", "<mac>"),
    (r"DC0_C0_H\d", "<host>"),
    (r"10\.10\.0\.\d+", "<address>"),
    (r"blue-md-0-[a-z0-9]{5}\b", "<set>"),
)


def normal(objects: Iterable[Json]) -> dict[str, Json]:
    """*objects* by kind and name, without what differs from run to run and what is not the provider's."""
    listed = [json.loads(json.dumps(obj)) for obj in objects]
    roles = {}
    for obj in listed:
        if obj["kind"] in ("VSphereMachine", "VirtualMachine"):
            plane = "cluster.x-k8s.io/control-plane" in labels(obj) or (
                labels(obj).get("capv.vmware.com/cluster.role") == "controlplane"
            )
            roles[obj["metadata"]["name"].removesuffix("-vm")] = "<control-plane>" if plane else "<worker>"
    found = {}
    for obj in listed:
        if obj["kind"] == VIRTUAL_MACHINE.kind:
            del obj["status"]  # VM Operator's
        metadata = obj["metadata"]
        for name in _DROPPED:
            metadata.pop(name, None)
        metadata.get("labels", {}).pop("machine-template-hash", None)
        metadata.get("annotations", {}).pop(_LAST_APPLIED, None)
        if not metadata.get("annotations", True):
            del metadata["annotations"]
        text = json.dumps(obj)
        for name, role in roles.items():
            text = text.replace(name, role)
        for pattern, word in _PATTERNS:
            text = re.sub(pattern, word, text)
        plain = json.loads(text)
        found[f"{plain['kind']} {plain['metadata']['name']}"] = plain
    return found


@pytest.mark.parametrize("case", list(CASES))
def test_the_same_objects(case: str) -> None:
    """Metadata, spec and status of every object, both forms of every condition, are the recorded ones."""
    network, objects = CASES[case]
    recorded = json.loads(GOLDEN.read_text())[case]

    async def scenario(site: Site) -> None:
        await site.apply(*objects)
        await site.world.settle(timedelta(minutes=2))
        mine = normal([obj for kind in KINDS for obj in await site.all(kind)])
        assert mine.keys() == recorded.keys()
        for name, theirs in recorded.items():
            assert mine[name] == theirs, name

    run(scenario, network)

"""ClusterClasses and topologies in the older version of the API: what is written in one comes back from the other."""

from fairlead.api.clusterapi.conversion import convert
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json

CLASSES = """
apiVersion: cluster.x-k8s.io/v1beta1
kind: ClusterClass
metadata: {name: standard, namespace: fleet}
spec:
  infrastructure: {ref: {apiVersion: i/v1, kind: InfraTemplate, name: a}}
  infrastructureNamingStrategy: {template: "{{ .cluster.name }}"}
  controlPlane:
    ref: {apiVersion: c/v1, kind: PlaneTemplate, name: b}
    machineInfrastructure: {ref: {apiVersion: i/v1, kind: MachineTemplate, name: c}}
    namingStrategy: {template: "{{ .cluster.name }}-cp"}
    nodeDrainTimeout: 1m30s
    machineHealthCheck:
      maxUnhealthy: 40%
      nodeStartupTimeout: 10m0s
      unhealthyConditions: [{type: Ready, status: Unknown, timeout: 5m0s}]
  patches:
  - name: outside
    external: {generateExtension: make.elsewhere, validateExtension: judge.elsewhere}
  variables:
  - name: size
    required: true
    metadata: {labels: {a: b}}
    schema: {openAPIV3Schema: {type: string}}
  workers:
    machineDeployments:
    - class: worker
      template:
        metadata: {labels: {a: b}}
        bootstrap: {ref: {apiVersion: b/v1, kind: BootTemplate, name: d}}
        infrastructure: {ref: {apiVersion: i/v1, kind: MachineTemplate, name: e}}
      strategy:
        type: RollingUpdate
        rollingUpdate: {maxSurge: 1, deletePolicy: Oldest}
        remediation: {maxInFlight: 1}
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: ClusterClass
metadata: {name: standard, namespace: fleet}
spec:
  infrastructure:
    templateRef: {apiVersion: i/v1, kind: InfraTemplate, name: a}
    naming: {template: "{{ .cluster.name }}"}
  controlPlane:
    templateRef: {apiVersion: c/v1, kind: PlaneTemplate, name: b}
    machineInfrastructure: {templateRef: {apiVersion: i/v1, kind: MachineTemplate, name: c}}
    naming: {template: "{{ .cluster.name }}-cp"}
    deletion: {nodeDrainTimeoutSeconds: 90}
    healthCheck:
      checks:
        nodeStartupTimeoutSeconds: 600
        unhealthyNodeConditions: [{type: Ready, status: Unknown, timeoutSeconds: 300}]
      remediation: {triggerIf: {unhealthyLessThanOrEqualTo: 40%}}
  patches:
  - name: outside
    external: {generatePatchesExtension: make.elsewhere, validateTopologyExtension: judge.elsewhere}
  variables:
  - name: size
    required: true
    deprecatedV1Beta1Metadata: {labels: {a: b}}
    schema: {openAPIV3Schema: {type: string}}
  workers:
    machineDeployments:
    - class: worker
      metadata: {labels: {a: b}}
      bootstrap: {templateRef: {apiVersion: b/v1, kind: BootTemplate, name: d}}
      infrastructure: {templateRef: {apiVersion: i/v1, kind: MachineTemplate, name: e}}
      rollout: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}
      deletion: {order: Oldest}
      healthCheck: {remediation: {maxInFlight: 1}}
"""
CLUSTERS = """
apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: {name: blue, namespace: fleet}
spec:
  topology:
    class: standard
    classNamespace: shared
    version: v1.35.0
    controlPlane:
      replicas: 3
      nodeDeletionTimeout: 10s
      machineHealthCheck: {enable: true}
    workers:
      machineDeployments:
      - class: worker
        name: md-0
        replicas: 2
        nodeVolumeDetachTimeout: 1m0s
        machineHealthCheck: {unhealthyRange: "[1-2]"}
        strategy: {type: OnDelete}
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: {name: blue, namespace: fleet}
spec:
  topology:
    classRef: {name: standard, namespace: shared}
    version: v1.35.0
    controlPlane:
      replicas: 3
      deletion: {nodeDeletionTimeoutSeconds: 10}
      healthCheck: {enabled: true}
    workers:
      machineDeployments:
      - class: worker
        name: md-0
        replicas: 2
        deletion: {nodeVolumeDetachTimeoutSeconds: 60}
        healthCheck: {remediation: {triggerIf: {unhealthyInRange: "[1-2]"}}}
        rollout: {strategy: {type: OnDelete}}
"""


def pair(text: str) -> tuple[Json, Json]:
    old, new = goyaml.load_all(text)
    assert isinstance(old, dict)
    assert isinstance(new, dict)
    return old, new


def test_both_ways() -> None:
    """Every field finds its place in the other version and the way back."""
    for text in (CLASSES, CLUSTERS):
        old, new = pair(text)
        assert convert(old, "v1beta2") == new
        assert convert(new, "v1beta1") == old


def test_empty_parts_are_left_out() -> None:
    """`metadata: {}` and the like, which v1beta1 allows and v1beta2 refuses, are absent; given values stay."""
    old, _ = pair(CLASSES)
    worker = old["spec"]["workers"]["machineDeployments"][0]
    worker["template"]["metadata"] = {}
    worker["strategy"] = {}
    old["spec"]["controlPlane"]["metadata"] = {}
    old["spec"]["variables"][0]["metadata"] = {}
    old["spec"]["patches"] = [
        {"name": "list", "definitions": [{"jsonPatches": [{"op": "add", "path": "/spec/files", "value": []}]}]}
    ]
    spec = convert(old, "v1beta2")["spec"]
    made = spec["workers"]["machineDeployments"][0]
    assert {"metadata", "rollout", "strategy", "template"}.isdisjoint(made)
    assert "metadata" not in spec["controlPlane"]
    assert "deprecatedV1Beta1Metadata" not in spec["variables"][0]
    assert spec["patches"][0]["definitions"][0]["jsonPatches"][0]["value"] == []


def test_reference_without_its_namespace() -> None:
    """Templates lie beside their class: the namespace that v1beta1 allows in a reference is dropped."""
    old, new = pair(CLASSES)
    old["spec"]["infrastructure"]["ref"]["namespace"] = "fleet"
    assert convert(old, "v1beta2") == new

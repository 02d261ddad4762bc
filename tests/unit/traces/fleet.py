"""A cluster's manifests, and the recording that a person's `kubectl apply` of them makes."""

import asyncio

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer
from fairlead.testing.traces.reading import Row, Trace
from fairlead.testing.world import KINDS

NAMESPACE = "demo"
MANIFEST = """
apiVersion: v1
kind: Secret
metadata: {name: demo}
data: {username: dXNlcg==, password: cGFzcw==}
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: {name: demo}
spec:
  controlPlaneRef: {apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: demo}
  infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: VSphereCluster, name: demo}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: VSphereCluster
metadata: {name: demo}
spec:
  server: https://vcenter.example
  controlPlaneEndpoint: {host: 10.0.0.1, port: 6443}
  identityRef: {kind: Secret, name: demo}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: VSphereMachineTemplate
metadata: {name: demo}
spec:
  template:
    spec:
      datacenter: DC0
      datastore: LocalDS_0
      template: ubuntu-v1.35.0
      network: {devices: [{networkName: VM Network, dhcp4: true}]}
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta2
kind: KubeadmControlPlane
metadata: {name: demo}
spec:
  replicas: 1
  version: v1.35.0
  machineTemplate:
    spec:
      infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: VSphereMachineTemplate, name: demo}
  kubeadmConfigSpec: {format: cloud-config}
---
apiVersion: bootstrap.cluster.x-k8s.io/v1beta2
kind: KubeadmConfigTemplate
metadata: {name: demo}
spec:
  template:
    spec: {format: cloud-config}
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: MachineDeployment
metadata: {name: demo-md}
spec:
  clusterName: demo
  replicas: 1
  selector: {matchLabels: {}}
  template:
    spec:
      clusterName: demo
      version: v1.35.0
      bootstrap:
        configRef: {apiGroup: bootstrap.cluster.x-k8s.io, kind: KubeadmConfigTemplate, name: demo}
      infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: VSphereMachineTemplate, name: demo}
"""


def applied(manifest: str = MANIFEST) -> Trace:
    """The rows that applying *manifest* to a server without controllers makes."""

    async def main() -> tuple[Row, ...]:
        server = ApiServer(LoopClock(), Ids(1), KINDS)
        await server.start()
        client = server.client()
        await client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        rows = []
        try:
            for number, obj in enumerate(goyaml.load_all(manifest)):
                assert isinstance(obj, dict)
                placed: Json = {**obj, "metadata": {**obj["metadata"], "namespace": NAMESPACE}}
                rows.append(Row(number / 100, "ADDED", await client.apply(placed, field_manager="kubectl")))
                await asyncio.sleep(0)
        finally:
            await server.stop()
        return tuple(rows)

    return Trace("applied", run_virtual(main()))

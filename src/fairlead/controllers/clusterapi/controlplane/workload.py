"""What kubeadm keeps in a workload cluster, brought along when the control plane changes version.

Source: cluster-api v1.14, controlplane/kubeadm/internal/workload_cluster.go (kubeadm-config, kube-proxy, coredns).
"""

from fairlead.api.errors import ApiError
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, get_in
from fairlead.runtime.client import Client

CONFIG_MAP = GVK("", "v1", "ConfigMap")
DAEMON_SET = GVK("apps", "v1", "DaemonSet")
MANAGER = "capi-kubeadmcontrolplane"


class Workload:
    """The kube-system objects of one workload cluster."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def align(self, kcp: Json, version: str) -> None:
        """Set version and settings in kubeadm-config, and kube-proxy's image; writes only what differs."""
        await self._kubeadm_config(kcp)
        await self._kube_proxy(version)

    async def _kubeadm_config(self, kcp: Json) -> None:
        stored = await self._get(CONFIG_MAP, "kubeadm-config")
        text = get_in(stored or {}, "data", "ClusterConfiguration")
        if stored is None or not text:
            return
        config = goyaml.load(text)
        if not isinstance(config, dict):
            return
        config["kubernetesVersion"] = kcp["spec"]["version"]
        asked = get_in(kcp, "spec", "kubeadmConfigSpec", "clusterConfiguration", default={})
        for name in ("imageRepository", "featureGates", "dns"):
            if asked.get(name):
                config[name] = asked[name]
        changed = goyaml.dump(config)
        if changed != text:
            patch = {"data": {"ClusterConfiguration": changed}}
            await self._client.patch(CONFIG_MAP, "kubeadm-config", "kube-system", patch, field_manager=MANAGER)

    async def _kube_proxy(self, version: str) -> None:
        proxy = await self._get(DAEMON_SET, "kube-proxy")
        containers = get_in(proxy or {}, "spec", "template", "spec", "containers", default=[])
        for index, container in enumerate(containers):
            image = container.get("image", "")
            repository, _, tag = image.rpartition(":")
            if container["name"] == "kube-proxy" and tag != version:
                changed = [dict(c) for c in containers]
                changed[index]["image"] = f"{repository}:{version}"
                patch = {"spec": {"template": {"spec": {"containers": changed}}}}
                await self._client.patch(DAEMON_SET, "kube-proxy", "kube-system", patch, field_manager=MANAGER)

    async def _get(self, gvk: GVK, name: str) -> Json | None:
        try:
            return await self._client.get(gvk, name, "kube-system")
        except ApiError as error:
            if error.is_not_found:
                return None
            raise

"""What `kubeadm init` leaves in a fresh cluster, and a control-plane node's static Pods.

Source: kubernetes v1.36 cmd/kubeadm/app/phases (uploadconfig, clusterinfo, addons, controlplane).
"""

import base64
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json

PAUSE_REPOSITORY = "registry.k8s.io"
DNS_IMAGE = "registry.k8s.io/coredns/coredns:v1.13.1"
STATIC_POD_ANNOTATIONS = {"kubernetes.io/config.source": "file"}


def _config_map(name: str, data: dict[str, str], namespace: str = "kube-system") -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def cluster_objects(address: str, ca: x509.Certificate, config: Json, version: str) -> Iterator[Json]:
    """The objects of a fresh cluster; *config* is the ClusterConfiguration."""
    stored = {key: value for key, value in config.items() if key not in ("apiServerCertSANs",)}
    stored.setdefault("kubernetesVersion", version)
    yield _config_map("kubeadm-config", {"ClusterConfiguration": goyaml.dump(stored)})
    yield _config_map("kubelet-config", {"kubelet": goyaml.dump(_kubelet_configuration(config))})
    yield _cluster_info(address, ca)
    yield from _bootstrap_rights()
    yield from _dns()
    yield from _proxy(config.get("kubernetesVersion") or version)


def _kubelet_configuration(config: Json) -> Json:
    networking = config.get("networking") or {}
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
        "clusterDNS": ["10.96.0.10"],
        "clusterDomain": networking.get("dnsDomain") or "cluster.local",
        "rotateCertificates": True,
        "staticPodPath": "/etc/kubernetes/manifests",
    }


def _cluster_info(address: str, ca: x509.Certificate) -> Json:
    pem = ca.public_bytes(serialization.Encoding.PEM)
    kubeconfig: Json = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "",
                "cluster": {
                    "certificate-authority-data": base64.b64encode(pem).decode(),
                    "server": f"https://{address}",
                },
            }
        ],
        "contexts": None,
        "current-context": "",
        "preferences": {},
        "users": None,
    }
    return _config_map("cluster-info", {"kubeconfig": goyaml.dump(kubeconfig)}, "kube-public")


def _bootstrap_rights() -> Iterator[Json]:
    for name, role, group in (
        ("kubeadm:kubelet-bootstrap", "system:node-bootstrapper", "system:bootstrappers:kubeadm:default-node-token"),
        ("kubeadm:cluster-admins", "cluster-admin", "kubeadm:cluster-admins"),
    ):
        yield {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}],
        }


def _workload(kind: str, name: str, labels: dict[str, str], pod: Json, **spec: Any) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "kube-system", "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **spec,
        },
    }


def _dns() -> Iterator[Json]:
    yield _config_map("coredns", {"Corefile": ".:53 {\n    errors\n    health\n    ready\n}\n"})
    labels = {"k8s-app": "kube-dns"}
    pod = {
        "containers": [{"name": "coredns", "image": DNS_IMAGE}],
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
        ],
        "priorityClassName": "system-cluster-critical",
    }
    yield _workload("Deployment", "coredns", labels, pod, replicas=2)
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": labels},
        "spec": {
            "clusterIP": "10.96.0.10",
            "selector": labels,
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
            ],
        },
    }


def _proxy(version: str) -> Iterator[Json]:
    pod = {
        "hostNetwork": True,
        "containers": [{"name": "kube-proxy", "image": f"{PAUSE_REPOSITORY}/kube-proxy:{version}"}],
        "tolerations": [{"operator": "Exists"}],
        "priorityClassName": "system-node-critical",
    }
    yield _workload("DaemonSet", "kube-proxy", {"k8s-app": "kube-proxy"}, pod)


def static_pods(node: str, address: str, version: str) -> Iterator[Json]:
    """The mirror Pods of a control-plane node, as the kubelet registers them."""
    images = {
        "etcd": f"{PAUSE_REPOSITORY}/etcd:3.6.5-0",
        **{
            name: f"{PAUSE_REPOSITORY}/{name}:{version}"
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
        },
    }
    for component, image in images.items():
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"{component}-{node}",
                "namespace": "kube-system",
                "labels": {"component": component, "tier": "control-plane"},
                "annotations": {**STATIC_POD_ANNOTATIONS, "kubernetes.io/config.mirror": component},
            },
            "spec": {
                "nodeName": node,
                "hostNetwork": True,
                "priorityClassName": "system-node-critical",
                "tolerations": [{"operator": "Exists", "effect": "NoExecute"}],
                "containers": [{"name": component, "image": image, "command": [component]}],
            },
        }

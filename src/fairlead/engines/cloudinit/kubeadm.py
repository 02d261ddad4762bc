"""kubeadm's configuration documents, as the Cluster API bootstrap provider writes them. Pure.

Source: cluster-api v1.14 bootstrap/kubeadm/types (upstreamv1beta3, upstreamv1beta4, utils.go): kubeadm v1beta4 from
Kubernetes v1.31 on, v1beta3 before; arguments are lists there, mappings here.
"""

import re
from collections.abc import Mapping
from typing import Any

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, copy

GROUP = "kubeadm.k8s.io"
_ARGUMENTS = ("apiServer", "controllerManager", "scheduler")
_TIMEOUTS = {
    "controlPlaneComponentHealthCheckSeconds": "controlPlaneComponentHealthCheck",
    "kubeletHealthCheckSeconds": "kubeletHealthCheck",
    "kubernetesAPICallSeconds": "kubernetesAPICall",
    "etcdAPICallSeconds": "etcdAPICall",
    "tlsBootstrapSeconds": "tlsBootstrap",
    "discoverySeconds": "discovery",
}


def api_version(kubernetes: str) -> str:
    """The kubeadm API version for a Kubernetes version (`v1.35.0`)."""
    found = re.match(r"v?(\d+)\.(\d+)", kubernetes)
    newer = found is None or (int(found[1]), int(found[2])) >= (1, 31)
    return f"{GROUP}/{'v1beta4' if newer else 'v1beta3'}"


def cluster_configuration(spec: Mapping[str, Any] | None, facts: Mapping[str, Any]) -> Json:
    """ClusterConfiguration: the user's part, and the *facts* that follow from the Cluster.

    *facts* are kubernetesVersion, clusterName, controlPlaneEndpoint, podSubnet, serviceSubnet and dnsDomain; empty ones
    are left out.
    """
    version = api_version(str(facts.get("kubernetesVersion", "")))
    config: Json = copy(dict(spec or {}))
    for name in ("caCertificateValidityPeriodDays", "certificateValidityPeriodDays"):
        days = config.pop(name, None)
        if days and version.endswith("v1beta4"):
            config[name.replace("Days", "")] = f"{days * 24}h0m0s"
    if not version.endswith("v1beta4"):
        config.pop("encryptionAlgorithm", None)
    for part in _ARGUMENTS:
        _shape_arguments(config.get(part), "extraArgs", version)
    _shape_arguments((config.get("etcd") or {}).get("local"), "extraArgs", version)
    for name in ("kubernetesVersion", "clusterName", "controlPlaneEndpoint"):
        if facts.get(name):
            config[name] = facts[name]
    networking = {name: facts[name] for name in ("podSubnet", "serviceSubnet", "dnsDomain") if facts.get(name)}
    config["networking"] = networking
    return {"apiVersion": version, "kind": "ClusterConfiguration", **config}


def init_configuration(spec: Mapping[str, Any] | None, kubernetes: str) -> Json:
    """InitConfiguration for the first control-plane machine."""
    return _node_configuration("InitConfiguration", spec, kubernetes)


def join_configuration(spec: Mapping[str, Any] | None, kubernetes: str) -> Json:
    """JoinConfiguration for every other machine."""
    return _node_configuration("JoinConfiguration", spec, kubernetes)


def _node_configuration(kind: str, spec: Mapping[str, Any] | None, kubernetes: str) -> Json:
    version = api_version(kubernetes)
    config: Json = copy(dict(spec or {}))
    _shape_arguments(config.get("nodeRegistration"), "kubeletExtraArgs", version)
    for token in config.get("bootstrapTokens") or ():
        seconds = token.pop("ttlSeconds", None)
        if seconds is not None:
            token["ttl"] = f"{seconds}s"
    timeouts = config.pop("timeouts", None) or {}
    shaped = {_TIMEOUTS[name]: f"{seconds}s" for name, seconds in timeouts.items() if name in _TIMEOUTS}
    if shaped and version.endswith("v1beta4"):
        config["timeouts"] = shaped
    return {"apiVersion": version, "kind": kind, **config}


def _shape_arguments(holder: Json | None, name: str, version: str) -> None:
    if holder is None or not isinstance(holder.get(name), list) or version.endswith("v1beta4"):
        return
    holder[name] = {entry["name"]: entry.get("value", "") for entry in holder[name]}


def documents(*configs: Json) -> str:
    """The configurations as one YAML stream, each introduced by `---`."""
    return "".join(f"---\n{goyaml.dump(config)}" for config in configs)

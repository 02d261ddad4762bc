"""kubeadm's configuration documents, as the Cluster API bootstrap provider writes them. Pure.

Source: cluster-api v1.14 bootstrap/kubeadm/pkg/types (upstreamv1beta3, upstreamv1beta4, utils.go): kubeadm v1beta4 from
Kubernetes v1.31 on, v1beta3 before. Arguments are lists in v1beta4 and mappings in v1beta3; structures that Go keeps by
value are written even when they are empty (`dns: {}`, `taints: null`).
"""

import re
from collections.abc import Mapping
from typing import Any

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, copy

GROUP = "kubeadm.k8s.io"
_COMPONENTS = ("apiServer", "controllerManager", "scheduler")
_TIMEOUTS = {
    "controlPlaneComponentHealthCheckSeconds": "controlPlaneComponentHealthCheck",
    "kubeletHealthCheckSeconds": "kubeletHealthCheck",
    "kubernetesAPICallSeconds": "kubernetesAPICall",
    "etcdAPICallSeconds": "etcdAPICall",
    "tlsBootstrapSeconds": "tlsBootstrap",
    "discoverySeconds": "discovery",
}
_PERIODS = {
    "certificateValidityPeriodDays": "certificateValidityPeriod",
    "caCertificateValidityPeriodDays": "caCertificateValidityPeriod",
}


def is_new(kubernetes: str) -> bool:
    """Whether a Kubernetes version (`v1.35.0`) is configured with kubeadm v1beta4."""
    found = re.match(r"v?(\d+)\.(\d+)", kubernetes)
    return found is None or (int(found[1]), int(found[2])) >= (1, 31)


def api_version(kubernetes: str) -> str:
    """The kubeadm API version for a Kubernetes version."""
    return f"{GROUP}/{'v1beta4' if is_new(kubernetes) else 'v1beta3'}"


def cluster_configuration(
    spec: Mapping[str, Any] | None, facts: Mapping[str, Any], *, timeout_seconds: int | None = None
) -> Json:
    """ClusterConfiguration: the user's part, and the *facts* that follow from the Cluster.

    *facts* are kubernetesVersion, clusterName, podSubnet, serviceSubnet and dnsDomain; empty ones are left out.
    *timeout_seconds* is how long the control plane may take to come up, which v1beta3 keeps here.
    """
    version = str(facts.get("kubernetesVersion", ""))
    new = is_new(version)
    config: Json = copy(dict(spec or {}))
    for name, wire in _PERIODS.items():
        days = config.pop(name, None)
        if days and new:
            config[wire] = duration(days * 86400)
    if not new:
        config.pop("encryptionAlgorithm", None)
    for name in _COMPONENTS:
        config[name] = _component(config.get(name), new=new)
    if timeout_seconds is not None and not new:
        config["apiServer"]["timeoutForControlPlane"] = duration(timeout_seconds)
    config["etcd"] = _etcd(config.get("etcd"), new=new)
    config.setdefault("dns", {})
    if new:
        config["proxy"] = {}
    config["networking"] = {
        name: facts[name] for name in ("podSubnet", "serviceSubnet", "dnsDomain") if facts.get(name)
    }
    config |= {name: facts[name] for name in ("kubernetesVersion", "clusterName") if facts.get(name)}
    return _document("ClusterConfiguration", config, version)


def init_configuration(spec: Mapping[str, Any] | None, kubernetes: str) -> Json:
    """InitConfiguration for the first control-plane machine."""
    config = _node(spec, kubernetes)
    for token in config.get("bootstrapTokens") or ():
        seconds = token.pop("ttlSeconds", None)
        if seconds is not None:
            token["ttl"] = duration(seconds)
    config.setdefault("localAPIEndpoint", {})
    return _document("InitConfiguration", config, kubernetes)


def join_configuration(spec: Mapping[str, Any] | None, kubernetes: str) -> Json:
    """JoinConfiguration for every other machine."""
    seconds = ((spec or {}).get("timeouts") or {}).get("tlsBootstrapSeconds")
    config = _node(spec, kubernetes)
    discovery = config["discovery"] = dict(config.get("discovery") or {})
    if isinstance(discovery.get("file"), Mapping):
        discovery["file"] = {"kubeConfigPath": discovery["file"].get("kubeConfigPath", "")}
    if isinstance(discovery.get("bootstrapToken"), Mapping):
        discovery["bootstrapToken"] = {"token": "", **discovery["bootstrapToken"]}
    if seconds is not None and not is_new(kubernetes):
        discovery["timeout"] = duration(seconds)
    if config.get("controlPlane") is not None:
        config["controlPlane"] = {"localAPIEndpoint": {}, **config["controlPlane"]}
    return _document("JoinConfiguration", config, kubernetes)


def _node(spec: Mapping[str, Any] | None, kubernetes: str) -> Json:
    """What InitConfiguration and JoinConfiguration share."""
    new = is_new(kubernetes)
    config: Json = copy(dict(spec or {}))
    registration = config["nodeRegistration"] = config.get("nodeRegistration") or {}
    _shape_arguments(registration, "kubeletExtraArgs", new=new)
    registration.setdefault("taints", None)
    if not new:
        registration.pop("imagePullSerial", None)
    timeouts = config.pop("timeouts", None) or {}
    shaped = {wire: duration(timeouts[name]) for name, wire in _TIMEOUTS.items() if name in timeouts}
    if shaped and new:
        config["timeouts"] = shaped
    return config


def _component(component: Mapping[str, Any] | None, *, new: bool) -> Json:
    config: Json = dict(component or {})
    _shape_arguments(config, "extraArgs", new=new)
    if not new:
        config.pop("extraEnvs", None)
    if config.get("extraVolumes"):
        config["extraVolumes"] = [
            {name: value for name, value in volume.items() if name != "readOnly" or value}
            for volume in config["extraVolumes"]
        ]
    return config


def _etcd(etcd: Mapping[str, Any] | None, *, new: bool) -> Json:
    config: Json = dict(etcd or {})
    if config.get("local"):
        config["local"] = {"dataDir": "", **_component(config["local"], new=new)}
    return config


def _shape_arguments(holder: Json, name: str, *, new: bool) -> None:
    if isinstance(holder.get(name), list) and not new:
        holder[name] = {entry["name"]: entry.get("value", "") for entry in holder[name]}


def _document(kind: str, config: Json, kubernetes: str) -> Json:
    return {"apiVersion": api_version(kubernetes), "kind": kind, **config}


def duration(seconds: int) -> str:
    """Whole seconds as Go prints a duration (`1h0m0s`, `20m0s`, `5s`)."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def document(config: Json) -> str:
    """One configuration as YAML."""
    return goyaml.dump(config)

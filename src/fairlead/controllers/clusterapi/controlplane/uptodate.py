"""Why a control-plane machine is not what its KubeadmControlPlane asks for. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/pkg/filters.go (UpToDate, matchesKubeadmConfig): what the bootstrap
provider filled in, what can be changed in the running cluster, and what matters only to the next machine that joins
counts for nothing.
"""

from datetime import datetime, timedelta
from typing import Any

from fairlead.base.objects import Json, annotations, copy, get_in
from fairlead.controllers.clusterapi.cloning import CLONED_KIND, CLONED_NAME
from fairlead.controllers.clusterapi.controlplane.desired import bootstrap_spec
from fairlead.runtime.clock import parse_timestamp

_SHARED = ("timeouts", "patches", "skipPhases", "nodeRegistration")


def differences(kcp: Json, machine: Json, config: Json | None, infra: Json | None, now: datetime) -> list[str]:
    """The reasons in upstream's words; empty when the machine is up to date."""
    reasons = []
    rollout = get_in(kcp, "spec", "rollout", default={})
    days = get_in(rollout, "before", "certificatesExpiryDays")
    expiry = get_in(machine, "status", "certificatesExpiryDate")
    if days and expiry and now + timedelta(days=days) > parse_timestamp(expiry):
        reasons.append("Certificates will expire soon")
    after = rollout.get("after")
    if after and parse_timestamp(machine["metadata"]["creationTimestamp"]) < parse_timestamp(after) <= now:
        reasons.append("KubeadmControlPlane spec.rolloutAfter expired")
    have, want = get_in(machine, "spec", "version", default=""), kcp["spec"]["version"]
    if have != want:
        reasons.append(f"Version {have}, {want} required")
    if config is not None and not same_config(config["spec"], kcp):
        reasons.append("KubeadmConfig is not up-to-date")
    if infra is not None and not _same_template(infra, kcp):
        reasons.append(f"{infra['kind']} is not up-to-date")
    return reasons


def _same_template(infra: Json, kcp: Json) -> bool:
    """Whether the infrastructure object was cloned from the template that is asked for now."""
    cloned = annotations(infra)
    if CLONED_NAME not in cloned or CLONED_KIND not in cloned:
        return True
    reference = get_in(kcp, "spec", "machineTemplate", "spec", "infrastructureRef", default={})
    kind = f"{reference.get('kind')}.{reference.get('apiGroup')}"
    return cloned[CLONED_NAME] == reference.get("name") and cloned[CLONED_KIND] == kind


def same_config(have: Json, kcp: Json) -> bool:
    """Whether a machine's KubeadmConfigSpec is what the control plane's spec makes of it.

    The machine that initialised the cluster is compared as if it had joined first, then as it is: either will do.
    """
    is_init = get_in(have, "joinConfiguration", "controlPlane") is None
    as_joined = _as_join(have) if is_init else have
    if _comparable(as_joined) == _comparable(bootstrap_spec(kcp, join=True), like=as_joined if is_init else None):
        return True
    return is_init and _comparable(have) == _comparable(bootstrap_spec(kcp, join=False))


def _as_join(spec: Json) -> Json:
    moved: Json = copy(spec)
    init = moved.pop("initConfiguration", None) or {}
    join: Json = {name: init[name] for name in _SHARED if name in init}
    if init.get("localAPIEndpoint"):
        join["controlPlane"] = {"localAPIEndpoint": init["localAPIEndpoint"]}
    moved["joinConfiguration"] = join
    return moved


def _comparable(spec: Json, *, like: Json | None = None) -> Json:
    """*spec* less what does not count; *like* marks a comparison in which caCertPath does not either."""
    part: Json = copy(spec)
    cluster = part.get("clusterConfiguration") or {}
    for name in ("controlPlaneEndpoint", "dns"):
        cluster.pop(name, None)
    for name in ("initConfiguration", "joinConfiguration"):
        node = part.get(name) or {}
        node.pop("discovery", None)
        (node.get("timeouts") or {}).pop("controlPlaneComponentHealthCheckSeconds", None)
        registration = node.get("nodeRegistration") or {}
        if registration.get("imagePullPolicy") == "IfNotPresent":
            registration.pop("imagePullPolicy")
        if like is not None:
            node.pop("caCertPath", None)
    if part.get("format") == "cloud-config":
        part.pop("format")
    pruned = _without_empty(part)
    return pruned if isinstance(pruned, dict) else {}


def _without_empty(value: Any) -> Any:
    """*value* without empty mappings and lists, at any depth; None when nothing is left. `taints: []` means none."""
    if isinstance(value, dict):
        kept = {}
        for name, inner in value.items():
            slim = _without_empty(inner)
            if slim is not None or (name == "taints" and inner == []):
                kept[name] = slim if slim is not None else []
        return kept or None
    if isinstance(value, list):
        return value or None
    return value

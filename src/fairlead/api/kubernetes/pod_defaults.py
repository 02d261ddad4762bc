"""Defaults of pod specifications, in Pods and in every template of a pod.

Source: kubernetes v1.36 pkg/apis/core/v1/defaults.go. Values are never changed; what lacks nothing comes back as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_MODE = 0o644


def lacking(value: Json, **defaults: Any) -> Json:
    """*value* with those *defaults* whose names it lacks."""
    missing = {name: item for name, item in defaults.items() if value.get(name) is None}
    return {**value, **missing} if missing else value


def at(value: Json, name: str, change: Callable[[Any], Any]) -> Json:
    """*value* with the field *name* changed, when it is there."""
    inner = value.get(name)
    if inner is None:
        return value
    changed = change(inner)
    return value if changed is inner else {**value, name: changed}


def each(change: Callable[[Json], Json]) -> Callable[[Any], Any]:
    """*change* for every object of a list."""

    def changed(items: Any) -> Any:
        if not isinstance(items, list):
            return items
        found = [change(item) if isinstance(item, dict) else item for item in items]
        return found if any(new is not old for new, old in zip(found, items, strict=True)) else items

    return changed


def _field_ref(source: Json) -> Json:
    return at(source, "fieldRef", lambda ref: lacking(ref, apiVersion="v1"))


def _http_get(handler: Json) -> Json:
    return at(handler, "httpGet", lambda get: lacking(get, path="/", scheme="HTTP"))


def _probe(probe: Json) -> Json:
    probe = at(_http_get(probe), "grpc", lambda grpc: lacking(grpc, service=""))
    return lacking(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)


def pull_policy(image: str) -> str:
    """Always for an image without tag or with the tag latest, else IfNotPresent."""
    if "@" in image:
        return "IfNotPresent"
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _container(container: Json) -> Json:
    container = at(container, "ports", each(lambda port: lacking(port, protocol="TCP")))
    container = at(container, "env", each(lambda entry: at(entry, "valueFrom", _field_ref)))
    for name in _PROBES:
        container = at(container, name, _probe)
    container = at(container, "lifecycle", lambda hooks: at(at(hooks, "postStart", _http_get), "preStop", _http_get))
    return lacking(
        container,
        imagePullPolicy=pull_policy(container.get("image") or ""),
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
    )


def _items(source: Json) -> Json:
    return at(source, "items", each(_field_ref))


def _projection(source: Json) -> Json:
    source = at(source, "downwardAPI", _items)
    return at(source, "serviceAccountToken", lambda token: lacking(token, expirationSeconds=3600))


def _mode(source: Json) -> Json:
    return lacking(source, defaultMode=_MODE)


def claim_spec(spec: Json) -> Json:
    """The spec of a claim for a volume."""
    return lacking(spec, volumeMode="Filesystem")


def _volume(volume: Json) -> Json:
    if len(volume) < 2:
        return {**volume, "emptyDir": {}}
    for name in ("configMap", "secret"):
        volume = at(volume, name, _mode)
    volume = at(volume, "downwardAPI", lambda source: _mode(_items(source)))
    volume = at(volume, "projected", lambda source: _mode(at(source, "sources", each(_projection))))
    volume = at(volume, "hostPath", lambda source: lacking(source, type=""))
    volume = at(volume, "iscsi", lambda source: lacking(source, iscsiInterface="default"))
    return at(
        volume,
        "ephemeral",
        lambda source: at(source, "volumeClaimTemplate", lambda claim: at(claim, "spec", claim_spec)),
    )


def _host_ports(container: Json) -> Json:
    return at(container, "ports", each(lambda port: lacking(port, hostPort=port.get("containerPort"))))


def _requests(container: Json) -> Json:
    """Requests of a pod's container that are not given are its limits."""
    limits = (container.get("resources") or {}).get("limits")
    if not limits:
        return container
    given = container["resources"].get("requests") or {}
    return {**container, "resources": {**container["resources"], "requests": {**limits, **given}}}


def pod_spec(spec: Json) -> Json:
    """The spec of a pod, also inside templates."""
    for name in ("containers", "initContainers", "ephemeralContainers"):
        spec = at(spec, name, each(_container))
        if spec.get("hostNetwork"):
            spec = at(spec, name, each(_host_ports))
    spec = at(spec, "volumes", each(_volume))
    if spec.get("serviceAccountName") or spec.get("serviceAccount"):
        account = spec.get("serviceAccountName") or spec["serviceAccount"]
        spec = {**spec, "serviceAccountName": account, "serviceAccount": account}
    return lacking(
        spec,
        restartPolicy="Always",
        dnsPolicy="ClusterFirst",
        schedulerName="default-scheduler",
        securityContext={},
        terminationGracePeriodSeconds=30,
    )


def template(holder: Json) -> Json:
    """A template with metadata and the spec of a pod."""
    return at(holder, "spec", pod_spec)


def pod(obj: Json) -> Json:
    """A Pod; more than a template, it links services and asks for what it may use at most."""

    def spec(given: Json) -> Json:
        for name in ("containers", "initContainers"):
            given = at(given, name, each(_requests))
        return lacking(given, enableServiceLinks=True)

    return at(template(obj), "spec", spec)


_TOLERATION_SECONDS = 300
_CONDITIONS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def admitted_pod(obj: Json) -> Json:
    """A new Pod after the server's own admission: service account, priority, tolerations.

    Source: plugin/pkg/admission/serviceaccount, priority, defaulttolerationseconds. The token volume is left out.
    """

    def spec(given: Json) -> Json:
        account = given.get("serviceAccountName") or "default"
        given = lacking(given, serviceAccountName=account, serviceAccount=account)
        given = lacking(given, priority=0, preemptionPolicy="PreemptLowerPriority")
        tolerations = list(given.get("tolerations") or ())
        known = {
            each_one.get("key", "") for each_one in tolerations if each_one.get("effect") in (None, "", "NoExecute")
        }
        if "" in known:
            return given
        for key in _CONDITIONS:
            if key not in known:
                tolerations.append(
                    {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _TOLERATION_SECONDS}
                )
        return {**given, "tolerations": tolerations}

    return at(obj, "spec", spec)

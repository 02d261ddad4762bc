"""Defaults that the API server fills into Kubernetes' own kinds when it reads them.

Source: kubernetes v1.36 pkg/apis/*/v1/defaults.go. Values are never changed; what lacks nothing comes back as it is.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from fairlead.api.kubernetes.pod_defaults import at, claim_spec, each, lacking, pod, template

Json = dict[str, Any]
Fill = Callable[[Json], Json]


def _spec(change: Fill) -> Fill:
    """*change* for the spec of an object."""
    return lambda obj: at(obj, "spec", change)


def _fields(**defaults: Any) -> Fill:
    return lambda value: lacking(value, **defaults)


def _deployment(spec: Json) -> Json:
    strategy = lacking(spec.get("strategy") or {}, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = lacking(strategy.get("rollingUpdate") or {}, maxUnavailable="25%", maxSurge="25%")
        strategy = {**strategy, "rollingUpdate": rolling}
    spec = at({**spec, "strategy": strategy}, "template", template)
    return lacking(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)


def _stateful_set(spec: Json) -> Json:
    update = lacking(spec.get("updateStrategy") or {}, type="RollingUpdate")
    if update["type"] == "RollingUpdate":
        update = {**update, "rollingUpdate": lacking(update.get("rollingUpdate") or {}, partition=0)}
    retention = lacking(
        spec.get("persistentVolumeClaimRetentionPolicy") or {}, whenDeleted="Retain", whenScaled="Retain"
    )
    spec = {**spec, "updateStrategy": update, "persistentVolumeClaimRetentionPolicy": retention}
    spec = at(spec, "volumeClaimTemplates", each(_claim_template))
    spec = at(spec, "template", template)
    return lacking(spec, replicas=1, revisionHistoryLimit=10, podManagementPolicy="OrderedReady")


def _claim_template(claim: Json) -> Json:
    claim = at(claim, "spec", claim_spec)
    status = lacking(claim.get("status") or {}, phase="Pending")
    return lacking({**claim, "status": status}, apiVersion="v1", kind="PersistentVolumeClaim")


def _daemon_set(spec: Json) -> Json:
    update = lacking(spec.get("updateStrategy") or {}, type="RollingUpdate")
    if update["type"] == "RollingUpdate":
        update = {**update, "rollingUpdate": lacking(update.get("rollingUpdate") or {}, maxUnavailable=1, maxSurge=0)}
    return lacking(at({**spec, "updateStrategy": update}, "template", template), revisionHistoryLimit=10)


def _replica_set(spec: Json) -> Json:
    return lacking(at(spec, "template", template), replicas=1)


def _replication_controller(obj: Json) -> Json:
    labels = ((obj.get("spec") or {}).get("template") or {}).get("metadata", {}).get("labels")
    if labels:
        obj = at(obj, "spec", lambda spec: spec if spec.get("selector") else {**spec, "selector": labels})
        obj = at(obj, "metadata", lambda meta: meta if meta.get("labels") else {**meta, "labels": labels})
    return at(obj, "spec", _replica_set)


def _job_spec(spec: Json) -> Json:
    spec = at(spec, "template", template)
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec = {**spec, "completions": 1, "parallelism": 1}
    replaced = "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"
    return lacking(
        spec,
        parallelism=1,
        backoffLimit=6,
        completionMode="NonIndexed",
        suspend=False,
        manualSelector=False,
        podReplacementPolicy=replaced,
    )


def _cron_job(spec: Json) -> Json:
    spec = at(spec, "jobTemplate", lambda job: at(job, "spec", lambda inner: at(inner, "template", template)))
    return lacking(
        spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1
    )


def _service(spec: Json) -> Json:
    spec = lacking(spec, type="ClusterIP", sessionAffinity="None")
    if spec["sessionAffinity"] == "ClientIP":
        spec = lacking(spec, sessionAffinityConfig={"clientIP": {"timeoutSeconds": 10800}})
    kind = spec["type"]
    if kind != "ExternalName":
        spec = at(spec, "ports", each(_service_port))
        spec = lacking(spec, internalTrafficPolicy="Cluster")
    if kind in ("NodePort", "LoadBalancer"):
        spec = lacking(spec, externalTrafficPolicy="Cluster")
    if kind == "LoadBalancer":
        spec = lacking(spec, allocateLoadBalancerNodePorts=True)
    return spec


def _service_port(port: Json) -> Json:
    if port.get("targetPort") in (None, 0, ""):
        port = {**port, "targetPort": port.get("port")}
    return lacking(port, protocol="TCP")


def _secret(obj: Json) -> Json:
    texts = obj.get("stringData")
    if texts is not None:
        encoded = {key: base64.b64encode((text or "").encode()).decode() for key, text in texts.items()}
        obj = {key: value for key, value in obj.items() if key != "stringData"}
        if encoded:
            obj["data"] = {**(obj.get("data") or {}), **encoded}
    return obj if obj.get("type") else {**obj, "type": "Opaque"}


def _limit(item: Json) -> Json:
    if item.get("type") != "Container":
        return item
    ceiling = item.get("default") or {}
    ceiling = {**(item.get("max") or {}), **ceiling}
    request = {**(item.get("min") or {}), **ceiling, **(item.get("defaultRequest") or {})}
    if ceiling:
        item = {**item, "default": ceiling}
    return {**item, "defaultRequest": request} if request else item


def _autoscaler(spec: Json) -> Json:
    target = {"type": "Utilization", "averageUtilization": 80}
    metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return lacking(spec if spec.get("metrics") else {**spec, "metrics": metrics}, minReplicas=1)


def _policy(spec: Json) -> Json:
    for name in ("ingress", "egress"):
        spec = at(spec, name, each(lambda rule: at(rule, "ports", each(_fields(protocol="TCP")))))
    if not spec.get("policyTypes"):
        spec = {**spec, "policyTypes": ["Ingress", "Egress"] if "egress" in spec else ["Ingress"]}
    return spec


def _subject(subject: Json) -> Json:
    if subject.get("apiGroup") is None and subject.get("kind") in ("User", "Group"):
        return {**subject, "apiGroup": "rbac.authorization.k8s.io"}
    return subject


def _binding(obj: Json) -> Json:
    obj = at(obj, "subjects", each(_subject))
    return at(
        obj, "roleRef", lambda ref: ref if ref.get("apiGroup") else {**ref, "apiGroup": "rbac.authorization.k8s.io"}
    )


def _webhook(hook: Json) -> Json:
    hook = at(hook, "clientConfig", lambda config: at(config, "service", _fields(port=443)))
    hook = at(hook, "rules", each(_fields(scope="*")))
    return lacking(
        hook,
        failurePolicy="Fail",
        matchPolicy="Equivalent",
        namespaceSelector={},
        objectSelector={},
        timeoutSeconds=10,
    )


def _validating(obj: Json) -> Json:
    return at(obj, "webhooks", each(_webhook))


def _mutating(obj: Json) -> Json:
    return at(_validating(obj), "webhooks", each(_fields(reinvocationPolicy="Never")))


def _csi_driver(spec: Json) -> Json:
    return lacking(
        spec,
        attachRequired=True,
        podInfoOnMount=False,
        storageCapacity=False,
        requiresRepublish=False,
        seLinuxMount=False,
        fsGroupPolicy="ReadWriteOnceWithFSType",
        volumeLifecycleModes=["Persistent"],
    )


def _volume(spec: Json) -> Json:
    spec = at(spec, "hostPath", _fields(type=""))
    return lacking(spec, persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")


def _endpoint_slice(obj: Json) -> Json:
    return at(obj, "ports", each(_fields(name="", protocol="TCP")))


def _endpoints(obj: Json) -> Json:
    return at(obj, "subsets", each(lambda subset: at(subset, "ports", each(_fields(protocol="TCP")))))


def _claim(spec: Json) -> Json:
    def request(given: Json) -> Json:
        return at(given, "exactly", lambda one: lacking(lacking(one, allocationMode="ExactCount"), count=1))

    return at(spec, "devices", lambda devices: at(devices, "requests", each(request)))


def _flow(spec: Json) -> Json:
    return spec if spec.get("matchingPrecedence") else {**spec, "matchingPrecedence": 1000}


def _node(obj: Json) -> Json:
    def spec(given: Json) -> Json:
        return (
            {**given, "podCIDRs": [given["podCIDR"]]} if given.get("podCIDR") and not given.get("podCIDRs") else given
        )

    return at(obj, "spec", spec)


def _namespace(obj: Json) -> Json:
    name = (obj.get("metadata") or {}).get("name")
    if not name:
        return obj
    return at(
        obj,
        "metadata",
        lambda meta: at(
            lacking(meta, labels={}), "labels", lambda labels: {**labels, "kubernetes.io/metadata.name": name}
        ),
    )


_FILLS: Mapping[str, Fill] = {
    "pods": pod,
    "podtemplates": lambda obj: at(obj, "template", template),
    "namespaces": _namespace,
    "nodes": _node,
    "secrets": _secret,
    "services": _spec(_service),
    "endpoints": _endpoints,
    "limitranges": _spec(lambda spec: at(spec, "limits", each(_limit))),
    "persistentvolumes": _spec(_volume),
    "persistentvolumeclaims": _spec(claim_spec),
    "replicationcontrollers": _replication_controller,
    "deployments.apps": _spec(_deployment),
    "statefulsets.apps": _spec(_stateful_set),
    "daemonsets.apps": _spec(_daemon_set),
    "replicasets.apps": _spec(_replica_set),
    "jobs.batch": _spec(_job_spec),
    "cronjobs.batch": _spec(_cron_job),
    "horizontalpodautoscalers.autoscaling": _spec(_autoscaler),
    "networkpolicies.networking.k8s.io": _spec(_policy),
    "rolebindings.rbac.authorization.k8s.io": _binding,
    "clusterrolebindings.rbac.authorization.k8s.io": _binding,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": _validating,
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": _mutating,
    "storageclasses.storage.k8s.io": _fields(reclaimPolicy="Delete", volumeBindingMode="Immediate"),
    "csidrivers.storage.k8s.io": _spec(_csi_driver),
    "priorityclasses.scheduling.k8s.io": _fields(preemptionPolicy="PreemptLowerPriority"),
    "endpointslices.discovery.k8s.io": _endpoint_slice,
    "resourceclaims.resource.k8s.io": _spec(_claim),
    "flowschemas.flowcontrol.apiserver.k8s.io": _spec(_flow),
}


def fill(ident: str, obj: Json) -> Json:
    """*obj* of the resource *ident* (`deployments.apps`) with its defaults; *obj* is not changed."""
    found = _FILLS.get(ident)
    return obj if found is None else found(obj)

"""Conversions between versions of Kubernetes' own kinds: events and horizontal pod autoscalers.

Source: kubernetes v1.36 pkg/apis/core/v1/conversion.go and pkg/apis/events/v1 (Event),
pkg/apis/autoscaling/v1/conversion.go (HorizontalPodAutoscaler).
"""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

# core/v1 field -> events.k8s.io/v1 field
_EVENT_FIELDS = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "count": "deprecatedCount",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
}
_EVENT_FIELDS_BACK = {new: old for old, new in _EVENT_FIELDS.items()}
_METRICS = "autoscaling.alpha.kubernetes.io/metrics"
_BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"
_CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"


def convert_built_in(obj: Json, api_version: str) -> Json:
    """*obj* as it stands in *api_version*; kinds whose versions have the same fields change their version only."""
    if obj.get("apiVersion") == api_version:
        return obj
    if obj.get("kind") == "Event":
        return _event(obj, api_version)
    if obj.get("kind") == "HorizontalPodAutoscaler":
        return _autoscaler_v1(obj) if api_version.endswith("/v1") else _autoscaler_v2(obj)
    return {**obj, "apiVersion": api_version}


def _event(obj: Json, api_version: str) -> Json:
    names = _EVENT_FIELDS if api_version.startswith("events.k8s.io/") else _EVENT_FIELDS_BACK
    return {names.get(key, key): value for key, value in obj.items()} | {"apiVersion": api_version}


def _without_annotations(obj: Json, *names: str) -> Json:
    metadata = dict(obj.get("metadata") or {})
    kept = {key: value for key, value in (metadata.get("annotations") or {}).items() if key not in names}
    if kept:
        metadata["annotations"] = kept
    else:
        metadata.pop("annotations", None)
    return metadata


def _is_cpu(metric: Json) -> bool:
    resource = metric.get("resource") or {}
    target = resource.get("target") or {}
    return metric.get("type") == "Resource" and resource.get("name") == "cpu" and "averageUtilization" in target


def _autoscaler_v1(obj: Json) -> Json:
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    metadata = dict(obj.get("metadata") or {})
    annotations = dict(metadata.get("annotations") or {})
    others = []
    for metric in spec.pop("metrics", None) or ():
        if _is_cpu(metric) and "targetCPUUtilizationPercentage" not in spec:
            spec["targetCPUUtilizationPercentage"] = metric["resource"]["target"]["averageUtilization"]
        else:
            others.append(metric)
    if others:
        annotations[_METRICS] = json.dumps(others, separators=(",", ":"))
    if behavior := spec.pop("behavior", None):
        annotations[_BEHAVIOR] = json.dumps(behavior, separators=(",", ":"))
    if conditions := status.pop("conditions", None):
        annotations[_CONDITIONS] = json.dumps(conditions, separators=(",", ":"))
    for metric in status.pop("currentMetrics", None) or ():
        current = (metric.get("resource") or {}).get("current") or {}
        if (metric.get("resource") or {}).get("name") == "cpu" and "averageUtilization" in current:
            status["currentCPUUtilizationPercentage"] = current["averageUtilization"]
    if annotations:
        metadata["annotations"] = annotations
    return {**obj, "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status}


def _autoscaler_v2(obj: Json) -> Json:
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    metrics = json.loads(annotations[_METRICS]) if annotations.get(_METRICS) else []
    percentage = spec.pop("targetCPUUtilizationPercentage", None)
    if percentage is not None:
        target = {"type": "Utilization", "averageUtilization": percentage}
        metrics.insert(0, {"type": "Resource", "resource": {"name": "cpu", "target": target}})
    if metrics:
        spec["metrics"] = metrics
    if annotations.get(_BEHAVIOR):
        spec["behavior"] = json.loads(annotations[_BEHAVIOR])
    if annotations.get(_CONDITIONS):
        status["conditions"] = json.loads(annotations[_CONDITIONS])
    current = status.pop("currentCPUUtilizationPercentage", None)
    if current is not None:
        shown = {"averageUtilization": current}
        status["currentMetrics"] = [{"type": "Resource", "resource": {"name": "cpu", "current": shown}}]
    metadata = _without_annotations(obj, _METRICS, _BEHAVIOR, _CONDITIONS)
    return {**obj, "apiVersion": "autoscaling/v2", "metadata": metadata, "spec": spec, "status": status}

"""How far objects are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead.engines.readiness import readiness


def obj(kind: str, api_version: str = "apps/v1", **parts: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "generation": 2}, **parts}


def ready(status: str, message: str = "m") -> list[dict[str, str]]:
    return [{"type": "Ready", "status": status, "message": message}]


AVAILABLE = [
    {"type": "Available", "status": "True"},
    {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
]
FULL = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}
WIDGET = "example.dev/v1"


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        pytest.param(None, "NotFound", "Resource not found", id="absent"),
        pytest.param(
            {"kind": "X", "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}},
            "Terminating",
            "Resource scheduled for deletion",
            id="deleted",
        ),
        pytest.param(obj("W", WIDGET), "Current", "Resource is current", id="nothing said"),
        pytest.param(
            obj("W", WIDGET, status={"observedGeneration": 1, "conditions": ready("True")}),
            "InProgress",
            "W generation is 2, but latest observed generation is 1",
            id="not observed",
        ),
        pytest.param(
            obj("W", WIDGET, status={"conditions": ready("True")}), "Current", "Resource is Ready", id="ready"
        ),
        pytest.param(obj("W", WIDGET, status={"conditions": ready("False")}), "InProgress", "m", id="not ready"),
        pytest.param(obj("W", WIDGET, status={"conditions": ready("Unknown")}), "InProgress", "m", id="unknown"),
        pytest.param(
            obj("W", WIDGET, status={"conditions": [{"type": "Reconciling", "status": "True", "message": "r"}]}),
            "InProgress",
            "r",
            id="reconciling",
        ),
        pytest.param(
            obj(
                "W",
                WIDGET,
                status={"conditions": [{"type": "Stalled", "status": "True", "message": "s"}, *ready("True")]},
            ),
            "Failed",
            "s",
            id="stalled",
        ),
        pytest.param(
            obj(
                "Deployment",
                spec={"replicas": 2, "progressDeadlineSeconds": 600},
                status={**FULL, "conditions": AVAILABLE},
            ),
            "Current",
            "Deployment is available. Replicas: 2",
            id="deployment",
        ),
        pytest.param(
            obj("Deployment", spec={"replicas": 2}, status={}), "InProgress", "Replicas: 0/2", id="no replicas"
        ),
        pytest.param(
            obj("Deployment", spec={"replicas": 2}, status={**FULL, "updatedReplicas": 1}),
            "InProgress",
            "Updated: 1/2",
            id="updating",
        ),
        pytest.param(
            obj("Deployment", spec={"replicas": 1}, status=FULL),
            "InProgress",
            "Pending termination: 1",
            id="extra pods",
        ),
        pytest.param(
            obj("Deployment", spec={"replicas": 2}, status={**FULL, "availableReplicas": 1}),
            "InProgress",
            "Available: 1/2",
            id="not available",
        ),
        pytest.param(
            obj("Deployment", spec={"replicas": 2, "progressDeadlineSeconds": 600}, status=FULL),
            "InProgress",
            "ReplicaSet not Available",
            id="not progressing",
        ),
        pytest.param(
            obj(
                "Deployment",
                status={
                    "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
                },
            ),
            "Failed",
            "Progress deadline exceeded",
            id="deadline",
        ),
        pytest.param(
            obj("StatefulSet", spec={"replicas": 1}, status={"replicas": 1, "readyReplicas": 1, "currentReplicas": 1}),
            "Current",
            "All replicas scheduled as expected. Replicas: 1",
            id="stateful set",
        ),
        pytest.param(
            obj(
                "StatefulSet",
                spec={"replicas": 1},
                status={
                    "replicas": 1,
                    "readyReplicas": 1,
                    "currentReplicas": 1,
                    "currentRevision": "a",
                    "updateRevision": "b",
                },
            ),
            "InProgress",
            "Waiting for updated revision to match current",
            id="revision",
        ),
        pytest.param(
            obj("DaemonSet", status={}),
            "InProgress",
            "DaemonSet status.observedGeneration not found",
            id="daemon set new",
        ),
        pytest.param(
            obj(
                "DaemonSet", status={"observedGeneration": 2, "desiredNumberScheduled": 3, "currentNumberScheduled": 3}
            ),
            "InProgress",
            "Updated: 0/3",
            id="daemon set",
        ),
        pytest.param(
            obj("Job", "batch/v1", status={"conditions": [{"type": "Complete", "status": "True"}], "succeeded": 1}),
            "Current",
            "Job Completed. succeeded: 1/1",
            id="job done",
        ),
        pytest.param(
            obj("Job", "batch/v1", status={"conditions": [{"type": "Failed", "status": "True"}], "failed": 3}),
            "Failed",
            "Job Failed. failed: 3/1",
            id="job failed",
        ),
        pytest.param(
            obj("Job", "batch/v1", status={"startTime": "2026-01-01T00:00:00Z", "active": 1}),
            "InProgress",
            "Job in progress. success:0, active: 1, failed: 0",
            id="job runs",
        ),
        pytest.param(
            obj("Pod", "v1", status={"phase": "Running", "conditions": ready("True")}),
            "Current",
            "Pod is Ready",
            id="pod",
        ),
        pytest.param(
            obj(
                "Pod",
                "v1",
                status={
                    "phase": "Running",
                    "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
                },
            ),
            "Failed",
            "Containers in CrashLoop state: c",
            id="crash loop",
        ),
        pytest.param(
            obj("PersistentVolumeClaim", "v1", status={"phase": "Pending"}),
            "InProgress",
            "PVC is not Bound. phase: Pending",
            id="claim",
        ),
        pytest.param(
            obj(
                "CustomResourceDefinition",
                "apiextensions.k8s.io/v1",
                status={"conditions": [{"type": "Established", "status": "True"}]},
            ),
            "Current",
            "CRD is established",
            id="definition",
        ),
        pytest.param(
            obj("Service", "v1", spec={"type": "LoadBalancer"}),
            "InProgress",
            "ClusterIP not set. Service type: LoadBalancer",
            id="service",
        ),
    ],
)
def test_an_object_is(given: dict[str, Any] | None, status: str, message: str) -> None:
    """Status and text as kstatus gives them."""
    assert readiness(given) == (status, message)


def test_a_running_job_is_current_for_plain_kstatus() -> None:
    """Only Flux and Helm wait for completion."""
    job = obj("Job", "batch/v1", status={"startTime": "2026-01-01T00:00:00Z"})
    assert readiness(job, wait_for_jobs=False).is_current
    assert not readiness(job).is_current


def test_an_unschedulable_pod_fails_after_a_while() -> None:
    """The scheduler gets 15 seconds."""
    pod = obj(
        "Pod",
        "v1",
        status={
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
        },
    )
    pod["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    assert readiness(pod, now=datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC)).status == "InProgress"
    assert readiness(pod, now=datetime(2026, 1, 1, 0, 0, 16, tzinfo=UTC)).status == "Failed"

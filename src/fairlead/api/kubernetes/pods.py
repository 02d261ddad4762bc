"""The row of a Pod in a table.

Source: kubernetes v1.36 pkg/printers/internalversion/printers.go, printPod.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fairlead.api.kubernetes.text import NONE, since
from fairlead.base.objects import Json, get_in


class _Restarts:
    """How often containers were restarted, and when last."""

    def __init__(self) -> None:
        self.count = 0
        self.last = ""

    def add(self, status: Json) -> None:
        self.count += status.get("restartCount") or 0
        finished = get_in(status, "lastState", "terminated", "finishedAt", default="")
        self.last = max(self.last, finished)

    def text(self, now: datetime) -> str:
        return f"{self.count} ({since(self.last, now)} ago)" if self.count and self.last else str(self.count)


def _ended(terminated: Json) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _condition(pod: Json, name: str) -> Json:
    conditions = get_in(pod, "status", "conditions") or ()
    return next((each for each in conditions if each["type"] == name), {})


class _State:
    """What a pod's row says, built up container by container."""

    def __init__(self, pod: Json) -> None:
        status = pod.get("status") or {}
        self.reason: str = status.get("reason") or status.get("phase") or ""
        if _condition(pod, "PodScheduled").get("reason") == "SchedulingGated":
            self.reason = "SchedulingGated"
        self.ready = 0
        self.restarts = _Restarts()
        self.sidecar_restarts = _Restarts()

    def initialise(self, pod: Json) -> bool:
        """Go through the init containers; returns whether they are still at it."""
        declared = get_in(pod, "spec", "initContainers") or []
        sidecars = {each.get("name") for each in declared if each.get("restartPolicy") == "Always"}
        for index, status in enumerate(get_in(pod, "status", "initContainerStatuses") or ()):
            self.restarts.add(status)
            is_sidecar = status.get("name") in sidecars
            if is_sidecar:
                self.sidecar_restarts.add(status)
            state = status.get("state") or {}
            terminated, waiting = state.get("terminated"), state.get("waiting") or {}
            if terminated is not None and not terminated.get("exitCode"):
                continue
            if is_sidecar and status.get("started"):
                self.ready += bool(status.get("ready"))
                continue
            if terminated is not None:
                self.reason = f"Init:{_ended(terminated)}"
            elif waiting.get("reason") and waiting["reason"] != "PodInitializing":
                self.reason = f"Init:{waiting['reason']}"
            else:
                self.reason = f"Init:{index}/{len(declared)}"
            return True
        return False

    def run(self, pod: Json) -> None:
        """Go through the containers, last to first."""
        self.restarts = self.sidecar_restarts
        running, failure = False, ""
        for status in reversed(get_in(pod, "status", "containerStatuses") or []):
            self.restarts.add(status)
            state = status.get("state") or {}
            terminated, waiting = state.get("terminated"), state.get("waiting") or {}
            if waiting.get("reason"):
                self.reason = waiting["reason"]
            elif terminated is not None:
                self.reason = _ended(terminated)
                if terminated.get("exitCode"):
                    failure = self.reason
            elif status.get("ready") and state.get("running") is not None:
                running = True
                self.ready += 1
        if self.reason == "Completed":
            if running and _condition(pod, "Ready").get("status") == "True":
                self.reason = "Running"
            elif failure:
                self.reason = failure
            elif running:
                self.reason = "NotReady"


def _gates(pod: Json) -> str:
    gates = get_in(pod, "spec", "readinessGates") or ()
    if not gates:
        return NONE
    held = sum(_condition(pod, each["conditionType"]).get("status") == "True" for each in gates)
    return f"{held}/{len(gates)}"


def pod_cells(pod: Json, now: datetime) -> list[Any]:
    """Name, ready, status, restarts, age; then the wide cells."""
    state = _State(pod)
    initialising = state.initialise(pod)
    if not initialising or _condition(pod, "Initialized").get("status") == "True":
        state.run(pod)
    phase = get_in(pod, "status", "phase")
    if pod["metadata"].get("deletionTimestamp"):
        if get_in(pod, "status", "reason") == "NodeLost":
            state.reason = "Unknown"
        elif phase not in ("Succeeded", "Failed"):
            state.reason = "Terminating"
    spec = pod.get("spec") or {}
    sidecars = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]
    total = len(spec.get("containers") or ()) + len(sidecars)
    addresses = get_in(pod, "status", "podIPs") or [{}]
    return [
        pod["metadata"]["name"],
        f"{state.ready}/{total}",
        state.reason,
        state.restarts.text(now),
        since(pod["metadata"].get("creationTimestamp"), now),
        addresses[0].get("ip") or get_in(pod, "status", "podIP") or NONE,
        spec.get("nodeName") or NONE,
        get_in(pod, "status", "nominatedNodeName") or NONE,
        _gates(pod),
    ]

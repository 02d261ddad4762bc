"""Which Pods a drain moves, in what order, and how it tells of its progress. Pure.

Source: cluster-api v1.14, core/reconcilers/machine/drain (filters.go: the filters in their order; drain.go: EvictPods,
ConditionMessage).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fairlead.base.objects import Json, Key, annotations, controller_of, get_in, is_deleting, labels, meta
from fairlead.controllers.clusterapi.staleness import listed
from fairlead.engines.selectors import label_selector
from fairlead.runtime.clock import parse_timestamp

DRAIN, SKIP, WAIT = "Drain", "Skip", "WaitCompleted"
DRAIN_LABEL = "cluster.x-k8s.io/drain"
MIRROR = "kubernetes.io/config.mirror"
UNREACHABLE_TAINT = "node.kubernetes.io/unreachable"
UNREACHABLE_GRACE = timedelta(seconds=1)
SHOWN_FAILURES = 5
BUDGET = "cannot evict pod as it would violate the pod's disruption budget."


@dataclass(frozen=True, slots=True)
class Treatment:
    """What a drain does with one Pod; those of the lowest order go first."""

    behaviour: str
    order: int = 0


@dataclass(slots=True)
class Progress:
    """The Pods of a node as one pass of a drain found and left them."""

    going: list[Json] = field(default_factory=list)
    failed: dict[str, list[Json]] = field(default_factory=dict)  # by the reason of the refusal
    evict_now: list[Json] = field(default_factory=list)
    evict_later: list[Json] = field(default_factory=list)
    wait_now: list[Json] = field(default_factory=list)
    wait_later: list[Json] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return not (self.going or self.failed or self.evict_now or self.evict_later or self.wait_now or self.wait_later)


def is_unreachable(node: Json) -> bool:
    """Whether the node's kubelet has gone silent, so that its Pods will never be seen to end."""
    conditions = get_in(node, "status", "conditions", default=())
    return any(c["type"] == "Ready" and c["status"] == "Unknown" for c in conditions)


def matching_rules(rules: Sequence[Json], machine: Json, cluster: Json) -> list[Json]:
    """The MachineDrainRules that hold for *machine*, by name."""

    def holds(rule: Json) -> bool:
        chosen = get_in(rule, "spec", "machines", default=())
        return not chosen or any(
            _matches(entry.get("selector"), machine) and _matches(entry.get("clusterSelector"), cluster)
            for entry in chosen
        )

    return sorted(filter(holds, rules), key=lambda rule: str(meta(rule)["name"]))


def treatment(
    pod: Json,
    *,
    rules: Sequence[Json],
    namespaces: Mapping[str, Json],
    daemon_sets: frozenset[Key],
    now: datetime,
    unreachable: bool = False,
) -> Treatment:
    """What the drain does with *pod*; the first rule that says anything but Drain decides."""
    if unreachable and is_deleting(pod) and now - parse_timestamp(meta(pod)["deletionTimestamp"]) > UNREACHABLE_GRACE:
        return Treatment(SKIP)
    owner = controller_of(pod) or {}
    ended = get_in(pod, "status", "phase") in ("Succeeded", "Failed")
    if owner.get("kind") == "DaemonSet" and not ended and Key(meta(pod)["namespace"], owner["name"]) in daemon_sets:
        return Treatment(SKIP)
    if MIRROR in annotations(pod):
        return Treatment(SKIP)
    asked = labels(pod).get(DRAIN_LABEL, "").replace("-", "", 1).lower()
    for behaviour in (SKIP, WAIT):
        if asked == behaviour.lower():
            return Treatment(behaviour)
    namespace = namespaces.get(meta(pod)["namespace"], {})
    for rule in rules:
        chosen = get_in(rule, "spec", "pods", default=())
        if not chosen or any(
            _matches(entry.get("selector"), pod) and _matches(entry.get("namespaceSelector"), namespace)
            for entry in chosen
        ):
            asked_for = rule["spec"]["drain"]
            is_drain = asked_for["behavior"] == DRAIN
            return Treatment(asked_for["behavior"], asked_for.get("order", 0) if is_drain else 0)
    return Treatment(DRAIN)


def plan(pods: Sequence[tuple[Json, Treatment]]) -> Progress:
    """Sort the Pods into those that go now, later, or are waited for."""
    progress = Progress()
    ordered = sorted(pods, key=lambda entry: _name(entry[0]))
    lowest = min((t.order for _, t in ordered if t.behaviour != SKIP), default=0)
    for pod, how in ordered:
        if how.behaviour == DRAIN and is_deleting(pod):
            progress.going.append(pod)
        elif how.behaviour == DRAIN:
            (progress.evict_now if how.order == lowest else progress.evict_later).append(pod)
        elif how.behaviour == WAIT:
            (progress.wait_now if how.order == lowest else progress.wait_later).append(pod)
    return progress


def message(progress: Progress, began: str) -> str:
    """How far the drain is, in upstream's words."""
    lines = [f"Drain not completed yet (started at {began}):"]
    if progress.going:
        lines.append(f"{_bullet(progress.going)} deletionTimestamp set, but still not removed from the Node")
    reasons = sorted(progress.failed)
    for reason in reasons[:SHOWN_FAILURES]:
        text = reason.replace("Cannot evict pod as it", "cannot evict pod as it", 1)
        text = text if text.startswith(BUDGET) else f"failed to evict Pod, {text}"
        lines.append(f"{_bullet(progress.failed[reason])} {text}")
    rest = sum(len(progress.failed[reason]) for reason in reasons[SHOWN_FAILURES:])
    if rest:
        lines.append(f"* {rest} Pod{'s' if rest > 1 else ''} with other issues")
    if progress.wait_now:
        lines.append(f"{_bullet(progress.wait_now)} waiting for completion")
    after = "After above Pods have been removed from the Node,"
    if progress.evict_later:
        lines.append(f"{after} the following Pods will be evicted: {_names(progress.evict_later)}")
    if progress.wait_later:
        wait = f"{after} waiting for the following Pods to complete without eviction:"
        lines.append(f"{wait} {_names(progress.wait_later)}")
    return "\n".join(lines)


def _bullet(pods: Sequence[Json]) -> str:
    return f"* Pod{'s' if len(pods) > 1 else ''} {_names(pods)}:"


def _names(pods: Sequence[Json]) -> str:
    return listed([_name(pod) for pod in pods])


def _name(pod: Json) -> str:
    return str(Key.of(pod))


def _matches(selector: Json | None, obj: Json) -> bool:
    chosen = label_selector(selector or {})
    return chosen.is_everything or chosen.matches(labels(obj))

"""What all that scale machines say of them: counts, versions, and the conditions made from the Machines' own. Pure.

Source: cluster-api v1.14, core/reconcilers/machineset and machinedeployment (status), controlplane/kubeadm (status).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cmp_to_key

from fairlead.base.objects import Json, get_in, meta
from fairlead.controllers.clusterapi.staleness import is_to_be_remediated, stale_text, unhealthy_text
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.merging import Words, aggregate
from fairlead.engines.semver import SemverError, parse_version
from fairlead.runtime.clock import parse_timestamp
from fairlead.runtime.conditions import find, is_true

READY = Words("Ready", "NotReady", "ReadyUnknown")
UP_TO_DATE = Words("UpToDate", "NotUpToDate", "UpToDateUnknown")
UNREPORTED_GRACE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many machines there are, and how many are what they should be."""

    replicas: int
    ready: int
    available: int
    up_to_date: int


def count(machines: Iterable[Json]) -> Counts:
    """Count *machines* by their conditions."""
    listed = list(machines)

    def true(type_: str) -> int:
        return sum(is_true(get_in(machine, "status", "conditions"), type_) for machine in listed)

    return Counts(len(listed), true("Ready"), true("Available"), true("UpToDate"))


def versions(machines: Iterable[Json]) -> list[Json]:
    """How many machines there are of each Kubernetes version; what the kubelet says beats what was asked for."""
    counted = Counter(
        str(get_in(machine, "status", "nodeInfo", "kubeletVersion") or get_in(machine, "spec", "version", default=""))
        for machine in machines
    )
    return listed_versions(counted)


def listed_versions(counted: Counter[str]) -> list[Json]:
    """The counts by version, the lowest version first."""
    known = sorted(version for version in counted if version)
    return [{"version": version, "replicas": counted[version]} for version in sorted(known, key=cmp_to_key(_compare))]


def _compare(one: str, other: str) -> int:
    try:
        return parse_version(one).compare(parse_version(other))
    except SemverError:
        return 0


def report_replicas(obj: Json, draft: Json, machines: Sequence[Json], selector: str) -> Counts:
    """Write the counts into *draft*'s status."""
    counts = count(machines)
    status = draft.setdefault("status", {})
    status.update(
        observedGeneration=obj["metadata"].get("generation", 1),
        selector=selector,
        replicas=counts.replicas,
        readyReplicas=counts.ready,
        availableReplicas=counts.available,
        upToDateReplicas=counts.up_to_date,
    )
    told = versions(machines)
    if told:
        status["versions"] = told
    else:
        status.pop("versions", None)
    return counts


def report_scaling(
    report: Reporter,
    wanted: int,
    have: int,
    blocked: Sequence[str] = (),
    deleting: bool = False,
    *,
    machines: Iterable[Json] = (),
    would_block: str = "",
) -> None:
    """ScalingUp and ScalingDown; *machines* are looked through for those that take long to go."""
    wanted = 0 if deleting else wanted
    if have < wanted:
        text = f"Scaling up from {have} to {wanted} replicas"
        if blocked:
            text += " is blocked because:\n" + "\n".join(f"* {cause}" for cause in blocked)
        report.set("ScalingUp", True, "ScalingUp", text)
    else:
        report.set("ScalingUp", False, "NotScalingUp", "" if deleting else would_block)
    if have > wanted:
        stale = stale_text(machines, report.now)
        text = f"Scaling down from {have} to {wanted} replicas"
        report.set("ScalingDown", True, "ScalingDown", f"{text}\n* {stale}" if stale else text)
    else:
        report.set("ScalingDown", False, "NotScalingDown")


def missing_text(kinds: Sequence[str]) -> str:
    """A sentence on the templates that are not there; empty when all are."""
    if not kinds:
        return ""
    return f"{' and '.join(kinds)} {'does' if len(kinds) == 1 else 'do'} not exist"


def told_up_to_date(machines: Iterable[Json], now: datetime) -> list[Json]:
    """The Machines that UpToDate is made of: a new one does not count until it had time to report."""
    return [
        machine
        for machine in machines
        if find(get_in(machine, "status", "conditions"), "UpToDate") is not None
        or now - parse_timestamp(meta(machine)["creationTimestamp"]) > UNREPORTED_GRACE
    ]


def report_machines(report: Reporter, machines: Sequence[Json], ready: str = "MachinesReady") -> None:
    """MachinesReady and MachinesUpToDate; *ready* is the first one's type, the second's follows from it."""
    up_to_date = ready.removesuffix("Ready") + "UpToDate"
    for type_, own, words, told in (
        (ready, "Ready", READY, list(machines)),
        (up_to_date, "UpToDate", UP_TO_DATE, told_up_to_date(machines, report.now)),
    ):
        if told:
            report.merge(type_, aggregate(told, own), words)
        else:
            report.set(type_, True, "NoReplicas")


def report_remediating(report: Reporter, machines: Iterable[Json], owner: str) -> None:
    """Remediating, from the Machines that are to be replaced; *owner* names who would do it."""
    listed = list(machines)
    asked = [machine for machine in listed if is_to_be_remediated(machine)]
    if asked:
        report.set("Remediating", True, "Remediating", aggregate(asked, "OwnerRemediated").message)
    else:
        report.set("Remediating", False, "NotRemediating", unhealthy_text(listed, owner))


def deleting_text(machines: Sequence[Json], now: datetime) -> str:
    """How many Machines are still there; empty when none is."""
    if not machines:
        return ""
    stale = stale_text(machines, now)
    text = f"Deleting {len(machines)} Machine{'s' if len(machines) > 1 else ''}"
    return f"{text}\n* {stale}" if stale else text

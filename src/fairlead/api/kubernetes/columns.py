"""Printer columns of Kubernetes' own kinds.

Source: kubernetes v1.36 pkg/printers/internalversion/printers.go (AddHandlers and the print functions).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fairlead.api.kubernetes.pods import pod_cells
from fairlead.api.kubernetes.text import NONE, human_duration, labels_text, list_with_more, selector_text, since
from fairlead.base.objects import Json, get_in

Cells = Callable[[Json, datetime], list[Any]]


class KindTable(NamedTuple):
    """The columns of a kind, as (name, type, priority), and how to fill them."""

    columns: tuple[tuple[str, str, int], ...]
    cells: Cells


def _age(obj: Json, now: datetime) -> str:
    return since(obj["metadata"].get("creationTimestamp"), now)


def _name(obj: Json) -> str:
    name: str = obj["metadata"].get("name", "")
    return name


def _containers(containers: list[Json] | None) -> list[str]:
    given = containers or []
    return [",".join(each.get("name", "") for each in given), ",".join(each.get("image", "") for each in given)]


def _workload(obj: Json) -> list[str]:
    """Containers, images and selector of a kind with a pod template."""
    selector = get_in(obj, "spec", "selector")
    return [*_containers(get_in(obj, "spec", "template", "spec", "containers")), selector_text(selector)]


def _count(obj: Json, *path: str) -> int:
    value = get_in(obj, *path, default=0)
    return int(value)


def _pod_template(obj: Json, now: datetime) -> list[Any]:
    template = obj.get("template") or {}
    return [
        _name(obj),
        *_containers(get_in(template, "spec", "containers")),
        labels_text(get_in(template, "metadata", "labels")),
    ]


def _pdb(obj: Json, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    least, most = (str(spec.get(name, "N/A")) for name in ("minAvailable", "maxUnavailable"))
    return [_name(obj), least, most, _count(obj, "status", "disruptionsAllowed"), _age(obj, now)]


def _replication_controller(obj: Json, now: datetime) -> list[Any]:
    selector = labels_text(get_in(obj, "spec", "selector"))
    return [*_replicas(obj, now), *_containers(get_in(obj, "spec", "template", "spec", "containers")), selector]


def _replicas(obj: Json, now: datetime) -> list[Any]:
    ready, current = _count(obj, "status", "readyReplicas"), _count(obj, "status", "replicas")
    return [_name(obj), _count(obj, "spec", "replicas"), current, ready, _age(obj, now)]


def _replica_set(obj: Json, now: datetime) -> list[Any]:
    return [*_replicas(obj, now), *_workload(obj)]


def _daemon_set(obj: Json, now: datetime) -> list[Any]:
    names = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    counts = [_count(obj, "status", name) for name in names]
    nodes = labels_text(get_in(obj, "spec", "template", "spec", "nodeSelector"))
    return [_name(obj), *counts, nodes, _age(obj, now), *_workload(obj)]


def _deployment(obj: Json, now: datetime) -> list[Any]:
    ready = f"{_count(obj, 'status', 'readyReplicas')}/{_count(obj, 'spec', 'replicas')}"
    updated, available = _count(obj, "status", "updatedReplicas"), _count(obj, "status", "availableReplicas")
    return [_name(obj), ready, updated, available, _age(obj, now), *_workload(obj)]


def _stateful_set(obj: Json, now: datetime) -> list[Any]:
    ready = f"{_count(obj, 'status', 'readyReplicas')}/{_count(obj, 'spec', 'replicas')}"
    return [_name(obj), ready, _age(obj, now), *_containers(get_in(obj, "spec", "template", "spec", "containers"))]


_JOB_STATES = (("Complete", "Complete"), ("Failed", "Failed"), ("", "Terminating"), ("Suspended", "Suspended"))
_JOB_ENDS = (("FailureTarget", "FailureTarget"), ("SuccessCriteriaMet", "SuccessCriteriaMet"))


def _job(obj: Json, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    done, parallel = status.get("succeeded") or 0, spec.get("parallelism") or 0
    if spec.get("completions") is not None:
        completions = f"{done}/{spec['completions']}"
    else:
        completions = f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"
    took = ""
    if status.get("startTime"):
        start = datetime.fromisoformat(status["startTime"].replace("Z", "+00:00"))
        end = status.get("completionTime")
        took = human_duration((datetime.fromisoformat(end.replace("Z", "+00:00")) if end else now) - start)
    held = {each["type"] for each in status.get("conditions") or () if each.get("status") == "True"}
    state = "Running"
    for condition, shown in (*_JOB_STATES, *_JOB_ENDS):
        if condition in held or (not condition and obj["metadata"].get("deletionTimestamp")):
            state = shown
            break
    return [_name(obj), state, completions, took, _age(obj, now), *_workload(obj)]


def _cron_job(obj: Json, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    last = status.get("lastScheduleTime")
    suspend = spec.get("suspend")
    job = get_in(spec, "jobTemplate", "spec") or {}
    return [
        _name(obj),
        spec.get("schedule", ""),
        spec.get("timeZone") or NONE,
        "<unset>" if suspend is None else str(suspend),
        len(status.get("active") or ()),
        since(last, now) if last else NONE,
        _age(obj, now),
        *_containers(get_in(job, "template", "spec", "containers")),
        selector_text(job.get("selector")),
    ]


def _balancer(obj: Json) -> str:
    given = get_in(obj, "status", "loadBalancer", "ingress") or ()
    return ",".join(sorted({each.get("ip") or each.get("hostname") or "" for each in given} - {""}))


def _external(obj: Json) -> str:
    spec = obj.get("spec") or {}
    given = ",".join(spec.get("externalIPs") or ())
    match spec.get("type", "ClusterIP"):
        case "ClusterIP" | "NodePort":
            return given or NONE
        case "LoadBalancer":
            return ",".join(each for each in (_balancer(obj), given) if each) or "<pending>"
        case "ExternalName":
            return str(spec.get("externalName", ""))
    return "<unknown>"


def _service(obj: Json, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    ports = []
    for each in spec.get("ports") or ():
        number = f"{each['port']}:{each['nodePort']}" if each.get("nodePort") else f"{each['port']}"
        ports.append(f"{number}/{each.get('protocol', 'TCP')}")
    address = (spec.get("clusterIPs") or [spec.get("clusterIP") or NONE])[0]
    kind = spec.get("type", "ClusterIP")
    shown = [_name(obj), kind, address, _external(obj), ",".join(ports) or NONE, _age(obj, now)]
    return [*shown, labels_text(spec.get("selector"))]


def _ingress(obj: Json, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    hosts = list_with_more([rule["host"] for rule in spec.get("rules") or () if rule.get("host")], default="*")
    ports = "80, 443" if spec.get("tls") else "80"
    return [_name(obj), spec.get("ingressClassName") or NONE, hosts, _balancer(obj), ports, _age(obj, now)]


def _ingress_class(obj: Json, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    shown = NONE
    if given := spec.get("parameters"):
        group = f".{given['apiGroup']}" if given.get("apiGroup") else ""
        shown = f"{given.get('kind', '')}{group}/{given.get('name', '')}"
    name = _with_default(obj, "ingressclass.kubernetes.io/is-default-class")
    return [name, spec.get("controller", ""), shown, _age(obj, now)]


def _with_default(obj: Json, annotation: str) -> str:
    is_default = (obj["metadata"].get("annotations") or {}).get(annotation) == "true"
    return _name(obj) + (" (default)" if is_default else "")


def _endpoints(obj: Json, now: datetime) -> list[Any]:
    found: list[str] = []
    for subset in obj.get("subsets") or ():
        addresses = subset.get("addresses") or ()
        ports = subset.get("ports") or ()
        if not ports:
            found.extend(each["ip"] for each in addresses)
        for port in ports:
            found.extend(f"{each['ip']}:{port['port']}" for each in addresses)
    return [_name(obj), list_with_more(found), _age(obj, now)]


def _endpoint_slice(obj: Json, now: datetime) -> list[Any]:
    ports = [str(each.get("port") or each.get("name") or "*") for each in obj.get("ports") or ()]
    addresses = [address for each in obj.get("endpoints") or () for address in each.get("addresses") or ()]
    unset = "<unset>"
    kind = obj.get("addressType", "")
    return [
        _name(obj),
        kind,
        list_with_more(ports, default=unset),
        list_with_more(addresses, default=unset),
        _age(obj, now),
    ]


def _node(obj: Json, now: datetime) -> list[Any]:
    status = obj.get("status") or {}
    ready = next((each for each in status.get("conditions") or () if each["type"] == "Ready"), None)
    state = "Unknown" if ready is None else ("Ready" if ready["status"] == "True" else "NotReady")
    if get_in(obj, "spec", "unschedulable"):
        state += ",SchedulingDisabled"
    labels = obj["metadata"].get("labels") or {}
    prefix = "node-role.kubernetes.io/"
    roles = {key.removeprefix(prefix) for key in labels if key.startswith(prefix)} - {""}
    if labels.get("kubernetes.io/role"):
        roles.add(labels["kubernetes.io/role"])
    addresses = {each["type"]: each["address"] for each in reversed(status.get("addresses") or [])}
    info = status.get("nodeInfo") or {}
    unknown = "<unknown>"
    kernel = info.get("kernelVersion") or unknown
    if info.get("architecture"):
        kernel += f" ({info['architecture']})"
    return [
        _name(obj),
        state,
        ",".join(sorted(roles)) or NONE,
        _age(obj, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info.get("osImage") or unknown,
        kernel,
        info.get("containerRuntimeVersion") or unknown,
    ]


def _event(obj: Json, now: datetime) -> list[Any]:
    event_time = obj.get("eventTime")
    first = since(obj.get("firstTimestamp") or event_time, now)
    last = since(obj["lastTimestamp"], now) if obj.get("lastTimestamp") else first
    count = obj.get("count") or 1
    if series := obj.get("series"):
        last, count = since(series.get("lastObservedTime"), now), series.get("count", 1)
    about = obj.get("involvedObject") or obj.get("regarding") or {}
    target = about.get("kind", "").lower() + (f"/{about['name']}" if about.get("name") else "")
    source = obj.get("source") or obj.get("deprecatedSource") or {}
    reporter = obj.get("reportingComponent") or obj.get("reportingController") or ""
    origin = [source.get("component") or reporter, source.get("host") or obj.get("reportingInstance")]
    return [
        last,
        obj.get("type", ""),
        obj.get("reason", ""),
        target,
        about.get("fieldPath", ""),
        ", ".join(each for each in origin if each),
        (obj.get("message") or obj.get("note") or "").strip(),
        first,
        count,
        _name(obj),
    ]


def _persistent_volume(obj: Json, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    claim = spec.get("claimRef")
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    return [
        _name(obj),
        get_in(spec, "capacity", "storage", default="0"),
        _modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
        phase,
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName") or "<unset>",
        status.get("reason", ""),
        _age(obj, now),
        spec.get("volumeMode") or "<unset>",
    ]


_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _modes(modes: list[str] | None) -> str:
    return ",".join(short for name, short in _MODES.items() if name in (modes or ()))


def _claim(obj: Json, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    bound = bool(spec.get("volumeName"))
    return [
        _name(obj),
        "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", ""),
        spec.get("volumeName", ""),
        get_in(status, "capacity", "storage", default="0") if bound else "",
        _modes(status.get("accessModes")) if bound else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName") or "<unset>",
        _age(obj, now),
        spec.get("volumeMode") or "<unset>",
    ]


def _metric_name(body: Json) -> str:
    return str(body.get("name") or get_in(body, "metric", "name", default=""))


def _metric(metric: Json, current: list[Json]) -> str:
    """What is aimed at and what is, of one metric. Source: formatHPAMetrics."""
    for kind in ("resource", "containerResource", "pods", "object", "external"):
        body = metric.get(kind)
        if body is None:
            continue
        target, name = body.get("target") or {}, _metric_name(body)
        shown: Json = {}
        for each in current:
            if kind in each and _metric_name(each[kind]) == name:
                shown = each[kind].get("current") or {}
        if "averageUtilization" in target:
            used = shown.get("averageUtilization")
            return f"{name}: {'<unknown>' if used is None else f'{used}%'}/{target['averageUtilization']}%"
        if "averageValue" in target:
            return f"{shown.get('averageValue', '<unknown>')}/{target['averageValue']} (avg)"
        return f"{shown.get('value', '<unknown>')}/{target.get('value', '')}"
    return "<unknown type>"


def _autoscaler(obj: Json, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    target = spec.get("scaleTargetRef") or {}
    metrics = list(spec.get("metrics") or ())
    if "targetCPUUtilizationPercentage" in spec:
        goal = {"averageUtilization": spec["targetCPUUtilizationPercentage"]}
        metrics = [{"resource": {"name": "cpu", "target": goal}}]
    current = list(status.get("currentMetrics") or ())
    least = spec.get("minReplicas")
    return [
        _name(obj),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        list_with_more([_metric(each, current) for each in metrics], 2),
        "<unset>" if least is None else str(least),
        spec.get("maxReplicas", 0),
        status.get("currentReplicas", 0),
        _age(obj, now),
    ]


def _binding(obj: Json, now: datetime) -> list[Any]:
    ref = obj.get("roleRef") or {}
    users, groups, accounts = [], [], []
    for each in obj.get("subjects") or ():
        match each.get("kind"):
            case "User":
                users.append(each["name"])
            case "Group":
                groups.append(each["name"])
            case _:
                accounts.append(f"{each.get('namespace', '')}/{each['name']}")
    subjects = [", ".join(names) for names in (users, groups, accounts)]
    return [_name(obj), f"{ref.get('kind', '')}/{ref.get('name', '')}", _age(obj, now), *subjects]


def _csr(obj: Json, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    held = {each["type"] for each in status.get("conditions") or ()}
    state = "Denied" if "Denied" in held else ("Approved" if "Approved" in held else "Pending")
    state += ",Failed" * ("Failed" in held) + ",Issued" * bool(status.get("certificate"))
    seconds = spec.get("expirationSeconds")
    asked = human_duration(timedelta(seconds=seconds)) if seconds is not None else NONE
    return [_name(obj), _age(obj, now), spec.get("signerName") or NONE, spec.get("username", ""), asked, state]


def _storage_class(obj: Json, now: datetime) -> list[Any]:
    name = _with_default(obj, "storageclass.kubernetes.io/is-default-class")
    expands = bool(obj.get("allowVolumeExpansion"))
    mode, policy = obj.get("volumeBindingMode", "Immediate"), obj.get("reclaimPolicy", "Delete")
    return [name, obj.get("provisioner", ""), policy, mode, expands, _age(obj, now)]


def _revision(obj: Json, now: datetime) -> list[Any]:
    owner = next((each for each in obj["metadata"].get("ownerReferences") or () if each.get("controller")), None)
    shown = NONE
    if owner is not None:
        group = owner["apiVersion"].rpartition("/")[0]
        shown = f"{owner['kind'].lower()}{'.' + group if group else ''}/{owner['name']}"
    return [_name(obj), shown, obj.get("revision", 0), _age(obj, now)]


def _quota(obj: Json, now: datetime) -> list[Any]:
    hard, used = get_in(obj, "status", "hard") or {}, get_in(obj, "status", "used") or {}
    texts = {name: f"{name}: {used.get(name, '0')}/{hard[name]}" for name in sorted(hard)}
    requests = ", ".join(text for name, text in texts.items() if not name.startswith("limits."))
    limits = ", ".join(text for name, text in texts.items() if name.startswith("limits."))
    return [_name(obj), requests, limits, _age(obj, now)]


def _priority_class(obj: Json, now: datetime) -> list[Any]:
    policy = obj.get("preemptionPolicy", "")
    return [_name(obj), obj.get("value", 0), bool(obj.get("globalDefault")), _age(obj, now), policy]


def _attachment(obj: Json, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    volume = get_in(spec, "source", "persistentVolumeName", default="")
    attached = bool(get_in(obj, "status", "attached"))
    return [_name(obj), spec.get("attacher", ""), volume, spec.get("nodeName", ""), attached, _age(obj, now)]


def _csi_driver(obj: Json, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    tokens = spec.get("tokenRequests")
    audiences = "<unset>" if tokens is None else ",".join(each.get("audience", "") for each in tokens)
    flags = [spec.get("attachRequired", True), bool(spec.get("podInfoOnMount")), bool(spec.get("storageCapacity"))]
    modes = ",".join(spec.get("volumeLifecycleModes") or ()) or NONE
    return [_name(obj), *flags, audiences, bool(spec.get("requiresRepublish")), modes, _age(obj, now)]


def _flow_schema(obj: Json, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    level = get_in(spec, "priorityLevelConfiguration", "name", default=NONE)
    method = get_in(spec, "distinguisherMethod", "type", default=NONE)
    conditions = get_in(obj, "status", "conditions") or ()
    missing = next((each["status"] for each in conditions if each["type"] == "Dangling"), "?")
    return [_name(obj), level, spec.get("matchingPrecedence", 0), method, _age(obj, now), missing]


def _priority_level(obj: Json, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    limited, exempt = spec.get("limited") or {}, spec.get("exempt") or {}
    queuing = get_in(limited, "limitResponse", "queuing") or {}
    shares = (limited or exempt).get("nominalConcurrencyShares", NONE)
    queues = [queuing.get(name, NONE) for name in ("queues", "handSize", "queueLengthLimit")]
    return [_name(obj), spec.get("type", ""), shares, *queues, _age(obj, now)]


def _claim_state(obj: Json, now: datetime) -> list[Any]:
    status = obj.get("status") or {}
    state = ["deleted"] if obj["metadata"].get("deletionTimestamp") else []
    state.append("allocated" if status.get("allocation") else "pending")
    if status.get("reservedFor"):
        state.append("reserved")
    return [_name(obj), ",".join(state), _age(obj, now)]


def _definition(obj: Json, now: datetime) -> list[Any]:
    return [_name(obj), obj["metadata"].get("creationTimestamp")]


def _paths(*paths: str, age: bool = True) -> Cells:
    """Cells read straight from the object; a path starting with `#` counts."""

    def cells(obj: Json, now: datetime) -> list[Any]:
        found: list[Any] = [_name(obj)]
        for path in paths:
            if path.startswith("#"):
                found.append(sum(len(get_in(obj, *part.split(".")) or ()) for part in path[1:].split("+")))
            else:
                found.append(get_in(obj, *path.split("."), default=""))
        return [*found, _age(obj, now)] if age else found

    return cells


_WIDE = "Containers! Images! Selector!"
# ident: columns (`Name:type`, `!` for wide only, `_` for a blank) and cells
_TABLES: dict[str, tuple[str, Cells]] = {
    "pods": ("Name Ready Status Restarts Age IP! Node! Nominated_Node! Readiness_Gates!", pod_cells),
    "podtemplates": ("Name Containers Images Pod_Labels", _pod_template),
    "poddisruptionbudgets.policy": ("Name Min_Available Max_Unavailable Allowed_Disruptions:integer Age", _pdb),
    "replicationcontrollers": (
        f"Name Desired:integer Current:integer Ready:integer Age {_WIDE}",
        _replication_controller,
    ),
    "replicasets.apps": (f"Name Desired:integer Current:integer Ready:integer Age {_WIDE}", _replica_set),
    "daemonsets.apps": (
        "Name Desired:integer Current:integer Ready:integer Up-to-date:integer Available:integer Node_Selector Age "
        + _WIDE,
        _daemon_set,
    ),
    "deployments.apps": (f"Name Ready Up-to-date Available Age {_WIDE}", _deployment),
    "statefulsets.apps": ("Name Ready Age Containers! Images!", _stateful_set),
    "controllerrevisions.apps": ("Name Controller Revision Age", _revision),
    "jobs.batch": (f"Name Status Completions Duration Age {_WIDE}", _job),
    "cronjobs.batch": (f"Name Schedule Timezone Suspend:boolean Active:integer Last_Schedule Age {_WIDE}", _cron_job),
    "services": ("Name Type Cluster-IP External-IP Port(s) Age Selector!", _service),
    "ingresses.networking.k8s.io": ("Name Class Hosts Address Ports Age", _ingress),
    "ingressclasses.networking.k8s.io": ("Name Controller Parameters Age", _ingress_class),
    "networkpolicies.networking.k8s.io": (
        "Name Pod-Selector Age",
        lambda obj, now: [_name(obj), selector_text(get_in(obj, "spec", "podSelector") or {}), _age(obj, now)],
    ),
    "endpoints": ("Name Endpoints Age", _endpoints),
    "endpointslices.discovery.k8s.io": ("Name AddressType Ports Endpoints Age", _endpoint_slice),
    "nodes": (
        "Name Status Roles Age Version Internal-IP! External-IP! OS-Image! Kernel-Version! Container-Runtime!",
        _node,
    ),
    "events": ("Last_Seen Type Reason Object Subobject! Source! Message First_Seen! Count! Name!", _event),
    "events.events.k8s.io": (
        "Last_Seen Type Reason Object Subobject! Source! Message First_Seen! Count! Name!",
        _event,
    ),
    "namespaces": ("Name Status Age", _paths("status.phase")),
    "secrets": ("Name Type Data Age", _paths("type", "#data")),
    "configmaps": ("Name Data Age", _paths("#data+binaryData")),
    "persistentvolumes": (
        "Name Capacity Access_Modes Reclaim_Policy Status Claim StorageClass VolumeAttributesClass Reason Age "
        "VolumeMode!",
        _persistent_volume,
    ),
    "persistentvolumeclaims": (
        "Name Status Volume Capacity Access_Modes StorageClass VolumeAttributesClass Age VolumeMode!",
        _claim,
    ),
    "horizontalpodautoscalers.autoscaling": (
        "Name Reference Targets MinPods MaxPods Replicas Age",
        _autoscaler,
    ),
    "rolebindings.rbac.authorization.k8s.io": ("Name Role Age Users! Groups! ServiceAccounts!", _binding),
    "clusterrolebindings.rbac.authorization.k8s.io": ("Name Role Age Users! Groups! ServiceAccounts!", _binding),
    "roles.rbac.authorization.k8s.io": (
        "Name Created_At",
        lambda obj, now: [_name(obj), obj["metadata"].get("creationTimestamp")],
    ),
    "clusterroles.rbac.authorization.k8s.io": (
        "Name Created_At",
        lambda obj, now: [_name(obj), obj["metadata"].get("creationTimestamp")],
    ),
    "certificatesigningrequests.certificates.k8s.io": (
        "Name Age SignerName Requestor RequestedDuration Condition",
        _csr,
    ),
    "leases.coordination.k8s.io": ("Name Holder Age", _paths("spec.holderIdentity")),
    "storageclasses.storage.k8s.io": (
        "Name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age",
        _storage_class,
    ),
    "volumeattributesclasses.storage.k8s.io": ("Name DriverName Age", _paths("driverName")),
    "volumeattachments.storage.k8s.io": ("Name Attacher PV Node Attached:boolean Age", _attachment),
    "csidrivers.storage.k8s.io": (
        "Name AttachRequired:boolean PodInfoOnMount:boolean StorageCapacity:boolean TokenRequests "
        "RequiresRepublish:boolean Modes Age",
        _csi_driver,
    ),
    "csinodes.storage.k8s.io": ("Name Drivers:integer Age", _paths("#spec.drivers")),
    "csistoragecapacities.storage.k8s.io": (
        "Name StorageClassName Capacity",
        _paths("storageClassName", "capacity", age=False),
    ),
    "resourcequotas": ("Name Request Limit Age", _quota),
    "priorityclasses.scheduling.k8s.io": (
        "Name Value:integer Global-Default:boolean Age PreemptionPolicy",
        _priority_class,
    ),
    "runtimeclasses.node.k8s.io": ("Name Handler Age", _paths("handler")),
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": (
        "Name Webhooks:integer Age",
        _paths("#webhooks"),
    ),
    "validatingwebhookconfigurations.admissionregistration.k8s.io": (
        "Name Webhooks:integer Age",
        _paths("#webhooks"),
    ),
    "flowschemas.flowcontrol.apiserver.k8s.io": (
        "Name PriorityLevel MatchingPrecedence DistinguisherMethod Age MissingPL",
        _flow_schema,
    ),
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": (
        "Name Type NominalConcurrencyShares Queues HandSize QueueLengthLimit Age",
        _priority_level,
    ),
    "resourceclaims.resource.k8s.io": ("Name State Age", _claim_state),
    "resourceslices.resource.k8s.io": (
        "Name Node Driver Pool Age",
        _paths("spec.nodeName", "spec.driver", "spec.pool.name"),
    ),
    "servicecidrs.networking.k8s.io": (
        "Name CIDRs Age",
        lambda obj, now: [_name(obj), ",".join(get_in(obj, "spec", "cidrs") or ()), _age(obj, now)],
    ),
    "customresourcedefinitions.apiextensions.k8s.io": ("Name Created_At:date", _definition),
}


@functools.cache
def table_of(ident: str) -> KindTable:
    """The table of a built-in resource (`deployments.apps`); name and age for a kind without its own."""
    text, cells = _TABLES.get(ident, ("Name Age", _paths()))
    columns = []
    for word in text.split():
        name, _, kind = word.rstrip("!").partition(":")
        columns.append((name.replace("_", " "), kind or "string", int(word.endswith("!"))))
    return KindTable(tuple(columns), cells)

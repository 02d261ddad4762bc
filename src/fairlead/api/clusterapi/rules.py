"""What upstream's admission webhooks fill in and refuse, for the kinds of cluster.x-k8s.io.

Source: cluster-api v1.14, core/webhooks/admission (texts, paths and order are upstream's).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fairlead.api.clusterapi.metadatarules import metadata, taints
from fairlead.api.kind import Admission, Problem
from fairlead.api.problems import forbidden, invalid, required
from fairlead.base.objects import Json, copy, get_in
from fairlead.engines.selectors import SelectorError, label_selector

CLUSTER_NAME = "cluster.x-k8s.io/cluster-name"
DEPLOYMENT_NAME = "cluster.x-k8s.io/deployment-name"
SET_NAME = "cluster.x-k8s.io/set-name"
SEMVER = re.compile(
    r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$"
)
DEFAULT_NODE_DELETION_SECONDS = 10
DEFAULT_STARTUP_SECONDS = 600
MIN_STARTUP_SECONDS = 30
_TAINTS = "spec.template.spec.taints"
_IMMUTABLE = "field is immutable"
_ROLLING_UPDATE = "spec.rollout.strategy.rollingUpdate"
_SAME_CLUSTER = "spec.clusterName and spec.template.spec.clusterName must be set to the same value"


def versioned(version: str) -> str:
    """*version* with the leading v that upstream adds; an empty one stays empty."""
    return version if not version or version.startswith("v") else f"v{version}"


def is_semver(version: str) -> bool:
    """Whether *version*, after its leading v, is a semantic version."""
    return bool(SEMVER.match(version.removeprefix("v")))


def _version(value: str, path: str) -> Iterator[Problem]:
    if value and not is_semver(value):
        yield invalid(path, value, "must be a valid semantic version")


def _draft(admission: Admission) -> Json:
    draft: Json = copy(admission.new)
    draft["metadata"].setdefault("labels", {})[CLUSTER_NAME] = get_in(draft, "spec", "clusterName", default="")
    return draft


def _bootstrap(spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    bootstrap = spec.get("bootstrap") or {}
    if not bootstrap.get("configRef") and bootstrap.get("dataSecretName") is None:
        text = f"expected either {path}.dataSecretName or {path}.configRef to be populated"
        yield required(path, text)


# Machine


def default_machine(admission: Admission) -> Json:
    draft = _draft(admission)
    spec = draft["spec"]
    if spec.get("version"):
        spec["version"] = versioned(spec["version"])
    deletion = spec.setdefault("deletion", {})
    deletion.setdefault("nodeDeletionTimeoutSeconds", DEFAULT_NODE_DELETION_SECONDS)
    return draft


def validate_machine(admission: Admission) -> Sequence[Problem]:
    spec = admission.new["spec"]
    problems = list(_bootstrap(spec, "spec.bootstrap"))
    if admission.old is not None and admission.old["spec"].get("clusterName") != spec.get("clusterName"):
        problems.append(forbidden("spec.clusterName", _IMMUTABLE))
    problems += _version(spec.get("version", ""), "spec.version")
    return [*problems, *taints(spec.get("taints"), "spec.taints")]


# MachineSet and MachineDeployment


def _replicas(admission: Admission) -> int:
    """spec.replicas, or what upstream puts there: the autoscaler's bounds, else the old number, else 1."""
    given = get_in(admission.new, "spec", "replicas")
    if given is not None:
        return int(given)
    annotations = get_in(admission.new, "metadata", "annotations", default={})
    low = annotations.get("cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size", "")
    high = annotations.get("cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size", "")
    if not (low.isdigit() and high.isdigit()):
        return 1
    old = get_in(admission.old or {}, "spec", "replicas")
    return int(low) if old is None else min(max(int(old), int(low)), int(high))


def _selected(draft: Json, label: str) -> None:
    """Give an empty selector the object's own name, and its template the same."""
    spec = draft["spec"]
    selector = spec.setdefault("selector", {})
    template = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        name = draft["metadata"].get("name", "")
        selector["matchLabels"] = {label: name}
        template[label] = name


def default_machine_set(admission: Admission) -> Json:
    draft = _draft(admission)
    spec = draft["spec"]
    spec["replicas"] = _replicas(admission)
    _selected(draft, SET_NAME)
    machine = spec["template"].get("spec") or {}
    if machine.get("version"):
        machine["version"] = versioned(machine["version"])
    return draft


def default_machine_deployment(admission: Admission) -> Json:
    draft = _draft(admission)
    spec = draft["spec"]
    spec["replicas"] = _replicas(admission)
    strategy = spec.setdefault("rollout", {}).setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        bounds = strategy.setdefault("rollingUpdate", {})
        bounds.setdefault("maxSurge", 1)
        bounds.setdefault("maxUnavailable", 0)
    _selected(draft, DEPLOYMENT_NAME)
    spec["selector"].setdefault("matchLabels", {})[CLUSTER_NAME] = spec.get("clusterName", "")
    spec["template"]["metadata"]["labels"][CLUSTER_NAME] = spec.get("clusterName", "")
    machine = spec["template"].get("spec") or {}
    if machine.get("version"):
        machine["version"] = versioned(machine["version"])
    return draft


def _selector(spec: Mapping[str, Any], *, as_invalid: bool) -> Iterator[Problem]:
    labels = get_in(spec, "template", "metadata", "labels", default={})
    try:
        selector = label_selector(spec.get("selector") or {})
    except SelectorError as error:
        yield invalid("spec.selector", spec.get("selector"), str(error))
        return
    if not selector.matches(labels):
        path, text = "spec.template.metadata.labels", f'must match spec.selector "{selector}"'
        yield invalid(path, labels, text) if as_invalid else forbidden(path, text)


def _cluster_name(admission: Admission) -> Iterator[Problem]:
    spec = admission.new["spec"]
    if admission.old is not None and admission.old["spec"].get("clusterName") != spec.get("clusterName"):
        yield forbidden("spec.clusterName", _IMMUTABLE)
    if spec.get("clusterName") != get_in(spec, "template", "spec", "clusterName"):
        yield invalid("spec.clusterName", spec.get("clusterName"), _SAME_CLUSTER)


def validate_machine_set(admission: Admission) -> Sequence[Problem]:
    spec = admission.new["spec"]
    machine = spec["template"].get("spec") or {}
    return [
        *_bootstrap(machine, "spec.template.spec.bootstrap"),
        *_selector(spec, as_invalid=True),
        *_cluster_name(admission),
        *_version(machine.get("version", ""), "spec.template.spec.version"),
        *taints(machine.get("taints"), _TAINTS),
        *naming(spec, "spec.machineNaming"),
        *metadata(spec["template"].get("metadata"), "spec.template.metadata"),
    ]


def validate_machine_deployment(admission: Admission) -> Sequence[Problem]:
    spec = admission.new["spec"]
    machine = spec["template"].get("spec") or {}
    return [
        *_bootstrap(machine, "spec.template.spec.bootstrap"),
        *_selector(spec, as_invalid=False),
        *_cluster_name(admission),
        *rolling_update(get_in(spec, "rollout", "strategy", "rollingUpdate", default={}), _ROLLING_UPDATE),
        *amount(get_in(spec, "remediation", "maxInFlight"), "spec.remediation.maxInFlight"),
        *_version(machine.get("version", ""), "spec.template.spec.version"),
        *naming(spec, "spec.machineNaming"),
        *taints(machine.get("taints"), _TAINTS),
        *metadata(spec["template"].get("metadata"), "spec.template.metadata"),
    ]


def amount(value: int | str | None, path: str) -> Iterator[Problem]:
    """The rule for a number or a percentage."""
    if isinstance(value, str) and not re.fullmatch(r"\d+%", value):
        text = "invalid value for IntOrString: invalid type: string is not a percentage"
        yield invalid(path, value, f"must be either an int or a percentage: {text}")


def rolling_update(bounds: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """The rules for the bounds of a rolling update."""
    surge, unavailable = bounds.get("maxSurge"), bounds.get("maxUnavailable")
    yield from amount(unavailable, f"{path}.maxUnavailable")
    yield from amount(surge, f"{path}.maxSurge")
    if surge == 0 and unavailable == 0:
        yield invalid(path, "0", "maxUnavailable and maxSurge cannot both be 0")


def naming(spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """The rule for machineNaming.template."""
    template = get_in(spec, "machineNaming", "template", default="")
    if template and "{{ .random }}" not in template:
        yield invalid(f"{path}.template", template, "invalid template, {{ .random }} is missing")


# MachineHealthCheck


def default_health_check(admission: Admission) -> Json:
    draft = _draft(admission)
    draft["spec"].setdefault("checks", {}).setdefault("nodeStartupTimeoutSeconds", DEFAULT_STARTUP_SECONDS)
    return draft


def validate_health_check(admission: Admission) -> Sequence[Problem]:
    spec = admission.new["spec"]
    problems: list[Problem] = []
    selector = spec.get("selector") or {}
    try:
        if label_selector(selector).is_everything:
            problems.append(required("spec.selector", "selector must not be empty"))
    except SelectorError as error:
        problems.append(invalid("spec.selector", selector, str(error)))
    name = (selector.get("matchLabels") or {}).get(CLUSTER_NAME)
    if name is not None and name != spec.get("clusterName"):
        text = "cannot specify a cluster selector other than the one specified by ClusterName"
        problems.append(invalid("spec.selector", selector, text))
    if admission.old is not None and admission.old["spec"].get("clusterName") != spec.get("clusterName"):
        problems.append(forbidden("spec.clusterName", _IMMUTABLE))
    return [*problems, *health_check(spec, "spec")]


def health_check(rules: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """The rules for `checks` and `remediation` of machines' health."""
    startup = get_in(rules, "checks", "nodeStartupTimeoutSeconds")
    if startup and startup < MIN_STARTUP_SECONDS:
        yield invalid(f"{path}.checks.nodeStartupTimeoutSeconds", startup, "must be at least 30s")
    limit = "unhealthyLessThanOrEqualTo"
    yield from amount(get_in(rules, "remediation", "triggerIf", limit), f"{path}.remediation.triggerIf.{limit}")

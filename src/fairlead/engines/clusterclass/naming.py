"""Names of the objects of a managed cluster.

Source: Cluster API v1.14 internal/topology/names/names.go, core/webhooks/admission/clusterclass.go
(validateNamingStrategies).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fairlead.engines.clusterclass.templates import RenderError, render_name
from fairlead.engines.schema import errors as e
from fairlead.engines.schema.errors import FieldError
from fairlead.engines.schema.names import check_dns1123_subdomain

MAX_CHARS: Final = 63
_RANDOM_CHARS: Final = 5
_CLUSTER_NAME: Final = "{{ .cluster.name }}-{{ .random }}"
_DEPLOYMENT_NAME: Final = "{{ .cluster.name }}-{{ .machineDeployment.topologyName }}-{{ .random }}"
_POOL_NAME: Final = "{{ .cluster.name }}-{{ .machinePool.topologyName }}-{{ .random }}"

Random = Callable[[], str]
"""Gives five random characters of Kubernetes' alphabet (``bcdfghjklmnpqrstvwxz2456789``)."""


class NamingError(ValueError):
    """A naming template that cannot be rendered, in Cluster API's words."""


def infrastructure_cluster_name(cluster_class: Mapping[str, Any], cluster: str, random: Random) -> str:
    """Name the infrastructure cluster: ``spec.infrastructure.naming.template`` or ``CLUSTER-RANDOM``.

    Raises:
        NamingError: the template does not render; so for all names below that have one.
    """
    return _generated(_template(cluster_class["spec"].get("infrastructure"), _CLUSTER_NAME), cluster, {}, random)


def control_plane_name(cluster_class: Mapping[str, Any], cluster: str, random: Random) -> str:
    """Name the control plane: ``spec.controlPlane.naming.template`` or ``CLUSTER-RANDOM``."""
    return _generated(_template(cluster_class["spec"].get("controlPlane"), _CLUSTER_NAME), cluster, {}, random)


def machine_deployment_name(worker_class: Mapping[str, Any], cluster: str, topology: str, random: Random) -> str:
    """Name a MachineDeployment: ``naming.template`` of its class or ``CLUSTER-TOPOLOGY-RANDOM``."""
    about = {"machineDeployment": {"topologyName": topology}}
    return _generated(_template(worker_class, _DEPLOYMENT_NAME), cluster, about, random)


def machine_pool_name(worker_class: Mapping[str, Any], cluster: str, topology: str, random: Random) -> str:
    """Name a MachinePool: ``naming.template`` of its class or ``CLUSTER-TOPOLOGY-RANDOM``."""
    about = {"machinePool": {"topologyName": topology}}
    return _generated(_template(worker_class, _POOL_NAME), cluster, about, random)


def control_plane_template_name(cluster: str, random: Random) -> str:
    """Name the machine template of the control plane: ``CLUSTER-RANDOM``, at most 63 characters."""
    return _cut(f"{cluster}-", random)


def worker_template_name(cluster: str, topology: str, random: Random) -> str:
    """Name a bootstrap or machine template (or a MachinePool's objects): ``CLUSTER-TOPOLOGY-RANDOM``."""
    return _cut(f"{cluster}-{topology}-", random)


def validate_naming(cluster_class: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with the naming templates of a ClusterClass."""
    spec = cluster_class["spec"]
    workers = spec.get("workers") or {}
    found: list[FieldError] = []
    _check(spec.get("infrastructure"), "spec.infrastructure", "InfraCluster", {}, found)
    _check(spec.get("controlPlane"), "spec.controlPlane", "ControlPlane", {}, found)
    for each in workers.get("machineDeployments") or ():
        about = {"machineDeployment": {"topologyName": "mdtopology"}}
        _check(each, f"spec.workers.machineDeployments[{each.get('class')}]", "MachineDeployment", about, found)
    for each in workers.get("machinePools") or ():
        about = {"machinePool": {"topologyName": "mptopology"}}
        _check(each, f"spec.workers.machinePools[{each.get('class')}]", "MachinePool", about, found)
    return found


def _template(part: Mapping[str, Any] | None, default: str) -> str:
    template: str = ((part or {}).get("naming") or {}).get("template") or ""
    return template or default


def _generated(template: str, cluster: str, about: Mapping[str, Any], random: Random) -> str:
    try:
        name = render_name(template, {**about, "cluster": {"name": cluster}, "random": random()})
    except RenderError as error:
        raise NamingError(str(error)) from None
    return name if len(name) <= MAX_CHARS else _cut(name, random)


def _cut(base: str, random: Random) -> str:
    return base[: MAX_CHARS - _RANDOM_CHARS] + random()


def _check(
    part: Mapping[str, Any] | None, path: str, what: str, about: Mapping[str, Any], found: list[FieldError]
) -> None:
    template = _template(part, "")
    if not template:
        return
    at = f"{path}.naming.template"
    try:
        name = _generated(template, "cluster", about, lambda: "bcdfg")
    except NamingError as error:
        found.append(e.invalid(at, template, f"invalid {what} name template: {error}"))
        return
    found.extend(e.invalid(at, template, problem) for problem in check_dns1123_subdomain(name))

"""Names of the objects of a managed cluster.

Source: Cluster API v1.14 internal/topology/names/names.go, core/webhooks/admission/clusterclass.go
(validateNamingStrategies).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairlead.engines.schema.errors import FieldError

Random = Callable[[], str]
"""Gives five random characters of Kubernetes' alphabet (``bcdfghjklmnpqrstvwxz2456789``)."""


class NamingError(ValueError):
    """A naming template that cannot be rendered, in Cluster API's words."""


def infrastructure_cluster_name(cluster_class: Mapping[str, Any], cluster: str, random: Random) -> str:
    """Name the infrastructure cluster: ``spec.infrastructure.naming.template`` or ``CLUSTER-RANDOM``."""
    raise NotImplementedError


def control_plane_name(cluster_class: Mapping[str, Any], cluster: str, random: Random) -> str:
    """Name the control plane: ``spec.controlPlane.naming.template`` or ``CLUSTER-RANDOM``."""
    raise NotImplementedError


def machine_deployment_name(worker_class: Mapping[str, Any], cluster: str, topology: str, random: Random) -> str:
    """Name a MachineDeployment: ``naming.template`` of its class or ``CLUSTER-TOPOLOGY-RANDOM``."""
    raise NotImplementedError


def machine_pool_name(worker_class: Mapping[str, Any], cluster: str, topology: str, random: Random) -> str:
    """Name a MachinePool: ``naming.template`` of its class or ``CLUSTER-TOPOLOGY-RANDOM``."""
    raise NotImplementedError


def control_plane_template_name(cluster: str, random: Random) -> str:
    """Name the machine template of the control plane: ``CLUSTER-RANDOM``, at most 63 characters."""
    raise NotImplementedError


def worker_template_name(cluster: str, topology: str, random: Random) -> str:
    """Name a bootstrap or machine template (or a MachinePool's objects): ``CLUSTER-TOPOLOGY-RANDOM``."""
    raise NotImplementedError


def validate_naming(cluster_class: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with the naming templates of a ClusterClass."""
    raise NotImplementedError

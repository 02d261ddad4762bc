"""The values a managed cluster gives to the variables of its ClusterClass: defaults and checks.

Source: Cluster API v1.14 internal/topology/variables (cluster_variable_defaulting.go,
cluster_variable_validation.go, utils.go), core/webhooks/admission/cluster.go (DefaultAndValidateVariables).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.base.objects import Json
from fairlead.engines.schema.errors import FieldError


def definitions_of(cluster_class: Mapping[str, Any]) -> list[Json]:
    """Return what ``status.variables`` of a ClusterClass holds for its inline variables, in the order of names.

    Each entry is ``{"name", "definitionsConflict": False, "definitions": [{"from": "inline", "required", "schema"}]}``.
    The functions below take this list, or a stored ``status.variables``.
    """
    raise NotImplementedError


def default_topology(topology: Json, definitions: Sequence[Json]) -> tuple[Json, list[FieldError]]:
    """Return ``spec.topology`` with all its variables and overrides defaulted, and what was wrong.

    A missing variable is added when its definition has a top-level default; overrides are filled in but never added.
    Order stays: given variables first, then added ones in the order of the definitions. A list with errors is
    left as it was. *topology* is never changed, and comes back as it is when nothing is missing.
    """
    raise NotImplementedError


def validate_topology(topology: Json, old: Json | None, definitions: Sequence[Json]) -> list[FieldError]:
    """Return what is wrong with all variables and overrides of ``spec.topology`` (defaulted); *old* is the stored one.

    Fields are ``spec.topology.variables[NAME]…``, ``spec.topology.controlPlane.variables.overrides[NAME]…`` and
    ``spec.topology.workers.machineDeployments[INDEX].variables.overrides[NAME]…``.
    """
    raise NotImplementedError

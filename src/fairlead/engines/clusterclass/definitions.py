"""The variables that a ClusterClass declares: are their names, schemas, defaults and rules sound?

Source: Cluster API v1.14 internal/topology/variables/clusterclass_variable_validation.go and schema.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.base.objects import Json
from fairlead.engines.schema.errors import FieldError


def validate_definitions(variables: Sequence[Json], path: str = "spec.variables") -> list[FieldError]:
    """Return what is wrong with ``spec.variables`` of a ClusterClass."""
    raise NotImplementedError

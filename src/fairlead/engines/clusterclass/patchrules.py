"""May a ClusterClass have these patches? What admission says of them.

Source: Cluster API v1.14 core/webhooks/admission/patch_validation.go (feature RuntimeSDK off).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.engines.schema.errors import FieldError


def validate_patches(cluster_class: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with ``spec.patches`` of a ClusterClass (v1beta2)."""
    raise NotImplementedError

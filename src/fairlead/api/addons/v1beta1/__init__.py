"""The older version of these kinds."""

from fairlead.api.addons.v1beta1 import resourceset

__all__ = ["resourceset"]

"""CEL, the Common Expression Language, as Kubernetes and Flux have it."""

from fairlead.engines.cel.errors import CelError, CelSyntaxError, CostError
from fairlead.engines.cel.program import Program, compile_expression

__all__ = ["CelError", "CelSyntaxError", "CostError", "Program", "compile_expression"]

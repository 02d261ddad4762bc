"""The forms in which admission rules refuse a field. Source: apimachinery v0.37, pkg/util/validation/field/errors.go."""

from fairlead.api.kind import Problem
from fairlead.base import gojson


def invalid(field: str, value: object, message: str) -> Problem:
    """`Invalid value: …: message`."""
    return Problem(field, "FieldValueInvalid", f"Invalid value: {gojson.dumps(value).decode()}: {message}")


def forbidden(field: str, message: str) -> Problem:
    """`Forbidden: message`."""
    return Problem(field, "FieldValueForbidden", f"Forbidden: {message}")


def required(field: str, message: str) -> Problem:
    """`Required value: message`."""
    return Problem(field, "FieldValueRequired", f"Required value: {message}")

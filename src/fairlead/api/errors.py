"""Refusals of the Kubernetes API: one exception that carries a `Status`.

Source: apimachinery v0.37, pkg/api/errors/errors.go (codes, reasons and message forms).
"""

from __future__ import annotations

from typing import Any

from fairlead.base.objects import Json


class ApiError(Exception):
    """The API refused a request. `code` is the HTTP code, `reason` the machine-readable cause."""

    def __init__(
        self, code: int, reason: str, message: str, details: Json | None = None, metadata: Json | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.metadata = metadata or {}  # of a list: where it can go on

    def status(self) -> Json:
        """The `Status` object that goes over the wire."""
        body: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body

    @classmethod
    def from_status(cls, status: Json) -> ApiError:
        """Rebuild the refusal from a `Status` read off the wire."""
        return cls(
            int(status.get("code") or 500),
            status.get("reason", ""),
            status.get("message", ""),
            status.get("details"),
        )

    @property
    def is_not_found(self) -> bool:
        return self.reason == "NotFound"

    @property
    def is_conflict(self) -> bool:
        return self.reason == "Conflict"

    @property
    def is_already_exists(self) -> bool:
        return self.reason == "AlreadyExists"

    @property
    def is_invalid(self) -> bool:
        return self.reason == "Invalid"

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later without a person changing anything."""
        return self.code in (409, 429) or self.code >= 500


def _details(group: str, resource: str, name: str) -> Json:
    details: Json = {}
    if name:
        details["name"] = name
    if group:
        details["group"] = group
    if resource:
        details["kind"] = resource
    return details


def _qualified(group: str, resource: str) -> str:
    return f"{resource}.{group}" if group else resource


def not_found(group: str, resource: str, name: str) -> ApiError:
    """404 for a missing object; *resource* is the plural."""
    return ApiError(
        404, "NotFound", f'{_qualified(group, resource)} "{name}" not found', _details(group, resource, name)
    )


def already_exists(group: str, resource: str, name: str) -> ApiError:
    """409 for a create whose name is taken."""
    message = f'{_qualified(group, resource)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(group, resource, name))


def conflict(group: str, resource: str, name: str, cause: str) -> ApiError:
    """409 for a stale resourceVersion or a failed precondition."""
    message = f'Operation cannot be fulfilled on {_qualified(group, resource)} "{name}": {cause}'
    return ApiError(409, "Conflict", message, _details(group, resource, name))


def bad_request(message: str) -> ApiError:
    """400 for a body or a query that cannot be understood."""
    return ApiError(400, "BadRequest", message)


def forbidden(message: str, details: Json | None = None) -> ApiError:
    """403; the whole message is the caller's."""
    return ApiError(403, "Forbidden", message, details)


def gone(message: str) -> ApiError:
    """410 Expired: a resourceVersion that the watch history no longer holds."""
    return ApiError(410, "Expired", message)


def invalid(group: str, kind: str, name: str, causes: list[tuple[str, str, str]]) -> ApiError:
    """422; each cause is (reason, message without the field, field path)."""
    texts = [f"{field}: {message}" for _, message, field in causes]
    joined = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    qualified = f"{kind}.{group}" if group else kind
    details: Json = _details(group, kind, name)
    details["causes"] = [{"reason": reason, "message": message, "field": field} for reason, message, field in causes]
    return ApiError(422, "Invalid", f'{qualified} "{name}" is invalid: {joined}', details)


def service_unavailable(message: str) -> ApiError:
    """503; also what a client raises when nothing answers."""
    return ApiError(503, "ServiceUnavailable", message)


def is_reason(error: BaseException, *reasons: str) -> bool:
    """Whether *error* is an `ApiError` with one of the *reasons*."""
    return isinstance(error, ApiError) and error.reason in reasons


def as_api_error(error: Any, message: str) -> ApiError:
    """Wrap an unexpected *error* as 500, keeping an `ApiError` as it is."""
    return error if isinstance(error, ApiError) else ApiError(500, "InternalError", f"{message}: {error}")

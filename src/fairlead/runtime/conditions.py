"""Conditions in `metav1.Condition` form: set, read, remove.

Source: apimachinery v0.37, pkg/api/meta/conditions.go: `lastTransitionTime` moves only when the status does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fairlead.base.objects import Json
from fairlead.runtime.clock import timestamp

MESSAGE_LIMIT_CHARS = 32768  # of metav1.Condition; a longer message makes the API refuse the whole status
CUT_MARK = "... (cut)"


def fit_message(message: str, limit_chars: int = MESSAGE_LIMIT_CHARS) -> str:
    """*message*, or as much of its beginning as the API takes, with a mark at the end."""
    if len(message) <= limit_chars:
        return message
    return f"{message[: limit_chars - len(CUT_MARK)]}{CUT_MARK}"


def find(conditions: Sequence[Mapping[str, Any]] | None, type_: str) -> Mapping[str, Any] | None:
    """The condition of *type_*, or None."""
    return next((condition for condition in conditions or () if condition.get("type") == type_), None)


def is_true(conditions: Sequence[Mapping[str, Any]] | None, type_: str) -> bool:
    """Whether the condition is there with status True."""
    condition = find(conditions, type_)
    return condition is not None and condition.get("status") == "True"


def is_false(conditions: Sequence[Mapping[str, Any]] | None, type_: str) -> bool:
    """Whether the condition is there with status False."""
    condition = find(conditions, type_)
    return condition is not None and condition.get("status") == "False"


def set_condition(
    conditions: list[Json],
    type_: str,
    status: bool | str,
    reason: str,
    message: str = "",
    *,
    now: datetime,
    observed_generation: int | None = None,
) -> bool:
    """Add or replace the condition *type_* in *conditions* (changed in place); returns whether anything changed.

    *status* is True, False or a status text ("Unknown"). A message that the API would refuse for its length is cut.
    """
    text = status if isinstance(status, str) else str(status)
    old = find(conditions, type_)
    condition: Json = {"type": type_, "status": text, "reason": reason, "message": fit_message(message)}
    if observed_generation is not None:
        condition["observedGeneration"] = observed_generation
    same_status = old is not None and old.get("status") == text
    condition["lastTransitionTime"] = old["lastTransitionTime"] if old is not None and same_status else timestamp(now)
    if old == condition:
        return False
    if old is None:
        conditions.append(condition)
    else:
        conditions[next(i for i, item in enumerate(conditions) if item is old)] = condition
    return True


def remove_condition(conditions: list[Json], type_: str) -> bool:
    """Take the condition *type_* out of *conditions*; returns whether it was there."""
    kept = [condition for condition in conditions if condition.get("type") != type_]
    if len(kept) == len(conditions):
        return False
    conditions[:] = kept
    return True

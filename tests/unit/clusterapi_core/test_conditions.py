"""Conditions stay within what the API takes: a longer message would make it refuse the whole status."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead.api.clusterapi.common import Condition, V1Beta1Condition
from fairlead.base.objects import Json
from fairlead.controllers.conditions import Reporter
from fairlead.runtime.conditions import CUT_MARK, find, set_condition

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def limit_chars(model: Any) -> int:
    """How long a message the API's schema takes."""
    for meta in model.__annotations__["message"].__metadata__:
        if getattr(meta, "max_length", None):
            return int(meta.max_length)
    raise AssertionError(f"{model} bounds no message")


@pytest.mark.parametrize("beyond", [0, 1, 100_000])
def test_message_is_cut_where_the_schema_ends(beyond: int) -> None:
    """A message of just the limit stays whole; a longer one keeps its beginning and says that it was cut."""
    limit = limit_chars(Condition)
    conditions: list[Json] = []
    set_condition(conditions, "Ready", False, "Failed", "é" * (limit + beyond), now=NOW)
    message = conditions[0]["message"]
    assert len(message) == limit
    assert message.startswith("é" * (limit - len(CUT_MARK)))
    assert message.endswith(CUT_MARK) is (beyond > 0)


def test_deprecated_message_is_cut_shorter() -> None:
    """The deprecated form takes less; both forms of one finding fit, and writing it again changes nothing."""
    draft: Json = {"metadata": {"generation": 1}}
    report = Reporter(draft, NOW)
    report.fail("Ready", "Failed", "x" * 50_000, ("Ready", "Failed", "Error"))
    old = report.get_old("Ready")
    assert old is not None
    assert len(old["message"]) == limit_chars(V1Beta1Condition)
    assert old["message"].endswith(CUT_MARK)
    new = find(report.conditions, "Ready")
    assert new is not None
    assert len(new["message"]) == limit_chars(Condition)
    later = Reporter(draft, NOW.replace(year=2027))
    later.fail("Ready", "Failed", "x" * 50_000, ("Ready", "Failed", "Error"))
    assert later.get_old("Ready") == old
    assert find(later.conditions, "Ready") == new


def test_mirrored_message_is_cut() -> None:
    """A message taken over from another object, whose limit may be higher, is cut as well."""
    report = Reporter({"metadata": {}}, NOW)
    report.mirror_old("InfrastructureReady", {"status": "False", "reason": "Failed", "message": "y" * 30_000})
    old = report.get_old("InfrastructureReady")
    assert old is not None
    assert len(old["message"]) == limit_chars(V1Beta1Condition)

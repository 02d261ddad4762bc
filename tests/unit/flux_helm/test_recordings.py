"""Recorded scenarios of the real controllers, run against ours."""

import os
from pathlib import Path

import pytest

from fairlead.testing.traces.fluxknown import reason_of
from fairlead.testing.traces.fluxreplay import Scenario, replay

SHARED = os.environ.get("FAIRLEAD_SHARED", "")
FOLDER = Path(SHARED) / "fixtures" / "traces" / "flux"
NAMES = (
    "f4-helm-lifecycle",
    "f5-depends-on",
    "f5-install-default-no-remediation",
    "f5-install-timeout",
    "f5-missing-chart",
    "f5-missing-values-from",
    "f5-template-error",
    "f5-upgrade-rollback",
    "f5-values-schema",
    "f6-drift-helmrelease",
)


@pytest.mark.skipif(not SHARED, reason="FAIRLEAD_SHARED does not name a folder with recordings")
@pytest.mark.parametrize("name", NAMES)
def test_ends_like_the_recording(name: str) -> None:
    """After every step objects and events are the recorded ones, but for differences that are meant."""
    steps = replay(Scenario.read(FOLDER / name))
    found = [(step.name, d) for step in steps for d in step.differences if not reason_of(name, d)]
    assert found == []
    assert sum(step.writes_ours for step in steps) < sum(step.writes_theirs for step in steps)

"""Recorded scenarios of the real controllers, run against ours."""

import os
from pathlib import Path

import pytest

from fairlead.testing.traces.fluxknown import reason_of
from fairlead.testing.traces.fluxreplay import Scenario, replay

SHARED = os.environ.get("FAIRLEAD_SHARED", "")
FOLDER = Path(SHARED) / "fixtures" / "traces" / "flux"
NAMES = (
    "f1-lifecycle",
    "f2-depends-on",
    "f2-health-wait",
    "f2-invalid-yaml",
    "f2-path-not-found",
    "f2-rejected-immutable",
    "f2-source-not-found",
    "f2-substitute",
    "f2-suspend",
    "f2-unknown-kind",
    "f3-credentials",
    "f3-missing-branch",
    "f3-missing-secret",
    "f3-unreachable",
    "f6-drift-kustomization",
)


@pytest.mark.skipif(not SHARED, reason="FAIRLEAD_SHARED does not name a folder with recordings")
@pytest.mark.parametrize("name", NAMES)
def test_ends_like_the_recording(name: str) -> None:
    """After every step objects and events are the recorded ones, but for differences that are meant."""
    steps = replay(Scenario.read(FOLDER / name))
    found = [(step.name, d) for step in steps for d in step.differences if not reason_of(name, d)]
    assert found == []
    assert sum(step.writes_ours for step in steps) < sum(step.writes_theirs for step in steps)

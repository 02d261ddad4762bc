"""Where our Flux controllers differ from the recorded ones on purpose, and why."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple

from fairlead.testing.traces import helmknown
from fairlead.testing.traces.comparing import Difference


class Known(NamedTuple):
    """A difference that is meant; `*` in the patterns stands for anything."""

    scenario: str
    object: str
    path: str
    reason: str


INTERRUPTED = "a commit that arrives during a health wait is taken up at once, so the old wait never fails"
PLACE = "the message goes on with the place in the file"
TWICE = "ours reconciled when the ConfigMap changed, and once more for the request that upstream needed"
KNOWN: tuple[Known, ...] = (
    Known("*", "GitRepository/*", "event Normal GarbageCollectionSucceeded", "storage is memory: nothing is collected"),
    Known(
        "*", "Kustomization/*", "event Normal ReconciliationSucceeded", "a deleted one does not announce its next run"
    ),
    Known("f2-health-wait", "Kustomization/k", "status.history*", INTERRUPTED),
    Known("f2-health-wait", "Kustomization/k", "event Warning HealthCheckFailed", INTERRUPTED),
    Known("f2-invalid-yaml", "Kustomization/k", "status.conditions[[]Ready].message", PLACE),
    Known("f2-invalid-yaml", "Kustomization/k", "event Warning BuildFailed", PLACE),
    Known("f2-substitute", "Kustomization/k", "status.history[[]0].totalReconciliations", TWICE),
    Known("f2-source-not-found", "Kustomization/k", "status.conditions*", "ours sees at once that the source is gone"),
    Known("f3-*", "GitRepository/src", "event Normal GitOperationSucceeded", "the Secret woke ours before the request"),
    *(Known(*row) for row in helmknown.ROWS),
)


def reason_of(scenario: str, difference: Difference) -> str:
    """Why a difference is meant; empty when it is not."""
    for known in KNOWN:
        if (
            fnmatchcase(scenario, known.scenario)
            and fnmatchcase(difference.object, known.object)
            and fnmatchcase(difference.path, known.path)
        ):
            return known.reason
    return ""

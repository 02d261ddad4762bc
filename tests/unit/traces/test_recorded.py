"""Recorded runs of the real controllers, beside ours: nothing differs but what docs/compat/traces.md lists.

The recordings are shared fixtures, found through FAIRLEAD_SHARED.
"""

import os
from pathlib import Path

import pytest

from fairlead.testing.compat_traces import TABLES, compare_group
from fairlead.testing.traces.reading import read_trace, traces_in
from fairlead.testing.traces.replaying import grouped
from fairlead.testing.traces.reporting import Report, known_in
from fairlead.testing.traces.requests import cases_in, compare_requests, manifest_in
from fairlead.testing.traces.tables import compare_tables, read_tables

SHARED = os.environ.get("FAIRLEAD_SHARED")
FOLDER = Path(SHARED or "") / "fixtures" / "traces"
LIST = Path(__file__).parents[3] / "docs" / "compat" / "traces.md"

pytestmark = pytest.mark.skipif(not SHARED, reason="FAIRLEAD_SHARED names no folder of shared fixtures")


def test_nothing_differs_but_what_is_listed() -> None:
    """Of every recording; and every row of the list is still true of one."""
    report = Report(known_in(LIST))
    for group in grouped(read_trace(path) for path in traces_in(FOLDER)):
        for outcome in compare_group(group):
            assert outcome.run.actions, outcome.run.theirs.name
            report.add(outcome.run.theirs.name, outcome.differences, outcome.cluster)
    assert report.lines() == []
    stale = [known for known in report.known if known not in report.used]
    assert stale == []


@pytest.mark.parametrize("file", ["13-rejections.json", "13-accepted.json"])
def test_requests_are_answered_alike(file: str) -> None:
    """Refusals with their Status, and what one might expect to be refused."""
    cases = cases_in(FOLDER / file)
    assert cases
    assert compare_requests(cases, manifest_in(FOLDER)) == []


def test_kubectl_prints_the_same_tables() -> None:
    """Columns, and the rows once the cluster is available."""
    page = (FOLDER / TABLES).read_text()
    assert len({table.resource for table in read_tables(page)}) > 10
    assert compare_tables(page, manifest_in(FOLDER)) == []

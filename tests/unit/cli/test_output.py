"""What the commands print, to the byte."""

from __future__ import annotations

import asyncio
import sys

import pytest

from fairlead.cli import events
from fairlead.testing.serving import Served

from .conftest import Cli, check_golden

COMMANDS = (
    ("status", 1),
    ("status -n staging", 0),
    ("tree", 0),
    ("tree --objects ks/clusters", 0),
    ("tree cluster/skiff", 0),
    ("tree hr skiff", 0),
    ("status -o json -n production", 1),
    ("tree cluster/skiff -o yaml", 0),
    ("events -o yaml --for ks/wreck-cni", 0),
    ("events", 0),
    ("events --for cluster/skiff", 0),
    ("events --types warning -n production", 0),
    ("get sources", 0),
    ("get source git", 0),
    ("get ks", 0),
    ("get ks -o wide", 0),
    ("get kustomizations -n production --status-selector ready=false", 0),
    ("get hr", 0),
    ("get all -n staging", 0),
    ("get clusters", 0),
    ("get cluster skiff -o wide", 0),
    ("get machines -n staging", 0),
    ("get vms", 0),
    ("get ns", 0),
    ("get helmcharts.source.toolkit.fluxcd.io", 0),
    ("get kcp skiff -n staging", 0),
    ("get git fleet -o yaml", 0),
    ("get git -o json", 0),
)
HELP = (
    "status",
    "tree",
    "events",
    "get",
    "reconcile",
    "suspend",
    "resume",
    "cluster",
    "cluster kubeconfig",
    "cluster describe",
)


@pytest.mark.parametrize(("line", "code"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_output(cli: Cli, line: str, code: int) -> None:
    """A command's exit code and its output."""
    outcome = cli(*line.split())
    assert (outcome.code, outcome.err) == (code, "")
    check_golden(line.replace(" ", "_").replace("/", "-"), outcome.out)


@pytest.mark.parametrize("line", ["status", "tree", "get clusters", "get sources", "get machines", "get hr", "get ks"])
def test_all_but_the_last_column_fits_80_columns(cli: Cli, line: str) -> None:
    """The free text at the end may be long; what stands before it fits a terminal of 80 columns."""
    for row in cli(*line.split()).out.splitlines():
        lead = row if line == "status" else row[: row.rfind("  ")]
        assert len(lead) <= 80, row


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="argparse of Python 3.13 formats its help in another way")
@pytest.mark.parametrize("line", HELP)
def test_help(cli: Cli, line: str) -> None:
    """A command's help."""
    outcome = cli(*line.split(), "--help")
    assert outcome.code == 0
    check_golden(f"help_{line.replace(' ', '_')}", outcome.out)


def test_events_go_on(
    served: Served, own: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --watch what is there is printed once, then each new event as it comes, without a header of its own."""
    monkeypatch.setattr(events, "WATCH_SECONDS", 0.5)
    new = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "staging"},
        "involvedObject": {"kind": "Cluster", "name": "skiff", "namespace": "staging"},
        "type": "Normal",
        "reason": "Later",
        "message": "came later",
        "firstTimestamp": "2026-01-01T01:29:59Z",
        "lastTimestamp": "2026-01-01T01:29:59Z",
    }

    async def later() -> None:
        await asyncio.sleep(0.05)
        await served.client.create(new)

    served.start(later())
    lines = own("events", "-n", "staging", "--watch").out.splitlines()
    assert [line.split()[2] for line in lines] == ["TYPE", "Provisioned", "Later"]


def test_tree_of_a_namespace(cli: Cli) -> None:
    """A namespace alone is refused: it would be passed over without a word."""
    outcome = cli("tree", "-n", "staging")
    assert (outcome.code, outcome.out) == (2, "")
    assert "-n is the namespace of KIND/NAME" in outcome.err

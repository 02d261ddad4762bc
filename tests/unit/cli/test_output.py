"""What the commands print, to the byte."""

from __future__ import annotations

import sys

import pytest

from .conftest import Cli, check_golden

COMMANDS = (
    ("status", 1),
    ("status -n staging", 0),
    ("tree", 0),
    ("tree --objects ks/clusters", 0),
    ("tree cluster/skiff", 0),
    ("tree hr skiff", 0),
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

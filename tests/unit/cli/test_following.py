"""`get --watch`: the table once, then a row for each change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from fairlead.base.objects import GVK, Json
from fairlead.cli import following
from fairlead.controllers.contract import CLUSTER
from fairlead.testing.serving import Served

from .conftest import Cli

CONFIG_MAP = GVK("", "v1", "ConfigMap")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "WATCH_SECONDS", 0.6)


def later(served: Served, *acts: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Do *acts* one after the other, while a command watches."""

    async def act() -> None:
        for each in acts:
            await asyncio.sleep(0.05)
            await each()

    served.start(act())


def config_map(name: str, **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "staging"}, "data": data}


def test_changes_are_rows(served: Served, own: Cli) -> None:
    """A change that the table does not show is no row; one that goes is said to be deleted."""
    client = served.client
    later(
        served,
        lambda: client.patch(CLUSTER, "skiff", "staging", {"metadata": {"labels": {"a": "b"}}}),
        lambda: client.patch(CLUSTER, "skiff", "staging", {"status": {"phase": "Failed"}}, subresource="status"),
        lambda: client.patch(CLUSTER, "skiff", "staging", {"metadata": {"finalizers": None}}),
        lambda: client.delete(CLUSTER, "skiff", "staging"),
    )
    outcome = own("get", "clusters", "-n", "staging", "--watch")
    assert [line.split()[:2] for line in outcome.out.splitlines()] == [
        ["NAME", "PHASE"],
        ["skiff", "Provisioned"],
        ["skiff", "Failed"],
        ["skiff", "(deleted)"],
    ]


def test_any_kind_can_be_watched(served: Served, own: Cli) -> None:
    """Other kinds have the server's columns, the first row the header before it; only what was asked for is shown."""
    served.run(served.client.create(config_map("mine", key="value")))
    served.run(served.client.create(config_map("other")))
    later(
        served,
        lambda: served.client.update(config_map("mine", one="1", two="2")),
        lambda: served.client.update(config_map("other", one="1", two="2")),
    )
    outcome = own("get", "cm", "mine", "-n", "staging", "-w")
    assert [line.split()[:2] for line in outcome.out.splitlines()] == [["NAME", "DATA"], ["mine", "1"], ["mine", "2"]]


def test_documents_come_one_by_one(served: Served, own: Cli) -> None:
    """In YAML with a line between them."""
    later(served, lambda: served.client.create(config_map("one")), lambda: served.client.create(config_map("two")))
    outcome = own("get", "cm", "-n", "staging", "-w", "-o", "yaml")
    parts = outcome.out.split("---\n")
    assert parts[0] == ""
    assert ["name: one" in parts[-2], "name: two" in parts[-1]] == [True, True]


def test_nodes_are_elsewhere(cli: Cli) -> None:
    """Who asks the management cluster for nodes is led to the clusters that have some."""
    outcome = cli("get", "nodes", "-n", "staging")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.startswith(
        "No nodes found.\nhint: nodes are in the workload clusters: fairlead cluster kubeconfig"
    )


def test_several_kinds_cannot_be_watched(cli: Cli) -> None:
    """It is wrong usage, and the command that follows all kinds is named."""
    outcome = cli("get", "all", "-w")
    assert outcome.code == 2
    assert "`fairlead status --watch`" in outcome.err

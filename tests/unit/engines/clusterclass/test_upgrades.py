"""Versions during upgrades: machine pools, held upgrades, control planes of other kinds, and laws of plans."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.base.objects import Json
from fairlead.engines.clusterclass.kubeversion import VersionError, compare, parse
from fairlead.engines.clusterclass.upgradeplan import SKEW, control_plane_plan, workers_plan
from fairlead.engines.clusterclass.versions import (
    CurrentWorkers,
    Versions,
    decide_versions,
    is_provisioning,
    is_upgrading,
)

OLD, NEW = "v1.33.1", "v1.34.0"
HOOK = "before-upgrade.hook.cluster.cluster.x-k8s.io/backup"
STEP = "topology.internal.cluster.x-k8s.io/upgrade-step"


def control_plane(wanted: str, /, **status: Any) -> Json:
    return {"spec": {"version": wanted}, "status": status}


def decided(version: str, control: Json | None, pools: dict[str, CurrentWorkers], **annotations: str) -> Versions:
    listed = [{"name": name, "class": "pool"} for name in ("mp-0", "mp-1")]
    cluster = {
        "metadata": {"annotations": {key.replace("__", "/"): text for key, text in annotations.items()}},
        "spec": {"topology": {"version": version, "workers": {"machinePools": listed}}},
    }
    return decide_versions(cluster, (), control, {}, pools)


def pool(name: str, version: str, *, upgrading: bool = False) -> CurrentWorkers:
    return CurrentWorkers(f"skiff-{name}", version, upgrading)


def test_machine_pools_upgrade_one_after_another() -> None:
    """Pools follow the control plane like MachineDeployments do."""
    pools = {"mp-0": pool("mp-0", OLD), "mp-1": pool("mp-1", OLD)}
    found = decided(NEW, control_plane(NEW, version=NEW), pools)
    assert found.machine_pools.versions == {"mp-0": NEW, "mp-1": OLD}
    assert found.machine_pools.upgrading == ("skiff-mp-0",)
    assert found.machine_pools.pending_upgrade == ("skiff-mp-1",)
    assert found.machine_deployments.versions == {}


def test_pools_that_upgrade_hold_the_control_plane_back() -> None:
    """The next version waits until no worker is on its way."""
    found = decided(NEW, control_plane(OLD, version=OLD), {"mp-0": pool("mp-0", OLD, upgrading=True)})
    assert found.control_plane == OLD
    assert found.is_pending_upgrade


def test_annotation_holds_an_upgrade_back() -> None:
    """An upgrade does not start while a before-upgrade annotation is there, and the condition can name it."""
    pools = {"mp-0": pool("mp-0", OLD), "mp-1": pool("mp-1", OLD)}
    control = control_plane(OLD, version=OLD)
    held = decided(NEW, control, pools, **{HOOK.replace("/", "__"): "x"})
    assert (held.control_plane, held.held_by, held.upgrade_step) == (OLD, (HOOK,), "")
    assert held.machine_pools.versions == {"mp-0": OLD, "mp-1": OLD}
    freed = decided(NEW, control, pools)
    assert (freed.control_plane, freed.held_by, freed.upgrade_step) == (NEW, (), NEW)


def test_annotation_does_not_stop_an_upgrade_under_way() -> None:
    """Once a step was taken, what comes later is not held."""
    marks = {HOOK.replace("/", "__"): "x", STEP.replace("/", "__"): OLD}
    found = decided(NEW, control_plane(OLD, version=OLD), {"mp-0": pool("mp-0", OLD)}, **marks)
    assert (found.control_plane, found.held_by) == (NEW, ())


@pytest.mark.parametrize("text", ["0", "-1", "many", "2"])
def test_upgrade_concurrency(text: str) -> None:
    """Any number below two, or none at all, means one at a time."""
    pools = {"mp-0": pool("mp-0", OLD), "mp-1": pool("mp-1", OLD)}
    key = "topology.cluster.x-k8s.io__upgrade-concurrency"
    found = decided(NEW, control_plane(NEW, version=NEW), pools, **{key: text})
    assert len(found.machine_pools.upgrading) == (2 if text == "2" else 1)


@pytest.mark.parametrize(
    ("status", "provisioning", "upgrading"),
    [
        pytest.param({}, True, False, id="nothing"),
        pytest.param({"version": ""}, True, False, id="empty"),
        pytest.param({"version": OLD}, False, True, id="older"),
        pytest.param({"version": NEW}, False, False, id="same"),
        pytest.param({"version": "v1.35.0"}, False, False, id="newer"),
        pytest.param({"versions": [{"version": NEW}]}, False, False, id="listed"),
        pytest.param({"versions": [{"version": OLD}, {"version": NEW}]}, False, True, id="mixed"),
        pytest.param({"version": NEW, "versions": [{"version": OLD}]}, False, True, id="list-counts"),
        pytest.param({"version": f"{NEW}+a"}, False, False, id="more-build"),
    ],
)
def test_state_of_a_control_plane(status: Json, provisioning: bool, upgrading: bool) -> None:
    """The versions of its machines tell whether it is up and whether it is on its way."""
    control = control_plane(NEW, **status)
    assert (is_provisioning(control), is_upgrading(control)) == (provisioning, upgrading)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("", "invalid syntax"),
        ("v1.x.0", 'Invalid character(s) found in minor number "x"'),
        ("v1.33-rc", "Short version cannot contain"),
        ("v1.33.1-", "Prerelease is empty"),
        ("v1.33.1-01", "Numeric PreRelease version must not contain leading zeroes"),
        ("v1.33.1+a..b", "Build meta data is empty"),
        ("v1.33.1+ü", "Invalid character(s) found in build meta data"),
        ("v1.99999999999999999999.0", "value out of range"),
    ],
)
def test_text_that_is_no_version(text: str, phrase: str) -> None:
    """The error says what is wrong with which part."""
    with pytest.raises(VersionError) as caught:
        parse(text, "cannot read version")
    assert phrase in str(caught.value)


@pytest.mark.parametrize(
    ("a", "b", "order"),
    [
        ("1.33.1", "v1.33.1", 0),
        ("1.33", "1.33.0", 0),
        ("1.33.1-rc.1", "1.33.1", -1),
        ("1.33.1-rc.10", "1.33.1-rc.9", 1),
        ("1.33.1-rc.1", "1.33.1-rc.a", -1),
        ("1.33.1-rc", "1.33.1-rc.1", -1),
        ("1.33.1+1", "1.33.1+2", -1),
        ("1.33.1+a", "1.33.1+b", 2),
        ("1.33.1+1", "1.33.1+a", -1),
        ("1.33.1+a", "1.33.1", 1),
    ],
)
def test_order_of_versions(a: str, b: str, order: int) -> None:
    """Build metadata has an order only where it is numbers."""
    assert compare(parse(a, ""), parse(b, "")) == order
    assert compare(parse(b, ""), parse(a, "")) == (2 if order == 2 else -order)


CHAINS = st.integers(25, 36).flatmap(
    lambda first: st.lists(st.integers(0, 3), min_size=2, max_size=8).map(
        lambda patches: [f"v1.{first + index}.{patch}" for index, patch in enumerate(patches)]
    )
)


@given(CHAINS, st.data())
def test_plans_keep_the_rules_of_version_skew(chain: list[str], data: st.DataObject) -> None:
    """The control plane never skips a minor, workers stay within three, and both end where they should."""
    control = data.draw(st.integers(0, len(chain) - 2))
    oldest = data.draw(st.integers(max(0, control - SKEW), control))
    steps = control_plane_plan(chain[-1], chain[control], chain)
    assert list(steps) == chain[control + 1 :]
    plan = workers_plan(chain[-1], chain[control], chain[oldest], steps)
    assert plan[-1] == chain[-1]
    minors = [parse(text, "").minor for text in (chain[oldest], *plan)]
    assert all(0 < after - before <= SKEW for before, after in pairwise(minors))

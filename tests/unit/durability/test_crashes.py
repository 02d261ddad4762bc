"""Killed at any write while a fleet comes up, and started again: the same end state, no VM twice, no orphan."""

import os
import random
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.app.fleet import sample_fleet
from fairlead.app.storages import GUESTS, VCENTER
from fairlead.base.objects import Key
from fairlead.lab.repository import prepare

sys.path.insert(0, str(Path(__file__).parent))

from crashing import EPOCH, Entry, is_outside, run

SKIFF, HARBOUR = Key("staging", "skiff"), Key("production", "harbour")
# How many moments are tried: a few in an ordinary run, as many as asked for in a thorough one.
MOMENTS = int(os.environ.get("FAIRLEAD_CRASHES", "6"))


def repository(folder: Path, clusters: list[Key]) -> str:
    """A repository with the sample fleet's *clusters*; returns its URL."""
    wanted = tuple(f"clusters/{key.namespace}/{key.name}/" for key in clusters)
    files = {
        path: file
        for path, file in sample_fleet().items()
        if not (path.startswith("clusters/") and path.count("/") > 2) or path.startswith(wanted)
    }
    prepare(folder, files, EPOCH)
    return f"file://{folder}"


class Recording:
    """A run from nothing to Ready, with all its writes."""

    def __init__(self, folder: Path, clusters: list[Key], boot: timedelta) -> None:
        self.clusters = clusters
        self.boot = boot
        self.url = repository(folder, clusters)
        self.state, self.log, self.ended = run((), self.url, clusters, seed=1, boot=boot)

    def moments(self, count: int, seed: int) -> list[int]:
        """Writes after which the process is killed: seeded, spread over the whole run."""
        dice = random.Random(seed)
        width = len(self.log) / count
        return [int(width * (number + dice.random())) for number in range(count)]

    def go_on(self, left: list[Entry], seed: int, after: timedelta = timedelta(seconds=10)) -> None:
        """Start again from what is left: it must end in the same state."""
        later = self.ended + after
        state, _, _ = run(left, self.url, self.clusters, seed=seed, boot=self.boot, epoch=later)
        assert state == self.state


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording(tmp_path_factory.mktemp("git"), [SKIFF], timedelta(0))


def check(recording: Recording, left: list[Entry], moment: int, after: timedelta = timedelta(seconds=10)) -> None:
    try:
        recording.go_on(left, 1000 + moment, after)
    except AssertionError as error:
        raise AssertionError(f"killed after write {moment} of {len(recording.log)}: {error}") from error


@pytest.mark.parametrize("number", range(MOMENTS))
def test_killed_between_two_writes(small: Recording, number: int) -> None:
    """The process is killed after its k-th write: API, vCenter and guests go on from that moment."""
    moment = small.moments(MOMENTS, seed=1)[number]
    check(small, small.log[:moment], moment)


def went_on(log: list[Entry], moment: int, limit: int) -> list[Entry]:
    """What happened outside after *moment*, up to the next step that our controllers would have recorded first.

    They act on a vCenter only after what they acted for is durable: a VSphereVM is stored before it is cloned.
    """
    outside: list[Entry] = []
    for tenant, row in log[moment : moment + limit]:
        if is_outside(tenant):
            outside.append((tenant, row))
        elif row is not None and row.resource.startswith("vspherevms."):
            break
    return outside


@pytest.mark.parametrize("number", range(MOMENTS))
def test_killed_while_the_vcenter_went_on(small: Recording, number: int) -> None:
    """As with a real vCenter: it and its guests did some more after the last thing that our API still knows."""
    moment = small.moments(MOMENTS, seed=2)[number]
    check(small, [*small.log[:moment], *went_on(small.log, moment, limit=40)], moment)


def test_killed_before_a_clone_is_recorded(small: Recording) -> None:
    """vCenter was asked to clone and our API does not know it: the clone is found, and there is no second one."""
    tasks = [
        index
        for index, (tenant, row) in enumerate(small.log)
        if tenant == VCENTER and row is not None and b"VirtualMachine.clone" in (row.data or b"")
    ]
    for index in tasks[:: max(1, len(tasks) // 3)]:
        check(small, [*small.log[: index + 1], *went_on(small.log, index + 1, limit=100)], index + 1)


def test_killed_again_and_again(small: Recording) -> None:
    """Killed during the recovery from a kill, three times over."""
    left = small.log[: small.moments(1, seed=3)[0]]
    for seed in (11, 12, 13):
        later = small.ended + timedelta(minutes=seed)
        _, log, _ = run(left, small.url, small.clusters, seed=seed, epoch=later)
        left = [*left, *log[: len(log) * 2 // 3]]
    check(small, left, len(left), after=timedelta(minutes=14))


def test_killed_with_a_quorum_to_keep(tmp_path: Path) -> None:
    """Three control planes that boot slowly: whenever the process is killed, all three are members in the end.

    Worst is right after a machine votes in etcd: the cluster counts on it, and kubeadm has not come to its end yet.
    """
    recording = Recording(tmp_path, [HARBOUR], timedelta(seconds=10))
    joins = [
        index + 1
        for index, (tenant, row) in enumerate(recording.log)
        if tenant == GUESTS and row is not None and row.name.startswith("etcd/")
    ]
    assert len(joins) == 5, "one that began, two that learned and were promoted"
    for moment in (joins[1], joins[2], joins[4] + 1, *recording.moments(max(1, MOMENTS // 3), seed=4)):
        check(recording, recording.log[:moment], moment)


def test_a_finished_fleet_is_left_alone(small: Recording) -> None:
    """Started again when all was Ready, nothing is cloned, powered or removed."""
    later = small.ended + timedelta(hours=1)
    state, log, _ = run(small.log, small.url, small.clusters, seed=5, epoch=later)
    assert state == small.state
    tasks = [row for tenant, row in log if tenant == VCENTER and row is not None and row.name.startswith("task/")]
    assert tasks == []

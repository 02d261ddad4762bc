"""The simulator's state survives a power cut at any moment, through its journal."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.runtime.virtual import run_virtual
from fairlead.vcenter import work
from fairlead.vcenter.model import VM
from fairlead.vcenter.simulator import VCenter

sys.path.insert(0, str(Path(__file__).parent))

from vcenter_worlds import USER, clone_work, done, in_virtual_time, make


@in_virtual_time
async def test_journal_and_snapshot_hold_the_same() -> None:
    """Records kept one by one, a snapshot, and the running state are the same state."""
    journal: dict[str, bytes] = {}
    vcenter = make(journal=journal)
    id_ = (await done(vcenter, clone_work(vcenter, "a", power_on=True))).result
    vcenter.set_guest(id_, hostname="a", ips={4000: ("192.0.2.9",)}, tools=True)
    await done(vcenter, clone_work(vcenter, "b"))
    again = make(records=list(journal.items()))
    assert sorted(again.records()) == sorted(vcenter.records())
    assert sorted(VCenter.snapshot_records(vcenter.snapshot())) == sorted(vcenter.records())
    assert again.inventory.find(id_, VM).guest.ips == {4000: ("192.0.2.9",)}
    assert again.inventory.new_id("vm") != again.inventory.new_id("vm")


@pytest.mark.parametrize("cut_seconds", [0, 1, 4, 9, 11, 14])
def test_power_cut_during_a_clone(cut_seconds: int) -> None:
    """Whenever the power goes, the clone that was begun is there once, and only once, after the restart."""
    journal: dict[str, bytes] = {}

    async def first() -> None:
        vcenter = make(journal=journal, clone=timedelta(seconds=10))
        vcenter.submit(clone_work(vcenter, "a"), USER)
        await vcenter.clock.sleep(timedelta(seconds=cut_seconds, milliseconds=100))
        await vcenter.stop()

    async def second() -> None:
        vcenter = make(records=list(journal.items()), journal=journal, clone=timedelta(seconds=10))
        vcenter.start()
        await vcenter.clock.sleep(timedelta(seconds=30))
        made = [v for v in vcenter.inventory.all(VM) if not v.template]
        assert [v.name for v in made] == ["a"]
        task = vcenter.tasks.all()[-1]
        assert task.state == "success"
        assert task.result == made[0].id
        assert await done(vcenter, work.Destroy(object=made[0].id))

    run_virtual(first())
    run_virtual(second())


@in_virtual_time
async def test_fork_is_another_world() -> None:
    """What happens in a fork stays there."""
    vcenter = make()
    fork = vcenter.fork(vcenter.clock, vcenter.dice)
    await done(fork, clone_work(fork, "a"))
    assert fork.inventory.by_path("/DC0/vm/a") is not None
    assert vcenter.inventory.by_path("/DC0/vm/a") is None


@in_virtual_time
async def test_power_cut_while_the_inventory_is_built() -> None:
    """A first run that ended before the inventory was whole counts as none: the next one builds it anew."""
    journal: dict[str, bytes] = {}
    make(journal=journal)
    half = dict(list(journal.items())[: len(journal) // 2])
    assert half
    again = make(records=list(half.items()), journal=half)
    assert len(again.inventory.all(VM)) == len(make().inventory.all(VM))
    assert sorted(half.items()) == sorted(again.records())

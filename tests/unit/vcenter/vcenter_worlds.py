"""A simulated vCenter in virtual time, for the tests of this folder."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

from fairlead.runtime.clock import LoopClock
from fairlead.runtime.virtual import run_virtual
from fairlead.vcenter.layout import Layout, parse_layout
from fairlead.vcenter.simulator import VCenter
from fairlead.vcenter.tasks import Delays
from fairlead.vcenter.work import Clone, Config, Task, Work

USER = "administrator@vsphere.local"
TEMPLATE = "/DC0/vm/ubuntu-2404-kube-v1.35.0"


def make(
    records: list[tuple[str, bytes]] | None = None,
    journal: dict[str, bytes] | None = None,
    layout: Layout | None = None,
    **delays: timedelta,
) -> VCenter:
    """Return a vCenter; *journal* collects its records as a store would."""

    def keep(key: str, value: bytes | None) -> None:
        assert journal is not None
        if value is None:
            journal.pop(key, None)
        else:
            journal[key] = value

    return VCenter(
        LoopClock(),
        random.Random(5),
        inventory=layout or parse_layout(None),
        delays=Delays(**delays),
        on_change=None if journal is None else keep,
        records=records or (),
    )


def id_of(vcenter: VCenter, path: str) -> str:
    found = vcenter.inventory.by_path(path)
    assert found is not None, path
    return found.id


def clone_work(vcenter: VCenter, name: str, source: str = TEMPLATE, **changes: object) -> Clone:
    fields: dict[str, object] = {
        "source": id_of(vcenter, source),
        "name": name,
        "folder": id_of(vcenter, "/DC0/vm"),
        "pool": id_of(vcenter, "/DC0/host/DC0_C0/Resources"),
        "config": Config(),
    } | changes
    return Clone(**fields)  # type: ignore[arg-type]


async def done(vcenter: VCenter, work: Work, user: str = USER) -> Task:
    """Submit work and return how its task ended."""
    id_ = vcenter.submit(work, user).id
    while True:
        task = vcenter.tasks.get(id_)
        assert task is not None
        if task.is_done:
            return task
        await vcenter.clock.sleep(timedelta(milliseconds=100))


def in_virtual_time(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Make a coroutine a test that runs in virtual time."""

    def run() -> None:
        async def main() -> None:
            await test()

        run_virtual(main())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run

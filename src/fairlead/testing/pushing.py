"""The whole lab behind a Git repository, in virtual time: what is pushed is all that says what shall be.

def scenario(lab: Lab) -> ...:
    await lab.push({"clusters/staging/skiff/values.yaml": text})
    await lab.until_ready()

run_from_git(scenario, sample())
"""

from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.app.firstobjects import wake_sources, write_first_objects
from fairlead.app.fleet import Files
from fairlead.app.kinds import KINDS
from fairlead.app.settings import VCenterAccess
from fairlead.base.objects import GVK, Json
from fairlead.cli import kinds
from fairlead.cli.fleet import Cause, Fleet
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.family import flux_controllers
from fairlead.lab.repository import read_tree
from fairlead.runtime.virtual import run_virtual
from fairlead.testing.traces.fluxgit import RecordedGit
from fairlead.testing.world import World
from fairlead.vcenter.model import VM

URL = "http://git.test/fleet.git"
ACCESS = VCenterAccess("vcenter.test", "administrator@vsphere.local", "fairlead")
LIMIT = timedelta(minutes=30)
STEP = timedelta(seconds=1)
EVENT = GVK("", "v1", "Event")


class Lab:
    """The lab of `fairlead up`, without its sockets."""

    def __init__(self, world: World, git: RecordedGit) -> None:
        self.world = world
        self.client = world.client
        self._git = git

    async def push(self, write: Mapping[str, str], delete: tuple[str, ...] = ()) -> None:
        """Commit and push."""
        self._git.commit("fleet", "main", dict(write), list(delete))
        await wake_sources(self.client, self.world.clock, URL)

    async def settle(self, duration: timedelta) -> None:
        """Let *duration* pass."""
        await self.world.settle(duration)

    async def fleet(self) -> Fleet:
        """What `fairlead status` judges."""
        found: list[Json] = []
        for resource in (*kinds.FLUX, *kinds.CLUSTER_API):
            try:
                found += (await self.client.list(GVK(resource.group, resource.version, resource.kind))).items
            except ApiError as error:
                if not error.is_not_found:
                    raise
        return Fleet(found)

    async def causes(self) -> list[Cause]:
        """Why not all is Ready."""
        return (await self.fleet()).causes

    async def until_ready(self, *clusters: str) -> timedelta:
        """Wait until all is Ready, and just *clusters* (`namespace/name`) exist. Raises: AssertionError."""
        clock = self.world.clock
        began = clock.now()
        while True:
            fleet = await self.fleet()
            there = {
                str(obj["metadata"]["namespace"]) + "/" + obj["metadata"]["name"] for obj in fleet.of_kind("Cluster")
            }
            if there == set(clusters) and not fleet.causes:
                return clock.now() - began
            assert clock.now() - began < LIMIT, (there, fleet.causes, self.world.manager.errors)
            await clock.sleep(STEP)

    async def events(self, namespace: str) -> list[tuple[str, str, str]]:
        """Object, reason and message of the events of a namespace."""
        found = (await self.client.list(EVENT, namespace)).items
        return [
            (e["involvedObject"]["kind"] + "/" + e["involvedObject"]["name"], e["reason"], e["message"]) for e in found
        ]

    def vms(self) -> set[str]:
        """The names of the VMs in the vCenter, templates left out."""
        return {vm.name for vm in self.world.vcenter.inventory.all(VM) if not vm.template}


def texts(files: Files) -> dict[str, str]:
    """A fleet's files as they are committed."""
    return {path: data.decode() for path, (data, _) in files.items()}


def folder(path: Path) -> dict[str, str]:
    """The files below a folder."""
    return texts(read_tree(path))


def run_from_git(
    scenario: Callable[[Lab], Coroutine[Any, Any, None]], files: Mapping[str, str], **options: Any
) -> None:
    """Run *scenario* in a fresh lab whose repository holds *files*, in virtual time."""

    async def main() -> None:
        git = RecordedGit()
        git.commit("fleet", "main", dict(files), [])
        world = World(
            kinds=KINDS,
            needs_cni=True,
            more=lambda world: flux_controllers(
                client=world.client,
                clock=world.clock,
                ids=world.ids,
                dialer=world.network,
                artifacts=ArtifactStore(),
                fetcher=git,
            ),
            **options,
        )
        await world.start()
        try:
            await write_first_objects(world.client, ACCESS, URL)
            await scenario(Lab(world, git))
        finally:
            await world.stop()

    run_virtual(main())

"""Which namespaces may make VMs, and what they find there: classes and images.

On a real supervisor an administrator gives classes and content libraries to a vSphere Namespace. Here a namespace gets
all of them with its first VSphereCluster or VirtualMachine, or by the label that vSphere Namespaces have. Classes come
once, so that one can be taken away again; images follow the vCenter's templates.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.api.supervisor.kinds import VSPHERE_CLUSTER
from fairlead.api.vmoperator.kinds import VIRTUAL_MACHINE, VIRTUAL_MACHINE_IMAGE
from fairlead.base.objects import GVK, Json, Key, annotations, get_in, is_deleting, labels
from fairlead.controllers.contract import get_or_none
from fairlead.controllers.vsphere.sessions import Sessions
from fairlead.lab.vmoperator.supervisor import MANAGER, Supervisor, image, image_name, storage_class, vm_class
from fairlead.lab.vmoperator.supervisor import zone_object as zone_of
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import set_condition
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result
from fairlead.vsphere.errors import VSphereError
from fairlead.vsphere.port import Ref, Session, Synced, VMChanged, VMGone, VMInfo

NAMESPACE = GVK("", "v1", "Namespace")
VSPHERE_NAMESPACE = "vSphereClusterID"  # the label of a vSphere Namespace
CLASSES_GIVEN = "lab.fairlead.dev/vm-classes"
RETRY = timedelta(seconds=5)


class NamespaceController(BaseController):
    """Keeps the images of vSphere Namespaces, and gives them their classes."""

    name = "vmoperator-namespace"
    kind = NAMESPACE

    def __init__(self, *, client: Client, clock: Clock, sessions: Sessions, supervisor: Supervisor) -> None:
        self._client = client
        self._clock = clock
        self._sessions = sessions
        self._supervisor = supervisor
        self._templates: dict[Ref, VMInfo] = {}
        self._synced = False  # whether all templates are known
        self._members: set[str] = set()  # namespaces that may make VMs

    def watches(self) -> Sequence[Watch]:
        return (Watch(VSPHERE_CLUSTER, self._of_user), Watch(VIRTUAL_MACHINE, self._of_user))

    def _of_user(self, obj: Json) -> tuple[Key, ...]:
        namespace = Key.of(obj).namespace
        if namespace in self._members:
            return ()
        self._members.add(namespace)
        return (Key("", namespace),)

    # What the vCenter has.

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._follow(),)

    async def _follow(self) -> AsyncIterator[Key]:
        """Offer zones and storage classes, then tell which namespaces a new or changed template concerns."""
        while True:
            self._synced = False
            self._templates.clear()
            with contextlib.suppress(VSphereError, ApiError):
                session = await self._sessions.get(self._supervisor.login)
                await self._offer(session)
                async for change in session.watch():
                    if await self._note(session, change) and self._synced:
                        for namespace in sorted(self._members):
                            yield Key("", namespace)
            await self._clock.sleep(RETRY)

    async def _offer(self, session: Session) -> None:
        objects = [zone_of(zone) for zone in self._supervisor.zones]
        for name, policy in self._supervisor.policies.items():
            objects.append(storage_class(name, await session.find_storage_policy(policy)))
        for obj in objects:
            await self._create(obj)

    async def _note(self, session: Session, change: object) -> bool:
        """Take over what changed; whether a template did."""
        if isinstance(change, Synced):
            self._synced = True
            return True
        if isinstance(change, VMGone) or (isinstance(change, VMChanged) and not change.template):
            return self._templates.pop(change.ref, None) is not None
        if not isinstance(change, VMChanged):
            return False
        info = await session.vm(change.ref)
        known, self._templates[change.ref] = self._templates.get(change.ref), info
        return known is None or known.name != info.name

    # What a namespace gets.

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, NAMESPACE, key)
        if found is None or is_deleting(found):
            self._members.discard(key.name)
            return Result.done()
        if VSPHERE_NAMESPACE in labels(found):
            self._members.add(key.name)
        if key.name not in self._members or not self._synced:  # once the vCenter is known, all are woken
            return Result.done()
        if CLASSES_GIVEN not in annotations(found):
            for class_ in self._supervisor.classes:
                await self._create(vm_class(class_, key.name))
            async with editing(self._client, found, field_manager=MANAGER) as draft:
                draft["metadata"].setdefault("annotations", {})[CLASSES_GIVEN] = "given"
        await self._images(key.name)
        return Result.done()

    async def _images(self, namespace: str) -> None:
        known = {
            str(i["metadata"]["name"]): i for i in (await self._client.list(VIRTUAL_MACHINE_IMAGE, namespace)).items
        }
        for template in list(self._templates.values()):
            wanted = image(template, namespace)
            found = known.pop(wanted["metadata"]["name"], None) or await self._client.create(
                wanted, field_manager=MANAGER
            )
            async with editing(self._client, found, field_manager=MANAGER) as draft:
                conditions = get_in(draft, "status", "conditions", default=[])
                set_condition(conditions, "Ready", True, "True", now=self._clock.now())
                draft["status"] = {**(draft.get("status") or {}), **wanted["status"], "conditions": conditions}
        for name, left in known.items():
            if name == image_name(get_in(left, "status", "providerItemID", default="")):  # not one that a user made
                await self._client.delete(VIRTUAL_MACHINE_IMAGE, name, namespace)

    async def _create(self, obj: Json) -> None:
        try:
            await self._client.create(obj, field_manager=MANAGER)
        except ApiError as error:
            if not error.is_already_exists:
                raise

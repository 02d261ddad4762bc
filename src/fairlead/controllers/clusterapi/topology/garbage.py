"""Templates of managed clusters go when the last MachineDeployment or MachineSet that uses them does.

Behaviour: cluster-api v1.14, core/reconcilers/topology/machinedeployment and …/machineset. Both keep a finalizer, so
that they still know their templates when they go.
"""

from collections.abc import Iterable, Sequence

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, Key, finalizers, get_in, is_deleting, owner_references
from fairlead.controllers.clusterapi.topology.labels import DEPLOYMENT_FINALIZER, SET_FINALIZER, is_owned
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    MACHINE_DEPLOYMENT,
    MACHINE_HEALTH_CHECK,
    MACHINE_SET,
    get_or_none,
    gvk_of_reference,
    is_paused,
)
from fairlead.runtime.client import Client
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result, TroubleError

MANAGER = "manager"
DEPLOYMENT_LABEL = "cluster.x-k8s.io/deployment-name"
Template = tuple[str, str, str]


class _Garbage(BaseController):
    finalizer: str

    def __init__(self, *, client: Client) -> None:
        self._client = client
        self._paused: set[Key] = set()

    def concerned(self, obj: Json) -> Iterable[Key]:
        return (Key.of(obj),) if is_owned(obj) else ()

    def watches(self) -> Sequence[Watch]:
        return (Watch(CLUSTER, self._of_cluster),)

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        """All of a cluster that went on after a pause."""
        key = Key.of(cluster)
        if not get_in(cluster, "spec", "topology"):
            return []
        if is_paused(cluster, cluster):
            self._paused.add(key)
            return []
        if key not in self._paused:
            return []
        self._paused.discard(key)
        selector = f"{CLUSTER_NAME_LABEL}={key.name}"
        return [Key.of(o) for o in (await self._client.list(self.kind, key.namespace, label_selector=selector)).items]

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, self.kind, key)
        if found is None or not is_owned(found):
            return Result.done()
        held = self.finalizer in finalizers(found)
        if (held and not is_deleting(found)) or (not held and is_deleting(found)):
            return Result.done()
        cluster = await get_or_none(self._client, CLUSTER, Key(key.namespace, found["spec"]["clusterName"]))
        if held and is_paused(cluster, found):
            return Result.done()
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            if not held:
                draft["metadata"].setdefault("finalizers", []).append(self.finalizer)
                return Result.done()
            await self._let_go(found)
            draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != self.finalizer]
        return Result.done()

    async def _let_go(self, found: Json) -> None:
        raise NotImplementedError

    async def _sets_of(self, deployment: Key) -> list[Json]:
        selector = f"{DEPLOYMENT_LABEL}={deployment.name}"
        return list((await self._client.list(MACHINE_SET, deployment.namespace, label_selector=selector)).items)

    async def _drop_templates(self, found: Json, users: Iterable[Json | None]) -> None:
        """Delete the templates of *found* that none of *users*, those that go excepted, needs."""
        used = {each for user in users if user is not None and not is_deleting(user) for each in templates_of(user)}
        for group, kind, name in templates_of(found):
            if (group, kind, name) in used:
                continue
            gvk = gvk_of_reference({"apiGroup": group, "kind": kind})
            try:
                await self._client.delete(gvk, name, Key.of(found).namespace)
            except ApiError as error:
                if not error.is_not_found:
                    raise


class DeploymentGarbage(_Garbage):
    """Removes the templates and the health check of MachineDeployments that go."""

    name = "topology/machinedeployment"
    kind = MACHINE_DEPLOYMENT
    finalizer = DEPLOYMENT_FINALIZER

    async def _let_go(self, found: Json) -> None:
        key = Key.of(found)
        await self._drop_templates(found, await self._sets_of(key))
        try:
            await self._client.delete(MACHINE_HEALTH_CHECK, key.name, key.namespace)
        except ApiError as error:
            if not error.is_not_found:
                raise


class SetGarbage(_Garbage):
    """Removes the templates of MachineSets that go."""

    name = "topology/machineset"
    kind = MACHINE_SET
    finalizer = SET_FINALIZER

    async def _let_go(self, found: Json) -> None:
        name = next((o["name"] for o in owner_references(found) if o.get("kind") == "MachineDeployment"), "")
        if not name:
            raise TroubleError(f"could not calculate MachineDeployment name for MachineSet {Key.of(found)}")
        key = Key(Key.of(found).namespace, name)
        deployment = await get_or_none(self._client, MACHINE_DEPLOYMENT, key)
        await self._drop_templates(found, [deployment, *await self._sets_of(key)])


def templates_of(obj: Json) -> list[Template]:
    """What *obj* makes machines from: group, kind, name."""
    machine = get_in(obj, "spec", "template", "spec", default={})
    found = (get_in(machine, "bootstrap", "configRef"), machine.get("infrastructureRef"))
    return [(ref.get("apiGroup", ""), ref["kind"], ref["name"]) for ref in found if ref and ref.get("name")]

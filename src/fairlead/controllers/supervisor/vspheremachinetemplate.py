"""VSphereMachineTemplate controller of supervisor mode: say how much a machine of the template has.

A cluster autoscaler reads it to tell whether a new machine would help.

Behaviour: cluster-api-provider-vsphere v1.17, controllers/vmware/vspheremachinetemplate_controller.go.
"""

from collections.abc import Sequence

from fairlead.api.supervisor.kinds import VSPHERE_MACHINE_TEMPLATE
from fairlead.api.vmoperator.kinds import CLUSTER_VIRTUAL_MACHINE_IMAGE, VIRTUAL_MACHINE_CLASS
from fairlead.base.objects import Json, Key, annotations, get_in
from fairlead.controllers.contract import PAUSED_ANNOTATION, SETTLE_MACHINE, get_or_none
from fairlead.runtime.client import Client
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result

MANAGER = "manager"
_SYSTEMS = ("linux", "windows")
_PROCESSORS = ("amd64", "arm64", "s390x", "ppc64le")
OS_TYPE, OS_ARCH = "vmware-system.tkr.os-type", "vmware-system.tkr.os-arch"


class VSphereMachineTemplateController(BaseController):
    """Takes over processors and memory of the template's class."""

    name = "supervisor-vspheremachinetemplate"
    kind = VSPHERE_MACHINE_TEMPLATE
    settle = SETTLE_MACHINE

    def __init__(self, *, client: Client) -> None:
        self._client = client

    def watches(self) -> Sequence[Watch]:
        return (Watch(VIRTUAL_MACHINE_CLASS, self._of_class),)

    async def _of_class(self, class_: Json) -> list[Key]:
        key = Key.of(class_)
        templates = (await self._client.list(VSPHERE_MACHINE_TEMPLATE, key.namespace)).items
        return [Key.of(template) for template in templates if _spec(template).get("className") == key.name]

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, VSPHERE_MACHINE_TEMPLATE, key)
        if found is None or PAUSED_ANNOTATION in annotations(found):
            return Result.done()
        spec = _spec(found)
        class_ = await get_or_none(self._client, VIRTUAL_MACHINE_CLASS, Key(key.namespace, spec.get("className", "")))
        if class_ is None:  # the machines say so; the class, when it comes, wakes this
            return Result.done()
        hardware = get_in(class_, "spec", "hardware", default={})
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            status = draft.setdefault("status", {})
            capacity = status.setdefault("capacity", {})
            if hardware.get("cpus"):
                capacity["cpu"] = str(hardware["cpus"])
            if hardware.get("memory"):
                capacity["memory"] = hardware["memory"]
            node = await self._node(spec.get("imageName", ""))
            if node:
                status["nodeInfo"] = {**(status.get("nodeInfo") or {}), **node}
        return Result.done()

    async def _node(self, image: str) -> dict[str, str]:
        found = await get_or_none(self._client, CLUSTER_VIRTUAL_MACHINE_IMAGE, Key("", image)) if image else None
        rows = get_in(found or {}, "status", "vmwareSystemProperties", default=())
        properties = {row["key"]: row.get("value", "") for row in rows}
        node = {}
        if properties.get(OS_TYPE) in _SYSTEMS:
            node["operatingSystem"] = properties[OS_TYPE]
        if properties.get(OS_ARCH) in _PROCESSORS:
            node["architecture"] = properties[OS_ARCH]
        return node


def _spec(template: Json) -> Json:
    found: Json = get_in(template, "spec", "template", "spec", default={})
    return found

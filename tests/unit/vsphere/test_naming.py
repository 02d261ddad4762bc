"""The names of VMs: the Machine's, what spec.naming makes of it, and what Windows takes of that."""

import pytest

from fairlead.api.infrastructure.kinds import VSPHERE_MACHINE
from fairlead.base.objects import Json, Key, get_in
from fairlead.controllers.vsphere.vspheremachine import vm_key
from fairlead.runtime.conditions import find
from fairlead.testing.fleet import Fleet, Written, names, run

TEMPLATE = '{{ .machine.name | trimSuffix "x" }}-vm'


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        pytest.param({}, "blue-md-0-abcde-fghij", id="machine"),
        pytest.param({"naming": {"template": TEMPLATE}}, "blue-md-0-abcde-fghij-vm", id="template"),
        pytest.param({"os": "Windows"}, "blue-md-0-fghij", id="windows"),
        pytest.param({"os": "Windows", "naming": {"template": "w-{{ .machine.name }}"}}, "w-blue-md-fghij", id="both"),
    ],
)
def test_name(spec: Json, name: str) -> None:
    """The rules of cluster-api-provider-vsphere, pkg/services/vimmachine.go."""
    found = {"metadata": {"name": "another", "namespace": "fleet"}, "spec": spec}
    assert vm_key({"metadata": {"name": "blue-md-0-abcde-fghij"}}, found) == Key("fleet", name)


def test_named_machines_live_and_go() -> None:
    """VMs and nodes have the template's names; a new template takes VMs and nodes of the machines that go."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        named = first.change(worker_vm=(("naming", {"template": "{{ .machine.name }}-vm"}),))

        async def are_named() -> bool:
            planes, workers = await fleet.machines()
            wanted = {*names(planes), *(f"{name}-vm" for name in names(workers))}
            return {vm.name for vm in fleet.vms()} == wanted and await fleet.nodes() == dict.fromkeys(wanted, True)

        await fleet.push(named)
        await fleet.until(are_named, "VMs with the template's names")
        await fleet.push(first)
        await fleet.settle_as(first)

    run(scenario)


def test_template_that_names_nothing() -> None:
    """The condition says which Machine, why and what to correct; the machine can still be deleted."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        broken = first.change(worker_vm=(("naming", {"template": "{{ .machine.name }}_"}),))
        await fleet.push(broken)
        await fleet.world.settle()
        messages = [
            (find(get_in(machine, "status", "conditions"), "VirtualMachineProvisioned") or {}).get("message", "")
            for machine in await fleet.all(VSPHERE_MACHINE)
        ]
        [told] = [text for text in messages if "cannot name" in text]
        assert "spec.naming.template" in told
        await fleet.push(first)
        await fleet.settle_as(first)

    run(scenario)

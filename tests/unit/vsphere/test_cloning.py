"""What a clone is refused for before the vCenter is asked, and what the hint says."""

from typing import Any, cast

import pytest

from fairlead.base.objects import Json
from fairlead.controllers.vsphere.clone import CloneError, clone_spec, hint_for
from fairlead.runtime.virtual import run_virtual
from fairlead.vsphere.errors import NotFound
from fairlead.vsphere.port import Session


def test_pci_devices_are_refused() -> None:
    """Better no VM than one without its device."""
    vm: Json = {"metadata": {"namespace": "a", "name": "b"}, "spec": {"pciDevices": [{"deviceId": 1, "vendorId": 2}]}}
    with pytest.raises(CloneError, match=r'cannot add PCI devices to ".*VSphereVM a/b"') as caught:
        run_virtual(clone_spec(cast(Session, None), vm, "", {}))
    assert "VSphereMachineTemplate" in caught.value.hint


@pytest.mark.parametrize(
    ("missing", "parts"),
    [
        (NotFound("datastore", "LocalDS_1", ("LocalDS_0",)), ("spec.template.spec.datastore", "closest: LocalDS_0")),
        (NotFound("vm", "ubuntu"), ("spec.template.spec.template", "create it in the vCenter")),
    ],
)
def test_the_hint_names_the_field_and_what_is_close(missing: Any, parts: tuple[str, ...]) -> None:
    """Who reads it knows what to change, and to what."""
    assert all(part in hint_for(missing) for part in parts)

"""The pyVmomi adapter against VMware's own simulator, a vCenter that nobody here wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.testing import peers
from fairlead.testing.vcenter_contract import Site, check_vcenter
from fairlead.vsphere.pyvmomi import PyvmomiConnector

ABSENT = peers.missing("vcsim")

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(bool(ABSENT), reason=ABSENT),
]


@pytest.fixture
def vcsim(tmp_path: Path) -> Iterator[peers.Vcsim]:
    with peers.vcsim(tmp_path) as running:
        yield running


def test_pyvmomi_adapter_keeps_the_contract_on_vcsim(vcsim: peers.Vcsim) -> None:
    """Find, clone, reconfigure, power, destroy and watch work on an independent vCenter."""
    site = Site(
        server=f"https://{vcsim.server}",
        username=vcsim.username,
        password=vcsim.password,
        template="DC0_C0_RP0_VM0",
        annotates=False,
    )
    asyncio.run(check_vcenter(PyvmomiConnector(), site))

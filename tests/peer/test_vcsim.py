"""The pyVmomi adapter against VMware's own simulator, a vCenter that nobody here wrote."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fairlead.testing.vcenter_contract import Site, check_vcenter
from fairlead.vsphere.pyvmomi import PyvmomiConnector

VCSIM = Path(__file__).parents[2] / ".peers" / "vcsim"

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not VCSIM.exists(), reason="vcsim is not built: run `make peers`"),
]


@pytest.fixture
def vcsim() -> Iterator[str]:
    """Start vcsim on a free port; the first line it prints is its URL."""
    command = [str(VCSIM), "-l", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            parts = urlsplit(process.stdout.readline().strip())
            yield f"https://127.0.0.1:{parts.port}"
        finally:
            process.terminate()
            process.wait(10)


def test_pyvmomi_adapter_keeps_the_contract_on_vcsim(vcsim: str) -> None:
    """Find, clone, reconfigure, power, destroy and watch work on an independent vCenter."""
    site = Site(
        server=vcsim,
        username="user",
        password="pass",
        template="DC0_C0_RP0_VM0",
        annotates=False,
    )
    asyncio.run(check_vcenter(PyvmomiConnector(), site))

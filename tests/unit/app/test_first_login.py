"""`fairlead up --vcenter`: a vCenter that cannot be used is named at the start, with what to do."""

import asyncio
import logging
from typing import Any

import pytest

from fairlead.app.firstlogin import check_vcenter
from fairlead.app.settings import StartError, VCenterAccess
from fairlead.base.objects import GVK
from fairlead.vsphere.errors import LoginFailed, ThumbprintMismatch, Unreachable, VSphereError

ACCESS = VCenterAccess("vc.example.com", "me@vsphere.local", "top secret", "AA:BB")
MISMATCH = ThumbprintMismatch("https://vc.example.com/sdk", "vc.example.com:443", "AA:BB", "11:22", "33:44")
NO_HOST = Unreachable('Post "https://vc.example.com/sdk": dial tcp: lookup vc.example.com: no such host')


class Fake:
    """A vCenter, or what comes instead of it; also a management cluster with so many clusters."""

    def __init__(self, error: VSphereError | None = None, clusters: int = 0) -> None:
        self.error = error
        self.items = [{}] * clusters
        self.open = 0
        self.asked: list[tuple[str, ...]] = []

    async def connect(self, *asked: str) -> "Fake":
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        self.open += 1
        return self

    async def close(self) -> None:
        self.open -= 1

    async def list(self, kind: GVK) -> "Fake":
        return self


def check(fake: Any) -> None:
    asyncio.run(check_vcenter(fake, ACCESS, fake))


def test_a_good_vcenter_is_left_again() -> None:
    """No session stays open."""
    fake = Fake()
    check(fake)
    assert fake.asked == [("vc.example.com", "me@vsphere.local", "top secret", "AA:BB")]
    assert fake.open == 0


@pytest.mark.parametrize(
    ("error", "texts"),
    [
        (NO_HOST, ["cannot reach the vCenter 'vc.example.com': ", "no such host; check --vcenter"]),
        (
            LoginFailed("ServerFaultCode: Login failure"),
            ["the vCenter 'vc.example.com' as 'me@vsphere.local': ServerFaultCode: Login failure; check --username"],
        ),
        (
            MISMATCH,
            ["cannot trust the vCenter 'vc.example.com': ", 'does not match "AA:BB"', "SHA-1 11:22", "33:44"],
        ),
    ],
    ids=["no such host", "password", "thumbprint"],
)
def test_what_keeps_it_from_starting(error: VSphereError, texts: list[str]) -> None:
    """The vCenter, the user or the thumbprint, the cause, and what to do; never the password."""
    with pytest.raises(StartError) as caught:
        check(Fake(error))
    for text in texts:
        assert text in str(caught.value)
    assert "top secret" not in str(caught.value)


@pytest.mark.parametrize(("error", "starts"), [(NO_HOST, True), (MISMATCH, False)], ids=["away", "another one"])
def test_a_fleet_that_exists(error: VSphereError, starts: bool, caplog: pytest.LogCaptureFixture) -> None:
    """It is looked after while its vCenter is away, with a warning; one not to be trusted ends the start."""
    if not starts:
        with pytest.raises(StartError):
            check(Fake(error, clusters=1))
        return
    with caplog.at_level(logging.WARNING):
        check(Fake(error, clusters=1))
    [record] = caplog.records
    assert "no such host" in record.__dict__["error"]

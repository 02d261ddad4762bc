"""Addresses from pools on their way into a machine's metadata: what fits a card, and what is said of the claims."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, get_in
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.vsphere.addresses import (
    AddressTroubleError,
    Claimed,
    card_addresses,
    is_waiting_for_static,
    report_claims,
)
from fairlead.controllers.vsphere.metadata import machine_metadata
from fairlead.runtime.conditions import find

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def given(name: str, address: str, prefix: int = 24, gateway: str = "") -> Json:
    spec: Json = {"address": address, "prefix": prefix}
    return {
        "metadata": {"name": name, "namespace": "fleet"},
        "spec": {**spec, **({"gateway": gateway} if gateway else {})},
    }


def test_two_families_on_one_card() -> None:
    """Each family has its own addresses and gateway."""
    addresses = [
        given("a", "10.0.0.5", gateway="10.0.0.1"),
        given("b", "fd00::5", 64, "fd00::1"),
        given("c", "10.0.0.6"),
    ]
    assert card_addresses([{}], {0: addresses}) == {
        0: Claimed(("10.0.0.5/24", "fd00::5/64", "10.0.0.6/24"), "10.0.0.1", "fd00::1")
    }


@pytest.mark.parametrize(
    ("device", "addresses", "message"),
    [
        pytest.param({}, [given("a", "ten")], 'IPAddress fleet/a has invalid ip address: "ten/24"', id="no-address"),
        pytest.param(
            {}, [given("a", "10.0.0.5", 33)], 'IPAddress fleet/a has invalid ip address: "10.0.0.5/33"', id="prefix"
        ),
        pytest.param(
            {},
            [given("a", "10.0.0.5"), given("b", "10.0.0.5")],
            'IPAddress fleet/b is a duplicate of another address: "10.0.0.5/24"',
            id="twice",
        ),
        pytest.param(
            {},
            [given("a", "10.0.0.5", gateway="router")],
            'IPAddress fleet/a has invalid gateway: "router"',
            id="gateway",
        ),
        pytest.param(
            {},
            [given("a", "10.0.0.5", gateway="fd00::1")],
            "IPAddress fleet/a has mismatched gateway and address IP families",
            id="families",
        ),
        pytest.param(
            {"gateway4": "10.0.0.254"},
            [given("a", "10.0.0.5", gateway="10.0.0.1")],
            "the IPv4 Gateway for IPAddress a does not match the Gateway4 already configured on device (index 0)",
            id="device-has-another-gateway",
        ),
        pytest.param(
            {},
            [given("a", "fd00::5", 64, "fd00::1"), given("b", "fd00::6", 64, "fd00::2")],
            "the IPv6 IPAddresses assigned to the same device (index 0) do not have the same gateway",
            id="pools-have-two-gateways",
        ),
    ],
)
def test_what_does_not_fit(device: Json, addresses: list[Json], message: str) -> None:
    """The texts of upstream."""
    with pytest.raises(AddressTroubleError) as refused:
        card_addresses([device], {0: addresses})
    assert str(refused.value) == message


def test_metadata() -> None:
    """Claimed addresses follow the written ones; a pool without gateway leaves the card its own."""
    devices = [
        {"networkName": "a", "ipAddrs": ["10.0.0.4/24"], "nameservers": ["10.0.0.2"]},
        {"networkName": "b", "gateway4": "10.1.0.1"},
    ]
    claimed = {0: Claimed(("10.0.0.5/24",), "10.0.0.1"), 1: Claimed(("10.1.0.5/24",))}
    text = machine_metadata("node", devices, ["00:00:00:00:00:01", "00:00:00:00:00:02"], claimed)
    first, second = get_in(goyaml.load(text), "network", "ethernets").values()
    assert (first["addresses"], first["gateway4"]) == (["10.0.0.4/24", "10.0.0.5/24"], "10.0.0.1")
    assert (first["dhcp4"], first["nameservers"]) == (False, {"addresses": ["10.0.0.2"]})
    assert (second["addresses"], second["gateway4"]) == (["10.1.0.5/24"], "10.1.0.1")


@pytest.mark.parametrize(
    ("device", "waits"),
    [
        ({}, True),
        ({"dhcp4": False, "dhcp6": False}, True),
        ({"dhcp6": True}, False),
        ({"ipAddrs": ["10.0.0.4/24"]}, False),
        ({"addressesFromPools": [{"name": "lab"}]}, False),
        ({"skipIPAllocation": True}, False),
    ],
)
def test_static_addresses_are_waited_for(device: Json, waits: bool) -> None:
    """A card without any source of addresses holds its machine back."""
    assert is_waiting_for_static([device]) is waits


def _claim(number: int, *, bound: bool, ready: tuple[str, str, str] | None = None) -> Json:
    status: Json = {"addressRef": {"name": f"vm-0-{number}"}} if bound else {}
    if ready is not None:
        status["conditions"] = [{"type": "Ready", **dict(zip(("status", "reason", "message"), ready, strict=True))}]
        old = {"type": "Ready", "status": ready[0]}
        if ready[0] != "True":
            old |= {"reason": ready[1], "message": ready[2], "severity": "Error"}
        status["deprecated"] = {"v1beta1": {"conditions": [old]}}
    return {"kind": "IPAddressClaim", "metadata": {"name": f"vm-0-{number}"}, "status": status}


FULL = ("False", "PoolExhausted", "pool is full")
FINE = ("True", "Ready", "")


@pytest.mark.parametrize(
    ("claims", "created", "new", "old"),
    [
        pytest.param([], 0, ("True", "NotFulfilled", ""), None, id="no-claims"),
        pytest.param([_claim(0, bound=True)], 0, ("True", "Fulfilled", ""), ("True", "", ""), id="bound"),
        pytest.param(
            [_claim(0, bound=False), _claim(1, bound=False)],
            2,
            ("False", "IPAddressClaimsBeingCreated", "2/2 claims being created"),
            ("False", "IPAddressClaimsBeingCreated", "2/2 claims being created"),
            id="made-now",
        ),
        pytest.param(
            [_claim(0, bound=True), _claim(1, bound=False)],
            0,
            ("False", "WaitingForIPAddress", "1/2 claims being processed"),
            ("False", "WaitingForIPAddress", "1/2 claims being processed"),
            id="waiting",
        ),
        pytest.param(
            [_claim(0, bound=True, ready=FINE), _claim(1, bound=False)],
            0,
            ("False", "WaitingForIPAddress", "1/2 claims being processed"),
            ("False", "WaitingForIPAddress", "1/2 claims being processed"),
            id="one-reports-nothing-yet",
        ),
        pytest.param(
            [_claim(0, bound=True, ready=FINE), _claim(1, bound=False, ready=FULL)],
            0,
            ("False", "IssuesReported", "* IPAddressClaim vm-0-1: pool is full"),
            ("False", "PoolExhausted @ IPAddressClaim/vm-0-1", "1 of 2 completed"),
            id="exhausted",
        ),
        pytest.param(
            [_claim(0, bound=True, ready=FINE)], 0, ("True", "InfoReported", ""), ("True", "", ""), id="all-ready"
        ),
    ],
)
def test_condition(claims: list[Json], created: int, new: Any, old: Any) -> None:
    """The claims' own Ready where they have one, else how many there are."""
    draft: Json = {"metadata": {}, "status": {}}
    report_claims(Reporter(draft, NOW), claims, created)
    found = find(draft["status"]["conditions"], "IPAddressClaimsFulfilled") or {}
    assert (found["status"], found["reason"], found["message"]) == new
    before = find(get_in(draft, "status", "deprecated", "v1beta1", "conditions"), "IPAddressClaimed")
    assert (before and (before["status"], before.get("reason", ""), before.get("message", ""))) == old

"""The lab's network: whom a connection reaches, and how long one that would be refused waits."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from fairlead.base import yaml as goyaml
from fairlead.lab.front import server_name
from fairlead.lab.network import REFUSED_RETRY, Identity, LabNetwork
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.remote import StrangerError, UnreachableError
from fairlead.runtime.virtual import run_virtual
from fairlead.server.pki import Authority, kubeconfig
from fairlead.server.server import ApiServer

ADDRESS = "192.168.1.140:6443"


class Site:
    """A cluster's API at an address."""

    def __init__(self, name: str, authority: Authority, clock: LoopClock) -> None:
        self.name = name
        self.machines = (f"{name}-machine",)
        self.ca = x509.load_pem_x509_certificate(authority.certificate.encode())
        self.server = ApiServer(clock, Ids(1))

    def client_for(self, identity: Identity) -> Any:
        return self.server.client(identity.user, identity.groups)

    async def identify_token(self, token: str) -> Identity | None:
        return Identity("holder", ("system:masters",)) if token == "good" else None

    def etcd(self) -> Any:
        raise AssertionError("not asked for")


def config(authority: Authority, clock: LoopClock, token: str = "") -> bytes:
    pair = None if token else authority.issue_client("admin", ("system:masters",), clock.now())
    return goyaml.dump(kubeconfig("c", f"https://{ADDRESS}", authority.certificate, pair=pair, token=token)).encode()


def test_waits_for_somebody_to_answer() -> None:
    """Waiting ends the moment a cluster comes up at the address, and dialling reaches it."""

    async def main() -> None:
        clock = LoopClock()
        network, authority = LabNetwork(clock), Authority.create("own", clock.now())
        access = config(authority, clock)
        with pytest.raises(UnreachableError, match="connection refused"):
            await network.dial(access)
        waiting = asyncio.ensure_future(network.wait_reachable(access))
        await clock.sleep(timedelta(hours=1))
        assert not waiting.done()
        network.attach(ADDRESS, Site("own", authority, clock))
        await waiting
        assert (await network.dial(access)).client is not None

    run_virtual(main())


@pytest.mark.parametrize("token", ["", "bad"], ids=["another CA", "unknown token"])
def test_refused_does_not_try_at_once(token: str) -> None:
    """Who would be refused waits a while, so that a loop of waiting and dialling does not run hot."""

    async def main() -> None:
        clock = LoopClock()
        network, authority = LabNetwork(clock), Authority.create("own", clock.now())
        there = authority if token else Authority.create("other", clock.now())
        network.attach(ADDRESS, Site("other", there, clock))
        access = config(authority, clock, token)
        began = clock.now()
        await network.wait_reachable(access)
        assert clock.now() - began == REFUSED_RETRY
        with pytest.raises(UnreachableError, match="Unauthorized" if token else "another CA") as refused:
            await network.dial(access)
        if not token:
            assert isinstance(refused.value, StrangerError)
            assert refused.value.machines == ("other-machine",)
            assert x509.load_pem_x509_certificate(refused.value.certificate).subject.rfc4514_string() == "CN=other"

    run_virtual(main())


def test_refused_tries_again_when_another_answers() -> None:
    """The right cluster comes up in the place of a wrong one: nobody waits out the pause."""

    async def main() -> None:
        clock = LoopClock()
        network, authority = LabNetwork(clock), Authority.create("own", clock.now())
        other, own = Site("other", Authority.create("other", clock.now()), clock), Site("own", authority, clock)
        network.attach(ADDRESS, other)
        access = config(authority, clock)
        waiting = asyncio.ensure_future(network.wait_reachable(access))
        await clock.sleep(timedelta(seconds=1))
        began = clock.now()
        network.attach(ADDRESS, own)
        assert network.at(ADDRESS) is other
        network.detach(ADDRESS, other)
        await waiting
        assert network.at(ADDRESS) is own
        assert clock.now() == began
        await network.dial(access)

    run_virtual(main())


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.168.10.11:6443", "192-168-10-11-6443.workload.fairlead.internal"),
        ("[fd00::11]:6443", "fd00--11-6443.workload.fairlead.internal"),
        ("api.example.com:443", "api-example-com-443.workload.fairlead.internal"),
    ],
    ids=["IPv4", "IPv6", "name"],
)
def test_server_names(address: str, name: str) -> None:
    """The name by which the door tells clusters apart."""
    assert server_name(address) == name


def test_address_of_two_clusters_stays_with_the_first() -> None:
    """A second cluster at an address is not heard there, and takes nothing from the first when it goes."""

    async def main() -> None:
        clock = LoopClock()
        network = LabNetwork(clock)
        first = Site("first", Authority.create("first", clock.now()), clock)
        second = Site("second", Authority.create("second", clock.now()), clock)
        network.attach(ADDRESS, first)
        network.attach(ADDRESS, second)
        network.attach(ADDRESS, second)
        network.detach(ADDRESS, second)
        assert network.at(ADDRESS) is first
        network.detach(ADDRESS, first)
        assert network.at(ADDRESS) is None

    run_virtual(main())

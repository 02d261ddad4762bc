"""The lab's network: which workload API server answers at which address, and how controllers reach it.

Addresses are whatever the manifests say (`192.168.1.140:6443`); nothing listens there. A controller's connection is
resolved in the process, with the checks a TLS handshake would make: the server's CA must be the one the kubeconfig
trusts, and the client certificate must be signed by the server's CA and be valid now.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json
from fairlead.lab.connection import Severable
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.remote import CredentialsSource, Dialer, Etcd, Remote, StrangerError, UnreachableError

REFUSED_RETRY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request comes from."""

    user: str
    groups: tuple[str, ...]


class Site(Protocol):
    """What answers at an address: a workload cluster's API."""

    @property
    def name(self) -> str: ...

    @property
    def ca(self) -> x509.Certificate:
        """The CA that signs its server and client certificates."""
        ...

    @property
    def machines(self) -> tuple[str, ...]:
        """The names of the machines that serve it."""
        ...

    def client_for(self, identity: Identity) -> Client: ...

    async def identify_token(self, token: str) -> Identity | None:
        """Who holds a bearer token, or None."""
        ...

    def etcd(self) -> Etcd: ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """The parts of a kubeconfig's current context."""

    address: str  # host:port
    ca_pem: bytes
    client_cert_pem: bytes
    token: str

    @classmethod
    def parse(cls, kubeconfig: bytes) -> "Credentials":
        """Read the current context. Raises: UnreachableError when it is not a usable kubeconfig."""
        try:
            config = goyaml.load(kubeconfig)
            if not isinstance(config, dict):
                raise UnreachableError("kubeconfig is not a mapping")
            context = _named(config, "contexts", config["current-context"])["context"]
            cluster = _named(config, "clusters", context["cluster"])["cluster"]
            user = _named(config, "users", context["user"])["user"]
            return cls(
                address=address_of(cluster["server"]),
                ca_pem=base64.b64decode(cluster.get("certificate-authority-data", "")),
                client_cert_pem=base64.b64decode(user.get("client-certificate-data", "")),
                token=user.get("token", ""),
            )
        except (KeyError, TypeError, ValueError, StopIteration, binascii.Error, goyaml.YamlError) as error:
            raise UnreachableError(f"kubeconfig cannot be used: {error!r}") from error


def _named(config: Json, section: str, name: str) -> Json:
    return next(entry for entry in config[section] if entry["name"] == name)


def address_of(url: str) -> str:
    """`host:port` of an API server's URL; 443 when it names no port."""
    parts = urlsplit(url if "//" in url else f"https://{url}")
    return f"{parts.hostname or ''}:{parts.port or 443}"


class LabNetwork:
    """The addresses of the simulated world. Implements `runtime.remote.Dialer`."""

    def __init__(self, clock: Clock, outside: Dialer | None = None) -> None:
        self._clock = clock
        self._outside = outside
        self._sites: dict[str, Site] = {}
        self._shadowed: dict[str, list[Site]] = {}  # who would answer at an address that another one holds
        self._up: dict[str, asyncio.Event] = {}
        self._open: dict[str, set[LabRemote]] = {}
        self._changes: dict[str, set[asyncio.Event]] = {}  # who waits for something else to answer at an address
        self.detached: list[Callable[[str], None]] = []  # told of each address at which nothing answers any more

    @property
    def sites(self) -> dict[str, Site]:
        """What answers now, by `host:port`."""
        return dict(self._sites)

    def attach(self, address: str, site: Site) -> None:
        """From now on *site* answers at *address*, unless another one does: then as soon as that one has gone.

        Of two clusters with one address the first keeps it; whoever looks for the second meets a strange CA.
        """
        holder = self._sites.get(address)
        if holder is site:
            return
        if holder is not None:
            waiting = self._shadowed.setdefault(address, [])
            if site not in waiting:
                waiting.append(site)
            return
        self._sites[address] = site
        self._event(address).set()
        for changed in self._changes.get(address, ()):
            changed.set()

    def detach(self, address: str, site: Site) -> None:
        """*site* no longer answers; another one that holds the address stays, one that waits for it takes it."""
        waiting = self._shadowed.get(address, [])
        if site in waiting:
            waiting.remove(site)
        if self._sites.get(address) is site:
            del self._sites[address]
            self._event(address).clear()
            for remote in self._open.pop(address, set()):
                remote.break_off()
            for tell in self.detached:
                tell(address)
            if waiting:
                self.attach(address, waiting.pop(0))

    def at(self, address: str) -> Site | None:
        """What answers at *address*, or None."""
        return self._sites.get(address)

    async def wait_reachable(self, kubeconfig: bytes) -> None:
        credentials = Credentials.parse(kubeconfig)
        await self._event(credentials.address).wait()
        site = self._sites.get(credentials.address)
        if site is None:
            return
        try:
            self._check_server(site, credentials)
            await self._identify(site, credentials)
        except UnreachableError:  # `dial` tells why; not at once again, but as soon as something else answers there
            await self._change(credentials.address, REFUSED_RETRY)

    async def _change(self, address: str, limit: timedelta) -> None:
        """Return when what answers at *address* changes, at the latest after *limit*."""
        changed = asyncio.Event()
        waiting = self._changes.setdefault(address, set())
        waiting.add(changed)
        tasks = [asyncio.ensure_future(changed.wait()), asyncio.ensure_future(self._clock.sleep(limit))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.discard(changed)
            for task in tasks:
                task.cancel()

    async def dial(self, kubeconfig: bytes) -> Remote:
        credentials = Credentials.parse(kubeconfig)
        site = self._sites.get(credentials.address)
        if site is None:
            raise UnreachableError(f"dial tcp {credentials.address}: connect: connection refused")
        self._check_server(site, credentials)
        identity = await self._identify(site, credentials)
        remote = LabRemote(self, credentials.address, site, identity)
        self._open.setdefault(credentials.address, set()).add(remote)
        return remote

    def hang_up(self, address: str, remote: "LabRemote") -> None:
        """A connection was closed from this side."""
        self._open.get(address, set()).discard(remote)

    def _event(self, address: str) -> asyncio.Event:
        return self._up.setdefault(address, asyncio.Event())

    def _check_server(self, site: Site, credentials: Credentials) -> None:
        trusted = x509.load_pem_x509_certificates(credentials.ca_pem) if credentials.ca_pem else []
        if site.ca not in trusted:
            certificate = site.ca.public_bytes(serialization.Encoding.PEM)
            raise StrangerError(credentials.address, certificate, site.machines)

    async def _identify(self, site: Site, credentials: Credentials) -> Identity:
        if credentials.client_cert_pem:
            return identify_certificate(credentials.client_cert_pem, site.ca, self._clock)
        identity = await site.identify_token(credentials.token) if credentials.token else None
        if identity is None:
            raise UnreachableError(f"https://{credentials.address}: Unauthorized")
        return identity


def identify_certificate(pem: bytes, ca: x509.Certificate, clock: Clock) -> Identity:
    """The user (CN) and groups (O) of a client certificate. Raises: UnreachableError when *ca* did not sign it."""
    certificate = x509.load_pem_x509_certificate(pem)
    try:
        certificate.verify_directly_issued_by(ca)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise UnreachableError("the server refuses the client certificate: unknown certificate authority") from error
    now = clock.now()
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise UnreachableError("the server refuses the client certificate: expired or not yet valid")
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    groups = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return Identity(str(names[0].value) if names else "", tuple(str(group.value) for group in groups))


class LabRemote:
    """A connection to one workload cluster; it breaks when the cluster stops answering at the address."""

    def __init__(self, network: LabNetwork, address: str, site: Site, identity: Identity) -> None:
        self._network = network
        self._address = address
        self._site = site
        self._client = Severable(site.client_for(identity), address)

    @property
    def client(self) -> Client:
        return self._client

    async def etcd(self, credentials: CredentialsSource) -> Etcd:
        if self._client.is_severed:
            raise UnreachableError(f"dial tcp {self._address}: connect: connection refused")
        return self._site.etcd()

    def break_off(self) -> None:
        """The other end is gone."""
        self._client.sever()

    async def close(self) -> None:
        self._network.hang_up(self._address, self)
        self._client.sever()

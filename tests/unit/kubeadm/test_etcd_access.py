"""As whom a cluster's etcd is used: client certificates from the Secrets of the management cluster."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from fairlead.base.objects import Json
from fairlead.controllers.clusterapi import pki
from fairlead.controllers.clusterapi.controlplane.etcd import EtcdAccess
from fairlead.controllers.contract import SECRET
from fairlead.runtime.client import Client
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.keys import ThreadedKeys
from fairlead.runtime.remote import CredentialsSource, EtcdCredentials, UnreachableError
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer

CLUSTER: Json = {"metadata": {"name": "blue", "namespace": "default"}}
CLOCK, KEYS = LoopClock(), ThreadedKeys()


class Distant:
    """A connection that hands back the credentials with which its etcd is opened."""

    async def etcd(self, credentials: CredentialsSource) -> Any:
        return await credentials()


def run(check: Callable[[Client, Callable[[Any], Awaitable[EtcdCredentials]]], Awaitable[None]]) -> None:
    """Run *check* with a management cluster and what opens etcd behind a connection."""

    async def main() -> None:
        server = ApiServer(CLOCK, Ids(1))
        await server.start()
        access = EtcdAccess(client=server.client(), clock=CLOCK, keys=KEYS)

        async def credentials(remote: Any) -> EtcdCredentials:
            opened: Any = await access.open(CLUSTER, remote)
            assert isinstance(opened, EtcdCredentials)
            return opened

        await check(server.client(), credentials)
        await server.stop()

    run_virtual(main())


async def store(client: Client, purpose: str, certificate: bytes, key: bytes = b"") -> None:
    """Put a key pair into the cluster's Secret."""
    data = {"tls.crt": certificate, "tls.key": key} if key else {"tls.crt": certificate}
    secret = pki.cluster_secret(CLUSTER, purpose, data, {})
    del secret["metadata"]["ownerReferences"]
    await client.create(secret)


def test_client_certificate_is_made_and_kept() -> None:
    """Signed by the cluster's etcd CA; one for a connection until half of its life is over or the CA changes."""

    async def check(client: Client, open_: Callable[[Any], Awaitable[EtcdCredentials]]) -> None:
        ca = await pki.new_pair("etcd", KEYS, CLOCK, "ECDSA-P256")
        await store(client, "etcd", ca.certificate, ca.key)
        near, far = Distant(), Distant()
        first = await open_(near)
        certificate = x509.load_pem_x509_certificate(first.certificate)
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(ca.certificate))
        assert certificate.subject.rfc4514_string() == "CN=cluster-api.x-k8s.io"
        assert first.ca == ca.certificate
        assert await open_(near) == first
        assert await open_(far) != first
        await CLOCK.sleep(pki.RENEWAL + timedelta(minutes=1))
        second = await open_(near)
        assert second.certificate != first.certificate
        await client.delete(SECRET, "blue-etcd", "default")
        other = await pki.new_pair("etcd", KEYS, CLOCK, "ECDSA-P256")
        await store(client, "etcd", other.certificate, other.key)
        assert (await open_(near)).ca == other.certificate

    run(check)


def test_users_own_client_is_taken() -> None:
    """Where the CA's key is not ours, the client of the API servers is used."""

    async def check(client: Client, open_: Callable[[Any], Awaitable[EtcdCredentials]]) -> None:
        await store(client, "etcd", b"ca")
        with pytest.raises(UnreachableError, match="Secret default/blue-apiserver-etcd-client not found; restore it"):
            await open_(Distant())
        await store(client, pki.ETCD_CLIENT, b"certificate", b"key")
        assert await open_(Distant()) == EtcdCredentials(b"ca", b"certificate", b"key")

    run(check)


def test_missing_authority_is_told() -> None:
    """The text names the Cluster and the Secret, missing or empty."""

    async def check(client: Client, open_: Callable[[Any], Awaitable[EtcdCredentials]]) -> None:
        with pytest.raises(UnreachableError) as raised:
            await open_(Distant())
        assert str(raised.value) == (
            "cannot use the etcd of Cluster default/blue: Secret default/blue-etcd not found; restore it"
        )
        secret = pki.cluster_secret(CLUSTER, "etcd", {"other": b"x"}, {})
        del secret["metadata"]["ownerReferences"]
        await client.create(secret)
        with pytest.raises(UnreachableError, match=r"Secret default/blue-etcd has no readable tls\.crt"):
            await open_(Distant())

    run(check)

"""Workload clusters that are real: their API over HTTPS, at the address that their kubeconfig names; etcd behind it."""

import asyncio
import contextlib
import logging
import ssl
from datetime import timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from fairlead.api.errors import ApiError
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.etcd import ForwardedEtcd
from fairlead.runtime.http import HttpClient
from fairlead.runtime.kubeconfig import Access, KubeconfigError, parse_access
from fairlead.runtime.remote import CredentialsSource, Etcd, Remote, StrangerError, UnreachableError

log = logging.getLogger(__name__)

CONNECT = timedelta(seconds=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=15)


class HttpDialer:
    """Connects to clusters over HTTPS. Implements `runtime.remote.Dialer`."""

    def __init__(self, clock: Clock, *, user_agent: str = "fairlead") -> None:
        self._clock = clock
        self._user_agent = user_agent

    async def wait_reachable(self, kubeconfig: bytes) -> None:
        """Knock until somebody answers: nothing tells when a machine far away is up. Raises: UnreachableError."""
        access = _access(kubeconfig)
        pause = FIRST_PAUSE
        while not await _accepts(access):
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def dial(self, kubeconfig: bytes) -> Remote:
        access = _access(kubeconfig)
        client = HttpClient(access, user_agent=self._user_agent)
        try:
            await client.raw("/version")
        except (ApiError, ValueError, OSError) as error:  # ValueError and OSError: certificates that cannot be read
            await client.close()
            text = error.message if isinstance(error, ApiError) else str(error)
            if access.ca and "CERTIFICATE_VERIFY_FAILED" in text.upper().replace(" ", "_"):
                await _refuse_stranger(access)
            raise UnreachableError(f"cannot use {access.server}: {text}") from error
        except BaseException:  # cancelled while nobody answers
            await client.close()
            raise
        return HttpRemote(client, access.server)


class HttpRemote:
    """A connection to a real cluster."""

    def __init__(self, client: HttpClient, server: str) -> None:
        self._client = client
        self._server = server

    @property
    def client(self) -> Client:
        return self._client

    async def etcd(self, credentials: CredentialsSource) -> Etcd:
        return ForwardedEtcd(self._client, self._server, await credentials())

    async def close(self) -> None:
        await self._client.close()


def _access(kubeconfig: bytes) -> Access:
    try:
        access = parse_access(kubeconfig)
    except KubeconfigError as error:
        raise UnreachableError(f"cannot use the kubeconfig: {error}") from error
    if not urlsplit(access.server).hostname:
        raise UnreachableError(f"cannot use the kubeconfig: it names the server {access.server!r}, which is no URL")
    return access


async def _refuse_stranger(access: Access) -> None:
    """Look at the server's certificate without trusting it. Raises: StrangerError when another CA made it."""
    try:
        trusted = x509.load_pem_x509_certificates(access.ca)
    except ValueError:  # no certificates: nobody can be told by them
        return
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    parts = urlsplit(access.server)
    try:
        async with asyncio.timeout(CONNECT.total_seconds()):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
    except (OSError, TimeoutError):
        return
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    if not shown:
        return
    certificate = x509.load_der_x509_certificate(shown)
    if any(_is_signed_by(certificate, each) for each in trusted):
        return  # another fault of it: it is over, or for other names
    address = f"{parts.hostname}:{parts.port or 443}"
    raise StrangerError(address, certificate.public_bytes(serialization.Encoding.PEM), _machines(certificate))


def _is_signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _machines(certificate: x509.Certificate) -> tuple[str, ...]:
    """The hosts that an API server's certificate is for, without the names that all of them have."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    found = names.get_values_for_type(x509.DNSName)
    return tuple(name for name in found if name != "localhost" and name.split(".")[0] != "kubernetes")


async def _accepts(access: Access) -> bool:
    """Whether the server's address takes connections."""
    parts = urlsplit(access.server)
    try:
        async with asyncio.timeout(CONNECT.total_seconds()):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443)
    except (OSError, TimeoutError) as error:
        log.debug("no answer yet", extra={"server": access.server, "error": str(error)})
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True

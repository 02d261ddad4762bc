"""How a Git repository is reached: credentials out of a Secret, and dulwich clients that use them.

Source: fluxcd/pkg/git options.go (keys of the Secret, rules, texts).
"""

import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import urllib3
from dulwich.client import HttpGitClient, SSHGitClient

from fairlead.controllers.flux.git.ssh import SshVendor

DEFAULT_USER = "git"


class CredentialsError(Exception):
    """The Secret does not hold what the address needs; the text is upstream's."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a repository asks for; empty parts are not used."""

    username: str = ""
    password: str = ""
    bearer: str = ""
    identity: str = ""
    known_hosts: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    proxy: str = ""
    proxy_username: str = ""
    proxy_password: str = ""

    @classmethod
    def of(cls, url: str, data: Mapping[str, str], proxy: Mapping[str, str] | None = None) -> "Credentials":
        """What *data* (a Secret's entries, decoded) says for *url*. Raises: CredentialsError."""
        parts = urlsplit(url)
        if parts.scheme == "ssh":
            return cls._for_ssh(parts.username or DEFAULT_USER, data)
        found = cls(
            username=data.get("username") or unquote(parts.username or ""),
            password=data.get("password") or unquote(parts.password or ""),
            bearer=data.get("bearerToken", ""),
            ca=data.get("ca.crt") or data.get("caFile", ""),
            certificate=data.get("tls.crt", ""),
            key=data.get("tls.key", ""),
            proxy=(proxy or {}).get("address", ""),
            proxy_username=(proxy or {}).get("username", ""),
            proxy_password=(proxy or {}).get("password", ""),
        )
        if found.password and not found.username:
            raise CredentialsError(f"invalid '{parts.scheme}' auth option: 'password' requires 'username' to be set")
        return found

    @classmethod
    def _for_ssh(cls, username: str, data: Mapping[str, str]) -> "Credentials":
        for name in ("identity", "known_hosts"):
            if not data.get(name):
                raise CredentialsError(f"invalid 'ssh' auth option: '{name}' is required")
        return cls(
            username=username,
            password=data.get("password", ""),
            identity=data["identity"],
            known_hosts=data["known_hosts"],
        )


def client_for(url: str, credentials: Credentials, timeout: float) -> tuple[Any, str]:
    """A dulwich client for *url*, and the path to ask it for. Raises: CredentialsError."""
    parts = urlsplit(url)
    if parts.scheme == "ssh":
        vendor = SshVendor(credentials.identity, credentials.known_hosts, credentials.password, timeout)
        client = SSHGitClient(parts.hostname or "", parts.port, credentials.username or DEFAULT_USER, vendor=vendor)
        return client, parts.path
    base = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "", "", ""))
    headers = {"Authorization": f"Bearer {credentials.bearer}"} if credentials.bearer else None
    named = not credentials.bearer and credentials.username
    client = HttpGitClient(
        base,
        pool_manager=_pool(parts.scheme, credentials, timeout),
        username=credentials.username if named else None,
        password=credentials.password if named else None,
        timeout=timeout,
        extra_headers=headers,
    )
    if headers:
        client.pool_manager.headers = {**client.pool_manager.headers, **headers}
    return client, parts.path


class _Responses:
    """Remembers the answers of a pool, so that one that nobody read to its end (a refusal) is closed too."""

    def urlopen(self, *args: Any, **kwargs: Any) -> Any:
        response = super().urlopen(*args, **kwargs)  # type: ignore[misc]  # mixed into a pool
        self.__dict__.setdefault("answers", []).append(response)
        return response

    def close_answers(self) -> None:
        """Close connections and what came over them."""
        for response in self.__dict__.pop("answers", []):
            response.close()
        self.clear()  # type: ignore[attr-defined]  # as above


class _Pool(_Responses, urllib3.PoolManager):
    """Connections to the server."""


class _ProxyPool(_Responses, urllib3.ProxyManager):
    """Connections to the server through a proxy."""


def hang_up(client: Any) -> None:
    """Let go of the connections of a client that `client_for` made."""
    if isinstance(client, HttpGitClient):
        client.pool_manager.close_answers()


def _pool(scheme: str, credentials: Credentials, timeout: float) -> Any:
    options: dict[str, Any] = {
        "timeout": urllib3.Timeout(total=timeout),
        "retries": urllib3.Retry(total=None, connect=0, read=0, redirect=5, status=0, other=0),
        "headers": {"User-Agent": "git/fairlead"},
    }
    if scheme == "https" or credentials.proxy.startswith("https:"):
        options["ssl_context"] = _tls(credentials.ca, credentials.certificate, credentials.key)
    if not credentials.proxy:
        return _Pool(**options)
    if credentials.proxy_username:
        text = f"{credentials.proxy_username}:{credentials.proxy_password}"
        options["proxy_headers"] = urllib3.make_headers(proxy_basic_auth=text)
    return _ProxyPool(credentials.proxy, **options)


@lru_cache(maxsize=32)  # the system's authorities take 30 ms to load
def _tls(authority: str, certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    try:
        if authority:
            context.load_verify_locations(cadata=authority)
        if certificate and key:
            _load_pair(context, certificate, key)
    except (ssl.SSLError, ValueError) as error:
        raise CredentialsError(f"cannot use the TLS material of the secret: {error}") from error
    return context


def _load_pair(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Python takes a client's pair from a file only; it is removed at once."""
    handle, path = tempfile.mkstemp(prefix="fairlead-tls-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"{certificate}\n{key}\n")
        context.load_cert_chain(path)
    finally:
        os.unlink(path)

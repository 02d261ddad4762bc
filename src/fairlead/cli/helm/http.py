"""What chart repositories are fetched with: HTTP and TLS, and failures in the words of Go's network library.

Source: Helm v4.3 pkg/getter/httpgetter.go, internal/tlsutil.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.archive import MAX_BYTES
from fairlead.engines.helm.errors import ChartError, HelmError

if TYPE_CHECKING:
    import ssl

TIMEOUT_SECONDS = 120


def tls_settings(args: Any) -> ssl.SSLContext | None:
    """Return what the flags for certificates come to; None without any of them.

    Raises:
        HelmError: in Helm's words.
    """
    ca = getattr(args, "ca_file", "")
    cert, key = getattr(args, "cert_file", ""), getattr(args, "key_file", "")
    insecure = getattr(args, "insecure_skip_tls_verify", False)
    if not (ca or insecure or (cert and key)):
        return None
    problems = []
    for path, what in ((cert, "unable to read cert file"), (key, "unable to read key file")):
        if (cert or key) and (problem := _unreadable(path, what)):
            problems.append(problem)
            break
    if ca and (problem := _unreadable(ca, "can't read CA file")):
        problems.append(problem)
    if problems:
        raise HelmError("can't create TLS config for client: " + "\n".join(problems))
    import ssl

    context = ssl.create_default_context()
    try:
        if cert or key:
            context.load_cert_chain(cert, key)
    except (ssl.SSLError, OSError) as error:
        raise HelmError(
            f"can't create TLS config for client: unable to load cert from key pair: {error}", file=cert
        ) from error
    if ca:
        context = _only_trusting(ca, context, cert, key)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _only_trusting(ca: str, context: ssl.SSLContext, cert: str, key: str) -> ssl.SSLContext:
    import ssl

    try:
        context = ssl.create_default_context(cafile=ca)
    except (ssl.SSLError, OSError):
        text = "can't create TLS config for client: failed to append certificates from pem block"
        raise HelmError(text, file=ca) from None
    if cert or key:
        context.load_cert_chain(cert, key)
    return context


def _unreadable(path: str, what: str) -> str:
    try:
        with open(path, "rb") as handle:
            handle.read(1)
    except OSError as error:
        return f"{what}: {quote(path)}: open {path}: {(error.strerror or '').lower()}"
    return ""


def check_certificates(args: Any) -> None:
    """See that the files of the flags for certificates can be read, which Helm does before anything else.

    Raises:
        HelmError: in Helm's words.
    """
    try:
        tls_settings(args)
    except HelmError as error:
        raise HelmError(f"missing registry client: {error}", file=error.file) from None


def get(
    url: str, args: Any, login: tuple[str, str] | None = None, limit_bytes: int = MAX_BYTES, accept: str = ""
) -> bytes:
    """Return what is at *url*; *accept* says what kinds of content may come.

    Raises:
        ChartError: in Helm's words.
    """
    import urllib.error
    import urllib.request

    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https"):
        raise ChartError(f"scheme {quote(scheme)} not supported")
    request = urllib.request.Request(url, headers={"User-Agent": "Helm/4.3.1"})
    if accept:
        request.add_header("Accept", accept)
    if login and all(login):
        import base64

        token = base64.b64encode(":".join(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    context = tls_settings(args) if scheme == "https" else None
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as answer:
            data: bytes = answer.read(limit_bytes + 1)
    except urllib.error.HTTPError as error:
        raise ChartError(f"failed to fetch {url} : {error.code} {error.reason}") from None
    except OSError as error:
        raise ChartError(f'Get "{url}": {failure(error, url)}') from None
    if len(data) > limit_bytes:
        raise ChartError(f"failed to fetch {url} : more than {limit_bytes} bytes")
    return data


def failure(error: Exception, url: str) -> str:
    """Return Go's words for a connection that failed, as far as they can be told."""
    reason = getattr(error, "reason", error)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if isinstance(reason, socket.gaierror):
        return f"dial tcp: lookup {host}: no such host"
    if isinstance(reason, TimeoutError):
        return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    import ssl

    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"tls: failed to verify certificate: x509: {reason.verify_message}"
    if isinstance(reason, ssl.SSLError) and reason.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        return "tls: first record does not look like a TLS handshake"
    if isinstance(reason, ConnectionRefusedError):
        with contextlib.suppress(OSError):
            host = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
        shown = f"[{host}]" if ":" in host else host
        return f"dial tcp {shown}:{port}: connect: connection refused"
    if isinstance(reason, ConnectionResetError):
        return "EOF" if type(reason).__name__ == "RemoteDisconnected" else "connection reset by peer"
    return os.strerror(reason.errno).lower() if isinstance(reason, OSError) and reason.errno else str(reason)

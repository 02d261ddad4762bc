"""The real tools that tests are held against: where they are, and the servers among them, started and ended.

Tools come from `make peers` (the folder `.peers`, or the one that FAIRLEAD_PEERS names), else from PATH. Servers listen
on free ports of 127.0.0.1, write their logs beside their data, and are ended by their own process id.
"""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from fairlead.runtime.kubeconfig import Access
from fairlead.server.pki import Authority

HOST = "127.0.0.1"
START_SECONDS = 60.0
END_SECONDS = 4.0  # a kube-apiserver that is watched would take a minute to end by itself
LOG_LINES = 15
BUILT = Path(__file__).parents[3] / ".peers"
FROM_SYSTEM = ("git", "kubectl", "go", "ssh")


class PeerError(RuntimeError):
    """A real tool did not start; the text ends with the last lines of its log."""


def find(name: str) -> Path | None:
    """Where the tool *name* is, or None."""
    built = Path(os.environ.get("FAIRLEAD_PEERS") or BUILT) / name
    if os.access(built, os.X_OK):
        return built
    found = shutil.which(name)
    return Path(found) if found else None


def missing(*names: str) -> str:
    """Why tests that need these tools are skipped; empty when all are there."""
    absent = [name for name in names if find(name) is None]
    groups = (
        ("install what is missing", [name for name in absent if name in FROM_SYSTEM]),
        ("run `make peers`", [name for name in absent if name not in FROM_SYSTEM]),
    )
    return "; ".join(f"{' and '.join(group)} not found: {advice}" for advice, group in groups if group)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(name: str, arguments: Sequence[str], log: Path, is_ready: Callable[[], bool]) -> Iterator[int]:
    """Run a tool until the block ends; yields its process id once *is_ready*. Raises: PeerError."""
    tool = find(name)
    if tool is None:
        raise PeerError(f"cannot start {name}: {missing(name)}")
    with log.open("wb") as output:
        process = subprocess.Popen([str(tool), *arguments], stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait(name, process, log, is_ready)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(name: str, process: subprocess.Popen[bytes], log: Path, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        if process.poll() is not None:
            raise PeerError(f"{name} ended with code {process.returncode} at its start:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise PeerError(f"{name} was not ready within {START_SECONDS:.0f}s:\n{_tail(log)}")
        time.sleep(0.05)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])


def answers(url: str, context: ssl.SSLContext | None = None) -> bool:
    """Whether *url* is there and well."""
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def etcd(folder: Path) -> Iterator[str]:
    """A real etcd of one member; yields its client URL."""
    client, peer = (f"http://{HOST}:{free_port()}" for _ in range(2))
    arguments = [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
    ]
    with running("etcd", arguments, folder / "etcd.log", lambda: answers(f"{client}/health")):
        yield client


class KubeApiserver:
    """A kube-apiserver that can be started again: its port, its keys and an administrator's `access` stay."""

    def __init__(self, folder: Path, store: str) -> None:
        port, now = free_port(), datetime.now(UTC)
        authority = Authority.create("peer", now)
        server = authority.issue_server((HOST, "localhost"), now)
        admin = authority.issue_client("admin", ("system:masters",), now)
        key = rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        files = {"ca.crt": authority.certificate, "tls.crt": server.certificate, "tls.key": server.key}
        for name, text in (*files.items(), ("sa.key", key.decode())):
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(text)
        self.access = Access(
            server=f"https://{HOST}:{port}",
            ca=authority.certificate.encode(),
            client_certificate=admin.certificate.encode(),
            client_key=admin.key.encode(),
        )
        self._log = folder / "kube-apiserver.log"
        self._arguments = [
            f"--etcd-servers={store}",
            f"--bind-address={HOST}",
            f"--secure-port={port}",
            f"--tls-cert-file={folder / 'tls.crt'}",
            f"--tls-private-key-file={folder / 'tls.key'}",
            f"--client-ca-file={folder / 'ca.crt'}",
            f"--service-account-key-file={folder / 'sa.key'}",
            f"--service-account-signing-key-file={folder / 'sa.key'}",
            f"--service-account-issuer=https://{HOST}",
            "--service-cluster-ip-range=10.96.0.0/12",
            "--authorization-mode=RBAC",
        ]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve until the block ends."""
        trusting = ssl.create_default_context(cadata=self.access.ca.decode())
        ready = f"{self.access.server}/readyz"
        with running("kube-apiserver", self._arguments, self._log, lambda: answers(ready, trusting)):
            yield


@contextlib.contextmanager
def kube_apiserver(folder: Path) -> Iterator[Access]:
    """A real kube-apiserver on a real etcd; yields an administrator's access to it."""
    with etcd(folder) as store:
        server = KubeApiserver(folder, store)
        with server.running():
            yield server.access


@dataclass(frozen=True, slots=True)
class Vcsim:
    """VMware's own vCenter simulator; it knows one user."""

    server: str  # host:port
    username: str = "user"
    password: str = "pass"


@contextlib.contextmanager
def vcsim(folder: Path, *arguments: str) -> Iterator[Vcsim]:
    """A running vcsim; *arguments* shape its inventory (`-vm`, `-pool` …)."""
    address = f"{HOST}:{free_port()}"
    with running("vcsim", ("-l", address, *arguments), folder / "vcsim.log", lambda: _listens(address)):
        yield Vcsim(address)


def _listens(address: str) -> bool:
    parts = urlsplit(f"//{address}")
    try:
        with socket.create_connection((parts.hostname or HOST, parts.port or 443), timeout=1):
            return True
    except OSError:
        return False

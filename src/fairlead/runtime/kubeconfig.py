"""Kubeconfig files: how to reach a cluster, and as whom.

Source: client-go v0.37 tools/clientcmd/api/v1 (fields). Exec plugins and OIDC are refused with a clear text.
"""

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json


class KubeconfigError(ValueError):
    """The file is not a kubeconfig, or asks for something that is not supported; the text names the part."""


class UnknownContextError(KubeconfigError):
    """The context that was asked for is not in the file; `known` are the names of those that are."""

    def __init__(self, message: str, known: tuple[str, ...]) -> None:
        super().__init__(message)
        self.known = known


@dataclass(frozen=True, slots=True)
class Access:
    """What a connection needs; PEM texts are empty where the kubeconfig has none."""

    server: str
    ca: bytes = b""
    client_certificate: bytes = b""
    client_key: bytes = b""
    token: str = ""
    tls_server_name: str = ""
    insecure: bool = False
    namespace: str = "default"


def load_access(path: Path, context: str = "") -> Access:
    """Read a kubeconfig file. Raises: KubeconfigError, OSError."""
    return parse_access(path.read_bytes(), context=context, folder=path.parent, source=str(path))


def parse_access(data: bytes, *, context: str = "", folder: Path | None = None, source: str = "kubeconfig") -> Access:
    """The access that *context* (the current one by default) describes. Raises: KubeconfigError, OSError."""
    try:
        config = goyaml.load(data, source=source)
    except goyaml.YamlError as error:
        raise KubeconfigError(str(error)) from error
    if not isinstance(config, dict):
        raise KubeconfigError(f"{source}: not a kubeconfig: the document is not a mapping")
    read = _Reader(folder or Path(), source)
    known = read.names(config, "contexts")
    if context and context not in known:
        raise UnknownContextError(f"{source}: no entry {context!r} in 'contexts'", known)
    chosen = read.named(config, "contexts", "context", context or read.text(config, "current-context"))
    cluster = read.named(config, "clusters", "cluster", read.text(chosen, "cluster"))
    user = read.named(config, "users", "user", read.text(chosen, "user")) if chosen.get("user") else {}
    if user.get("exec") or user.get("auth-provider"):
        raise KubeconfigError(f"{source}: user {chosen['user']!r} logs in through a plugin, which is not supported")
    token = read.text(user, "token")
    if not token and user.get("tokenFile"):
        token = read.file(user, "tokenFile").decode(errors="replace").strip()
    return Access(
        server=read.text(cluster, "server"),
        ca=read.pem(cluster, "certificate-authority"),
        client_certificate=read.pem(user, "client-certificate"),
        client_key=read.pem(user, "client-key"),
        token=token,
        tls_server_name=read.text(cluster, "tls-server-name"),
        insecure=bool(cluster.get("insecure-skip-tls-verify")),
        namespace=read.text(chosen, "namespace") or "default",
    )


class _Reader:
    """Reads the parts of a kubeconfig, and values that stand beside it. Each method raises KubeconfigError."""

    def __init__(self, folder: Path, source: str) -> None:
        self._folder = folder
        self._source = source

    def names(self, config: Json, section: str) -> tuple[str, ...]:
        """The names of a section's entries."""
        return tuple(str(entry.get("name", "")) for entry in self._entries(config, section))

    def _entries(self, config: Json, section: str) -> list[Json]:
        entries = config.get(section) or []
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise KubeconfigError(f"{self._source}: {section!r} is not a list of mappings")
        return entries

    def named(self, config: Json, section: str, inner: str, name: str) -> Json:
        """What the entry *name* of a section holds."""
        for entry in self._entries(config, section):
            if entry.get("name") == name:
                found = entry.get(inner) or {}
                if not isinstance(found, dict):
                    raise KubeconfigError(f"{self._source}: {inner!r} of {name!r} in {section!r} is not a mapping")
                return found
        raise KubeconfigError(f"{self._source}: no entry {name!r} in {section!r}")

    def text(self, entry: Json, name: str) -> str:
        """A text, empty when it is not given."""
        found = entry.get(name)
        if not isinstance(found, str | None):
            raise KubeconfigError(f"{self._source}: {name} is not a text: {found!r}")
        return found or ""

    def file(self, entry: Json, name: str) -> bytes:
        """The file that an entry names, nothing when it names none. Raises: OSError."""
        path = self.text(entry, name)
        return (self._folder / path).read_bytes() if path else b""

    def pem(self, entry: Json, name: str) -> bytes:
        """A PEM value that stands in the file as base64, or in a file of its own. Raises: OSError."""
        data = self.text(entry, f"{name}-data")
        if not data:
            return self.file(entry, name)
        try:
            return base64.b64decode(data)
        except ValueError as error:
            raise KubeconfigError(f"{self._source}: {name}-data is not base64: {error}") from error


def render(access: Access, *, cluster: str, user: str) -> Json:
    """A kubeconfig with one context, `<user>@<cluster>`."""
    entry: Json = {"server": access.server, "certificate-authority-data": base64.b64encode(access.ca).decode()}
    if access.tls_server_name:
        entry["tls-server-name"] = access.tls_server_name
    who: dict[str, Any] = {}
    if access.client_certificate:
        who["client-certificate-data"] = base64.b64encode(access.client_certificate).decode()
        who["client-key-data"] = base64.b64encode(access.client_key).decode()
    if access.token:
        who["token"] = access.token
    context = f"{user}@{cluster}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": entry}],
        "users": [{"name": user, "user": who}],
        "contexts": [{"name": context, "context": {"cluster": cluster, "user": user}}],
        "current-context": context,
        "preferences": {},
    }


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)

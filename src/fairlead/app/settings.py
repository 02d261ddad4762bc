"""What a run is made of, as the command line asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from fairlead.vcenter.layout import DEFAULT, Layout

HOST = "127.0.0.1"
BRANCH = "main"
CLUSTERS_PATH = "./clusters"


class StartError(Exception):
    """The program cannot start as asked; the text names the thing, the cause and what to do."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports on loopback; 0 is any free one."""

    api: int = 0
    git: int = 0
    vcenter: int = 0
    workloads: int = 0


@dataclass(frozen=True, slots=True)
class VCenterAccess:
    """A vCenter and who works in it; the thumbprint is that of its certificate, empty to accept any."""

    server: str  # host, host:port or URL, as VSphereCluster.spec.server has it
    username: str
    password: str = field(repr=False)
    thumbprint: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """A run. Without `vcenter` there is a simulated one; without `kubeconfig` an embedded management cluster."""

    folder: Path  # kubeconfig, endpoints.json and, unless ephemeral, all state
    ephemeral: bool = False
    fleet: Mapping[str, tuple[bytes, int]] = field(default_factory=dict)  # the repository's first content
    ports: Ports = Ports()
    boot: timedelta = timedelta(0)  # how long each step of a guest's boot takes
    layout: Layout = DEFAULT
    vcenter: VCenterAccess | None = None
    kubeconfig: Path | None = None

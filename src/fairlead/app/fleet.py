"""The sample fleet: where it is, an empty one to begin with, and more clusters made from its chart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fairlead.lab.repository import RepositoryError, read_tree

Files = dict[str, tuple[bytes, int]]

SAMPLE = "staging/skiff"  # the cluster that others are copied from
SAMPLE_CLUSTER, SAMPLE_ADDRESS = "skiff", "192.168.20.11"
PLAIN = 0o100644


class FleetError(Exception):
    """The fleet cannot be read; the text says what and why."""


def sample_folder() -> Path:
    """Where the sample fleet is: in an installed package, or in a source checkout. Raises: FleetError."""
    package = Path(__file__).resolve().parents[1]
    for candidate in (package / "data" / "fleet", package.parents[1] / "examples" / "fleet"):
        if candidate.is_dir():
            return candidate
    raise FleetError("cannot find the sample fleet: the package was installed without it; name a fleet with --fleet")


def read_folder(folder: Path) -> Files:
    """The files of a fleet in a folder. Raises: FleetError."""
    try:
        return read_tree(folder)
    except RepositoryError as error:
        raise FleetError(str(error)) from error


def sample_fleet(more: int = 0) -> Files:
    """The sample fleet with *more* clusters of one control plane and two workers. Raises: FleetError."""
    files = read_folder(sample_folder())
    for number in range(1, more + 1):
        files |= _copy(files, f"skiff-{number:03d}", f"192.168.{100 + number // 200}.{10 + number % 200}")
    return files


def empty_fleet() -> Files:
    """The sample fleet without its clusters: charts, addons and environments, ready for the first one."""
    files = read_folder(sample_folder())
    return {path: file for path, file in files.items() if not _is_of_cluster(path)}


def _is_of_cluster(path: str) -> bool:
    parts = path.split("/")
    return parts[0] == "clusters" and len(parts) > 3


def _copy(files: Mapping[str, tuple[bytes, int]], name: str, address: str) -> Files:
    """The sample cluster's folder under another name and address, with two workers."""
    prefix = f"clusters/{SAMPLE}/"
    copied: Files = {}
    for path, (data, mode) in files.items():
        if not path.startswith(prefix):
            continue
        text = data.decode().replace(SAMPLE_CLUSTER, name).replace(SAMPLE_ADDRESS, address)
        if path.endswith("values.yaml"):
            text = text.replace("workers:\n  replicas: 1", "workers:\n  replicas: 2")
        target = path.replace(SAMPLE_CLUSTER, name)
        copied[target] = (text.encode(), mode)
    return copied

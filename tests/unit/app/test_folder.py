"""The data folder: one process at a time, ports and certificates that stay, files that come and go."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.app.folder import DataFolder
from fairlead.app.settings import Ports, StartError
from fairlead.lab.repository import RepositoryError, prepare
from fairlead.runtime.clock import WallClock
from fairlead.server.storage import SqliteDatabase, StorageError


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    made = DataFolder(tmp_path / "data")
    yield made
    made.leave()


def test_one_process_at_a_time(folder: DataFolder) -> None:
    """A folder that is taken is refused with the holder's process id; once it is left it can be had again."""
    folder.take()
    with pytest.raises(StartError, match=r"running there already \(process \d+\)"):
        DataFolder(folder.path).take()
    folder.leave()
    again = DataFolder(folder.path)
    again.take()
    again.leave()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """The error names the folder and what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match=r"cannot use the data folder '.*file/data'.*--data"):
        DataFolder(tmp_path / "file" / "data").take()


def test_ports_are_kept(folder: DataFolder) -> None:
    """The next run listens where the last one did, unless it is told otherwise."""
    folder.take()
    assert folder.ports(Ports()) == Ports()
    folder.keep_ports(Ports(1, 2, 3, 4))
    folder.leave()
    again = DataFolder(folder.path)
    assert again.ports(Ports()) == Ports(1, 2, 3, 4)
    assert again.ports(Ports(git=9)) == Ports(1, 9, 3, 4)


def test_certificates_are_kept_and_private(folder: DataFolder) -> None:
    """Kubeconfigs and pinned thumbprints go on working after a restart; keys are for their owner alone."""
    folder.take()
    clock = WallClock()
    authority, certificate = folder.authority(clock), folder.vcenter_certificate(clock)
    again = DataFolder(folder.path)
    assert again.authority(clock).certificate == authority.certificate
    assert again.vcenter_certificate(clock).thumbprint() == certificate.thumbprint()
    keys = list((folder.path / "pki").glob("*.key"))
    assert len(keys) == 2
    assert all(key.stat().st_mode & 0o077 == 0 for key in keys)


def test_damaged_authority_is_named(folder: DataFolder) -> None:
    """A certificate authority that cannot be read stops the start, with the folder's name."""
    folder.take()
    folder.authority(WallClock())
    (folder.path / "pki" / "authority.key").write_text("nonsense")
    with pytest.raises(StartError, match="pki"):
        folder.authority(WallClock())


def test_endpoints_come_and_go(folder: DataFolder) -> None:
    """They are there while the process serves: a killed one's are removed at the next start, a clean end takes them."""
    folder.take()
    folder.write_endpoints({"api": "https://127.0.0.1:1"})
    assert json.loads(folder.endpoints.read_text()) == {"api": "https://127.0.0.1:1"}
    assert folder._lock is not None
    folder._lock.close()  # as a killed process lets go
    again = DataFolder(folder.path)
    again.take()
    assert not again.endpoints.exists()
    again.write_endpoints({})
    again.leave()
    assert not again.endpoints.exists()


def test_ephemeral_keeps_nothing(tmp_path: Path) -> None:
    """After an ephemeral run nothing of it is left, and nothing of another run is used."""
    folder = DataFolder(tmp_path, ephemeral=True)
    folder.take()
    folder.keep_ports(Ports(1, 2, 3, 4))
    folder.authority(WallClock())
    folder.kubeconfig.touch()
    repository = folder.repository
    assert repository.is_dir()
    folder.leave()
    assert list(tmp_path.iterdir()) == []
    assert not repository.exists()


def test_repository_that_is_gone(folder: DataFolder) -> None:
    """After a run that came up, a missing repository is refused: an empty one would prune every cluster."""
    folder.take()
    folder.check_repository()  # the first run: nothing is there yet
    folder.keep_ports(Ports(1, 2, 3, 4))
    with pytest.raises(StartError, match=r"Git repository '.*/git' is gone .* put it back"):
        folder.check_repository()
    folder.repository.mkdir()
    (folder.repository / "HEAD").touch()
    folder.check_repository()


@pytest.mark.parametrize("text", ['{"api": "x", "git": 99999999}', '{"api": [1]}', '{"api": -1}', "{"], ids=str)
def test_damaged_ports(folder: DataFolder, text: str) -> None:
    """Ports that make no sense are chosen anew."""
    folder.take()
    (folder.path / "ports.json").write_text(text)
    assert folder.ports(Ports()) == Ports()


@pytest.mark.parametrize("content", [b"hi", b"\xff\x90\x00"], ids=["text", "bytes"])
@pytest.mark.parametrize("name", ["authority.crt", "authority.key", "vcenter.crt", "vcenter.key"])
def test_damaged_certificates(folder: DataFolder, name: str, content: bytes) -> None:
    """The error names the folder and what to do."""
    folder.take()
    clock = WallClock()
    folder.authority(clock)
    folder.vcenter_certificate(clock)
    (folder.path / "pki" / name).write_bytes(content)
    read = folder.authority if name.startswith("authority") else folder.vcenter_certificate
    with pytest.raises(StartError, match=r"cannot read .*pki'.*remove"):
        read(clock)


def test_damaged_repository(tmp_path: Path) -> None:
    """A branch whose newest commit cannot be read is an error at the start, with the folder and what to do."""
    prepare(tmp_path, {"a": (b"x", 0o100644)}, WallClock().now())
    assert not prepare(tmp_path, {}, WallClock().now())
    (tmp_path / "refs/heads/main").write_text("1" * 40 + "\n")
    with pytest.raises(RepositoryError, match=r"cannot open the Git repository in .*lacks the object.*fsck"):
        prepare(tmp_path, {}, WallClock().now())
    (tmp_path / "refs/heads/main").write_text("zzz\n")
    with pytest.raises(RepositoryError, match=r"cannot open the Git repository in .*fsck"):
        prepare(tmp_path, {}, WallClock().now())


def test_damaged_database(tmp_path: Path) -> None:
    """Rows that cannot be read are an error that names the file."""
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as made:
        made.execute("create table tenants (tenant text primary key, revision integer)")
        made.execute("insert into tenants values ('t', 1)")
        made.execute("create table objects (tenant text)")  # what `load` reads is not there
    made.close()
    with pytest.raises(StorageError, match=r"cannot read '.*state.db'.*put a copy back"):
        SqliteDatabase(path).load("t")


@pytest.mark.parametrize("content", [pytest.param(b"", id="emptied"), pytest.param(None, id="gone")])
def test_state_that_is_gone(folder: DataFolder, content: bytes | None) -> None:
    """Without the state of a run that had come up nothing starts: it would make every machine again."""
    folder.take()
    folder.check_database()  # a new folder
    folder.keep_ports(Ports(1, 2, 3, 4))
    if content is not None:
        folder.database.write_bytes(content)
    with pytest.raises(StartError, match=r"'state.db', is gone or empty; put it back"):
        folder.check_database()
    folder.database.write_bytes(b"SQLite format 3")
    folder.check_database()


@pytest.mark.parametrize("lost", ["authority.crt", "authority.key"])
def test_half_a_pair_is_not_remade(folder: DataFolder, lost: str) -> None:
    """A certificate whose key was lost, and the other way round, is told, not replaced."""
    folder.take()
    folder.authority(WallClock())
    folder.keep_ports(Ports(1, 2, 3, 4))
    (folder.path / "pki" / lost).unlink()
    with pytest.raises(StartError, match=rf"'{lost}' is gone; put it back, or remove both"):
        DataFolder(folder.path).authority(WallClock())


def test_kubeconfig_in_whose_place_a_folder_is(folder: DataFolder) -> None:
    """The error names the file."""
    folder.take()
    folder.kubeconfig.mkdir()
    with pytest.raises(StartError, match=r"cannot write the kubeconfig '.*kubeconfig'"):
        folder.write_kubeconfig("kind: Config")

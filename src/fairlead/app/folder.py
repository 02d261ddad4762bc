"""The data folder: who uses it, which ports and certificates it has, and the two files that tell others.

lock             held while a process uses the folder
state.db         API objects, the simulated vCenter, the guests' disks
git/             the repository
ports.json       so that kubeconfigs and clones go on working after a restart
pki/             the management API's authority, the simulated vCenter's certificate
kubeconfig       for kubectl
endpoints.json   where everything is; there only while everything serves
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import ssl
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import orjson

from fairlead.app.settings import Ports, StartError
from fairlead.base.objects import Json
from fairlead.runtime.clock import Clock
from fairlead.runtime.kubeconfig import write_private
from fairlead.server.pki import Authority, Pair
from fairlead.vcenter.soap.certificate import Certificate


class DataFolder:
    """One folder, taken for this process by `take`. An ephemeral one keeps nothing but the two files, while it runs."""

    def __init__(self, path: Path, *, ephemeral: bool = False) -> None:
        self.path = path
        self.ephemeral = ephemeral
        self._lock: IO[str] | None = None
        self._scratch = ""

    @property
    def kubeconfig(self) -> Path:
        return self.path / "kubeconfig"

    @property
    def endpoints(self) -> Path:
        return self.path / "endpoints.json"

    @property
    def database(self) -> Path:
        return self.path / "state.db"

    @property
    def repository(self) -> Path:
        """Where the Git repository is: of an ephemeral run, in a folder that is removed at its end."""
        if not self.ephemeral:
            return self.path / "git"
        if not self._scratch:
            self._scratch = tempfile.mkdtemp(prefix="fairlead-git-")
        return Path(self._scratch)

    def take(self) -> None:
        """Make the folder ours. Raises: StartError when another process has it, or it cannot be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = open(self.path / "lock", "a+")  # noqa: SIM115  # held until `leave`
        except OSError as error:
            raise StartError(
                f"cannot use the data folder '{self.path}': {error.strerror}; name another one with --data"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise StartError(
                f"cannot use the data folder '{self.path}': a fairlead is running there already"
                f"{f' (process {holder})' if holder else ''}; stop it, or name another folder with --data"
            ) from error
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock
        self.endpoints.unlink(missing_ok=True)  # of a process that was killed

    def leave(self) -> None:
        """Take away what holds only while we run, and let others have the folder."""
        if self._lock is None:
            return
        self.endpoints.unlink(missing_ok=True)
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
        if self.ephemeral:
            self.kubeconfig.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                (self.path / "lock").unlink()
        self._lock.close()
        self._lock = None

    def ports(self, asked: Ports) -> Ports:
        """The ports to listen on: those asked for, else those of the last run, else any."""
        kept = self._read("ports.json")
        return Ports(**{name: port or _port(kept.get(name)) for name, port in asdict(asked).items()})

    def check_repository(self) -> None:
        """Raises: StartError when a run that had come up left a repository here and it is gone.

        A new, empty one in its place would have every cluster pruned.
        """
        if not self.ephemeral and (self.path / "ports.json").exists() and not (self.repository / "HEAD").is_file():
            raise StartError(
                f"cannot use the data folder '{self.path}': its Git repository '{self.repository}' is gone or has no "
                "HEAD, and with an empty one all clusters would be removed; put it back (a bare clone will do), or "
                "name another folder with --data"
            )

    def check_database(self) -> None:
        """Raises: StartError when a run that had come up left its state here and it is gone.

        With none, every machine would be made a second time in a vCenter that has them.
        """
        if self.ephemeral or not (self.path / "ports.json").exists():
            return
        if not self.database.exists() or not self.database.stat().st_size:
            raise StartError(
                f"cannot use the data folder '{self.path}': its state, 'state.db', is gone or empty; put it back from "
                "a backup, name another folder with --data, or remove 'ports.json' beside it to begin with no state"
            )

    def write_kubeconfig(self, text: str) -> None:
        """Write the kubeconfig for kubectl. Raises: StartError."""
        try:
            write_private(self.kubeconfig, text)
        except OSError as error:
            raise StartError(
                f"cannot write the kubeconfig '{self.kubeconfig}': {error.strerror}; make room for that file"
            ) from error

    def keep_ports(self, ports: Ports) -> None:
        """Use these ports again next time."""
        if not self.ephemeral:
            write_private(self.path / "ports.json", orjson.dumps(asdict(ports)).decode() + "\n")

    def authority(self, clock: Clock) -> Authority:
        """The management API's certificate authority, made at the first time. Raises: StartError."""
        pair = self._pair("authority")
        if pair is None:
            authority = Authority.create("fairlead", clock.now())
            self._keep_pair("authority", authority.pair)
            return authority
        try:
            return Authority.load(pair)
        except ValueError as error:
            raise StartError(
                f"cannot read the certificate authority in '{self.path / 'pki'}': {error}; remove that folder to have "
                "a new one made (kubeconfigs handed out before stop working)"
            ) from error

    def vcenter_certificate(self, clock: Clock) -> Certificate:
        """The simulated vCenter's certificate: kept, because machines pin its thumbprint."""
        pair = self._pair("vcenter")
        if pair is None:
            made = Certificate.create(clock.now())
            self._keep_pair("vcenter", Pair(made.certificate_pem.decode(), made.key_pem.decode()))
            return made
        certificate = Certificate(pair.certificate.encode(), pair.key.encode())
        try:
            certificate.thumbprint()
            certificate.server_context()
        except (ValueError, ssl.SSLError) as error:
            raise StartError(
                f"cannot read the vCenter's certificate 'vcenter.crt' with its key 'vcenter.key' in "
                f"'{self.path / 'pki'}': {error}; remove both files to have new ones made"
            ) from error
        return certificate

    def write_endpoints(self, endpoints: Json) -> None:
        """Tell that everything serves, in one step."""
        write_private(self.endpoints, orjson.dumps(endpoints, option=orjson.OPT_INDENT_2).decode() + "\n")

    def _pair(self, name: str) -> Pair | None:
        if self.ephemeral:
            return None
        try:
            certificate = (self.path / "pki" / f"{name}.crt").read_text()
            return Pair(certificate, (self.path / "pki" / f"{name}.key").read_text())
        except FileNotFoundError as error:
            if not self._lacks_half(name):
                return None
            raise StartError(
                f"cannot read '{name}.crt' and '{name}.key' in '{self.path / 'pki'}': '{Path(error.filename).name}' is "
                "gone; put it back, or remove both to have new ones made (what trusted the old ones stops working)"
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise StartError(
                f"cannot read '{name}.crt' and '{name}.key' in '{self.path / 'pki'}': {error}; put them back, or "
                "remove both to have new ones made"
            ) from error

    def _lacks_half(self, name: str) -> bool:
        """Whether one file of a pair was lost; before the first run came up, the key may be there alone."""
        there = [(self.path / "pki" / f"{name}.{ending}").exists() for ending in ("crt", "key")]
        return any(there) and (there[0] or (self.path / "ports.json").exists())

    def _keep_pair(self, name: str, pair: Pair) -> None:
        if not self.ephemeral:
            write_private(self.path / "pki" / f"{name}.key", pair.key)
            write_private(self.path / "pki" / f"{name}.crt", pair.certificate)  # last: with it the pair is there

    def _read(self, name: str) -> dict[str, Any]:
        if self.ephemeral:
            return {}
        try:
            found = orjson.loads((self.path / name).read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return {}
        return found if isinstance(found, dict) else {}


def _port(kept: object) -> int:
    """A port that was kept; 0, for any, when the file was damaged."""
    return kept if isinstance(kept, int) and 0 < kept < 65536 else 0

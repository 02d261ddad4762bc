"""Git over SSH without a `ssh` program: dulwich's protocol over an asyncssh connection of the calling thread.

asyncssh is loaded by the first connection: it takes as long to load as all the rest of Git, and most need only HTTP.
"""

import asyncio
from typing import Any

from dulwich.client import SSHVendor

CHUNK_BYTES = 64 * 1024


class SshError(Exception):
    """The connection cannot be made; the text says why."""


class SshVendor(SSHVendor):  # type: ignore[misc]  # dulwich is not followed for types
    """Runs a git command on the other side, with one identity, against known hosts only."""

    def __init__(self, identity: str, known_hosts: str, passphrase: str, timeout: float) -> None:
        self._identity = identity
        self._known_hosts = known_hosts
        self._passphrase = passphrase or None
        self._timeout = timeout

    def run_command(
        self, host: str, command: bytes, username: str | None = None, port: int | None = None, **_: Any
    ) -> "SshCommand":
        """Start *command*. Raises: SshError."""
        import asyncssh

        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(
                asyncio.wait_for(self._start(loop, host, command, username or "git", port or 22), self._timeout)
            )
        except TimeoutError as error:
            loop.close()
            raise SshError(f"dial tcp {host}:{port or 22}: i/o timeout") from error
        except asyncssh.KeyEncryptionError as error:
            loop.close()
            raise SshError(f"SSH identity key is encrypted: {error}; put its passphrase into 'password'") from error
        except (asyncssh.Error, asyncssh.KeyImportError, OSError, ValueError) as error:
            loop.close()
            raise SshError(_words(error)) from error

    async def _start(
        self, loop: asyncio.AbstractEventLoop, host: str, command: bytes, username: str, port: int
    ) -> "SshCommand":
        import asyncssh

        key = asyncssh.import_private_key(self._identity, self._passphrase)
        connection = await asyncssh.connect(
            host,
            port,
            username=username,
            client_keys=[key],
            known_hosts=asyncssh.import_known_hosts(self._known_hosts),
            agent_path=None,
            config=None,
        )
        process = await connection.create_process(command.decode(), encoding=None)
        return SshCommand(loop, connection, process, self._timeout)


def _words(error: Exception) -> str:
    import asyncssh

    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return "ssh: handshake failed: knownhosts: key is unknown or does not match"
    if isinstance(error, asyncssh.PermissionDenied):
        return "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey]"
    return f"ssh: {error}"


class SshCommand:
    """What dulwich reads from and writes to; every call blocks the thread, none longer than the timeout."""

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: Any, process: Any, timeout: float) -> None:
        self._loop = loop
        self._connection = connection
        self._process = process
        self._timeout = timeout
        self._ahead = b""
        self.stderr = None

    def _run(self, work: Any) -> Any:
        return self._loop.run_until_complete(asyncio.wait_for(work, self._timeout))

    def read(self, count: int) -> bytes:
        """Up to *count* bytes; fewer only at the end."""
        while len(self._ahead) < count:
            data = self._run(self._process.stdout.read(CHUNK_BYTES))
            if not data:
                break
            self._ahead += data
        answer, self._ahead = self._ahead[:count], self._ahead[count:]
        return answer

    def write(self, data: bytes) -> int:
        """Send *data*."""
        self._process.stdin.write(data)
        self._run(self._process.stdin.drain())
        return len(data)

    def can_read(self) -> bool:
        """Whether something has arrived already."""
        if self._ahead:
            return True
        try:
            self._ahead = self._loop.run_until_complete(
                asyncio.wait_for(self._process.stdout.read(CHUNK_BYTES), timeout=0.001)
            )
        except TimeoutError:
            return False
        return bool(self._ahead)

    def close(self) -> None:
        """Hang up."""
        if self._loop.is_closed():
            return
        self._process.close()
        self._connection.close()
        try:
            self._loop.run_until_complete(asyncio.wait_for(self._connection.wait_closed(), 1))
        except TimeoutError:
            self._connection.abort()
        finally:
            self._loop.close()

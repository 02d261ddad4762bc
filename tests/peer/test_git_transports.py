"""Reading repositories over http, https and ssh from servers on loopback; the ssh one runs the real git."""

import asyncio
import base64
import contextlib
import hashlib
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import asyncssh
import pytest
from dulwich import porcelain
from dulwich.repo import Repo
from dulwich.server import DictBackend
from dulwich.web import make_wsgi_chain

from fairlead.controllers.flux.git.fetching import Checkout, GitError, GitFetcher, Request
from fairlead.controllers.flux.git.refs import Reference
from fairlead.controllers.flux.git.transport import Credentials
from fairlead.server.pki import Authority

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
HOST = "127.0.0.1"
MAIN = Reference(branch="main")


class Repository:
    """A repository on disk, with commits on demand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        Repo.init(str(folder), default_branch=b"main").close()

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            (self.folder / name).write_text(text)
            porcelain.add(str(self.folder), [str(self.folder / name)])
        made = porcelain.commit(str(self.folder), message=b"x", author=b"a <a@b>", committer=b"a <a@b>")
        return made.decode()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        return None


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    (tmp_path / "repo").mkdir()
    return Repository(tmp_path / "repo")


@contextlib.contextmanager
def serving(repository: Repository, wrap: Callable[[Any], Any], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve the repository at `<url>/fleet`."""
    application = wrap(make_wsgi_chain(DictBackend({"/fleet": Repo(str(repository.folder))})))
    server = make_server(HOST, 0, application, handler_class=_Quiet)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def fetched(url: str, fetcher: GitFetcher | None = None, **changes: Any) -> Checkout:
    request = Request(url, **{"reference": MAIN, "timeout_seconds": 10.0, **changes})
    return (fetcher or GitFetcher()).fetch(request)


def guarded(application: Any, expected: str) -> Any:
    def guard(environ: dict[str, Any], start: Any) -> Any:
        if environ.get("HTTP_AUTHORIZATION") != expected:
            start("401 Unauthorized", [("WWW-Authenticate", "Basic")])
            return [b""]
        return application(environ, start)

    return guard


def git_backend(folder: Path, sizes: list[int]) -> Any:
    """The real git's HTTP server, as a WSGI application; *sizes* gets the length of each answer to a POST."""

    def application(environ: dict[str, Any], start: Any) -> Any:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        names = ("REQUEST_METHOD", "QUERY_STRING", "CONTENT_TYPE", "HTTP_CONTENT_ENCODING", "HTTP_GIT_PROTOCOL")
        cgi = {name: environ[name] for name in names if environ.get(name)}
        cgi |= {"PATH_INFO": environ["PATH_INFO"], "CONTENT_LENGTH": str(length), "PATH": os.environ["PATH"]}
        cgi |= {
            "GIT_PROJECT_ROOT": str(folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": cgi.get("HTTP_GIT_PROTOCOL", ""),
        }
        made = subprocess.run(
            ["git", "-c", "safe.directory=*", "http-backend"],
            input=environ["wsgi.input"].read(length),
            env=cgi,
            capture_output=True,
            check=True,
        )
        head, _, body = made.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().splitlines()]
        status = next((value for name, value in headers if name == "Status"), "200 OK")
        if environ["REQUEST_METHOD"] == "POST":
            sizes.append(len(body))
        start(status, [(name, value) for name, value in headers if name != "Status"])
        return [body]

    return application


def test_http_brings_only_what_is_new(repository: Repository) -> None:
    """The first fetch brings the tree, the next one the difference; a known commit brings nothing."""
    large = base64.b64encode(hashlib.shake_256(b"seed").digest(30_000)).decode()
    first = repository.commit(a="1", b=large)
    sizes: list[int] = []
    backend = git_backend(repository.folder.parent, sizes)
    with serving(repository, lambda _: backend) as url:
        fetcher = GitFetcher()
        checkout = fetched(f"{url}/repo", fetcher)
        assert (checkout.commit, checkout.files) == (first, {"a": b"1", "b": large.encode()})
        assert max(sizes) > 20_000
        packs = len(sizes)
        assert fetched(f"{url}/repo", fetcher, known=first).files is None
        assert [size for size in sizes[packs:] if size > 200] == []
        second = repository.commit(a="2")
        packs = len(sizes)
        checkout = fetched(f"{url}/repo", fetcher, known=first)
        assert (checkout.commit, checkout.files) == (second, {"a": b"2", "b": large.encode()})
        assert max(sizes[packs:]) < 2000


def test_a_pinned_commit_that_is_no_head(repository: Repository) -> None:
    """An older commit is found in the history, though servers do not give commits by their hash."""
    first = repository.commit(a="1")
    repository.commit(a="2")
    with serving(repository, lambda application: application) as url:
        fetcher = GitFetcher()
        assert fetched(f"{url}/fleet", fetcher).files == {"a": b"2"}
        checkout = fetched(f"{url}/fleet", fetcher, reference=Reference(commit=first))
        assert (checkout.revision, checkout.files) == (f"sha1:{first}", {"a": b"1"})
        with pytest.raises(GitError, match="unable to resolve commit object for '0123"):
            fetched(f"{url}/fleet", fetcher, reference=Reference(commit="0123" * 10, branch="main"))


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        pytest.param(
            Credentials(username="me", password="secret"),
            "Basic " + base64.b64encode(b"me:secret").decode(),
            id="basic",
        ),
        pytest.param(Credentials(bearer="token"), "Bearer token", id="bearer"),
    ],
)
def test_http_with_credentials(repository: Repository, credentials: Credentials, header: str) -> None:
    """Basic and bearer credentials are sent; without them upstream's words come back."""
    made = repository.commit(a="1")
    with serving(repository, lambda application: guarded(application, header)) as url:
        assert fetched(f"{url}/fleet", credentials=credentials).commit == made
        with pytest.raises(GitError) as caught:
            fetched(f"{url}/fleet")
        assert str(caught.value) == f"unable to clone '{url}/fleet': authentication required: "


def test_https_with_a_private_authority(repository: Repository, tmp_path: Path) -> None:
    """caFile makes a private certificate acceptable; without it the certificate is refused."""
    made = repository.commit(a="1")
    now = datetime.now(UTC)
    authority = Authority.create("test", now)
    pair = authority.issue_server((HOST,), now)
    file = tmp_path / "pair.pem"
    file.write_text(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with serving(repository, lambda application: application, context) as url:
        credentials = Credentials(ca=authority.certificate)
        assert fetched(f"{url}/fleet", credentials=credentials).commit == made
        with pytest.raises(GitError, match="x509: certificate signed by unknown authority"):
            fetched(f"{url}/fleet")


def test_http_failures_in_upstreams_words(repository: Repository) -> None:
    """A repository that is not there, an address where nobody listens, a branch that does not exist."""
    repository.commit(a="1")
    with serving(repository, lambda application: application) as url:
        with pytest.raises(GitError, match=r"unable to clone '.*': repository not found: "):
            fetched(f"{url}/none")
        with pytest.raises(GitError, match='couldn\'t find remote ref "refs/heads/nope"'):
            fetched(f"{url}/fleet", reference=Reference(branch="nope"))
    with pytest.raises(GitError) as caught:
        fetched("http://127.0.0.1:9/none", has_artifact=True)
    assert str(caught.value) == (
        "unable to list remote for 'http://127.0.0.1:9/none': "
        'Get "http://127.0.0.1:9/none/info/refs?service=git-upload-pack": '
        "dial tcp 127.0.0.1:9: connect: connection refused"
    )


@contextlib.contextmanager
def ssh_server(repository: Repository, client_key: Any) -> Iterator[tuple[str, str]]:
    """An SSH server that runs `git upload-pack`; yields the URL and its known_hosts line."""
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    ready, found = threading.Event(), dict[str, Any]()

    class Server(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: Any) -> bool:
            return bool(key.public_data == client_key.public_data)

    async def pump(source: Any, target: Any) -> None:
        with contextlib.suppress(asyncio.CancelledError, ConnectionError, asyncssh.Error):
            while data := await source.read(1 << 16):
                target.write(data)
                await target.drain()

    async def run(process: Any) -> None:
        command = ["git", "upload-pack", str(repository.folder)]
        child = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        asked = asyncio.ensure_future(pump(process.stdin, child.stdin))
        await pump(child.stdout, process.stdout)
        await child.wait()
        asked.cancel()
        process.exit(0)

    async def serve() -> None:
        acceptor = await asyncssh.listen(
            HOST, 0, server_factory=Server, server_host_keys=[host_key], process_factory=run, encoding=None
        )
        found["port"] = acceptor.get_port()
        ready.set()
        await found["stop"].wait()
        acceptor.close()
        await acceptor.wait_closed()

    def work() -> None:
        found["stop"] = asyncio.Event()
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(10)
    known = f"[{HOST}]:{found['port']} {host_key.export_public_key().decode().strip()}"
    try:
        yield f"ssh://git@{HOST}:{found['port']}/fleet", known
    finally:
        loop.call_soon_threadsafe(found["stop"].set)
        thread.join(5)


def test_ssh_with_identity_and_known_hosts(repository: Repository) -> None:
    """The right key and host key read the repository; another host key or another identity is refused."""
    made = repository.commit(a="1")
    key, other = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    with ssh_server(repository, key.convert_to_public()) as (url, known):
        identity = key.export_private_key().decode()
        fetcher = GitFetcher()
        good = Credentials(username="git", identity=identity, known_hosts=known)
        assert fetched(url, fetcher, credentials=good).commit == made
        second = repository.commit(a="2")
        assert fetched(url, fetcher, credentials=good, known=made).commit == second
        pinned = Reference(commit=made, branch="main")
        assert fetched(url, fetcher, credentials=good, reference=pinned).files == {"a": b"1"}
        stranger = known.rpartition(" ")[0] + " " + other.export_public_key().decode().split()[1]
        with pytest.raises(GitError, match="knownhosts: key is unknown or does not match"):
            fetched(url, credentials=Credentials(username="git", identity=identity, known_hosts=stranger))
        wrong = other.export_private_key().decode()
        with pytest.raises(GitError, match="unable to authenticate"):
            fetched(url, credentials=Credentials(username="git", identity=wrong, known_hosts=known))
